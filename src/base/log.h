/* SPDX-License-Identifier: ISC */
/*
 * Log records
 *
 * Builds one logfmt line (key=value, quoted where needed) in a fixed buffer and
 * passes it to the user's callback.  The result is exactly one line of
 * printable ASCII: a peer's name cannot forge a second record or a field.
 *
 * A value longer than PST_LOG_VALUE_BYTES (after escaping) is shortened, and a
 * record ends before the first field for which there is no space; either way
 * the line ends with cut=1.  So the most important fields are added first.
 */
#ifndef POSTERN_BASE_LOG_H
#define POSTERN_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/log.h>

#define PST_LOG_LINE_BYTES 1024  /* with the terminating zero */
#define PST_LOG_VALUE_BYTES 384
#define PST_LOG_FIELDS 24        /* cut=1 among them */

/* The receiver of records.  A NULL callback: none. */
struct pst_log {
	postern_log_fn *callback;
	void *user_data;
};

/*
 * A record under construction, in the caller's memory.  Keys and event are
 * literals of [a-z0-9_-]; values may have any bytes.
 */
struct pst_log_record {
	enum postern_log_level level;
	const char *event;
	uint64_t sequence;
	size_t used_bytes;
	bool is_cut;     /* incomplete: the line ends with cut=1 */
	bool is_closed;  /* no space: no more fields are added */
	size_t field_count;
	struct postern_log_field fields[PST_LOG_FIELDS]; /* point into line */
	char line[PST_LOG_LINE_BYTES];
};

/*
 * Begins the line with level= and event=; in an audit record, seq= follows.
 * The record must not be moved.
 */
void pst_log_record_init(struct pst_log_record *record,
			 enum postern_log_level level, const char *event);
void pst_log_record_init_audit(struct pst_log_record *record,
			       const char *event, uint64_t sequence);

/* text is terminated; NULL adds nothing. */
void pst_log_record_add_text(struct pst_log_record *record, const char *key,
			     const char *text);
/* As add_text, for counted bytes, which may contain zeros. */
void pst_log_record_add_bytes(struct pst_log_record *record, const char *key,
			      const void *bytes, size_t byte_count);
void pst_log_record_add_u64(struct pst_log_record *record, const char *key,
			    uint64_t value);
void pst_log_record_add_i64(struct pst_log_record *record, const char *key,
			    int64_t value);

/* Ends the line and calls the callback, once for each record. */
void pst_log_record_emit(struct pst_log_record *record,
			 const struct pst_log *log);

#endif
