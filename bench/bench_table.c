/* SPDX-License-Identifier: ISC */
/*
 * The tables: what was measured, and below it postern's part of it
 *
 * A table has a column for each transport.  The second row of each size says how
 * postern compares: for rates, its rate as a multiple of the other's; for round
 * trips, its time as a multiple of the other's.
 */
#include "bench_report.h"

#include <string.h>

static const char *const titles[BENCH_TEST_COUNT] = {
	[BENCH_ONE_WAY] = "One way, million messages a second "
			  "(below: postern's rate as a multiple)",
	[BENCH_SPINNING] = "Round trip, both sides awake, nanoseconds "
			   "(below: postern's time as a multiple)",
	[BENCH_SLEEPING] = "Round trip, asleep in between, nanoseconds "
			   "(below: postern's time as a multiple)",
	[BENCH_CONNECTING] = "Connections a second, by shared memory of each "
			     "(below: postern's rate as a multiple)",
	[BENCH_SECURED] = "One way, by security mode",
};

void bench_size_text(size_t byte_count, char *ret_text)
{
	if (byte_count >= 1 << 20)
		(void)snprintf(ret_text, BENCH_SIZE_TEXT_BYTES, "%zu MiB",
			       byte_count >> 20);
	else if (byte_count >= 1 << 10)
		(void)snprintf(ret_text, BENCH_SIZE_TEXT_BYTES, "%zu KiB",
			       byte_count >> 10);
	else
		(void)snprintf(ret_text, BENCH_SIZE_TEXT_BYTES, "%zu B",
			       byte_count);
}

static bool is_time(enum bench_test test)
{
	return test == BENCH_SPINNING || test == BENCH_SLEEPING;
}

static void print_value(FILE *out, enum bench_test test, double rate)
{
	if (rate <= 0)
		(void)fprintf(out, " %9s", "-");
	else if (test == BENCH_ONE_WAY)
		(void)fprintf(out, " %9.3f", rate / 1e6);
	else if (is_time(test))
		(void)fprintf(out, " %9.0f", 1e9 / rate);
	else
		(void)fprintf(out, " %9.0f", rate);
}

static bool has_column(const struct bench_line *line, size_t index)
{
	return bench_transports[index]->tests & BENCH_DOES(line->test);
}

static void print_head(FILE *out, const struct bench_line *line)
{
	char size[BENCH_SIZE_TEXT_BYTES];
	size_t i;

	(void)fprintf(out, "\n%s", titles[line->test]);
	if (line->test == BENCH_ONE_WAY) {
		bench_size_text(line->ring_bytes, size);
		(void)fprintf(out, ", rings of %s", size);
	}
	(void)fprintf(out, "\n%9s", "");
	for (i = 0; i < bench_transport_count; i++)
		if (has_column(line, i))
			(void)fprintf(out, " %9s", bench_transports[i]->name);
	(void)fprintf(out, "\n");
}

static void print_values(FILE *out, const struct bench_line *line)
{
	char size[BENCH_SIZE_TEXT_BYTES];
	size_t i;

	bench_size_text(line->test == BENCH_CONNECTING ?
				2 * line->ring_bytes : line->message_bytes,
			size);
	(void)fprintf(out, "%9s", size);
	for (i = 0; i < bench_transport_count; i++)
		if (has_column(line, i))
			print_value(out, line->test,
				    bench_median(&line->samples[i]));
	(void)fprintf(out, "\n");
}

/* Postern is the first; nothing is printed behind the last that compares. */
static void print_ratios(FILE *out, const struct bench_line *line)
{
	int skipped_columns = 9;
	double ratio;
	size_t i;

	for (i = 0; i < bench_transport_count; i++) {
		if (!has_column(line, i))
			continue;
		ratio = i == 0 ? 0 : bench_median_ratio(&line->samples[0],
							&line->samples[i]);
		skipped_columns += 10;
		if (ratio <= 0)
			continue;
		(void)fprintf(out, "%*.2fx", skipped_columns - 1,
			      is_time(line->test) ? 1 / ratio : ratio);
		skipped_columns = 0;
	}
	if (skipped_columns == 0 || bench_median(&line->samples[0]) > 0)
		(void)fprintf(out, "\n");
}

/* Of one test; and where the message's size makes the line, of one ring. */
static bool is_one_table(const struct bench_line *line,
			 const struct bench_line *other)
{
	return line->test == other->test &&
	       (line->test == BENCH_CONNECTING ||
		line->ring_bytes == other->ring_bytes);
}

void bench_report_tables(FILE *out, const struct bench_line *lines,
			 size_t line_count)
{
	size_t i;

	for (i = 0; i < line_count; i++) {
		if (lines[i].test == BENCH_SECURED)
			continue;
		if (i == 0 || !is_one_table(&lines[i], &lines[i - 1]))
			print_head(out, &lines[i]);
		print_values(out, &lines[i]);
		print_ratios(out, &lines[i]);
	}
}

void bench_report_missing(FILE *out)
{
	const char *why;
	size_t i;

	for (i = 0; i < bench_transport_count; i++) {
		why = bench_transports[i]->missing();
		if (why)
			(void)fprintf(out, "%s: %s\n",
				      bench_transports[i]->name, why);
	}
}
