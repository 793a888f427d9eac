/* SPDX-License-Identifier: ISC */
/*
 * Other processes of a test: started, told what to do, asked what came of it
 *
 * A process is started by its test as one of the roles and runs a function with
 * one end of a socket pair.  Orders go down, reports come back; the end of the
 * file means that the test is over.  Only the test itself makes assertions.
 * Processes of other users are started before the test drops its privileges.
 */
#ifndef POSTERN_SUPPORT_PROCESS_H
#define POSTERN_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/users.h"

struct process {
	pid_t pid;
	int control_fd;
};

typedef void process_main_fn(int control_fd, void *user_data);

/*
 * Start it; user_data is as it was at this moment.  No descriptor of ours is
 * open in it but 0 to 2.  _in_group: it is in SHARED_GID too.
 */
void process_start(struct process *process, enum role role,
		   process_main_fn *main_function, void *user_data);
void process_start_in_group(struct process *process, enum role role,
			    process_main_fn *main_function, void *user_data);

/* In the test: each aborts the case when it fails. */
void process_order(const struct process *process, const void *order,
		   size_t order_bytes);
void process_read_report(const struct process *process, void *ret_report,
			 size_t report_bytes);

/* Its wait status, once it has ended. */
int process_wait(struct process *process);

/* Close the control socket, which ends it, and wait: it must exit with 0. */
void process_end(struct process *process);

/*
 * In the process: the next order, whose exact size is order_bytes; false when
 * the test is over.
 */
bool process_next_order(int control_fd, void *ret_order, size_t order_bytes);
void process_report(int control_fd, const void *report, size_t report_bytes);

/*
 * What was expected is not so: in the test the case fails, in any other process
 * that is said on standard error and is its end, which the test notices.
 */
_Noreturn void process_fail(const char *text);

#define process_require(condition, text) \
	do { \
		if (!(condition)) \
			process_fail(text); \
	} while (0)

/* Ends the calling process as kill -9 does. */
_Noreturn void process_kill_self(void);

#endif
