/* SPDX-License-Identifier: ISC */
/*
 * Snapshots: all figures of a node at one moment, and how they moved
 *
 * A rate is a difference over the time between two publications, by the clock
 * of the node that published them: our own looks come at other times.  A look
 * that finds no new publication has no new rate; where there was none for long,
 * nothing moves any more.
 */
#include "stat_sample.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "errors.h"

#define NS_PER_SECOND 1e9

/* A node publishes each 100 ms while something moves; a large one may be slower.
 * Without a publication for so long nothing has moved. */
#define QUIET_NS UINT64_C(500000000)

/* Room for the text of the link /proc/PID/ns/time. */
#define LINK_BYTES 64

/* Looks at a node that is in the middle of writing, so far apart. */
#define LOOKS_MAX 20
#define LOOK_AGAIN_MS 10

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* -- taking ---------------------------------------------------------------- */

static int connect_to_node(struct tool_observer *observer)
{
	observer->refusal = (struct postern_refusal) POSTERN_REFUSAL_INIT;
	if (observer->observer)
		return 0;
	return postern_observe(observer->policy, observer->node_name,
			       &observer->options, &observer->refusal,
			       &observer->observer);
}

static int read_node(struct tool_observer *observer,
		     struct postern_node_statistics *node)
{
	int looks, result;

	for (looks = 1;; looks++) {
		node->size_bytes = sizeof(*node);
		result = postern_observer_node(observer->observer, node);
		if (result != -EAGAIN || looks == LOOKS_MAX)
			return result;
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	}
}

static int make_room(struct tool_snapshot *snapshot)
{
	size_t room = snapshot->node.slot_count;
	struct tool_peer *peers;

	if (snapshot->peer_room >= room)
		return 0;
	peers = realloc(snapshot->peers, room * sizeof(peers[0]));
	if (!peers)
		return -ENOMEM;
	snapshot->peers = peers;
	snapshot->peer_room = room;
	return 0;
}

/* Who is being written this very moment is left out this time. */
static int read_peers(struct tool_observer *observer,
		      struct tool_snapshot *snapshot)
{
	struct tool_peer *peer;
	uint32_t i;
	int result;

	result = make_room(snapshot);
	if (result < 0)
		return result;
	snapshot->peer_count = 0;
	for (i = 0; i < snapshot->node.slot_count; i++) {
		peer = &snapshot->peers[snapshot->peer_count];
		memset(peer, 0, sizeof(*peer));
		peer->stats.size_bytes = sizeof(peer->stats);
		result = postern_observer_peer_at(observer->observer, i,
						  &peer->stats);
		if (result == 0)
			snapshot->peer_count++;
		else if (result != -ENOENT && result != -EAGAIN)
			return result;
	}
	return 0;
}

static bool read_time_namespace(int32_t pid, char text[static LINK_BYTES])
{
	char path[32];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/time", (int)pid);
	n = readlink(path, text, LINK_BYTES - 1);
	if (n < 0)
		return false;
	text[n] = '\0';
	return true;
}

/*
 * In another time namespace CLOCK_MONOTONIC has another zero, so that times of
 * the node and ours cannot be compared.  Where we may not see in which one the
 * node is, it counts as ours.
 */
static bool has_our_clock(const struct postern_node_statistics *node)
{
	char ours[LINK_BYTES], theirs[LINK_BYTES];

	return !read_time_namespace(getpid(), ours) ||
	       !read_time_namespace(node->pid, theirs) ||
	       strcmp(ours, theirs) == 0;
}

/* Up by its own clock, and for as long again as it has been silent. */
static void tell_times(struct tool_snapshot *snapshot)
{
	const struct postern_node_statistics *node = &snapshot->node;
	uint64_t updated_ns = node->updated_ns > node->opened_ns ?
			      node->updated_ns : node->opened_ns;

	snapshot->up_ns = updated_ns - node->opened_ns;
	snapshot->has_age = snapshot->taken_ns >= updated_ns &&
			    has_our_clock(node);
	snapshot->age_ns = 0;
	if (snapshot->has_age) {
		snapshot->age_ns = snapshot->taken_ns - updated_ns;
		snapshot->up_ns += snapshot->age_ns;
	}
}

/* The node's entry is the last one of a publication, so that the others are of
 * the same if it is the same before and after. */
static int read_publication(struct tool_observer *observer,
			    struct tool_snapshot *snapshot)
{
	struct postern_node_statistics again;
	int looks, result;

	result = read_node(observer, &snapshot->node);
	for (looks = 1; result == 0; looks++) {
		result = read_peers(observer, snapshot);
		if (result == 0)
			result = read_node(observer, &again);
		if (result < 0 || looks == LOOKS_MAX ||
		    again.updated_ns == snapshot->node.updated_ns)
			break;
		snapshot->node = again;
	}
	return result;
}

static int read_all(struct tool_observer *observer,
		    struct tool_snapshot *snapshot)
{
	int result;

	result = connect_to_node(observer);
	if (result < 0)
		return result;
	result = read_publication(observer, snapshot);
	snapshot->taken_ns = now_ns();
	if (result == 0)
		tell_times(snapshot);
	return result;
}

/* -- rates ----------------------------------------------------------------- */

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? (double)(now - before) / seconds :
	       0;
}

static double seconds_since(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? (double)(now_ns - then_ns) / NS_PER_SECOND :
	       0;
}

