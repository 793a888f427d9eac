/* SPDX-License-Identifier: ISC */
/*
 * Standard output of `receive`
 *
 * Messages are received straight into the buffer, so they are copied once from
 * the ring and once by write().
 */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES 262144

int tool_output_init(struct tool_output *output, int borrow_fd)
{
	char *buffer;

	buffer = malloc(BUFFER_BYTES);
	if (!buffer)
		return -ENOMEM;
	*output = (struct tool_output){
		.fd = borrow_fd,
		.buffer = buffer,
		.buffer_bytes = BUFFER_BYTES,
	};
	return 0;
}

void tool_output_done(struct tool_output *output)
{
	free(output->buffer);
	*output = (struct tool_output){.fd = -1};
}

int tool_output_reserve(struct tool_output *output, size_t byte_count,
			char **ret_room)
{
	char *grown;
	int result;

	if (output->buffer_bytes - output->held_bytes < byte_count) {
		result = tool_output_flush(output);
		if (result < 0)
			return result;
	}
	if (output->buffer_bytes < byte_count) {
		grown = realloc(output->buffer, byte_count);
		if (!grown)
			return -ENOMEM;
		output->buffer = grown;
		output->buffer_bytes = byte_count;
	}
	*ret_room = output->buffer + output->held_bytes;
	return 0;
}

void tool_output_commit(struct tool_output *output, size_t byte_count)
{
	output->held_bytes += byte_count;
}

int tool_output_flush(struct tool_output *output)
{
	size_t written_bytes = 0;
	ssize_t n = 0;

	while (written_bytes < output->held_bytes) {
		n = write(output->fd, output->buffer + written_bytes,
			  output->held_bytes - written_bytes);
		if (n < 0)
			break;
		written_bytes += (size_t)n;
	}
	output->held_bytes -= written_bytes;
	memmove(output->buffer, output->buffer + written_bytes,
		output->held_bytes);
	return n < 0 ? -errno : 0;
}
