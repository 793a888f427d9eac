/* SPDX-License-Identifier: ISC */
/*
 * The input of `send`, divided into messages
 */
#ifndef POSTERN_TOOLS_INPUT_H
#define POSTERN_TOOLS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tool_input_form {
	TOOL_INPUT_STREAM = 0,  /* the bytes of one read are a message */
	TOOL_INPUT_LINES = 1,   /* a line without its newline is a message */
	TOOL_INPUT_CHUNKS = 2   /* so many bytes are a message */
};

enum tool_input_state {
	TOOL_INPUT_MESSAGE = 1,
	TOOL_INPUT_HUNGRY = 2,  /* no whole message yet: tool_input_read() */
	TOOL_INPUT_TOO_LONG = 3, /* a line is longer than a message may be */
	TOOL_INPUT_ENDED = 4
};

struct tool_input {
	enum tool_input_form form;
	int fd;                     /* borrowed */
	bool has_ended;
	size_t message_bytes_max;   /* a chunk: exactly, but for the last */
	uint64_t line_count;        /* lines handed out so far */

	char *buffer;
	size_t buffer_bytes;
	size_t begin_offset;        /* what is buffered: from here ... */
	size_t end_offset;          /* ... to before here */

	const char *message;        /* of the last tool_input_next() */
	size_t message_bytes;
};

/* Returns 0 or -ENOMEM.  message_bytes_max is at least 1. */
int tool_input_init(struct tool_input *input, enum tool_input_form form,
		    int borrow_fd, size_t message_bytes_max);
void tool_input_done(struct tool_input *input);

/* The next message, if there is one: it is valid until the next call. */
enum tool_input_state tool_input_next(struct tool_input *input);

/* One read, which may block.  Returns 0 or a negative errno. */
int tool_input_read(struct tool_input *input);

#endif
