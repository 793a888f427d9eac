/* SPDX-License-Identifier: ISC */
/*
 * The table of the security modes: what sealing costs, and what it should
 *
 * A sealed message takes a message in mode `none` and the cipher's call on top;
 * the bound is as if nothing else came between.  (Sealing and opening go on at
 * the same time, on two processors, as sending and receiving do.)
 */
#include "bench_report.h"

const struct bench_samples *
bench_samples_of(const struct bench_line *line,
		 const struct bench_transport *transport)
{
	size_t i;

	for (i = 0; bench_transports[i] != transport; i++)
		;
	return &line->samples[i];
}

struct bench_samples bench_bound(const struct bench_line *line,
				 const struct bench_transport *transport)
{
	if (!transport->raw)
		return (struct bench_samples){0};
	return bench_in_series(bench_samples_of(line, transport->raw),
			       bench_samples_of(line, &bench_postern));
}

static bool is_part_of_another(const struct bench_transport *transport)
{
	size_t i;

	for (i = 0; i < bench_transport_count; i++)
		if (bench_transports[i]->raw == transport)
			return true;
	return false;
}

static void print_head(FILE *out, const struct bench_line *line)
{
	char size[BENCH_SIZE_TEXT_BYTES];

	bench_size_text(line->ring_bytes, size);
	(void)fprintf(out, "\nOne way, by security mode, rings of %s\n"
		      "(cipher: its call alone; bound: with a message in mode "
		      "none, one after the other)\n", size);
	(void)fprintf(out, "%9s %-15s %9s %9s %9s %9s %9s\n", "", "",
		      "million/s", "ns", "cipher ns", "of bound", "of curve");
}

static void print_value(FILE *out, int decimals, const char *unit, double value)
{
	if (value > 0)
		(void)fprintf(out, " %*.*f%s", unit[0] ? 8 : 9, decimals, value,
			      unit);
	else
		(void)fprintf(out, " %9s", "-");
}

static double time_ns(double rate)
{
	return rate > 0 ? 1e9 / rate : 0;
}

static void print_row(FILE *out, const struct bench_line *line,
		      const struct bench_transport *transport, bool is_first)
{
	const struct bench_samples *samples = bench_samples_of(line, transport);
	struct bench_samples bound = bench_bound(line, transport);
	char size[BENCH_SIZE_TEXT_BYTES];

	bench_size_text(line->message_bytes, size);
	(void)fprintf(out, "%9s %-15s", is_first ? size : "", transport->name);
	print_value(out, 3, "", bench_median(samples) / 1e6);
	print_value(out, 0, "", time_ns(bench_median(samples)));
	print_value(out, 0, "",
		    transport->raw ?
			    time_ns(bench_median(bench_samples_of(
				    line, transport->raw))) : 0);
	print_value(out, 2, "", bench_median_ratio(samples, &bound));
	print_value(out, 2, "x",
		    bench_median_ratio(samples,
				       bench_samples_of(line,
							&bench_zmq_curve)));
	(void)fprintf(out, "\n");
}

static void print_rows(FILE *out, const struct bench_line *line)
{
	const struct bench_transport *transport;
	bool is_first = true;
	size_t i;

	for (i = 0; i < bench_transport_count; i++) {
		transport = bench_transports[i];
		if (!(transport->tests & BENCH_DOES(BENCH_SECURED)) ||
		    is_part_of_another(transport))
			continue;
		print_row(out, line, transport, is_first);
		is_first = false;
	}
}

void bench_report_security(FILE *out, const struct bench_line *lines,
			   size_t line_count)
{
	bool has_head = false;
	size_t i;

	for (i = 0; i < line_count; i++) {
		if (lines[i].test != BENCH_SECURED)
			continue;
		if (!has_head)
			print_head(out, &lines[i]);
		has_head = true;
		print_rows(out, &lines[i]);
	}
}
