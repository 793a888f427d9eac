/* SPDX-License-Identifier: ISC */
/*
 * The library's log records on standard error
 *
 * A record comes as one line of logfmt, ready to print; it goes out in one
 * write, so that records of several nodes in one file do not mix.
 */
#include "log.h"

#include <stdio.h>

void tool_log_print(void *user_data, const struct postern_log_record *record)
{
	const struct tool_log *log = user_data;
	char line[1025];
	int line_bytes;

	if (log && log->progress)
		tool_progress_hide(log->progress);
	line_bytes = snprintf(line, sizeof(line), "%s\n", record->line);
	if (line_bytes > 0)
		(void)fwrite(line, 1, (size_t)line_bytes < sizeof(line) ?
			     (size_t)line_bytes : sizeof(line) - 1, stderr);
}
