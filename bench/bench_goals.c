/* SPDX-License-Identifier: ISC */
/*
 * What postern means to reach, and whether this run did
 *
 * Falling short is a finding about the machine or the code, not an error of the
 * benchmark: its exit status does not depend on it.
 */
#include "bench_report.h"

#include <string.h>

enum bound { AT_LEAST, AT_MOST };

struct goal {
	enum bench_test test;
	size_t bytes;            /* of the message; connecting: of the rings */
	const char *reference;
	enum bound bound;
	double ratio;
};

static const struct goal goals[] = {
	{BENCH_ONE_WAY, 64, "ring", AT_LEAST, 0.85},
	{BENCH_ONE_WAY, 1 << 10, "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 4 << 10, "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 16 << 10, "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 64 << 10, "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 64, "libqb", AT_LEAST, 10},
	{BENCH_ONE_WAY, 64, "seqpacket", AT_LEAST, 10},
	{BENCH_ONE_WAY, 64, "zeromq", AT_LEAST, 2},
	{BENCH_SPINNING, 64, "ring", AT_MOST, 1.25},
	{BENCH_SPINNING, 1 << 10, "ring", AT_MOST, 1.25},
	{BENCH_SLEEPING, 64, "seqpacket", AT_MOST, 1.1},
	{BENCH_SLEEPING, 1 << 10, "seqpacket", AT_MOST, 1.1},
	{BENCH_CONNECTING, 256 << 10, "libqb", AT_LEAST, 1},
	{BENCH_CONNECTING, 2 << 20, "libqb", AT_LEAST, 1},
};

static const char *const test_texts[BENCH_TEST_COUNT] = {
	[BENCH_ONE_WAY] = "one way",
	[BENCH_SPINNING] = "round trip, awake",
	[BENCH_SLEEPING] = "round trip, asleep",
	[BENCH_CONNECTING] = "connecting",
};

static bool concerns(const struct goal *goal, const struct bench_line *line)
{
	size_t bytes = line->test == BENCH_CONNECTING ? 2 * line->ring_bytes :
							line->message_bytes;

	return line->test == goal->test && bytes == goal->bytes;
}

static double reached(const struct goal *goal, const struct bench_line *line)
{
	double ratio = 0;
	size_t i;

	for (i = 0; i < bench_transport_count; i++)
		if (strcmp(bench_transports[i]->name, goal->reference) == 0)
			ratio = bench_median_ratio(&line->samples[0],
						   &line->samples[i]);
	if (ratio > 0 && goal->bound == AT_MOST)
		ratio = 1 / ratio; /* of times, not of rates */
	return ratio;
}

static void print_goal(FILE *out, const struct goal *goal, double ratio)
{
	char size[BENCH_SIZE_TEXT_BYTES];
	bool is_met;

	bench_size_text(goal->bytes, size);
	is_met = goal->bound == AT_LEAST ? ratio >= goal->ratio :
					   ratio <= goal->ratio;
	(void)fprintf(out, "  %-18s %7s  %s %5.2f x %-9s  ",
		      test_texts[goal->test], size,
		      goal->bound == AT_LEAST ? ">=" : "<=", goal->ratio,
		      goal->reference);
	if (ratio <= 0)
		(void)fprintf(out, "not measured\n");
	else
		(void)fprintf(out, "%6.2f  %s\n", ratio,
			      is_met ? "pass" : "falls short");
}

void bench_report_goals(FILE *out, const struct bench_line *lines,
			size_t line_count)
{
	size_t goal, line;

	(void)fprintf(out, "\nGoals\n");
	for (goal = 0; goal < sizeof(goals) / sizeof(goals[0]); goal++)
		for (line = 0; line < line_count; line++)
			if (concerns(&goals[goal], &lines[line]))
				print_goal(out, &goals[goal],
					   reached(&goals[goal], &lines[line]));
}
