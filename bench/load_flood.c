/* SPDX-License-Identifier: ISC */
/*
 * flood: three processes that do their worst, beside eight that mind their own
 *
 * The honest peers offer a fixed, paced load, and a ninth connects and closes at
 * its leisure.  Three conditions take turns: nobody else; the three floods
 * (tests/support/flood.h); and, as a control, three processes that burn as much
 * of the processors as the floods just did, and never touch the node.  What is
 * lost between the first and the third is the machine being busy; what is lost
 * between the third and the second is the floods' doing.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_stats.h"
#include "support/flood.h"
#include "support/footprint.h"

#define HONEST 8
#define HONEST_RATE 10000
#define HONEST_BYTES 256
#define CONNECTOR_RATE 50
#define CONNECTOR_MEMBER HONEST
#define FLOODS 3
#define SETTLE_S 0.5
#define PATIENCE_S 10
#define BROADCAST_EVERY 64

enum condition { CONDITION_ALONE, CONDITION_FLOODS, CONDITION_BURNERS };
#define CONDITIONS 3

static const char *const condition_names[CONDITIONS] = {
	"alone", "beside the floods", "beside burners",
};

struct course {
	const struct load_options *options;
	struct load_host host;
	struct load_node node;
	struct load_process honest[HONEST];
	struct load_process connector;
	double burner_shares[FLOODS]; /* of a processor, as the floods took */
	struct bench_samples rates[CONDITIONS];
	struct bench_samples p99_ms[CONDITIONS];
	struct bench_samples node_shares[CONDITIONS];
	uint64_t connects[CONDITIONS];
};

/* -- who disturbs ---------------------------------------------------------- */

struct flooding {
	const struct load_host *host;
	enum flood_kind kind;
	size_t index;
};

/* Shared with the floods: what they did. */
static struct flood_tally *tally_of(size_t index)
{
	return &load_board->tallies[index];
}

static void flood_main(void *user_data)
{
	static struct flood flood;
	const struct flooding *flooding = user_data;

	flood_init(&flood, flooding->kind, flooding->host->socket_path,
		   tally_of(flooding->index));
	for (;;)
		flood_step(&flood);
}

static bool start_disturbers(struct course *course, enum condition condition,
			     struct load_process *processes)
{
	static const enum flood_kind kinds[FLOODS] = {
		FLOOD_CONNECTS, FLOOD_HALF_OPEN, FLOOD_HOSTILE,
	};
	struct flooding flooding = {.host = &course->host};
	bool is_good = true, burns = condition == CONDITION_BURNERS;
	uint32_t i;

	for (i = 0; i < FLOODS && condition != CONDITION_ALONE; i++) {
		flooding.kind = kinds[i];
		flooding.index = i;
		/* Whoever floods with connects is not even allowed in. */
		is_good = load_process_start(
				  &processes[i], LOAD_OTHER_UID + i,
				  kinds[i] == FLOOD_CONNECTS
					  ? LOAD_OUTSIDER_GID
					  : LOAD_OTHER_UID + i,
				  burns ? load_burner_main : flood_main,
				  burns ? (void *)&course->burner_shares[i]
					: (void *)&flooding) && is_good;
	}
	return is_good;
}

/* -- one measurement ------------------------------------------------------- */

struct look {
	uint64_t now_ns;
	uint64_t received;
	uint64_t node_cpu_ns;
	uint64_t connects;
	uint64_t disturber_cpu_ns[FLOODS];
};

static struct look look(const struct course *course,
			const struct load_process *disturbers)
{
	struct look now = {
		.now_ns = bench_now_ns(),
		.received = load_received(0, HONEST),
		.node_cpu_ns = load_process_cpu_ns(&course->node.process),
		.connects = atomic_load(
			&load_board->members[CONNECTOR_MEMBER].sent),
	};
	size_t i;

	for (i = 0; i < FLOODS; i++)
		if (disturbers[i].pid > 0)
			now.disturber_cpu_ns[i] =
				load_process_cpu_ns(&disturbers[i]);
	return now;
}

static void note(struct course *course, enum condition condition,
		 size_t repetition, const struct look *from,
		 const struct look *to)
{
	double seconds = (double)(to->now_ns - from->now_ns) / 1e9;
	size_t i;

	course->rates[condition].rates[repetition] =
		(double)(to->received - from->received) / seconds;
	course->p99_ms[condition].rates[repetition] =
		(double)load_percentile_ns(LOAD_CONNECTS, 990) / 1e6;
	course->node_shares[condition].rates[repetition] =
		(double)(to->node_cpu_ns - from->node_cpu_ns) / 1e9 / seconds;
	course->connects[condition] += to->connects - from->connects;
	for (i = 0; i < FLOODS && condition == CONDITION_FLOODS; i++)
		course->burner_shares[i] =
			(double)(to->disturber_cpu_ns[i] -
				 from->disturber_cpu_ns[i]) / 1e9 / seconds;
}

static bool measure(struct course *course, enum condition condition,
		    size_t repetition)
{
	struct load_process disturbers[FLOODS] = {{0}};
	struct look from, to;
	bool is_good;

	is_good = start_disturbers(course, condition, disturbers);
	load_rest(SETTLE_S);
	load_forget_samples(LOAD_CONNECTS);
	from = look(course, disturbers);
	load_rest(course->options->seconds);
	to = look(course, disturbers);
	note(course, condition, repetition, &from, &to);
	load_processes_stop(disturbers, FLOODS);
	load_rest(SETTLE_S);
	return is_good;
}

/* -- the course of it ------------------------------------------------------ */

