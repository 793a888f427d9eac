/* SPDX-License-Identifier: ISC */
/*
 * The log records of the library: to standard error, or to the journal of
 * systemd
 *
 * The library never prints; it passes its records to a callback of the tool.
 * They share standard error with the progress line, which is cleared first.
 *
 * The journal has its native protocol: a datagram is an entry, each line of it
 * a field.  Sending never blocks.  The first record that the journal does not
 * take goes to standard error, with a warning.  Further ones are counted, and
 * the count is the first entry when the journal takes entries again.
 */
#ifndef POSTERN_TOOLS_LOG_H
#define POSTERN_TOOLS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/log.h>

#include "progress.h"

#define TOOL_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* More than a record's line and fields can need. */
#define TOOL_JOURNAL_ENTRY_BYTES 4096

struct tool_journal_entry {
	size_t used_bytes;
	char bytes[TOOL_JOURNAL_ENTRY_BYTES];
};

struct tool_log {
	struct tool_progress *progress; /* NULL: none to clear */
	const char *journal_path;       /* NULL: to standard error */
	int journal_fd;                 /* -1: not open */
	bool has_failed;                /* the journal, ever */
	uint64_t lost_count;            /* not reported yet */
};

/* progress and journal_path are borrowed, and may be NULL.  The socket of the
 * journal is opened with the first record. */
void tool_log_init(struct tool_log *log, struct tool_progress *progress,
		   const char *journal_path);

/* A postern_log_fn.  user_data is NULL or a struct tool_log. */
void tool_log_print(void *user_data, const struct postern_log_record *record);

/* Close the journal, and warn of records that were lost. */
void tool_log_finish(struct tool_log *log);

/* -- for its tests --------------------------------------------------------- */

/* Returns 0 if the journal has the record and a report of earlier losses,
 * else a negative errno. */
int tool_journal_send(struct tool_log *log,
		      const struct postern_log_record *record);

/* Report what was lost, and close the socket.  Returns how many lost records
 * could not be reported. */
uint64_t tool_journal_close(struct tool_log *log);

/*
 * Add PREFIX + key (as capitals) = value, which may be any bytes.  A field that
 * finds no space is left out.
 */
void tool_journal_add(struct tool_journal_entry *entry, const char *prefix,
		      const char *key, const char *value, size_t value_bytes);

#endif
