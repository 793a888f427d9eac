/* SPDX-License-Identifier: ISC */
/*
 * The node's process: a program around postern_node_receive()
 *
 * It takes messages until there are none, then events, then it waits; under a
 * flood of messages it looks at the events now and then all the same.  It checks
 * that every member's messages come in order, whole and once.
 */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MESSAGE_BYTES_MAX 65536
#define MESSAGES_PER_LOOK 256
#define CHANNELS_MAX 512
#define PATIENCE_S 30

/* Whom the node sends to. */
struct receiver {
	postern_peer peer;      /* 0: free */
	struct postern_channel *channel;
};

struct state {
	const struct load_node *node;
	struct postern_node *handle;
	uint64_t next_numbers[LOAD_MEMBERS_MAX];
	uint64_t until_broadcast;
	size_t receiver_count;
	struct receiver receivers[CHANNELS_MAX];
	uint8_t buffer[MESSAGE_BYTES_MAX];
};

/* -- messages -------------------------------------------------------------- */

static void account(struct state *state, size_t byte_count)
{
	struct load_member *member;
	struct load_message message;

	if (byte_count < sizeof(message)) {
		load_count_own(&load_board->strays);
		return;
	}
	memcpy(&message, state->buffer, sizeof(message));
	if (message.member >= LOAD_MEMBERS_MAX) {
		load_count_own(&load_board->strays);
		return;
	}
	member = &load_board->members[message.member];
	if (message.number != state->next_numbers[message.member] ||
	    message.complement != ~message.number)
		load_count_own(&member->faults);
	state->next_numbers[message.member] = message.number + 1;
	if (message.sent_ns > 0)
		load_sample(LOAD_ONE_WAY, bench_now_ns() - message.sent_ns);
	load_count_own(&member->received);
}

static void work(uint64_t work_ns)
{
	uint64_t end_ns;

	if (work_ns == 0)
		return;
	end_ns = bench_now_ns() + work_ns;
	while (bench_now_ns() < end_ns)
		bench_cpu_relax();
}

/* Who has no room for it does without. */
static void broadcast(struct state *state)
{
	const struct load_message message = {0};
	size_t i;
	int r;

	for (i = 0; i < state->receiver_count; i++) {
		r = postern_send(state->receivers[i].channel, &message,
				 sizeof(message));
		if (r == 0)
			load_count_own(&load_board->broadcasts);
		else if (r == -EAGAIN)
			load_count_own(&load_board->broadcasts_full);
	}
}

static void put_out(struct state *state, postern_peer peer)
{
	atomic_store(&load_board->revoked_ns, bench_now_ns());
	if (postern_node_disconnect(state->handle, peer) < 0)
		load_count_own(&load_board->strays);
}

static void take_message(struct state *state, postern_peer peer,
			 size_t byte_count)
{
	const struct load_node *node = state->node;

	if (node->on_message)
		node->on_message(peer, state->buffer, byte_count);
	else if (node->revokes_speakers)
		put_out(state, peer);
	else
		account(state, byte_count);
	work(node->work_ns);
	if (node->broadcast_every > 0 && --state->until_broadcast == 0) {
		state->until_broadcast = node->broadcast_every;
		broadcast(state);
	}
}

/* -- events ---------------------------------------------------------------- */

static void add_receiver(struct state *state, postern_peer peer)
{
	struct receiver *receiver = &state->receivers[state->receiver_count];

	if (state->receiver_count == CHANNELS_MAX ||
	    postern_node_channel(state->handle, peer, &receiver->channel) < 0)
		return;
	receiver->peer = peer;
	state->receiver_count++;
}

static void remove_receiver(struct state *state, postern_peer peer)
{
	size_t i;

	for (i = 0; i < state->receiver_count; i++) {
		if (state->receivers[i].peer != peer)
			continue;
		(void)postern_channel_close(state->receivers[i].channel);
		state->receivers[i] =
			state->receivers[--state->receiver_count];
		return;
	}
}

static void take_event(struct state *state,
		       const struct postern_node_event *event)
{
	if (event->missed_count > 0)
		load_count_own(&load_board->events_missed);
	if (event->type == POSTERN_NODE_EVENT_CONNECTED) {
		if (state->node->broadcast_every > 0 &&
		    (event->directions & POSTERN_DIRECTION_FROM_NODE))
			add_receiver(state, event->peer);
		load_count_own(&load_board->admitted);
	} else if (event->type == POSTERN_NODE_EVENT_DISCONNECTED) {
		remove_receiver(state, event->peer);
		if (state->node->on_departure)
			state->node->on_departure(event);
		load_count_own(&load_board->departed);
	}
}

/* -- the loop -------------------------------------------------------------- */

static void take_events(struct state *state)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	while (postern_node_next_event(state->handle, &event) == 0)
		take_event(state, &event);
}

static int serve(struct state *state)
{
	unsigned since_look = 0;
	postern_peer peer;
	size_t byte_count;
	int r;

	for (;;) {
		r = postern_node_receive(state->handle, state->buffer,
					 sizeof(state->buffer), &byte_count,
					 &peer);
		if (r == 0) {
			take_message(state, peer, byte_count);
			if (++since_look < MESSAGES_PER_LOOK)
				continue;
		} else if (r != -EAGAIN) {
			return r;
		}
		since_look = 0;
		take_events(state);
		if (r == 0)
			continue;
		r = postern_node_wait(state->handle, POSTERN_NO_DEADLINE);
		if (r < 0)
			return r;
	}
}

static void node_main(void *user_data)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;
	const struct load_node *node = user_data;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct state *state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		_exit(EXIT_FAILURE);
	load_board_touch();
	memset(state->buffer, 0, sizeof(state->buffer));
	state->node = node;
	state->until_broadcast = node->broadcast_every;
	options.log = node->log;
	r = postern_node_open(node->host->policy, LOAD_NODE_NAME, &options,
			      &state->handle, &error);
	(void)snprintf(load_board->node_detail,
		       sizeof(load_board->node_detail), "%s%s%s",
		       postern_strerror(r), error.detail[0] ? ": " : "",
		       error.detail);
	atomic_store(&load_board->node_result, r);
	atomic_store(&load_board->node_is_open, true);
	if (r == 0)
		r = serve(state);
	(void)fprintf(stderr, "node: %s\n", postern_strerror(r));
	_exit(EXIT_FAILURE);
}

/* -- seen from outside ----------------------------------------------------- */

static bool has_opened(void *user_data)
{
	(void)user_data;
	return atomic_load(&load_board->node_is_open);
}

bool load_node_start(struct load_node *node)
{
	if (!load_process_start(&node->process, LOAD_NODE_UID, LOAD_NODE_UID,
				node_main, node))
		return false;
	if (!load_await(has_opened, NULL, PATIENCE_S)) {
		load_not_measured("node", "it does not open");
		return false;
	}
	if (atomic_load(&load_board->node_result) == 0)
		return true;
	load_not_measured("node", load_board->node_detail);
	return false;
}

static bool are_admitted(void *user_data)
{
	return atomic_load(&load_board->admitted) >= *(uint64_t *)user_data;
}

bool load_await_admitted(uint64_t count)
{
	return load_await(are_admitted, &count, PATIENCE_S);
}

static bool have_departed(void *user_data)
{
	(void)user_data;
	return atomic_load(&load_board->admitted) ==
	       atomic_load(&load_board->departed);
}

bool load_await_departed(void)
{
	return load_await(have_departed, NULL, PATIENCE_S);
}
