/* SPDX-License-Identifier: ISC */
/*
 * Errors of the tool
 *
 * People read these lines, so a result such as -EACCES is printed as "access
 * denied", and with the detail that the library gives.
 */
#include "errors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "writer.h"

#define QUEUE_BYTES 65536
#define LINE_BYTES 4096

/* The queue: a stream to the writer; NULL: standard error itself. */
static FILE *stream;
static struct tool_writer *writer;
static uint64_t dropped_count;

FILE *tool_error_stream(void)
{
	return stream ? stream : stderr;
}

static void print_line(const char *severity, const char *what,
		       const char *why_format, va_list arguments)
{
	FILE *output = tool_error_stream();

	fprintf(output, "postern: %s", severity);
	if (what)
		fprintf(output, "%s: ", what);
	vfprintf(output, why_format, arguments);
	fputc('\n', output);
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

/* The reason is more precise than the result. */
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
				   const struct postern_error_info *error)
{
	const struct postern_error_info none = POSTERN_ERROR_INFO_INIT;
	const char *why = postern_strerror(result);
	enum tool_status status;

	if (!error)
		error = &none;
	status = status_of(result, error->reason);
	/* The detail is more precise than the reason, and the reason than the
	 * result. */
	if (error->detail[0] != '\0')
		why = error->detail;
	else if (error->reason != POSTERN_REASON_NONE)
		why = postern_reason_description(error->reason);
	/* The detail of an error of the policy begins with the location. */
	if (error->file[0] == '\0' ||
	    error->reason == POSTERN_REASON_POLICY)
		return tool_error(status, what, "%s", why);
	return tool_error(status, what, "%s (%s:%u: %s)", why, error->file,
			  error->line, error->rule);
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

/* -- the queue of a service ------------------------------------------------ */

static bool put(const char *bytes, size_t byte_count)
{
	char *space;

	if (tool_writer_reserve(writer, byte_count, &space) < 0)
		return false;
	memcpy(space, bytes, byte_count);
	tool_writer_commit(writer, byte_count);
	return true;
}

static bool report_dropped(void)
{
	char line[96];
	int line_bytes;

	if (dropped_count == 0)
		return true;
	line_bytes = snprintf(line, sizeof(line), "postern: warning: standard "
			      "error: %" PRIu64 " log records not written\n",
			      dropped_count);
	if (line_bytes < 0 || !put(line, (size_t)line_bytes))
		return false;
	dropped_count = 0;
	return true;
}

static uint64_t count_lines(const char *bytes, size_t byte_count)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < byte_count; i++)
		count += bytes[i] == '\n';
	return count;
}

/* The stream passes whole lines, which are queued or dropped whole. */
static ssize_t write_lines(void *user_data, const char *bytes,
			   size_t byte_count)
{
	(void)user_data;
	if (!report_dropped() || !put(bytes, byte_count))
		dropped_count += count_lines(bytes, byte_count);
	tool_writer_serve(writer);
	return (ssize_t)byte_count;
}

int tool_error_queue_start(int borrow_wake_fd)
{
	const struct tool_writer_params params = {
		.fd = STDERR_FILENO,
		.is_lines = true,
		.buffer_bytes = QUEUE_BYTES,
		.wake_fd = borrow_wake_fd,
	};
	int result;

	result = tool_writer_start(&params, &writer);
	if (result < 0)
		return result;
	stream = fopencookie(NULL, "w",
			     (cookie_io_functions_t){.write = write_lines});
	if (!stream || setvbuf(stream, NULL, _IOLBF, LINE_BYTES) != 0)
		return -ENOMEM;
	return 0;
}

void tool_error_queue_serve(void)
{
	(void)report_dropped();
	tool_writer_serve(writer);
}

void tool_error_queue_drain(uint64_t deadline_ns)
{
	(void)fflush(stream);
	tool_writer_drain(writer, deadline_ns);
	if (dropped_count > 0 && report_dropped())
		tool_writer_drain(writer, deadline_ns);
}
