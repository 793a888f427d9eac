/* SPDX-License-Identifier: ISC */
/*
 * peers: what connected peers cost that do nothing
 *
 * One peer sends as fast as it can beside more and more that only are there;
 * then it sends a little at a time, so that each message finds the node asleep
 * and costs it a turn; then nobody does anything.  Beside that, 64 senders at
 * once, and every one of 4,096 slots taken and heard from.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench.h"
#include "bench_stats.h"

#define MESSAGE_BYTES 64
#define PACED_RATE 2000
#define IDLE_SHARE 6       /* of a measurement: how long it is left alone */
#define SETTLE_S 0.2
#define PATIENCE_S 60

#define SENDERS 64
#define SLOTS 4096
#define SLOTS_TEXT "4096"
#define PER_HOLDER 64
#define HOLDERS_MAX (SLOTS / PER_HOLDER)

/* Members: the senders first, then the holders. */
#define HOLDER_MEMBER SENDERS

static const size_t peer_counts[] = {1, 64, 256, 1000, 1024};
#define PEER_COUNTS (sizeof(peer_counts) / sizeof(peer_counts[0]))
#define GOAL_COUNT 3    /* 1,000 peers */

struct course {
	const struct load_options *options;
	struct load_host host;
	struct load_node node;
	struct load_process holders[HOLDERS_MAX];
	size_t holder_count;
	size_t held_count;
	struct bench_samples rates[PEER_COUNTS];
	struct bench_samples turn_ns[PEER_COUNTS];
	struct bench_samples one_sender, all_senders;
	struct bench_samples one_share, all_share; /* of a processor: the node */
	double idle_share;
};

/* -- who is there ---------------------------------------------------------- */

static bool is_member_connected(void *user_data)
{
	return atomic_load(&load_board->members[*(size_t *)user_data]
				    .is_connected);
}

static bool hold(struct course *course, size_t count, bool says_one_word)
{
	struct load_holder holder = {
		.host = &course->host,
		.says_one_word = says_one_word,
	};
	size_t member;

	while (course->held_count < count) {
		holder.member = HOLDER_MEMBER + (uint32_t)course->holder_count;
		holder.channel_count = (uint32_t)(count - course->held_count);
		if (holder.channel_count > PER_HOLDER)
			holder.channel_count = PER_HOLDER;
		member = holder.member;
		if (course->holder_count == HOLDERS_MAX ||
		    !load_process_start(&course->holders[course->holder_count++],
					LOAD_PEER_UID + holder.member,
					LOAD_PEER_UID, load_holder_main,
					&holder) ||
		    !load_await(is_member_connected, &member, PATIENCE_S)) {
			load_not_measured("peers", "they do not connect");
			return false;
		}
		course->held_count += holder.channel_count;
	}
	return true;
}

static bool begin(struct course *course)
{
	course->node = (struct load_node) {.host = &course->host};
	course->holder_count = course->held_count = 0;
	return load_host_open(&course->host, "",
			      "    slots " SLOTS_TEXT "\n"
			      "    audit none\n") &&
	       load_node_start(&course->node);
}

static void end(struct course *course)
{
	load_processes_stop(course->holders, course->holder_count);
	load_process_stop(&course->node.process);
	load_host_close(&course->host);
}

/* -- throughput and turns -------------------------------------------------- */

struct window {
	double messages_per_s;
	double node_ns_per_message;
	double node_share;
};

static struct window watch(const struct course *course, size_t sender_count)
{
	uint64_t begin_ns, cpu_ns, received, seconds_ns;

	load_rest(SETTLE_S);
	begin_ns = bench_now_ns();
	cpu_ns = load_process_cpu_ns(&course->node.process);
	received = load_received(0, sender_count);
	load_rest(course->options->seconds);
	seconds_ns = bench_now_ns() - begin_ns;
	cpu_ns = load_process_cpu_ns(&course->node.process) - cpu_ns;
	received = load_received(0, sender_count) - received;
	if (received == 0)
		return (struct window) {0};
	return (struct window) {
		.messages_per_s = (double)received * 1e9 / (double)seconds_ns,
		.node_ns_per_message = (double)cpu_ns / (double)received,
		.node_share = (double)cpu_ns / (double)seconds_ns,
	};
}

/* A member's number goes on from zero with each node, so each sends once. */
static bool watch_sender(const struct course *course, uint32_t member,
			 uint64_t rate_per_s, struct window *ret_window)
{
	const struct load_sender sender = {
		.host = &course->host,
		.member = member,
		.message_bytes = MESSAGE_BYTES,
		.rate_per_s = rate_per_s,
		.is_busy = true,
	};
	struct load_process process = {0};
	bool is_good;

	is_good = load_senders_start(&process, 1, &sender, LOAD_PEER_UID);
	if (is_good)
		*ret_window = watch(course, SENDERS);
	load_process_stop(&process);
	return is_good;
}

