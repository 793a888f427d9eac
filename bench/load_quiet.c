/* SPDX-License-Identifier: ISC */
/*
 * quiet: one tenant's latency, alone and beside a tenant that floods
 *
 * The quiet tenant sends a thousand messages a second, each with its time in
 * it; the node's program reads the same clock when it has the message.  The
 * other tenant offers ten times what its rate allows.  The conditions take turns,
 * as the machine is not ours alone.  One of them is a control: a process that
 * burns as much of the processors as the flooder just did, and touches no node.
 * What the quiet tenant loses to that one, it loses to the machine.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <signal.h>

#include "bench.h"
#include "bench_stats.h"

#define QUIET_RATE 1000
#define QUIET_BYTES 64
#define FLOOD_LIMIT 10000
#define FLOOD_RATE 100000
#define FLOOD_BYTES 256
#define SETTLE_S 0.3

static const char tenants[] =
	"peer calm { group 20101 }\n"
	"peer flooder { group 20102 }\n"
	"tenant calm { members calm }\n"
	"tenant flooder {\n"
	"    members flooder\n"
	"    limits { rate 10000/s }\n"
	"}\n";

enum quantile { P50, P99, P999 };
#define QUANTILES 3
static const unsigned per_milles[QUANTILES] = {500, 990, 999};

struct course {
	const struct load_options *options;
	struct load_host host;
	struct load_node node;
	struct load_process quiet, flooder;
	struct bench_samples alone[QUANTILES], beside[QUANTILES];
	struct bench_samples control[QUANTILES];
	double flooder_share;   /* of a processor */
	double offered_per_s, admitted_per_s;
};

static void sample(const struct course *course, struct bench_samples *samples,
		   size_t repetition)
{
	size_t i;

	load_rest(SETTLE_S);
	load_forget_samples(LOAD_ONE_WAY);
	load_rest(course->options->seconds);
	for (i = 0; i < QUANTILES; i++)
		samples[i].rates[repetition] =
			(double)load_percentile_ns(LOAD_ONE_WAY,
						   per_milles[i]) / 1e3;
}

static void measure_control(struct course *course, size_t repetition)
{
	struct load_process burner = {0};

	if (!load_process_start(&burner, LOAD_OTHER_UID, LOAD_OTHER_UID,
				load_burner_main, &course->flooder_share))
		return;
	sample(course, course->control, repetition);
	load_process_stop(&burner);
}

static void measure(struct course *course, size_t repetition)
{
	struct load_member *flooder = &load_board->members[1];
	uint64_t offered, received, cpu_ns, begin_ns;
	double seconds;

	/* It has gone as long as it is stopped, ring and all. */
	(void)kill(course->flooder.pid, SIGSTOP);
	sample(course, course->alone, repetition);
	(void)kill(course->flooder.pid, SIGCONT);
	begin_ns = bench_now_ns();
	offered = atomic_load(&flooder->offered);
	received = atomic_load(&flooder->received);
	cpu_ns = load_process_cpu_ns(&course->flooder);
	sample(course, course->beside, repetition);
	seconds = (double)(bench_now_ns() - begin_ns) / 1e9;
	course->offered_per_s =
		(double)(atomic_load(&flooder->offered) - offered) / seconds;
	course->admitted_per_s =
		(double)(atomic_load(&flooder->received) - received) / seconds;
	course->flooder_share =
		(double)(load_process_cpu_ns(&course->flooder) - cpu_ns) / 1e9 /
		seconds;
	(void)kill(course->flooder.pid, SIGSTOP);
	measure_control(course, repetition);
}

static void report_ratio(const char *what, const struct bench_samples *samples,
			 const struct bench_samples *references)
{
	double ratio = bench_median_ratio(samples, references);

	if (ratio > 0)
		load_goal_at_most(what, ratio, 1.2, "");
	else
		load_not_measured(what, "a process did not start");
}

static void report(const struct course *course)
{
	static const char *const names[QUANTILES] = {"p50", "p99", "p99.9"};
	size_t i;

	(void)printf("  the flooder offered %.0f messages a second of its "
		     "%d, and %.0f came through\n", course->offered_per_s,
		     FLOOD_LIMIT, course->admitted_per_s);
	(void)printf("  %-8s %16s %18s %18s\n", "one way", "alone, us",
		     "beside flood, us", "beside burner, us");
	for (i = 0; i < QUANTILES; i++)
		(void)printf("  %-8s %16.2f %18.2f %18.2f\n", names[i],
			     bench_median(&course->alone[i]),
			     bench_median(&course->beside[i]),
			     bench_median(&course->control[i]));
	report_ratio("the quiet tenant's p99, beside to alone",
		     &course->beside[P99], &course->alone[P99]);
	report_ratio("the quiet tenant's p99, beside flood to burner",
		     &course->beside[P99], &course->control[P99]);
	load_goal_at_most("messages lost", (double)load_faults(), 0, "");
}

static bool start(struct course *course)
{
	struct load_sender quiet = {
		.host = &course->host,
		.member = 0,
		.message_bytes = QUIET_BYTES,
		.rate_per_s = QUIET_RATE,
		.is_timed = true,
	};
	struct load_sender flooder = {
		.host = &course->host,
		.member = 1,
		.message_bytes = FLOOD_BYTES,
		.rate_per_s = FLOOD_RATE,
	};

	return load_senders_start(&course->quiet, 1, &quiet, LOAD_GID + 1) &&
	       load_senders_start(&course->flooder, 1, &flooder, LOAD_GID + 2);
}

static void quiet(struct course *course)
{
	size_t repetition, i;

	for (i = 0; i < QUANTILES; i++)
		course->alone[i].count = course->beside[i].count =
			course->control[i].count = course->options->repetitions;
	for (repetition = 0; repetition < course->options->repetitions;
	     repetition++)
		measure(course, repetition);
	report(course);
}

static bool run(const struct load_options *options)
{
	static struct course course;
	bool is_good = true;

	course = (struct course) {
		.options = options,
		.node = {.host = &course.host},
	};
	/* A build without rates says so when the node opens: no failure. */
	if (load_host_open(&course.host, tenants, "    audit none\n") &&
	    load_node_start(&course.node)) {
		is_good = start(&course);
		if (is_good)
			quiet(&course);
	}
	load_process_stop(&course.flooder);
	load_process_stop(&course.quiet);
	load_process_stop(&course.node.process);
	load_host_close(&course.host);
	return is_good;
}

const struct load_scenario load_quiet = {
	.name = "quiet",
	.summary = "a quiet tenant beside one at ten times its rate",
	.defaults = {.seconds = 2, .repetitions = 5},
	.run = run,
};
