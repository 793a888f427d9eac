/* SPDX-License-Identifier: ISC */
/*
 * Repeated samples of a node
 */
#include "stat_watch.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>

#include "errors.h"
#include "log.h"
#include "policy_source.h"
#include "signals.h"

#define NS_PER_MS UINT64_C(1000000)

enum tool_status tool_stat_watch_open(struct tool_stat_watch *watch,
				      const char *node_name)
{
	struct tool_stat_reader *reader = &watch->reader;
	enum tool_status status;
	int result;

	watch->source.features_off = reader->options.features_off;
	reader->options.log = tool_log_print;
	status = tool_policy_load(&watch->source, TOOL_POLICY_FOR_CLIENT,
				  &watch->policy);
	if (status != TOOL_DONE)
		return status;
	reader->policy = watch->policy;
	reader->node_name = node_name;
	result = tool_stat_sample_take(reader, &watch->sample);
	return result == 0 ? TOOL_DONE
			   : tool_stat_sample_error(reader, result);
}

void tool_stat_watch_close(struct tool_stat_watch *watch)
{
	tool_stat_sample_done(&watch->sample);
	tool_stat_reader_done(&watch->reader);
	watch->policy = postern_policy_free(watch->policy);
}

bool tool_stat_watch_is_over(void)
{
	return tool_stop_is_requested();
}

/* False: a signal asked to stop. */
static bool wait_for_interval(const struct tool_stat_watch *watch)
{
	struct pollfd stop = {.fd = watch->stop_fd, .events = POLLIN};
	uint64_t interval_ms = watch->interval_ns / NS_PER_MS;

	if (interval_ms > INT_MAX)
		interval_ms = INT_MAX;
	(void)poll(&stop, 1, (int)interval_ms);
	return !tool_stat_watch_is_over();
}

enum tool_status tool_stat_watch_run(struct tool_stat_watch *watch,
				     tool_stat_watch_print_fn *print,
				     void *user_data)
{
	uint64_t looks;
	int result;

	result = tool_signals_open(TOOL_SIGNALS_OF_VIEWER,
				   &watch->stop_fd);
	if (result < 0)
		return tool_error_system("signals", -result);
	for (looks = 1;; looks++) {
		print(&watch->sample, user_data);
		/* If not all was written, tool_output_finish() tells. */
		if (fflush(stdout) != 0 || looks == watch->count_max ||
		    !wait_for_interval(watch))
			return TOOL_DONE;
		result = tool_stat_sample_take(&watch->reader, &watch->sample);
		if (result < 0)
			return tool_stat_sample_error(&watch->reader, result);
	}
}
