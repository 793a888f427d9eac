/* SPDX-License-Identifier: ISC */
/*
 * Where the library's log records go: standard error, or the journal
 *
 * The library never prints; this is the callback by which the tool does.  It
 * shares standard error with the progress line, which it clears first.
 */
#ifndef POSTERN_TOOLS_LOG_H
#define POSTERN_TOOLS_LOG_H

#include <postern/log.h>

#include "journal.h"
#include "progress.h"

/* All zero: no progress line to make way for, and no journal. */
struct tool_log {
	struct tool_progress *progress;
	struct tool_journal *journal;
};

/*
 * A postern_log_fn.  user_data is NULL or a struct tool_log.
 *
 * The first record that the journal does not take goes to standard error, with
 * a warning; any further one is lost, and counted.
 */
void tool_log_print(void *user_data, const struct postern_log_record *record);

/* The last word on the journal: what was lost. */
void tool_log_finish(struct tool_log *log);

#endif
