/* SPDX-License-Identifier: ISC */
/*
 * stop: one of 32 peers is stopped, and the others must not notice
 *
 * All of them send as fast as they are let and hear what the node sends to all.
 * Then one is stopped by SIGSTOP, wherever it is, and later goes on; the node
 * finds its ring of messages full, and passes on.
 */
#include "load.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "bench.h"
#include "bench_stats.h"
#include "support/random.h"

#define PEERS 32
#define MESSAGE_BYTES 256
#define BROADCAST_EVERY 256
#define SETTLE_S 0.3

struct course {
	const struct load_options *options;
	struct load_host host;
	struct load_node node;
	struct load_process peers[PEERS];
	struct random random;
	struct bench_samples running, stopped;
};

static double rate_of_others(size_t victim, double seconds)
{
	uint64_t before, after, begin_ns, end_ns;

	begin_ns = bench_now_ns();
	before = load_received(0, PEERS) - load_received(victim, 1);
	load_rest(seconds);
	after = load_received(0, PEERS) - load_received(victim, 1);
	end_ns = bench_now_ns();
	return (double)(after - before) * 1e9 / (double)(end_ns - begin_ns);
}

static void measure(struct course *course, size_t repetition)
{
	uint32_t victim = random_below(&course->random, PEERS);
	double seconds = course->options->seconds;

	course->running.rates[repetition] = rate_of_others(victim, seconds);
	(void)kill(course->peers[victim].pid, SIGSTOP);
	load_rest(SETTLE_S);
	course->stopped.rates[repetition] = rate_of_others(victim, seconds);
	(void)kill(course->peers[victim].pid, SIGCONT);
	load_rest(SETTLE_S);
}

static bool stop(struct course *course)
{
	const struct load_sender sender = {
		.host = &course->host,
		.message_bytes = MESSAGE_BYTES,
		.directions = POSTERN_DIRECTION_TO_NODE |
			      POSTERN_DIRECTION_FROM_NODE,
	};
	size_t repetition;

	if (!load_node_start(&course->node) ||
	    !load_senders_start(course->peers, PEERS, &sender, LOAD_PEER_UID))
		return false;
	load_rest(SETTLE_S);
	course->running.count = course->options->repetitions;
	course->stopped.count = course->options->repetitions;
	for (repetition = 0; repetition < course->options->repetitions;
	     repetition++)
		measure(course, repetition);
	(void)printf("  31 others, all running: %12.0f messages a second\n"
		     "  31 others, one stopped: %12.0f messages a second\n",
		     bench_median(&course->running),
		     bench_median(&course->stopped));
	(void)printf("  the node sent %" PRIu64 ", and found %" PRIu64
		     " rings full\n", atomic_load(&load_board->broadcasts),
		     atomic_load(&load_board->broadcasts_full));
	load_goal_at_least("the others' throughput, stopped to running",
			   bench_median_ratio(&course->stopped,
					      &course->running), 0.95);
	load_goal_at_most("messages lost", (double)load_faults(), 0, "");
	return true;
}

static bool run(const struct load_options *options)
{
	static struct course course;
	bool is_good;

	course = (struct course) {
		.options = options,
		.random = {options->seed},
		.node = {.host = &course.host,
			 .broadcast_every = BROADCAST_EVERY},
	};
	is_good = load_host_open(&course.host, "", "") && stop(&course);
	load_processes_stop(course.peers, PEERS);
	load_process_stop(&course.node.process);
	load_host_close(&course.host);
	return is_good;
}

const struct load_scenario load_stop = {
	.name = "stop",
	.summary = "one of 32 peers stopped by SIGSTOP",
	.defaults = {.seconds = 1, .repetitions = 7},
	.run = run,
};
