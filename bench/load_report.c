/* SPDX-License-Identifier: ISC */
/*
 * What is told: percentiles, and the goals beside what was seen
 *
 * A goal that was missed is a finding, not an error of the program.
 */
#include "load.h"

#include <stdio.h>

#include "bench_report.h"

void load_title(const struct load_scenario *scenario)
{
	(void)printf("\n%s: %s\n", scenario->name, scenario->summary);
}

static void print_verdict(bool is_met)
{
	(void)printf(": %s\n", is_met ? "met" : "falls short");
	(void)fflush(stdout);
}

void load_goal_at_least(const char *what, double value, double bound)
{
	(void)printf("goal %s: %.3f, at least %.3f", what, value, bound);
	print_verdict(value >= bound);
}

void load_goal_at_most(const char *what, double value, double bound,
		       const char *unit)
{
	(void)printf("goal %s: %.3f%s%s, at most %.3f", what, value,
		     *unit ? " " : "", unit, bound);
	print_verdict(value <= bound);
}

void load_not_measured(const char *what, const char *why)
{
	(void)printf("  %s: not measured: %s\n", what, why);
	(void)fflush(stdout);
}

void load_print_samples(const char *what, enum load_sample_set set)
{
	(void)printf("  %-34s %8u  p50 %9.1f  p99 %9.1f  p99.9 %9.1f  "
		     "largest %9.1f us\n", what,
		     (unsigned)load_sample_count(set),
		     (double)load_percentile_ns(set, 500) / 1e3,
		     (double)load_percentile_ns(set, 990) / 1e3,
		     (double)load_percentile_ns(set, 999) / 1e3,
		     (double)load_percentile_ns(set, 1000) / 1e3);
}
