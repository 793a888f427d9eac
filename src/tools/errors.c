/* SPDX-License-Identifier: ISC */
/*
 * Errors of the tool
 *
 * A human reads these lines, so they are sentences: what the library calls
 * -EACCES is "access denied", and the refusal says the rest as far as this side
 * may know it.
 */
#include "errors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set once, by the program's one thread; NULL: standard error itself. */
static FILE *error_stream;

FILE *tool_error_stream(void)
{
	return error_stream ? error_stream : stderr;
}

void tool_error_stream_set(FILE *borrow_stream)
{
	error_stream = borrow_stream;
}

static void print_line(const char *severity, const char *what,
		       const char *why_format, va_list arguments)
{
	FILE *stream = tool_error_stream();

	fprintf(stream, "postern: %s", severity);
	if (what)
		fprintf(stream, "%s: ", what);
	vfprintf(stream, why_format, arguments);
	fputc('\n', stream);
}

enum tool_status tool_error(enum tool_status status, const char *what,
			    const char *why_format, ...)
{
	va_list arguments;

	va_start(arguments, why_format);
	print_line("", what, why_format, arguments);
	va_end(arguments);
	return status;
}

enum tool_status tool_error_system(const char *what, int error_number)
{
	return tool_error(TOOL_REFUSED, what, "%s%s", strerror(error_number),
			  error_number != EFBIG ? "" :
			  "; raise the limit of the size of files with "
			  "'ulimit -f unlimited'");
}

void tool_warning(const char *what, const char *why_format, ...)
{
	va_list arguments;

	va_start(arguments, why_format);
	print_line("warning: ", what, why_format, arguments);
	va_end(arguments);
}

/* The reason tells more than the result where both could. */
static enum tool_status status_of(int result, enum postern_reason reason)
{
	if (reason == POSTERN_REASON_NOT_RUNNING ||
	    reason == POSTERN_REASON_LISTENER_EXITED)
		return TOOL_NOT_RUNNING;
	if (reason == POSTERN_REASON_POLICY)
		return TOOL_BAD_POLICY;
	if (reason == POSTERN_REASON_KEY)
		return TOOL_DENIED;
	if (reason == POSTERN_REASON_NO_PEER)
		return TOOL_BAD_INPUT;

	switch (result) {
	case -EPIPE:
		return TOOL_PEER_GONE;
	case -ETIMEDOUT:
		return TOOL_TIMED_OUT;
	case -EACCES:
	case -EKEYREJECTED:
	case -EPERM:
		return TOOL_DENIED;
	case -EAGAIN:
	case -EBUSY:
	case -EDQUOT:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return TOOL_BUSY;
	case -ENOENT:
	case -EMSGSIZE:
		return TOOL_BAD_INPUT;
	default:
		return TOOL_REFUSED;
	}
}

enum tool_status tool_error_result(const char *what, int result,
				   const struct postern_refusal *refusal)
{
	const char *why = postern_strerror(result);
	FILE *stream = tool_error_stream();

	/* A detail says all that the result does, and better. */
	if (refusal && refusal->detail[0] != '\0')
		why = refusal->detail;
	else if (refusal && refusal->reason != POSTERN_REASON_NONE)
		why = postern_reason_text(refusal->reason);
	fprintf(stream, "postern: %s: %s", what, why);
	/* The detail of an error of the policy begins with the place. */
	if (refusal && refusal->file[0] != '\0' &&
	    refusal->reason != POSTERN_REASON_POLICY)
		fprintf(stream, " (%s:%u: %s)", refusal->file, refusal->line,
			refusal->rule);
	fputc('\n', stream);
	return status_of(result, refusal ? refusal->reason :
					   POSTERN_REASON_NONE);
}

enum tool_status tool_error_lookup(const char *name, const char *kind,
				   int result)
{
	switch (result) {
	case -ENOENT:
		return tool_error(TOOL_BAD_INPUT, name, "no such %s", kind);
	case -EINVAL:
		return tool_error(TOOL_BAD_INPUT, name,
				  "several ids have this name");
	case -EACCES:
		return tool_error(TOOL_DENIED, name, "/etc/passwd or "
				  "/etc/group cannot be read, or others could "
				  "have written it");
	default:
		return tool_error_result(name, result, NULL);
	}
}

void tool_misuse(const struct tool_command *command, const char *why_format,
		 ...)
{
	va_list arguments;

	va_start(arguments, why_format);
	print_line("", command ? command->name : NULL, why_format, arguments);
	va_end(arguments);
	fprintf(tool_error_stream(), "postern: try 'postern %s%s--help'\n",
		command ? command->name : "", command ? " " : "");
	tool_exit(TOOL_MISUSED);
}

bool tool_output_is_writable(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

enum tool_status tool_output_finish(enum tool_status status)
{
	enum tool_status failure;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	failure = tool_error_system("standard output", errno);
	return status == TOOL_DONE ? failure : status;
}

void tool_exit(enum tool_status status)
{
	exit((int)tool_output_finish(status));
}
