/* SPDX-License-Identifier: ISC */
/*
 * The input of `send`, divided into messages
 *
 * There is one buffer.  Bytes are read to its end, and messages are taken from
 * its beginning.  It holds one byte more than the largest message, so that a
 * line that is too long is found, and at least 64 KiB, so that one read brings
 * many short lines.
 */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES_MIN 65536

int tool_input_init(struct tool_input *input, enum tool_input_form form,
		    int borrow_fd, size_t message_bytes_max)
{
	size_t buffer_bytes = message_bytes_max + 1;
	char *buffer;

	if (buffer_bytes < BUFFER_BYTES_MIN)
		buffer_bytes = BUFFER_BYTES_MIN;
	buffer = malloc(buffer_bytes);
	if (!buffer)
		return -ENOMEM;
	*input = (struct tool_input){
		.form = form,
		.fd = borrow_fd,
		.message_bytes_max = message_bytes_max,
		.buffer = buffer,
		.buffer_bytes = buffer_bytes,
	};
	return 0;
}

void tool_input_done(struct tool_input *input)
{
	free(input->buffer);
	*input = (struct tool_input){.fd = -1};
}

static enum tool_input_state hand_out(struct tool_input *input,
				      size_t message_bytes,
				      size_t separator_bytes)
{
	input->message = input->buffer + input->begin_offset;
	input->message_bytes = message_bytes;
	input->begin_offset += message_bytes + separator_bytes;
	return TOOL_INPUT_MESSAGE;
}

static enum tool_input_state next_line(struct tool_input *input)
{
	const char *begin = input->buffer + input->begin_offset;
	size_t held_bytes = input->end_offset - input->begin_offset;
	const char *newline = memchr(begin, '\n', held_bytes);
	size_t line_bytes = newline ? (size_t)(newline - begin) : held_bytes;

	if (line_bytes > input->message_bytes_max)
		return TOOL_INPUT_TOO_LONG;
	if (!newline && !input->has_ended)
		return TOOL_INPUT_HUNGRY;
	if (!newline && line_bytes == 0)
		return TOOL_INPUT_ENDED;
	input->line_count++;
	return hand_out(input, line_bytes, newline ? 1 : 0);
}

enum tool_input_state tool_input_next(struct tool_input *input)
{
	size_t message_bytes = input->end_offset - input->begin_offset;

	if (input->form == TOOL_INPUT_LINES)
		return next_line(input);
	if (message_bytes > input->message_bytes_max)
		message_bytes = input->message_bytes_max;
	if (message_bytes == 0)
		return input->has_ended ? TOOL_INPUT_ENDED : TOOL_INPUT_HUNGRY;
	if (input->form == TOOL_INPUT_CHUNKS && !input->has_ended &&
	    message_bytes < input->message_bytes_max)
		return TOOL_INPUT_HUNGRY;
	return hand_out(input, message_bytes, 0);
}

int tool_input_read(struct tool_input *input)
{
	size_t held_bytes = input->end_offset - input->begin_offset;
	ssize_t n;

	memmove(input->buffer, input->buffer + input->begin_offset, held_bytes);
	input->begin_offset = 0;
	input->end_offset = held_bytes;
	do {
		n = read(input->fd, input->buffer + held_bytes,
			 input->buffer_bytes - held_bytes);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	input->end_offset += (size_t)n;
	input->has_ended = n == 0;
	return 0;
}
