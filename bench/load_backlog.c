/* SPDX-License-Identifier: ISC */
/*
 * backlog: a sender faster than its receiver, for a long while
 *
 * The sender offers messages without a pause and never waits: one that found
 * the ring full is offered again.  The node's program takes its time for each.
 * Nothing may be lost, doubled or out of order, and the sender must have felt it.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench.h"

#define MESSAGE_BYTES 256
#define WORK_NS 18000
#define GOAL_OFFERED_PER_S 1e6
#define PATIENCE_S 60

/* The last message is consumed before the program has dealt with it. */
static bool is_done(void *user_data)
{
	const struct load_member *member = &load_board->members[0];

	(void)user_data;
	return atomic_load(&member->is_done) &&
	       atomic_load(&member->received) == atomic_load(&member->sent);
}

static void report(double seconds)
{
	const struct load_member *member = &load_board->members[0];
	uint64_t offered = atomic_load(&member->offered);
	uint64_t sent = atomic_load(&member->sent);
	uint64_t full = atomic_load(&member->full);
	uint64_t received = atomic_load(&member->received);
	uint64_t lost = sent > received ? sent - received : received - sent;

	(void)printf("  %-26s %14s %14s\n", "messages", "all", "a second");
	(void)printf("  %-26s %14" PRIu64 " %14.0f\n", "offered", offered,
		     (double)offered / seconds);
	(void)printf("  %-26s %14" PRIu64 " %14.0f\n", "found the ring full",
		     full, (double)full / seconds);
	(void)printf("  %-26s %14" PRIu64 " %14.0f\n", "sent", sent,
		     (double)sent / seconds);
	(void)printf("  %-26s %14" PRIu64 " %14.0f\n", "received, in order",
		     received, (double)received / seconds);
	load_goal_at_least("offered, million messages a second",
			   (double)offered / seconds / 1e6,
			   GOAL_OFFERED_PER_S / 1e6);
	load_goal_at_least("messages refused by a full ring", (double)full, 1);
	load_goal_at_most("messages lost, doubled or out of order",
			  (double)(lost + load_faults()), 0, "");
}

static bool backlog(const struct load_options *options, struct load_node *node,
		    struct load_process *process)
{
	const struct load_sender sender = {
		.host = node->host,
		.message_bytes = MESSAGE_BYTES,
		.seconds = options->seconds,
		.is_busy = true,
	};

	if (!load_node_start(node) ||
	    !load_senders_start(process, 1, &sender, LOAD_PEER_UID))
		return false;
	load_rest(options->seconds);
	if (!load_await(is_done, NULL, PATIENCE_S))
		(void)printf("  what was sent does not arrive\n");
	(void)printf("  messages of %d B, %d us of work for each\n",
		     MESSAGE_BYTES, WORK_NS / 1000);
	report(options->seconds);
	return true;
}

static bool run(const struct load_options *options)
{
	struct load_process process = {0};
	struct load_host host;
	struct load_node node = {.host = &host, .work_ns = WORK_NS};
	bool is_good;

	is_good = load_host_open(&host, "", "") &&
		  backlog(options, &node, &process);
	load_process_stop(&process);
	load_process_stop(&node.process);
	load_host_close(&host);
	return is_good;
}

const struct load_scenario load_backlog = {
	.name = "backlog",
	.summary = "a sender that is faster than its receiver",
	.defaults = {.seconds = 60},
	.run = run,
};
