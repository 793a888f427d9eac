/* SPDX-License-Identifier: ISC */
/*
 * Floods: what a hostile process does to a node, as fast as it can
 */
#include "support/flood.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "os/doorbell.h"

#define PATIENCE_MS 1000
#define BELLS_PER_STEP 64

static void forget(struct stranger *stranger)
{
	stranger_close(stranger);
	*stranger = (struct stranger)STRANGER_INIT;
}

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* A full backlog is the node's to empty: let it run. */
static bool connect_one(struct flood *flood, struct stranger *stranger)
{
	if (stranger_connect(stranger, flood->socket_path) < 0) {
		(void)sched_yield();
		return false;
	}
	count(&flood->tally->connect_count);
	return true;
}

static void flood_connects(struct flood *flood)
{
	if (connect_one(flood, &flood->held[0]))
		forget(&flood->held[0]);
}

/* Every second one says HELLO, and gets an offer that nobody reads. */
static void flood_half_open(struct flood *flood)
{
	struct stranger *stranger = &flood->held[flood->next_held];
	size_t index = flood->next_held;

	flood->next_held = (index + 1) % FLOOD_HELD_MAX;
	forget(stranger);
	if (connect_one(flood, stranger) && index % 2 == 1)
		(void)stranger_say_hello(stranger);
}

static bool await_readable(const struct stranger *stranger)
{
	struct pollfd wait = {.fd = stranger->socket_fd, .events = POLLIN};

	return poll(&wait, 1, PATIENCE_MS) == 1;
}

static bool be_admitted(struct flood *flood, struct stranger *stranger)
{
	if (!connect_one(flood, stranger))
		return false;
	if (stranger_say_hello(stranger) < 0 || !await_readable(stranger) ||
	    stranger_take_offer(stranger) < 0 ||
	    stranger_do_its_part(stranger) < 0 ||
	    stranger_say_ready(stranger) < 0 || !await_readable(stranger) ||
	    stranger_take_go(stranger) < 0) {
		forget(stranger);
		return false;
	}
	count(&flood->tally->connected_count);
	return true;
}

static bool ring(const struct stranger *stranger, struct flood_tally *tally)
{
	const uint8_t bell = PST_DOORBELL_BYTE;
	int i;

	for (i = 0; i < BELLS_PER_STEP; i++) {
		if (send(stranger->socket_fd, &bell, sizeof(bell),
			 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return errno == EAGAIN;
		count(&tally->bell_count);
	}
	return true;
}

static void flood_hostile(struct flood *flood)
{
	struct stranger *ringer = &flood->held[0];
	size_t i;

	for (i = 0; i < FLOOD_GLUTTONS; i++)
		if (flood->gluttons[i].socket_fd < 0)
			(void)be_admitted(flood, &flood->gluttons[i]);
	if (ringer->socket_fd < 0 && !be_admitted(flood, ringer))
		return;
	if (!ring(ringer, flood->tally))
		forget(ringer);
}

void flood_init(struct flood *flood, enum flood_kind kind,
		const char *socket_path, struct flood_tally *tally)
{
	size_t i;

	memset(flood, 0, sizeof(*flood));
	flood->kind = kind;
	flood->socket_path = socket_path;
	flood->tally = tally;
	for (i = 0; i < FLOOD_HELD_MAX; i++)
		flood->held[i] = (struct stranger)STRANGER_INIT;
	for (i = 0; i < FLOOD_GLUTTONS; i++)
		flood->gluttons[i] = (struct stranger)STRANGER_INIT;
}

void flood_step(struct flood *flood)
{
	switch (flood->kind) {
	case FLOOD_CONNECTS:
		flood_connects(flood);
		break;
	case FLOOD_HALF_OPEN:
		flood_half_open(flood);
		break;
	case FLOOD_HOSTILE:
		flood_hostile(flood);
		break;
	}
}
