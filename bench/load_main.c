/* SPDX-License-Identifier: ISC */
/*
 * postern-load: what a node stands, and for how long
 *
 * One subcommand for each scenario, or `all`.  The exit status says whether the
 * scenarios could be carried out; what they found is in the lines that begin
 * with "goal".
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench_report.h"
#include "load.h"

/* 4,096 peers, two descriptors each in the node, and some more. */
#define DESCRIPTORS 16384

static const struct load_scenario *const scenarios[] = {
	&load_churn, &load_flood, &load_crowd, &load_backlog, &load_stop,
	&load_peers, &load_fair, &load_quiet, &load_admit,
};
#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

static void print_usage(FILE *out)
{
	size_t i;

	(void)fputs("usage: postern-load SCENARIO|all [OPTION]...\n"
		    "  --seconds S       of each measurement\n"
		    "  --repetitions N   of each measurement\n"
		    "  --cycles N        of connecting and ending\n"
		    "  --seed N          of what is drawn at random (1)\n"
		    "Zero is the scenario's own choice.\n", out);
	for (i = 0; i < SCENARIO_COUNT; i++)
		(void)fprintf(out, "  %-10s %s\n", scenarios[i]->name,
			      scenarios[i]->summary);
}

static bool parse_number(const char *text, double most, double *ret_number)
{
	char *end;

	*ret_number = strtod(text, &end);
	return end != text && !*end && *ret_number >= 0 && *ret_number <= most;
}

static bool parse_options(int argc, char **argv, struct load_options *options)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"repetitions", required_argument, NULL, 'r'},
		{"cycles", required_argument, NULL, 'c'},
		{"seed", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	double number = 0;
	int option;

	*options = (struct load_options) {.seed = 1};
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'h') {
			print_usage(stdout);
			exit(EXIT_SUCCESS);
		}
		if (option == '?' || !parse_number(optarg, 1e9, &number))
			return false;
		if (option == 's')
			options->seconds = number;
		else if (option == 'r')
			options->repetitions = (size_t)number;
		else if (option == 'c')
			options->cycles = (uint64_t)number;
		else
			options->seed = (uint64_t)number;
	}
	return options->repetitions <= BENCH_REPETITIONS_MAX &&
	       optind == argc - 1;
}

static bool run(const struct load_scenario *scenario,
		const struct load_options *given)
{
	struct load_options options = scenario->defaults;

	options.seed = given->seed;
	if (given->seconds > 0)
		options.seconds = given->seconds;
	if (given->repetitions > 0)
		options.repetitions = given->repetitions;
	if (given->cycles > 0)
		options.cycles = given->cycles;
	load_title(scenario);
	return scenario->run(&options);
}

static void raise_limits(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_max < DESCRIPTORS)
		limit.rlim_max = DESCRIPTORS;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	/* Root of a container may not raise it: what there is has to do. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct load_options options;
	bool is_known = false, is_good = true;
	size_t i;

	if (!parse_options(argc, argv, &options)) {
		print_usage(stderr);
		return 2;
	}
	if (geteuid() != 0) {
		(void)fputs("postern-load: needs root, to be several users\n",
			    stderr);
		return EXIT_FAILURE;
	}
	raise_limits();
	if (!load_board_new())
		return EXIT_FAILURE;
	bench_report_machine(stdout, "");
	for (i = 0; i < SCENARIO_COUNT; i++) {
		if (strcmp(argv[optind], "all") != 0 &&
		    strcmp(argv[optind], scenarios[i]->name) != 0)
			continue;
		is_known = true;
		is_good = run(scenarios[i], &options) && is_good;
	}
	if (!is_known)
		print_usage(stderr);
	return is_known && is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
