/* SPDX-License-Identifier: ISC */
/*
 * The progress line: how much has passed, and how fast
 *
 * `send` and `receive` show it if standard error is a terminal.  The counts are
 * kept in any case, since `receive --count` needs them.
 */
#ifndef POSTERN_TOOLS_PROGRESS_H
#define POSTERN_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tool_progress_mark {
	uint64_t message_count;
	uint64_t byte_count;
	uint64_t ns;
};

/* All zero is a line that is never shown. */
struct tool_progress {
	bool is_shown;
	bool is_on_screen;
	uint64_t message_count;
	uint64_t byte_count;
	struct tool_progress_mark start;
	struct tool_progress_mark shown;  /* as of the last line */
};

/* Shows itself only when standard error is a terminal. */
void tool_progress_init(struct tool_progress *progress);

void tool_progress_count(struct tool_progress *progress, size_t message_bytes);

/* Clear the line, so that another can be printed in its place. */
void tool_progress_hide(struct tool_progress *progress);

/* The totals, as the last line. */
void tool_progress_finish(struct tool_progress *progress);

#endif
