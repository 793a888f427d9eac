/* SPDX-License-Identifier: ISC */
/*
 * Errors of the tool: one line each, `postern: what: why`
 *
 * Every function prints to standard error and returns the exit status, so that
 * failing is one statement: `return tool_error(...)`, or, where nothing needs to
 * be undone, `tool_exit(tool_error(...))`.
 */
#ifndef POSTERN_TOOLS_ERRORS_H
#define POSTERN_TOOLS_ERRORS_H

#include <stdbool.h>
#include <stdio.h>

#include <postern/result.h>

#include "tool.h"

#define TOOL_PRINTF(format_index, first_index) \
	__attribute__((format(printf, format_index, first_index)))

/*
 * Everything for standard error is written to this stream: standard error, or
 * the queue of a service that must not wait for it.
 */
FILE *tool_error_stream(void);
void tool_error_stream_set(FILE *borrow_stream);

/* Returns status. */
TOOL_PRINTF(3, 4)
enum tool_status tool_error(enum tool_status status, const char *what,
			    const char *why_format, ...);

/* A system call failed with this errno: TOOL_REFUSED. */
enum tool_status tool_error_system(const char *what, int error_number);

/*
 * A call of the library returned this negative result.  refusal, when not NULL,
 * was filled by the call or is all zero.
 */
enum tool_status tool_error_result(const char *what, int result,
				   const struct postern_refusal *refusal);

/* The lookup of a user or a group ("user", "group") returned this negative
 * result. */
enum tool_status tool_error_lookup(const char *name, const char *kind,
				   int result);

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

#endif
