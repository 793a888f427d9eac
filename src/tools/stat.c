/* SPDX-License-Identifier: ISC */
/*
 * postern stat, top: the statistics of a node, once or repeatedly
 */
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "errors.h"
#include "log.h"
#include "options.h"
#include "policy_source.h"
#include "screen.h"
#include "signals.h"
#include "stat_sample.h"
#include "stat_table.h"
#include "tool.h"

#define NS_PER_MS UINT64_C(1000000)

/* The options of a command, and its samples. */
struct watch {
	struct postern_policy_options source;
	struct tool_stat_reader reader;
	struct tool_stat_sample sample;
	uint64_t interval_ns;
	uint64_t count_max;     /* samples; 0: any number */
	bool is_json;
	bool is_openmetrics;
	enum tool_stat_table_order order;
};

#define WATCH_INIT                                                   \
	{                                                            \
		.source = POSTERN_POLICY_OPTIONS_INIT,               \
		.reader = {.options = POSTERN_STATS_READER_OPTIONS_INIT}, \
		.interval_ns = UINT64_C(1000000000)                  \
	}

/* Options of both commands, for a struct watch called watch. */
#define WATCH_OPTIONS \
	{.name = "interval", .argument = "DURATION", \
	 .duration_ns = &watch.interval_ns, \
	 .help = "time between two looks (default: 1s)"}, \
	{.name = "count", .argument = "N", .count = &watch.count_max, \
	 .help = "end after N looks"}, \
	TOOL_OPTION_DISABLE(&watch.reader.options.disable_features)

static void print(struct watch *watch, bool is_first)
{
	if (watch->is_json) {
		tool_stat_sample_print_json(&watch->sample);
	} else if (watch->is_openmetrics) {
		tool_stat_sample_print_openmetrics(&watch->sample);
	} else {
		if (!is_first)
			putchar('\n');
		tool_stat_table_sort(&watch->sample, watch->order);
		tool_stat_table_print(&watch->sample);
	}
}

/* False: a signal asked to stop. */
static bool wait_for_interval(const struct watch *watch, int stop_fd)
{
	struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
	uint64_t interval_ms = watch->interval_ns / NS_PER_MS;

	if (interval_ms > INT_MAX)
		interval_ms = INT_MAX;
	(void)poll(&stop, 1, (int)interval_ms);
	return !tool_stop_is_requested();
}

/* Print the sample, and further ones until count_max, a signal or an error. */
static enum tool_status print_samples(struct watch *watch, int stop_fd)
{
	uint64_t looks;
	int result;

	for (looks = 1;; looks++) {
		print(watch, looks == 1);
		/* If not all was written, tool_output_finish() reports it. */
		if (fflush(stdout) != 0 || looks == watch->count_max ||
		    !wait_for_interval(watch, stop_fd))
			return TOOL_DONE;
		result = tool_stat_sample_take(&watch->reader, &watch->sample);
		if (result < 0)
			return tool_stat_sample_error(&watch->reader, result);
	}
}

/* Load the policy, take the first sample and show it and further ones. */
static enum tool_status watch_node(struct watch *watch, const char *node_name,
				   bool has_screen)
{
	struct tool_stat_reader *reader = &watch->reader;
	struct postern_policy *policy;
	enum tool_status status;
	int result, stop_fd;

	watch->source.disable_features = reader->options.disable_features;
	reader->options.log = tool_log_print;
	policy = tool_policy_load(&watch->source, TOOL_POLICY_FOR_CLIENT);
	reader->policy = policy;
	reader->node_name = node_name;
	result = tool_stat_sample_take(reader, &watch->sample);
	if (result < 0)
		tool_exit(tool_stat_sample_error(reader, result));
	result = tool_signals_open(TOOL_SIGNALS_OF_VIEWER, &stop_fd);
	if (result < 0)
		tool_fail_system("signals", -result);
	status = has_screen ? tool_screen_run(reader, &watch->sample,
					      watch->order, watch->interval_ns,
					      watch->count_max) :
		 print_samples(watch, stop_fd);
	tool_stat_sample_done(&watch->sample);
	tool_stat_reader_done(reader);
	postern_policy_free(policy);
	return status;
}

/* -- stat ------------------------------------------------------------------ */

static enum tool_status run_stat(const struct tool_command *command, int argc,
				 char **argv)
{
	struct watch watch = WATCH_INIT;
	bool is_watching = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&watch.source.file),
		{.name = "json", .flag = &watch.is_json,
		 .help = "one JSON object on one line"},
		{.name = "openmetrics", .flag = &watch.is_openmetrics,
		 .help = "the text that a metrics collector reads"},
		{.name = "watch", .flag = &is_watching,
		 .help = "print again and again, with current rates"},
		WATCH_OPTIONS,
		{0}
	};
	const char *node_name;

	node_name = *tool_options_parse(command, options, argc, argv);
	if (watch.is_openmetrics && (watch.is_json || is_watching))
		tool_misuse(command, "--openmetrics is a whole text: neither "
			    "--json nor --watch goes with it");
	if (!is_watching)
		watch.count_max = 1;
	return watch_node(&watch, node_name, false);
}

const struct tool_command tool_command_stat = {
	.name = "stat",
	.operands = "NODE",
	.summary = "print the figures of a node and of its peers",
	.description =
		"Print what NODE has done so far and what its peers are doing. "
		"The first rates are\nthose since a peer was admitted.  It "
		"takes root, the node's owner, or an allow\nrule that says "
		"'observe'.\n",
	.run = run_stat,
};

/* -- top ------------------------------------------------------------------- */

static enum tool_status run_top(const struct tool_command *command, int argc,
				char **argv)
{
	struct watch watch = WATCH_INIT;
	const char *order_word = "rate", *node_name, *why;
	bool is_batch = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&watch.source.file),
		{.name = "batch", .flag = &is_batch,
		 .help = "print plain lines, to no terminal"},
		{.name = "sort", .argument = "ORDER", .text = &order_word,
		 .help = "slot, name, rate (default), depth, latency or drops"},
		WATCH_OPTIONS,
		{0}
	};

	node_name = *tool_options_parse(command, options, argc, argv);
	why = tool_stat_table_parse_order(order_word, &watch.order);
	if (why)
		tool_misuse(command, "--sort '%s': %s", order_word, why);
	if (!is_batch && !tool_has_screen)
		tool_misuse(command, "this build has no screen (it was "
			    "configured --without-top): --batch prints plain "
			    "lines");
	if (!is_batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		tool_misuse(command, "this is no terminal: --batch prints "
			    "plain lines");
	return watch_node(&watch, node_name, !is_batch);
}

const struct tool_command tool_command_top = {
	.name = "top",
	.operands = "NODE",
	.summary = "watch a node and its peers on the screen",
	.description =
		"Show the peers of NODE on the whole screen, the busiest "
		"first, and anew each\nsecond.  Keys: q quits, s changes the "
		"order, up and down move.\n",
	.run = run_top,
};
