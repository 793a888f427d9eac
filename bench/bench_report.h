/* SPDX-License-Identifier: ISC */
/*
 * The lines that are measured, and how they are told
 */
#ifndef POSTERN_BENCH_BENCH_REPORT_H
#define POSTERN_BENCH_BENCH_REPORT_H

#include <stdio.h>

#include "bench.h"
#include "bench_stats.h"

#define BENCH_TRANSPORTS_MAX 32

/* Rings are this large, and for one line each larger and smaller. */
#define BENCH_RING_BYTES (1 << 20)
#define BENCH_LARGE_RING_BYTES (4 << 20)
#define BENCH_SMALL_RING_BYTES (128 << 10)

/* One line: one test at one size, for every transport that does it. */
struct bench_line {
	enum bench_test test;
	size_t message_bytes;
	size_t ring_bytes;
	struct bench_samples samples[BENCH_TRANSPORTS_MAX];
};

const struct bench_samples *
bench_samples_of(const struct bench_line *line,
		 const struct bench_transport *transport);

/* bench_machine.c */
void bench_report_machine(FILE *out, const char *prefix);

/* bench_table.c */
void bench_report_tables(FILE *out, const struct bench_line *lines,
			 size_t line_count);
void bench_report_missing(FILE *out);

/* bench_security.c: the lines of BENCH_SECURED have a table of their own. */
#define BENCH_BOUND_NAME "raw+none"
/*
 * What a transport would do that took its cipher's own time and that of a
 * message in mode `none`, one after the other, and no more.
 */
struct bench_samples bench_bound(const struct bench_line *line,
				 const struct bench_transport *transport);
void bench_report_security(FILE *out, const struct bench_line *lines,
			   size_t line_count);

/* bench_goals.c */
void bench_report_goals(FILE *out, const struct bench_line *lines,
			size_t line_count);

/* "64 B", "1 KiB" into a text of at least BENCH_SIZE_TEXT_BYTES. */
#define BENCH_SIZE_TEXT_BYTES 24
void bench_size_text(size_t byte_count, char *ret_text);

#endif
