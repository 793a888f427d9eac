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
	size_t ring_bytes;       /* of each direction; 0: as usual */
	const char *subject;
	const char *reference;
	enum bound bound;
	double ratio;
};

/* A sealed message: 0.8 of a plain one and its cipher's call together. */
#define SECURED_GOAL(bytes, subject) \
	{BENCH_SECURED, (bytes), 0, (subject), BENCH_BOUND_NAME, AT_LEAST, 0.8}
#define SECURED_GOALS(bytes) \
	SECURED_GOAL(bytes, "mac-aes"), SECURED_GOAL(bytes, "mac-chacha"), \
	SECURED_GOAL(bytes, "aead-aes"), SECURED_GOAL(bytes, "aead-chacha")

static const struct goal goals[] = {
	{BENCH_ONE_WAY, 64, 0, "postern", "ring", AT_LEAST, 0.85},
	{BENCH_ONE_WAY, 1 << 10, 0, "postern", "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 4 << 10, 0, "postern", "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 16 << 10, 0, "postern", "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 64 << 10, 0, "postern", "ring", AT_LEAST, 0.9},
	{BENCH_ONE_WAY, 64, 0, "postern", "libqb", AT_LEAST, 10},
	{BENCH_ONE_WAY, 64, 0, "postern", "seqpacket", AT_LEAST, 10},
	{BENCH_ONE_WAY, 64, 0, "postern", "zeromq", AT_LEAST, 2},
	{BENCH_ONE_WAY, 64, BENCH_LARGE_RING_BYTES, "postern", "run-ahead",
	 AT_LEAST, 0.6},
	{BENCH_ONE_WAY, 64, BENCH_LARGE_RING_BYTES, "node", "run-ahead",
	 AT_LEAST, 0.6},
	{BENCH_SPINNING, 64, 0, "postern", "ring", AT_MOST, 1.25},
	{BENCH_SPINNING, 1 << 10, 0, "postern", "ring", AT_MOST, 1.25},
	{BENCH_SLEEPING, 64, 0, "postern", "seqpacket", AT_MOST, 1.1},
	{BENCH_SLEEPING, 1 << 10, 0, "postern", "seqpacket", AT_MOST, 1.1},
	{BENCH_CONNECTING, 256 << 10, 0, "postern", "libqb", AT_LEAST, 1},
	{BENCH_CONNECTING, 2 << 20, 0, "postern", "libqb", AT_LEAST, 1},
	SECURED_GOALS(64),
	SECURED_GOALS(1 << 10),
	SECURED_GOALS(4 << 10),
	{BENCH_SECURED, 64, 0, "mac-aes", "curve", AT_LEAST, 5},
	{BENCH_SECURED, 64, 0, "mac-chacha", "curve", AT_LEAST, 5},
	{BENCH_SECURED, 64, 0, "aead-aes", "curve", AT_LEAST, 4},
	{BENCH_SECURED, 64, 0, "aead-chacha", "curve", AT_LEAST, 4},
};

static const char *const test_texts[BENCH_TEST_COUNT] = {
	[BENCH_ONE_WAY] = "one way",
	[BENCH_SPINNING] = "round trip, awake",
	[BENCH_SLEEPING] = "round trip, asleep",
	[BENCH_CONNECTING] = "connecting",
	[BENCH_SECURED] = "one way, sealed",
};

static bool concerns(const struct goal *goal, const struct bench_line *line)
{
	size_t ring_bytes = goal->ring_bytes;

	if (line->test != goal->test)
		return false;
	if (line->test == BENCH_CONNECTING)
		return 2 * line->ring_bytes == goal->bytes;
	if (ring_bytes == 0)
		ring_bytes = BENCH_RING_BYTES;
	return line->message_bytes == goal->bytes &&
	       line->ring_bytes == ring_bytes;
}

static double reached(const struct goal *goal, const struct bench_line *line)
{
	const struct bench_transport *subject, *reference;
	struct bench_samples reference_samples;
	double ratio;

	subject = bench_transport_find(goal->subject);
	reference = bench_transport_find(goal->reference);
	reference_samples = reference ? *bench_samples_of(line, reference) :
					bench_bound(line, subject);
	ratio = bench_median_ratio(bench_samples_of(line, subject),
				   &reference_samples);
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
	(void)fprintf(out, "  %-11s  %-18s %7s  %s %5.2f x %-9s  ",
		      goal->subject, test_texts[goal->test], size,
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
