/* SPDX-License-Identifier: ISC */
/*
 * postern stat: print the statistics of a node, once or repeatedly
 */
#include <stdio.h>

#include "errors.h"
#include "options.h"
#include "stat_forms.h"
#include "stat_table.h"
#include "stat_watch.h"
#include "tool.h"

struct forms {
	bool is_json;
	bool is_openmetrics;
	bool has_printed;
};

static void print(struct tool_stat_sample *sample, void *user_data)
{
	struct forms *forms = user_data;

	if (forms->is_json) {
		tool_stat_sample_print_json(sample);
	} else if (forms->is_openmetrics) {
		tool_stat_sample_print_openmetrics(sample);
	} else {
		if (forms->has_printed)
			putchar('\n');
		tool_stat_table_print(sample);
	}
	forms->has_printed = true;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct tool_stat_watch watch = TOOL_STAT_WATCH_INIT;
	bool is_watching = false;
	struct forms forms = {0};
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&watch.source.file),
		{.name = "json", .flag = &forms.is_json,
		 .help = "one JSON object on one line"},
		{.name = "openmetrics", .flag = &forms.is_openmetrics,
		 .help = "the text that a metrics collector reads"},
		{.name = "watch", .flag = &is_watching,
		 .help = "print again and again, with current rates"},
		TOOL_OPTION_INTERVAL(&watch.interval_ns),
		TOOL_OPTION_LOOKS(&watch.count_max),
		TOOL_OPTION_WITHOUT(&watch.reader.options.features_off),
	};
	enum tool_status status;
	const char *node_name;

	node_name = *tool_options_parse(
		command, options, sizeof(options) / sizeof(options[0]), argc,
		argv);
	if (forms.is_openmetrics && (forms.is_json || is_watching))
		return tool_misuse(command, "--openmetrics is a whole text: "
				   "neither --json nor --watch goes with it");
	if (!is_watching)
		watch.count_max = 1;
	status = tool_stat_watch_open(&watch, node_name);
	if (status == TOOL_DONE)
		status = tool_stat_watch_run(&watch, print, &forms);
	tool_stat_watch_close(&watch);
	return status;
}

const struct tool_command tool_command_stat = {
	.name = "stat",
	.operands = "NODE",
	.operand_count_min = 1,
	.operand_count_max = 1,
	.summary = "print the figures of a node and of its peers",
	.description =
		"Print what NODE has done so far and what its peers are doing. "
		"The first rates are\nthose since a peer was admitted.  It "
		"takes root, the node's owner, or an allow\nrule that says "
		"'observe'.\n",
	.run = run,
};
