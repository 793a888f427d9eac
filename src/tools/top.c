/* SPDX-License-Identifier: ISC */
/*
 * postern top: the peers of a node, as they come and go
 */
#include <stdio.h>
#include <unistd.h>

#include "errors.h"
#include "options.h"
#include "screen.h"
#include "stat_table.h"
#include "stat_watch.h"
#include "tool.h"

struct batch {
	enum tool_stat_table_order order;
	bool has_printed;
};

static void print(struct tool_stat_sample *sample, void *user_data)
{
	struct batch *batch = user_data;

	if (batch->has_printed)
		putchar('\n');
	tool_stat_table_sort(sample, batch->order);
	tool_stat_table_print(sample);
	batch->has_printed = true;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct tool_stat_watch watch = TOOL_STAT_WATCH_INIT;
	struct batch batch = {.order = TOOL_STAT_TABLE_BY_RATE};
	const char *order_word = NULL, *node_name, *why;
	bool is_batch = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&watch.source.file),
		{.name = "batch", .flag = &is_batch,
		 .help = "print plain lines, to no terminal"},
		{.name = "sort", .argument = "ORDER", .text = &order_word,
		 .help = "slot, name, rate (default), depth, latency or drops"},
		TOOL_OPTION_INTERVAL(&watch.interval_ns),
		TOOL_OPTION_LOOKS(&watch.count_max),
		TOOL_OPTION_WITHOUT(&watch.reader.options.features_off),
	};
	enum tool_status status;

	node_name = *tool_options_parse(
		command, options, sizeof(options) / sizeof(options[0]), argc,
		argv);
	why = order_word ? tool_stat_table_parse_order(order_word, &batch.order)
			 : NULL;
	if (why)
		return tool_misuse(command, "--sort '%s': %s", order_word, why);
	if (!is_batch && !tool_has_screen)
		return tool_misuse(command, "this build has no screen (it was "
				   "configured --without-top): --batch prints "
				   "plain lines");
	if (!is_batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return tool_misuse(command, "this is no terminal: --batch "
				   "prints plain lines");
	status = tool_stat_watch_open(&watch, node_name);
	if (status == TOOL_DONE)
		status = is_batch ? tool_stat_watch_run(&watch, print, &batch)
				  : tool_screen_run(&watch, batch.order);
	tool_stat_watch_close(&watch);
	return status;
}

const struct tool_command tool_command_top = {
	.name = "top",
	.operands = "NODE",
	.operand_count_min = 1,
	.operand_count_max = 1,
	.summary = "watch a node and its peers on the screen",
	.description =
		"Show the peers of NODE on the whole screen, the busiest "
		"first, and anew each\nsecond.  Keys: q quits, s changes the "
		"order, up and down move.\n",
	.run = run,
};
