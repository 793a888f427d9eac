/* SPDX-License-Identifier: ISC */
/*
 * The progress line
 *
 * It is printed at most four times a second, and only after a message: an idle
 * channel needs no timer for it.  The rates are those since the previous line,
 * in the last line those since the start.
 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "errors.h"
#include "units.h"

#define LINE_INTERVAL_NS UINT64_C(250000000)
#define ERASE_LINE "\r\033[K"

/* The rates are those since the mark. */
static void print_line(const struct tool_progress *progress,
		       const struct tool_progress_mark *since, uint64_t now_ns)
{
	double seconds = (double)(now_ns - since->ns) / 1e9;

	if (seconds <= 0)
		seconds = 1e-9;
	fprintf(tool_error_stream(), ERASE_LINE
		"%llu messages, %s, %.0f messages/s, %s/s",
		(unsigned long long)progress->message_count,
		tool_format_size((double)progress->byte_count).text,
		(double)(progress->message_count - since->message_count) /
		seconds,
		tool_format_size((double)(progress->byte_count -
					  since->byte_count) / seconds).text);
	(void)fflush(tool_error_stream());
}

void tool_progress_init(struct tool_progress *progress)
{
	*progress = (struct tool_progress){
		.is_shown = isatty(STDERR_FILENO) == 1,
		.start = {.ns = tool_now_ns()},
	};
	progress->shown = progress->start;
}

void tool_progress_count(struct tool_progress *progress, size_t message_bytes)
{
	uint64_t now_ns;

	progress->message_count++;
	progress->byte_count += message_bytes;
	if (!progress->is_shown)
		return;
	now_ns = tool_now_ns();
	if (now_ns < progress->shown.ns + LINE_INTERVAL_NS)
		return;
	print_line(progress, &progress->shown, now_ns);
	progress->is_on_screen = true;
	progress->shown = (struct tool_progress_mark){
		progress->message_count, progress->byte_count, now_ns,
	};
}

void tool_progress_hide(struct tool_progress *progress)
{
	if (!progress->is_on_screen)
		return;
	fprintf(tool_error_stream(), ERASE_LINE);
	(void)fflush(tool_error_stream());
	progress->is_on_screen = false;
}

void tool_progress_finish(struct tool_progress *progress)
{
	if (!progress->is_shown)
		return;
	print_line(progress, &progress->start, tool_now_ns());
	fputc('\n', tool_error_stream());
	progress->is_on_screen = false;
	progress->is_shown = false;
}
