/* SPDX-License-Identifier: ISC */
/*
 * postern-bench: how fast, beside what
 *
 * Measures postern and its references in one run: for each line every transport
 * once, and that again as often as there are repetitions.  Nothing here is part
 * of `make check` but that it runs.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_report.h"

/* The sleeping round trip is judged closest, so it is taken most often. */
#define REPETITIONS 5
#define REPETITIONS_SLEEPING 9

struct options {
	double seconds;          /* of one measurement */
	size_t repetitions;      /* 0: as many as the line wants */
	bool is_csv;
	bool is_chosen[BENCH_TRANSPORTS_MAX];
	bool chooses;
	unsigned tests;          /* 1u << enum bench_test; 0: all */
};

static struct bench_line lines[] = {
	{.test = BENCH_ONE_WAY, .message_bytes = 16},
	{.test = BENCH_ONE_WAY, .message_bytes = 64},
	{.test = BENCH_ONE_WAY, .message_bytes = 256},
	{.test = BENCH_ONE_WAY, .message_bytes = 1 << 10},
	{.test = BENCH_ONE_WAY, .message_bytes = 4 << 10},
	{.test = BENCH_ONE_WAY, .message_bytes = 16 << 10},
	{.test = BENCH_ONE_WAY, .message_bytes = 64 << 10},
	{.test = BENCH_ONE_WAY, .message_bytes = 64,
	 .ring_bytes = BENCH_LARGE_RING_BYTES},
	{.test = BENCH_SPINNING, .message_bytes = 64},
	{.test = BENCH_SPINNING, .message_bytes = 1 << 10},
	{.test = BENCH_SLEEPING, .message_bytes = 64},
	{.test = BENCH_SLEEPING, .message_bytes = 1 << 10},
	{.test = BENCH_CONNECTING, .ring_bytes = BENCH_SMALL_RING_BYTES},
	{.test = BENCH_CONNECTING, .ring_bytes = BENCH_RING_BYTES},
	{.test = BENCH_SECURED, .message_bytes = 64},
	{.test = BENCH_SECURED, .message_bytes = 1 << 10},
	{.test = BENCH_SECURED, .message_bytes = 4 << 10},
};
#define LINE_COUNT (sizeof(lines) / sizeof(lines[0]))

static const char *const test_names[BENCH_TEST_COUNT] = {
	[BENCH_ONE_WAY] = "one-way",
	[BENCH_SPINNING] = "awake",
	[BENCH_SLEEPING] = "asleep",
	[BENCH_CONNECTING] = "connecting",
	[BENCH_SECURED] = "security",
};

static void print_usage(FILE *out)
{
	(void)fputs("usage: postern-bench [OPTION]...\n"
		    "  --seconds S       of each measurement (0.1)\n"
		    "  --repetitions N   of each line (5; asleep 9)\n"
		    "  --only NAME       this transport, and others named so\n"
		    "  --test TEST       this test, and others named so\n"
		    "  --csv             each measurement, on a line of its own\n"
		    "tests:", out);
	for (size_t i = 0; i < BENCH_TEST_COUNT; i++)
		(void)fprintf(out, " %s", test_names[i]);
	(void)fputs("\nnames:", out);
	for (size_t i = 0; i < bench_transport_count; i++)
		(void)fprintf(out, " %s", bench_transports[i]->name);
	(void)fputs("\n", out);
}

static bool choose_test(struct options *options, const char *name)
{
	size_t i;

	for (i = 0; i < BENCH_TEST_COUNT; i++)
		if (strcmp(test_names[i], name) == 0) {
			options->tests |= BENCH_DOES(i);
			return true;
		}
	(void)fprintf(stderr, "postern-bench: no test '%s'\n", name);
	return false;
}

static bool choose(struct options *options, const char *name)
{
	size_t i;

	for (i = 0; i < bench_transport_count; i++)
		if (strcmp(bench_transports[i]->name, name) == 0) {
			options->chooses = true;
			options->is_chosen[i] = true;
			return true;
		}
	(void)fprintf(stderr, "postern-bench: no transport '%s'\n", name);
	return false;
}

static bool parse_seconds(const char *text, double *ret_seconds)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= 0.001 && seconds <= 60)) {
		(void)fputs("postern-bench: --seconds: 0.001 to 60\n", stderr);
		return false;
	}
	*ret_seconds = seconds;
	return true;
}

static bool parse_repetitions(const char *text, size_t *ret_repetitions)
{
	unsigned long count;
	char *end;

	count = strtoul(text, &end, 10);
	if (end == text || *end || count < 1 || count > BENCH_REPETITIONS_MAX) {
		(void)fprintf(stderr, "postern-bench: --repetitions: 1 to %d\n",
			      BENCH_REPETITIONS_MAX);
		return false;
	}
	*ret_repetitions = count;
	return true;
}

