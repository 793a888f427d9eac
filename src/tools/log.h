/* SPDX-License-Identifier: ISC */
/*
 * The library's log records on standard error
 *
 * The library never prints; this is the callback by which the tool does.  It
 * shares standard error with the progress line, which it clears first.
 */
#ifndef POSTERN_TOOLS_LOG_H
#define POSTERN_TOOLS_LOG_H

#include <postern/log.h>

#include "progress.h"

/* All zero: no progress line to make way for. */
struct tool_log {
	struct tool_progress *progress;
};

/* A postern_log_fn.  user_data is NULL or a struct tool_log. */
void tool_log_print(void *user_data, const struct postern_log_record *record);

#endif
