/* SPDX-License-Identifier: ISC */
/*
 * Where the library's log records go: standard error, or the journal
 *
 * A record comes as one line of logfmt, ready to print; it goes out in one
 * write, so that records of several nodes in one file do not mix.
 */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"

static void make_way(const struct tool_log *log)
{
	if (log && log->progress)
		tool_progress_hide(log->progress);
}

static void print(const struct tool_log *log,
		  const struct postern_log_record *record)
{
	char line[1025];
	int line_bytes;

	make_way(log);
	line_bytes = snprintf(line, sizeof(line), "%s\n", record->line);
	if (line_bytes > 0)
		(void)fwrite(line, 1, (size_t)line_bytes < sizeof(line) ?
			     (size_t)line_bytes : sizeof(line) - 1,
			     tool_error_stream());
}

static void send_to_journal(const struct tool_log *log,
			    const struct postern_log_record *record)
{
	struct tool_journal *journal = log->journal;
	int result;

	result = tool_journal_send(journal, record);
	if (result == 0)
		return;
	if (journal->has_failed) {
		journal->lost_count++;
		return;
	}
	journal->has_failed = true;
	make_way(log);
	tool_warning(journal->socket_path, "%s: this record is printed, further "
		     "ones that the journal does not take are only counted",
		     strerror(-result));
	print(log, record);
}

void tool_log_print(void *user_data, const struct postern_log_record *record)
{
	const struct tool_log *log = user_data;

	if (log && log->journal)
		send_to_journal(log, record);
	else
		print(log, record);
}

void tool_log_finish(struct tool_log *log)
{
	uint64_t lost_count;

	if (!log->journal)
		return;
	lost_count = tool_journal_done(log->journal);
	if (lost_count == 0)
		return;
	make_way(log);
	tool_warning(log->journal->socket_path, "records did not reach the "
		     "journal: lost=%" PRIu64, lost_count);
}