static bool parse_option(int option, struct options *options)
{
	switch (option) {
	case 's':
		return parse_seconds(optarg, &options->seconds);
	case 'r':
		return parse_repetitions(optarg, &options->repetitions);
	case 'o':
		return choose(options, optarg);
	case 't':
		return choose_test(options, optarg);
	case 'c':
		options->is_csv = true;
		return true;
	case 'h':
		print_usage(stdout);
		exit(EXIT_SUCCESS);
	default:
		print_usage(stderr);
		return false;
	}
}

static bool parse_options(int argc, char **argv, struct options *ret_options)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"repetitions", required_argument, NULL, 'r'},
		{"only", required_argument, NULL, 'o'},
		{"test", required_argument, NULL, 't'},
		{"csv", no_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*ret_options = (struct options){.seconds = 0.1};
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!parse_option(option, ret_options))
			return false;
	if (optind != argc)
		print_usage(stderr);
	return optind == argc;
}

static bool is_wanted(const struct options *options,
		      const struct bench_line *line, size_t index)
{
	const struct bench_transport *transport = bench_transports[index];

	return (transport->tests & BENCH_DOES(line->test)) &&
	       (!options->chooses || options->is_chosen[index]) &&
	       !transport->missing();
}

/* Says whether it went well; a rate of 0 stands for a failure. */
static bool measure(const struct options *options, struct bench_line *line,
		    size_t index, size_t repetition)
{
	const struct bench_transport *transport = bench_transports[index];
	struct bench_run run = {
		.test = line->test == BENCH_SECURED ? BENCH_ONE_WAY :
						      line->test,
		.message_bytes = line->message_bytes,
		.ring_bytes = line->ring_bytes,
		.duration_ns = (uint64_t)(options->seconds * 1e9),
	};
	struct bench_result result = {0};
	int r;

	r = bench_measure(transport, &run, &result);
	if (r == 0 && (result.fault_count > 0 || result.elapsed_ns == 0))
		r = -EBADMSG;
	if (r < 0) {
		(void)fprintf(stderr, "postern-bench: %s: %s, %" PRIu64
			      " faults\n", transport->name, strerror(-r),
			      result.fault_count);
		return false;
	}
	line->samples[index].rates[repetition] =
		(double)result.count * 1e9 / (double)result.elapsed_ns;
	if (options->is_csv)
		(void)printf("%d,%zu,%zu,%s,%zu,%.1f\n", (int)line->test,
			     line->message_bytes, line->ring_bytes,
			     transport->name, repetition,
			     line->samples[index].rates[repetition]);
	return true;
}

static bool measure_line(const struct options *options, struct bench_line *line)
{
	size_t repetitions = options->repetitions;
	bool is_good = true;
	size_t repetition, i;

	if (repetitions == 0)
		repetitions = line->test == BENCH_SLEEPING ?
				      REPETITIONS_SLEEPING : REPETITIONS;
	if (line->ring_bytes == 0)
		line->ring_bytes = BENCH_RING_BYTES;
	for (i = 0; i < bench_transport_count; i++)
		line->samples[i].count = repetitions;
	for (repetition = 0; repetition < repetitions; repetition++)
		for (i = 0; i < bench_transport_count; i++)
			if (is_wanted(options, line, i) &&
			    !measure(options, line, i, repetition))
				is_good = false;
	return is_good;
}

/* Those that were asked for come first; says how many they are. */
static size_t keep_lines(const struct options *options)
{
	size_t kept = 0, i;

	for (i = 0; i < LINE_COUNT; i++)
		if (options->tests == 0 ||
		    (options->tests & BENCH_DOES(lines[i].test)))
			lines[kept++] = lines[i];
	return kept;
}

int main(int argc, char **argv)
{
	struct options options;
	size_t line_count, i;
	bool is_good = true;

	if (argc > 1 && strcmp(argv[1], "--serve") == 0)
		return bench_serve(argc, argv);
	if (!parse_options(argc, argv, &options))
		return 2;

	if (options.is_csv)
		(void)printf("test,message_bytes,ring_bytes,transport,"
			     "repetition,per_second\n");
	else
		bench_report_machine(stdout, "");
	line_count = keep_lines(&options);
	for (i = 0; i < line_count; i++)
		is_good = measure_line(&options, &lines[i]) && is_good;
	if (!options.is_csv) {
		bench_report_tables(stdout, lines, line_count);
		bench_report_security(stdout, lines, line_count);
		(void)printf("\n");
		bench_report_missing(stdout);
		bench_report_goals(stdout, lines, line_count);
	}
	return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
