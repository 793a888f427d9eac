/* SPDX-License-Identifier: ISC */
/*
 * The log records of the library
 *
 * A record is one line of logfmt.  It is printed in one write, so that records
 * of several nodes in one file do not mix.
 *
 * An entry of the journal is a sequence of KEY=value lines.  A value with a
 * newline is written in the other form of the protocol, with its length, so
 * that no value can be taken for a further field.  The library lets none
 * through, and this module does not rely on that.
 */
#include "log.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "errors.h"

/* -- entries --------------------------------------------------------------- */

static void put(struct tool_journal_entry *entry, const void *bytes,
		size_t byte_count)
{
	memcpy(entry->bytes + entry->used_bytes, bytes, byte_count);
	entry->used_bytes += byte_count;
}

/* Names of fields have capitals, digits and underscores. */
static void put_key(struct tool_journal_entry *entry, const char *key)
{
	for (; *key != '\0'; key++) {
		char byte = *key;

		if (byte >= 'a' && byte <= 'z')
			byte = (char)(byte - 'a' + 'A');
		else if (byte == '-')
			byte = '_';
		put(entry, &byte, 1);
	}
}

static void put_length(struct tool_journal_entry *entry, uint64_t length)
{
	uint64_t bytes = htole64(length);

	put(entry, &bytes, sizeof(bytes));
}

void tool_journal_add(struct tool_journal_entry *entry, const char *prefix,
		      const char *key, const char *value, size_t value_bytes)
{
	size_t space = sizeof(entry->bytes) - entry->used_bytes;
	/* With the longer form: a newline, a length and the last newline. */
	size_t frame_bytes = strlen(prefix) + strlen(key) + 1 + 8 + 1;

	if (frame_bytes > space || value_bytes > space - frame_bytes)
		return;
	put_key(entry, prefix);
	put_key(entry, key);
	if (memchr(value, '\n', value_bytes)) {
		put(entry, "\n", 1);
		put_length(entry, value_bytes);
	} else {
		put(entry, "=", 1);
	}
	put(entry, value, value_bytes);
	put(entry, "\n", 1);
}

static void add_text(struct tool_journal_entry *entry, const char *key,
		     const char *text)
{
	tool_journal_add(entry, "", key, text, strlen(text));
}

/* As of syslog(3). */
static const char *priority(enum postern_log_level level)
{
	switch (level) {
	case POSTERN_LOG_ERROR:
		return "3";
	case POSTERN_LOG_WARNING:
		return "4";
	case POSTERN_LOG_AUDIT:
		return "5";
	case POSTERN_LOG_INFO:
	default:
		return "6";
	}
}

static void begin(struct tool_journal_entry *entry,
		  enum postern_log_level level, const char *message)
{
	entry->used_bytes = 0;
	add_text(entry, "MESSAGE", message);
	add_text(entry, "PRIORITY", priority(level));
	add_text(entry, "SYSLOG_IDENTIFIER", "postern");
}

/* -- records --------------------------------------------------------------- */

/* The path is looked up each time: a journal that was restarted is found. */
static int send_entry(struct tool_log *log,
		      const struct tool_journal_entry *entry)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(log->journal_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	(void)strcpy(address.sun_path, log->journal_path);
	if (log->journal_fd < 0)
		log->journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC,
					    0);
	if (log->journal_fd < 0 ||
	    sendto(log->journal_fd, entry->bytes, entry->used_bytes,
		   MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

static int send_lost_count(struct tool_log *log)
{
	struct tool_journal_entry entry;
	char number[24];
	char message[96];
	int result;

	(void)snprintf(number, sizeof(number), "%" PRIu64, log->lost_count);
	(void)snprintf(message, sizeof(message),
		       "level=warning event=journal-lost lost=%s", number);
	begin(&entry, POSTERN_LOG_WARNING, message);
	add_text(&entry, "POSTERN_LEVEL", "warning");
	add_text(&entry, "POSTERN_EVENT", "journal-lost");
	add_text(&entry, "POSTERN_LOST", number);
	result = send_entry(log, &entry);
	if (result == 0)
		log->lost_count = 0;
	return result;
}

static int send_record(struct tool_log *log,
		       const struct postern_log_record *record)
{
	struct tool_journal_entry entry;
	size_t i;

	begin(&entry, record->level, record->line);
	for (i = 0; i < record->field_count; i++)
		tool_journal_add(&entry, "POSTERN_", record->fields[i].key,
				 record->fields[i].value,
				 record->fields[i].value_bytes);
	return send_entry(log, &entry);
}

int tool_journal_send(struct tool_log *log,
		      const struct postern_log_record *record)
{
	int result = 0;

	if (log->lost_count > 0)
		result = send_lost_count(log);
	if (result == 0)
		result = send_record(log, record);
	return result;
}

uint64_t tool_journal_close(struct tool_log *log)
{
	if (log->lost_count > 0)
		(void)send_lost_count(log);
	if (log->journal_fd >= 0)
		(void)close(log->journal_fd);
	log->journal_fd = -1;
	return log->lost_count;
}

/* -- printing -------------------------------------------------------------- */

static void clear_progress(const struct tool_log *log)
{
	if (log && log->progress)
		tool_progress_hide(log->progress);
}

static void print(const struct tool_log *log,
		  const struct postern_log_record *record)
{
	char line[1025];
	int line_bytes;

	clear_progress(log);
	line_bytes = snprintf(line, sizeof(line), "%s\n", record->line);
	if (line_bytes > 0)
		(void)fwrite(line, 1, (size_t)line_bytes < sizeof(line) ?
			     (size_t)line_bytes : sizeof(line) - 1,
			     tool_error_stream());
}

void tool_log_init(struct tool_log *log, struct tool_progress *progress,
		   const char *journal_path)
{
	*log = (struct tool_log){
		.progress = progress,
		.journal_path = journal_path,
		.journal_fd = -1,
	};
}

void tool_log_print(void *user_data, const struct postern_log_record *record)
{
	struct tool_log *log = user_data;
	int result;

	if (!log || !log->journal_path) {
		print(log, record);
		return;
	}
	result = tool_journal_send(log, record);
	if (result < 0 && log->has_failed) {
		log->lost_count++;
	} else if (result < 0) {
		log->has_failed = true;
		clear_progress(log);
		tool_warning(log->journal_path, "%s: this record is printed, "
			     "further ones that the journal does not take are "
			     "only counted", strerror(-result));
		print(log, record);
	}
}

void tool_log_finish(struct tool_log *log)
{
	uint64_t lost_count;

	if (!log->journal_path)
		return;
	lost_count = tool_journal_close(log);
	if (lost_count == 0)
		return;
	clear_progress(log);
	tool_warning(log->journal_path, "records did not reach the journal: "
		     "lost=%" PRIu64, lost_count);
}