static void rate_node(struct tool_snapshot *now,
		      const struct tool_snapshot *before)
{
	const struct postern_node_statistics zero = {0};
	const struct postern_node_statistics *old = before ? &before->node : &zero;
	const struct postern_node_statistics *new = &now->node;
	double seconds = seconds_since(before ? old->updated_ns :
						new->opened_ns,
				       new->updated_ns);

	now->rates = (struct tool_rates) {
		rate(new->received_messages, old->received_messages, seconds),
		rate(new->received_bytes, old->received_bytes, seconds),
		rate(new->sent_messages, old->sent_messages, seconds),
		rate(new->sent_bytes, old->sent_bytes, seconds),
	};
}

static void rate_peer(struct tool_peer *peer, const struct tool_peer *old_peer,
		      uint64_t then_ns, uint64_t now_ns)
{
	const struct postern_channel_statistics zero = {0}, *old = &zero;
	const struct postern_channel_statistics *new = &peer->stats.channel;
	double seconds;

	if (old_peer)
		old = &old_peer->stats.channel;
	seconds = seconds_since(old_peer ? then_ns : peer->stats.admitted_ns,
				now_ns);
	peer->rates = (struct tool_rates) {
		rate(new->received_messages, old->received_messages, seconds),
		rate(new->received_bytes, old->received_bytes, seconds),
		rate(new->sent_messages, old->sent_messages, seconds),
		rate(new->sent_bytes, old->sent_bytes, seconds),
	};
}

/* The entry of the same peer; both snapshots stand in the order of the slots. */
static const struct tool_peer *find_old(const struct tool_peer **cursor,
					const struct tool_peer *end,
					const struct tool_peer *peer)
{
	while (*cursor < end &&
	       (*cursor)->stats.slot_index < peer->stats.slot_index)
		(*cursor)++;
	return *cursor < end && (*cursor)->stats.peer == peer->stats.peer ?
	       *cursor : NULL;
}

/* before is NULL for the first publication that we see of a node. */
static void rate_all(struct tool_snapshot *now,
		     const struct tool_snapshot *before)
{
	const struct tool_peer *cursor = before ? before->peers : NULL;
	const struct tool_peer *end = before ? cursor + before->peer_count :
					       NULL;
	size_t i;

	rate_node(now, before);
	for (i = 0; i < now->peer_count; i++)
		rate_peer(&now->peers[i],
			  find_old(&cursor, end, &now->peers[i]),
			  before ? before->node.updated_ns : 0,
			  now->node.updated_ns);
}

/* The publication that we had already: its rates, or none after a while. */
static void keep_rates(struct tool_snapshot *now,
		       const struct tool_snapshot *before)
{
	const struct tool_rates none = {0};
	const struct tool_peer *cursor = before->peers, *old;
	const struct tool_peer *end = cursor + before->peer_count;
	bool is_quiet = now->taken_ns - before->taken_ns > QUIET_NS;
	size_t i;

	now->rates = is_quiet ? none : before->rates;
	for (i = 0; i < now->peer_count; i++) {
		old = find_old(&cursor, end, &now->peers[i]);
		now->peers[i].rates = is_quiet || !old ? none : old->rates;
	}
}

static bool is_same_node(const struct tool_snapshot *now,
			 const struct tool_snapshot *before)
{
	return before->taken_ns != 0 &&
	       before->node.opened_ns == now->node.opened_ns &&
	       before->node.updated_ns <= now->node.updated_ns;
}

/* What the next rates are counted from. */
static int remember(struct tool_observer *observer,
		    const struct tool_snapshot *snapshot)
{
	struct tool_snapshot *before = &observer->before;

	before->node = snapshot->node;
	before->rates = snapshot->rates;
	before->taken_ns = snapshot->taken_ns;
	before->peer_count = 0;
	if (make_room(before) < 0)
		return -ENOMEM;
	if (snapshot->peer_count > 0)
		memcpy(before->peers, snapshot->peers,
		       snapshot->peer_count * sizeof(before->peers[0]));
	before->peer_count = snapshot->peer_count;
	return 0;
}

/* -- all of it ------------------------------------------------------------- */

int tool_snapshot_take(struct tool_observer *observer,
		       struct tool_snapshot *snapshot)
{
	const struct tool_snapshot *before = &observer->before;
	int result;

	result = read_all(observer, snapshot);
	if (result == -ESTALE) {
		/* The figures have moved; may we still see them? */
		observer->observer = postern_observer_close(observer->observer);
		result = read_all(observer, snapshot);
	}
	if (result < 0)
		return result;
	if (!is_same_node(snapshot, before)) {
		rate_all(snapshot, NULL);
	} else if (snapshot->node.updated_ns != before->node.updated_ns) {
		rate_all(snapshot, before);
	} else {
		keep_rates(snapshot, before);
		return 0;
	}
	return remember(observer, snapshot);
}

enum tool_status tool_snapshot_error(const struct tool_observer *observer,
				     int result)
{
	if (result == -EAGAIN) {
		(void)tool_error(observer->node_name, "the node stopped in the "
				 "middle of writing its figures");
		return TOOL_TIMED_OUT;
	}
	return tool_error_result(observer->node_name, result,
				 &observer->refusal);
}

void tool_snapshot_done(struct tool_snapshot *snapshot)
{
	free(snapshot->peers);
	*snapshot = (struct tool_snapshot){.taken_ns = 0};
}

void tool_observer_done(struct tool_observer *observer)
{
	observer->observer = postern_observer_close(observer->observer);
	tool_snapshot_done(&observer->before);
}
