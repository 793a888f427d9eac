/* SPDX-License-Identifier: ISC */
/*
 * The log callback
 *
 * The library never prints.  Records for an operator, above all one audit
 * record for each admission, refusal, departure, poisoning, revocation and
 * reload, go to the callback that the program gave in the options of a call;
 * without one there is silence.
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
 * terminated; it is the text of the line without the quotes around it: what is
 * not printable ASCII, and `"` and `\`, stand there as \xNN, `\"` and `\\`.
 */
struct postern_log_field {
	const char *key;
	const char *value;
	size_t value_bytes;
};

/*
 * One record.  event is a stable word ("admit", "refuse", "depart", "poison",
 * "revoke", "reload", "suppressed", "unread-offers"; of the other levels for
 * instance "socket-restored", "socket-lost", "statistics"); line is the whole
 * record in logfmt (key=value, quoted where needed), printable ASCII, one line
 * without a newline, at most 1023 bytes; fields are the same, taken apart, in
 * the same order.  All are valid during the call only.
 *
 * sequence is the field `seq`: audit records of one node are numbered 1, 2, 3
 * and so on, so that a gap is a record that was lost behind the callback.  0: no
 * audit record.
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
 * Called from within the library call that caused the record, on its thread.
 * No call on a channel that moves a message causes one; postern_node_receive()
 * may, as it also does what is due.  It must not call back into the same node,
 * and should not block: while it runs, the node waits, though what peers send
 * meanwhile goes into their rings as ever.  It cannot fail: a sink that loses a
 * record shows as a gap in the sequence, and nothing else depends on it.
 */
typedef void postern_log_fn(void *user_data,
			    const struct postern_log_record *record);

#ifdef __cplusplus
}
#endif

#endif
