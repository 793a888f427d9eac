/* SPDX-License-Identifier: ISC */
/*
 * Repeated samples of a node
 *
 * The common part of `stat` and `top`: their options and the interval.
 */
#ifndef POSTERN_TOOLS_STAT_WATCH_H
#define POSTERN_TOOLS_STAT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "stat_sample.h"
#include "tool.h"

struct tool_stat_watch {
	struct postern_policy_options source;
	struct postern_policy *policy;
	struct tool_stat_reader reader;
	struct tool_stat_sample sample;
	uint64_t interval_ns;
	uint64_t count_max;     /* looks; 0: any number */
	int stop_fd;            /* readable once a signal asks to stop */
};

#define TOOL_STAT_WATCH_INIT                                           \
	{                                                              \
		.source = POSTERN_POLICY_OPTIONS_INIT,                 \
		.reader = {.options = POSTERN_OBSERVE_OPTIONS_INIT}, \
		.interval_ns = UINT64_C(1000000000), .stop_fd = -1     \
	}

#define TOOL_OPTION_INTERVAL(target) \
	{.name = "interval", .argument = "DURATION", .duration_ns = (target), \
	 .help = "time between two looks (default: 1s)"}
#define TOOL_OPTION_LOOKS(target) \
	{.name = "count", .argument = "N", .count = (target), \
	 .help = "end after N looks"}

/* Load the policy and take the first sample. */
enum tool_status tool_stat_watch_open(struct tool_stat_watch *watch,
				      const char *node_name);
void tool_stat_watch_close(struct tool_stat_watch *watch);

/* A signal came that asks to stop. */
bool tool_stat_watch_is_over(void);

typedef void tool_stat_watch_print_fn(struct tool_stat_sample *sample,
				      void *user_data);

/*
 * Print the sample that is there, and further ones until count_max, a signal,
 * or an error.
 */
enum tool_status tool_stat_watch_run(struct tool_stat_watch *watch,
				     tool_stat_watch_print_fn *print,
				     void *user_data);

#endif
