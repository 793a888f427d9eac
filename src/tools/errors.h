/* SPDX-License-Identifier: ISC */
/*
 * Errors of the tool: one line each, `postern: what: why`
 *
 * Every function prints to standard error and returns the exit status, so that
 * failing is one statement: `return tool_error(...)`, or tool_fail(), which
 * ends the process.
 */
#ifndef POSTERN_TOOLS_ERRORS_H
#define POSTERN_TOOLS_ERRORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <postern/result.h>

#include "tool.h"

#define TOOL_PRINTF(format_index, first_index) \
	__attribute__((format(printf, format_index, first_index)))

/* Everything for standard error goes to this stream: standard error, or the
 * queue of a service. */
FILE *tool_error_stream(void);

/* Returns status. */
TOOL_PRINTF(3, 4)
enum tool_status tool_error(enum tool_status status, const char *what,
			    const char *why_format, ...);

/* A system call failed with this errno: TOOL_REFUSED. */
enum tool_status tool_error_system(const char *what, int error_number);

/*
 * A call of the library returned this negative result.  error, when not NULL,
 * was filled by the call or is all zero.
 */
enum tool_status tool_error_result(const char *what, int result,
				   const struct postern_error_info *error);

/* The lookup of a user or a group ("user", "group") returned this negative
 * result. */
enum tool_status tool_error_lookup(const char *name, const char *kind,
				   int result);

/* The same, and end the process: for a command that has nothing to undo. */
#define tool_fail(...) tool_exit(tool_error(__VA_ARGS__))
#define tool_fail_system(...) tool_exit(tool_error_system(__VA_ARGS__))
#define tool_fail_result(...) tool_exit(tool_error_result(__VA_ARGS__))
#define tool_fail_lookup(...) tool_exit(tool_error_lookup(__VA_ARGS__))

/* The command goes on. */
TOOL_PRINTF(2, 3)
void tool_warning(const char *what, const char *why_format, ...);

/*
 * The command line is wrong: ends the process.  command is NULL when none was
 * found.
 */
TOOL_PRINTF(2, 3)
_Noreturn void tool_misuse(const struct tool_command *command,
			   const char *why_format, ...);

/* False: it is closed, or open for reading only. */
bool tool_output_is_writable(void);

/*
 * Write the rest of standard output.  Returns status, or the failure of writing
 * if status is TOOL_DONE.
 */
enum tool_status tool_output_finish(enum tool_status status);

/* End the process with this status, once all output is written. */
_Noreturn void tool_exit(enum tool_status status);

/* -- the queue of a service ------------------------------------------------ */

/*
 * A full pipe or a stopped terminal must not stop a node, and a refused process
 * can cause records.  So a thread writes the lines.  Lines that find no space
 * are dropped and counted, and a line reports the count as soon as there is
 * space.
 */

/*
 * From now on everything goes to the queue.  wake_fd is an eventfd, as of
 * tool_writer_start().  Returns 0 or a negative errno.
 */
int tool_error_queue_start(int borrow_wake_fd);

/* When wake_fd became readable. */
void tool_error_queue_serve(void);

/* Write the rest, at most until the deadline (CLOCK_MONOTONIC). */
void tool_error_queue_drain(uint64_t deadline_ns);

#endif
