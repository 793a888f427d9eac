/* SPDX-License-Identifier: ISC */
/*
 * The progress line
 *
 * It is printed anew at most four times a second, and only when something
 * passes: an idle channel needs no timer for it.  The rates are those since the
 * line before, in the last line those of the whole.
 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "errors.h"
#include "units.h"

#define LINE_INTERVAL_NS UINT64_C(250000000)
#define ERASE_LINE "\r\033[K"

static void print_line(const struct tool_progress *progress,
		       uint64_t since_message_count, uint64_t since_byte_count,
		       uint64_t since_ns, uint64_t until_ns)
{
	double seconds = (double)(until_ns - since_ns) / 1e9;

	if (seconds <= 0)
		seconds = 1e-9;
	fprintf(tool_error_stream(), ERASE_LINE
		"%llu messages, %s, %.0f messages/s, %s/s",
		(unsigned long long)progress->message_count,
		tool_format_size((double)progress->byte_count).text,
		(double)(progress->message_count - since_message_count) /
		seconds,
		tool_format_size((double)(progress->byte_count -
					  since_byte_count) / seconds).text);
	(void)fflush(tool_error_stream());
}

void tool_progress_init(struct tool_progress *progress)
{
	uint64_t start_ns = tool_now_ns();

	*progress = (struct tool_progress){
		.is_shown = isatty(STDERR_FILENO) == 1,
		.start_ns = start_ns,
		.due_ns = start_ns + LINE_INTERVAL_NS,
		.shown_ns = start_ns,
	};
}

void tool_progress_count(struct tool_progress *progress, size_t message_bytes)
{
	uint64_t now;

	progress->message_count++;
	progress->byte_count += message_bytes;
	if (!progress->is_shown)
		return;
	now = tool_now_ns();
	if (now < progress->due_ns)
		return;
	print_line(progress, progress->shown_message_count,
		   progress->shown_byte_count, progress->shown_ns, now);
	progress->is_on_screen = true;
	progress->shown_message_count = progress->message_count;
	progress->shown_byte_count = progress->byte_count;
	progress->shown_ns = now;
	progress->due_ns = now + LINE_INTERVAL_NS;
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
	print_line(progress, 0, 0, progress->start_ns, tool_now_ns());
	fputc('\n', tool_error_stream());
	progress->is_on_screen = false;
	progress->is_shown = false;
}