static bool measure_counts(struct course *course, size_t repetition)
{
	struct window window = {0};
	uint32_t member = 0;
	size_t i;

	for (i = 0; i < PEER_COUNTS; i++) {
		/* The one that sends is one of them. */
		if (!hold(course, peer_counts[i] - 1, false) ||
		    !watch_sender(course, member++, 0, &window))
			return false;
		course->rates[i].rates[repetition] = window.messages_per_s;
		if (!watch_sender(course, member++, PACED_RATE, &window))
			return false;
		course->turn_ns[i].rates[repetition] =
			window.node_ns_per_message;
	}
	return true;
}

static void measure_idleness(struct course *course)
{
	uint64_t before_ns, after_ns;

	load_rest(SETTLE_S);
	before_ns = load_process_cpu_ns(&course->node.process);
	load_rest(IDLE_SHARE * course->options->seconds);
	after_ns = load_process_cpu_ns(&course->node.process);
	course->idle_share += (double)(after_ns - before_ns) / 1e6;
}

static bool measure_senders(struct course *course, size_t count,
			    double *ret_rate, double *ret_share)
{
	const struct load_sender sender = {
		.host = &course->host,
		.message_bytes = MESSAGE_BYTES,
	};
	struct load_process processes[SENDERS] = {{0}};
	struct window window;
	bool is_good;

	is_good = begin(course) &&
		  load_senders_start(processes, count, &sender, LOAD_PEER_UID);
	if (is_good) {
		window = watch(course, count);
		*ret_rate = window.messages_per_s;
		*ret_share = window.node_share;
	}
	load_processes_stop(processes, count);
	end(course);
	return is_good;
}

/* -- all slots ------------------------------------------------------------- */

static bool have_all_spoken(void *user_data)
{
	(void)user_data;
	return load_received(HOLDER_MEMBER, HOLDERS_MAX) == SLOTS;
}

static bool fill_slots(struct course *course)
{
	uint64_t begin_ns = bench_now_ns();
	bool is_good;

	is_good = begin(course) && hold(course, SLOTS, true) &&
		  load_await(have_all_spoken, NULL, PATIENCE_S);
	(void)printf("  %d slots: %" PRIu64 " admitted in %.2f s, %" PRIu64
		     " heard from\n", SLOTS,
		     atomic_load(&load_board->admitted),
		     (double)(bench_now_ns() - begin_ns) / 1e9,
		     load_received(HOLDER_MEMBER, HOLDERS_MAX));
	load_goal_at_least("peers heard from, of 4096 connected",
			   (double)load_received(HOLDER_MEMBER, HOLDERS_MAX),
			   SLOTS);
	end(course);
	return is_good;
}

/* -- the course of it ------------------------------------------------------ */

static void report(struct course *course)
{
	size_t i;

	(void)printf("  %10s %14s %18s %22s\n", "connected", "messages/s",
		     "of one alone", "ns of node per turn");
	for (i = 0; i < PEER_COUNTS; i++)
		(void)printf("  %10zu %14.0f %18.3f %22.0f\n", peer_counts[i],
			     bench_median(&course->rates[i]),
			     bench_median_ratio(&course->rates[i],
						&course->rates[0]),
			     bench_median(&course->turn_ns[i]));
	(void)printf("  senders that wait when their ring is full, messages a "
		     "second:\n"
		     "  %10d %14.0f (the node has %.0f %% of a processor)\n"
		     "  %10d %14.0f (the node has %.0f %% of a processor)\n",
		     1, bench_median(&course->one_sender),
		     100 * bench_median(&course->one_share), SENDERS,
		     bench_median(&course->all_senders),
		     100 * bench_median(&course->all_share));
	load_goal_at_least("throughput, 1000 connected to one",
			   bench_median_ratio(&course->rates[GOAL_COUNT],
					      &course->rates[0]), 0.9);
	load_goal_at_most("the idle node's processor time, 1024 "
			  "connected", course->idle_share, 0.1, "ms");
	load_goal_at_least("total of 64 senders to that of one",
			   bench_median_ratio(&course->all_senders,
					      &course->one_sender), 0.8);
}

static bool measure(struct course *course, size_t repetition)
{
	bool is_good;

	is_good = begin(course) && measure_counts(course, repetition);
	if (is_good && repetition == 0)
		measure_idleness(course);
	end(course);
	return is_good &&
	       measure_senders(course, 1,
			       &course->one_sender.rates[repetition],
			       &course->one_share.rates[repetition]) &&
	       measure_senders(course, SENDERS,
			       &course->all_senders.rates[repetition],
			       &course->all_share.rates[repetition]);
}

static bool run(const struct load_options *options)
{
	static struct course course;
	size_t repetition, i;

	course = (struct course) {.options = options};
	for (i = 0; i < PEER_COUNTS; i++)
		course.rates[i].count = course.turn_ns[i].count =
			options->repetitions;
	course.one_sender.count = course.all_senders.count =
		options->repetitions;
	course.one_share.count = course.all_share.count = options->repetitions;
	for (repetition = 0; repetition < options->repetitions; repetition++)
		if (!measure(&course, repetition))
			return false;
	report(&course);
	return fill_slots(&course);
}

const struct load_scenario load_peers = {
	.name = "peers",
	.summary = "up to 4,096 connected, and 64 senders at once",
	.defaults = {.seconds = 0.5, .repetitions = 3},
	.run = run,
};
