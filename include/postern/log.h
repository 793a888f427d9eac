/* SPDX-License-Identifier: ISC */
/*
 * The log callback
 *
 * The library never prints.  It passes records for an operator to the callback
 * that the program gives in the options of a call.  Without a callback nothing
 * is logged.  The most important records are the audit records, one for each
 * peer that was connected, refused, disconnected, poisoned or revoked, and for
 * each reload.
 */
#ifndef POSTERN_LOG_H
#define POSTERN_LOG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum postern_log_level {
	POSTERN_LOG_ERROR = 1,
	POSTERN_LOG_WARNING = 2,
	POSTERN_LOG_AUDIT = 3,   /* decisions, connected and disconnected peers */
	POSTERN_LOG_INFO = 4
};

/*
 * One field of a record.  key is a word of [a-z0-9_-].  value is not
 * terminated.  It is the text in the line without the quotes around it: bytes
 * that are not printable ASCII, `"` and `\` are written as \xNN, `\"` and `\\`.
 */
struct postern_log_field {
	const char *key;
	const char *value;
	size_t value_bytes;
};

/*
 * One record.  event is a stable word: "connected", "refused", "disconnected",
 * "poisoned", "revoked", "reload", "suppressed" or "unread-offers" in audit
 * records; in others for instance "socket-restored", "socket-lost" or
 * "statistics".  line is the whole record in logfmt (key=value, quoted where
 * needed): one line of printable ASCII without a newline, at most 1023 bytes.
 * fields are the same values in the same order.  All pointers are valid during
 * the call only.
 *
 * sequence is the field `seq`.  The audit records of a node are numbered 1, 2,
 * 3 and so on; a missing number is a record that was lost after the callback.
 * Other records have 0.
 */
struct postern_log_record {
	enum postern_log_level level;
	const char *event;
	const char *line;
	uint64_t sequence;
	const struct postern_log_field *fields;
	size_t field_count;
};

/*
 * The library calls this within the call that caused the record, on its thread.
 * No call on a channel that moves a message causes a record;
 * postern_node_receive() may, because it also does pending work.
 *
 * The callback must not call the same node, and should not block: the node
 * waits meanwhile, while its peers can still write into their rings.  It
 * returns nothing.  If it loses a record, the sequence numbers show that, and
 * nothing else depends on it.
 */
typedef void postern_log_fn(void *user_data,
			    const struct postern_log_record *record);

#ifdef __cplusplus
}
#endif

#endif
