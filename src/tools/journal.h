/* SPDX-License-Identifier: ISC */
/*
 * The library's log records in the journal of systemd
 *
 * Its native protocol: a datagram is an entry, each line of it a field.  Sending
 * never blocks.  Records that the journal does not take are counted, and the count
 * is the first entry when it takes entries again.
 */
#ifndef POSTERN_TOOLS_JOURNAL_H
#define POSTERN_TOOLS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/log.h>

#define TOOL_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* More than a record's line and fields can need. */
#define TOOL_JOURNAL_ENTRY_BYTES 4096

struct tool_journal_entry {
	size_t used_bytes;
	char bytes[TOOL_JOURNAL_ENTRY_BYTES];
};

struct tool_journal {
	const char *socket_path;
	int socket_fd;          /* -1: not open */
	bool has_failed;        /* ever */
	uint64_t lost_count;    /* not reported yet */
};

/* socket_path is borrowed.  The socket is opened with the first record. */
void tool_journal_init(struct tool_journal *journal, const char *socket_path);

/* Returns 0 if the journal has the record and a report of earlier losses, else a
 * negative errno. */
int tool_journal_send(struct tool_journal *journal,
		      const struct postern_log_record *record);

/* Report what was lost, and close the socket.  Returns how many lost records
 * could not be reported. */
uint64_t tool_journal_done(struct tool_journal *journal);

/* -- for its tests --------------------------------------------------------- */

/*
 * Add PREFIX + key (as capitals) = value, which may be any bytes.  A field that
 * finds no room is left out.
 */
void tool_journal_add(struct tool_journal_entry *entry, const char *prefix,
		      const char *key, const char *value, size_t value_bytes);

#endif
