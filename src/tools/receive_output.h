/* SPDX-License-Identifier: ISC */
/*
 * The output of `receive`: messages, as they are or as lines, to a writer
 */
#ifndef POSTERN_TOOLS_RECEIVE_OUTPUT_H
#define POSTERN_TOOLS_RECEIVE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/node.h>

#include "line_format.h"
#include "progress.h"
#include "tool.h"
#include "writer.h"

struct tool_receive_output {
	/* Set before it is opened; all pointers are borrowed */
	const char *node_name;
	const char *path;         /* NULL: standard output */
	const char *name;         /* in messages to the user */
	bool is_lines;
	bool is_terminal;
	bool is_formatted;
	struct tool_line_format format;
	int wake_fd;              /* of the threads that write */
	struct tool_progress *progress;

	/* Set by _reserve(): a message is received into it */
	char *message;
	size_t message_bytes;

	/* Its own */
	struct tool_writer *writer;
	struct tool_writer_state reported;
	char *line;               /* space in the writer, for the next line */
	char *buffer;             /* of the message, if formatted */
	struct postern_peer_statistics peer; /* of the last, if formatted */
};

/* Ends the process if the output cannot be opened. */
void tool_receive_output_open(struct tool_receive_output *output);

/* Report changes of the writer's state.  Returns 0, or the errno of a final
 * error. */
int tool_receive_output_check(struct tool_receive_output *output);

/*
 * Reserve space for a message.  Returns 0; -EAGAIN: the output takes nothing for
 * now, as of the last check or because it is full; or another negative errno,
 * which is final.
 */
int tool_receive_output_reserve(struct tool_receive_output *output);

/* The next message is larger than all before.  Returns 0 or -ENOMEM. */
int tool_receive_output_grow(struct tool_receive_output *output,
			     size_t message_bytes);

/* A message from this peer of the node has been received into the space. */
void tool_receive_output_commit(struct tool_receive_output *output,
				struct postern_node *node, postern_peer peer,
				size_t message_bytes);

/*
 * Write the rest, until the deadline (CLOCK_MONOTONIC).  Returns status, or the
 * status for bytes that were not written.
 */
enum tool_status tool_receive_output_drain(struct tool_receive_output *output,
					   enum tool_status status,
					   uint64_t deadline_ns);

#endif
