/* SPDX-License-Identifier: ISC */
/*
 * Standard error of a service
 *
 * The queue is a stream, so that everything that prints an error goes to it: its
 * lines come here whole, and are taken or dropped whole.
 */
#include "error_queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "writer.h"

#define QUEUE_BYTES 65536
#define LINE_BYTES 4096

static struct tool_writer *writer;
static FILE *stream;
static uint64_t dropped_count;

static bool put(const char *bytes, size_t byte_count)
{
	char *room;

	if (tool_writer_reserve(writer, byte_count, &room) < 0)
		return false;
	memcpy(room, bytes, byte_count);
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

/* All of it was dealt with, one way or the other. */
static ssize_t take(void *user_data, const char *bytes, size_t byte_count)
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
			     (cookie_io_functions_t){.write = take});
	if (!stream || setvbuf(stream, NULL, _IOLBF, LINE_BYTES) != 0) {
		writer = tool_writer_stop(writer);
		return -ENOMEM;
	}
	tool_error_stream_set(stream);
	return 0;
}

void tool_error_queue_serve(void)
{
	if (!writer)
		return;
	(void)report_dropped();
	tool_writer_serve(writer);
}

void tool_error_queue_finish(uint64_t deadline_ns)
{
	if (!writer)
		return;
	(void)fflush(stream);
	tool_writer_drain(writer, deadline_ns);
	if (dropped_count > 0 && report_dropped())
		tool_writer_drain(writer, deadline_ns);
	tool_error_stream_set(stderr);
	(void)fclose(stream);
	stream = NULL;
	writer = tool_writer_stop(writer);
}
