/* SPDX-License-Identifier: ISC */
/*
 * The log callback
 *
 * The library never prints.  What an operator should know, above all one audit
 * record for each admission and each refusal, goes to the callback that the
 * program gave when it opened a node or connected; without one there is
 * silence.
 */
#ifndef POSTERN_LOG_H
#define POSTERN_LOG_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum postern_log_level {
	POSTERN_LOG_ERROR = 1,
	POSTERN_LOG_WARNING = 2,
	POSTERN_LOG_AUDIT = 3,   /* an admission, a refusal, a departure */
	POSTERN_LOG_INFO = 4
};

/*
 * One record.  event is a stable word ("admit", "refuse", "depart"); line is
 * the whole record in logfmt (key=value, quoted where needed), printable ASCII,
 * one line without a newline, at most 1023 bytes.  Both are valid during the
 * call only.
 */
struct postern_log_record {
	enum postern_log_level level;
	const char *event;
	const char *line;
};

/*
 * Called from within the library call that caused the record, on its thread.
 * No call on a channel that moves a message causes one; postern_node_receive()
 * may, as it also does what is due.  It must not call back into the same node,
 * and should not block: while it runs, the node waits.
 */
typedef void postern_log_fn(void *user_data,
			    const struct postern_log_record *record);

#ifdef __cplusplus
}
#endif

#endif
