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
#include <string.h>
#include <unistd.h>

static void print_why(const char *what, const char *why_format,
		      va_list arguments)
{
	fprintf(stderr, "postern: ");
	if (what)
		fprintf(stderr, "%s: ", what);
	vfprintf(stderr, why_format, arguments);
	fputc('\n', stderr);
}

enum tool_status tool_error(const char *what, const char *why_format, ...)
{
	va_list arguments;

	va_start(arguments, why_format);
	print_why(what, why_format, arguments);
	va_end(arguments);
	return TOOL_REFUSED;
}

enum tool_status tool_error_system(const char *what, int error_number)
{
	return tool_error(what, "%s", strerror(error_number));
}

enum tool_status tool_error_input(const char *what, const char *why_format,
				  ...)
{
	va_list arguments;

	va_start(arguments, why_format);
	print_why(what, why_format, arguments);
	va_end(arguments);
	return TOOL_BAD_INPUT;
}

void tool_warning(const char *what, const char *why_format, ...)
{
	va_list arguments;

	fprintf(stderr, "postern: warning: ");
	va_start(arguments, why_format);
	fprintf(stderr, "%s: ", what);
	vfprintf(stderr, why_format, arguments);
	fputc('\n', stderr);
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

	/* A detail says all that the result does, and better. */
	if (refusal && refusal->detail[0] != '\0')
		why = refusal->detail;
	else if (refusal && refusal->reason != POSTERN_REASON_NONE)
		why = postern_reason_text(refusal->reason);
	fprintf(stderr, "postern: %s: %s", what, why);
	/* The detail of an error of the policy begins with the place. */
	if (refusal && refusal->file[0] != '\0' &&
	    refusal->reason != POSTERN_REASON_POLICY)
		fprintf(stderr, " (%s:%u: %s)", refusal->file, refusal->line,
			refusal->rule);
	fputc('\n', stderr);
	return status_of(result, refusal ? refusal->reason :
					   POSTERN_REASON_NONE);
}

enum tool_status tool_error_account(const char *name, const char *kind,
				    int result)
{
	switch (result) {
	case -ENOENT:
		return tool_error_input(name, "no such %s", kind);
	case -EINVAL:
		return tool_error_input(name, "several ids have this name");
	case -EACCES:
		return tool_error(name, "/etc/passwd or /etc/group cannot be "
				  "read, or others could have written it");
	default:
		return tool_error_result(name, result, NULL);
	}
}

enum tool_status tool_misuse(const struct tool_command *command,
			     const char *why_format, ...)
{
	va_list arguments;

	va_start(arguments, why_format);
	print_why(command ? command->name : NULL, why_format, arguments);
	va_end(arguments);
	fprintf(stderr, "postern: try 'postern %s%s--help'\n",
		command ? command->name : "", command ? " " : "");
	return TOOL_MISUSED;
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