static void print_floods(const struct course *course)
{
	static const char *const names[FLOODS] = {
		"connects", "half open", "hostile",
	};
	struct flood_tally *tally;
	size_t i;

	for (i = 0; i < FLOODS; i++) {
		tally = tally_of(i);
		(void)printf("  flood %-10s %10" PRIu64 " connects, %8" PRIu64
			     " admitted, %10" PRIu64 " bells, %3.0f %% of a "
			     "processor\n", names[i],
			     atomic_load(&tally->connect_count),
			     atomic_load(&tally->connected_count),
			     atomic_load(&tally->bell_count),
			     100 * course->burner_shares[i]);
	}
	(void)printf("  node sent %" PRIu64 ", and %" PRIu64 " times found a "
		     "glutton's ring full\n",
		     atomic_load(&load_board->broadcasts),
		     atomic_load(&load_board->broadcasts_full));
}

static void report(const struct course *course)
{
	size_t i;

	(void)printf("  %d honest peers, %d messages of %d B a second each\n",
		     HONEST, HONEST_RATE, HONEST_BYTES);
	(void)printf("  %-20s %12s %18s %16s\n", "", "messages/s",
		     "connect p99, ms", "node's share");
	for (i = 0; i < CONDITIONS; i++)
		(void)printf("  %-20s %12.0f %18.3f %14.0f %%\n",
			     condition_names[i],
			     bench_median(&course->rates[i]),
			     bench_median(&course->p99_ms[i]),
			     100 * bench_median(&course->node_shares[i]));
	print_floods(course);
	load_goal_at_least("honest throughput, floods to burners",
			   bench_median_ratio(
				   &course->rates[CONDITION_FLOODS],
				   &course->rates[CONDITION_BURNERS]), 0.9);
	load_goal_at_least("honest throughput, floods to alone",
			   bench_median_ratio(
				   &course->rates[CONDITION_FLOODS],
				   &course->rates[CONDITION_ALONE]), 0.9);
	load_goal_at_most("honest connect p99 beside the floods",
			  bench_median(&course->p99_ms[CONDITION_FLOODS]), 50,
			  "ms");
	load_goal_at_most("messages lost, and connects failed",
			  (double)load_faults(), 0, "");
}

static bool start_connector(struct course *course)
{
	static struct load_connector connector;

	connector = (struct load_connector) {
		.host = &course->host,
		.rate_per_s = CONNECTOR_RATE,
		.ring_bytes = 65536,
		.member = CONNECTOR_MEMBER,
	};
	return load_process_start(&course->connector,
				  LOAD_PEER_UID + CONNECTOR_MEMBER,
				  LOAD_PEER_UID, load_connector_main,
				  &connector);
}

static bool start_honest(struct course *course)
{
	const struct load_sender sender = {
		.host = &course->host,
		.message_bytes = HONEST_BYTES,
		.rate_per_s = HONEST_RATE,
	};

	return load_node_start(&course->node) &&
	       load_senders_start(course->honest, HONEST, &sender,
				  LOAD_PEER_UID) &&
	       start_connector(course);
}

static bool floods_have_gone(void *user_data)
{
	(void)user_data;
	return atomic_load(&load_board->admitted) -
		       atomic_load(&load_board->departed) <= HONEST;
}

static struct footprint settle(struct course *course)
{
	struct footprint now = {0};

	load_process_stop(&course->connector);
	(void)load_await(floods_have_gone, NULL, PATIENCE_S);
	load_rest(SETTLE_S);
	(void)footprint_read(course->node.process.pid, &now);
	return now;
}

static void compare(const struct footprint *before,
		    const struct footprint *after)
{
	(void)printf("  the node before and after: %zu and %zu descriptors, "
		     "%zu and %zu mappings\n", before->fd_count,
		     after->fd_count, before->mapping_count,
		     after->mapping_count);
	load_goal_at_most("growth of the node's memory",
			  (double)(int64_t)(after->anonymous_bytes +
					    after->shared_bytes -
					    before->anonymous_bytes -
					    before->shared_bytes), 0, "bytes");
}

static bool flood(struct course *course)
{
	struct footprint before, after;
	size_t repetition, condition;

	if (!start_honest(course))
		return false;
	/* Once unseen: what is made once is made then. */
	if (!measure(course, CONDITION_FLOODS, 0))
		return false;
	before = settle(course);
	if (!start_connector(course))
		return false;
	course->connects[CONDITION_FLOODS] = 0;
	for (condition = 0; condition < CONDITIONS; condition++) {
		course->rates[condition].count = course->options->repetitions;
		course->p99_ms[condition].count = course->options->repetitions;
		course->node_shares[condition].count =
			course->options->repetitions;
	}
	for (repetition = 0; repetition < course->options->repetitions;
	     repetition++)
		for (condition = 0; condition < CONDITIONS; condition++)
			if (!measure(course, (enum condition)condition,
				     repetition))
				return false;
	after = settle(course);
	report(course);
	compare(&before, &after);
	return true;
}

static bool run(const struct load_options *options)
{
	static struct course course;
	bool is_good;

	course = (struct course) {
		.options = options,
		.node = {.host = &course.host,
			 .broadcast_every = BROADCAST_EVERY},
	};
	is_good = load_host_open(&course.host, "", "") && flood(&course);
	load_process_stop(&course.connector);
	load_processes_stop(course.honest, HONEST);
	load_process_stop(&course.node.process);
	load_host_close(&course.host);
	return is_good;
}

const struct load_scenario load_flood = {
	.name = "flood",
	.summary = "three floods beside eight honest peers",
	.defaults = {.seconds = 3, .repetitions = 3},
	.run = run,
};
