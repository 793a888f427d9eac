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

#include "errors.h"
#include "line_format.h"
#include "progress.h"
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

	/* Its own */
	struct tool_writer *writer;
	struct tool_writer_state reported;
	char *message;            /* received into it, if formatted */
	size_t message_room_bytes;
	struct postern_peer_statistics peer; /* of the last, if formatted */
};

/* Room for the next message: NULL and 0 where there is none. */
struct tool_receive_room {
	char *message;            /* to be received into */
	size_t message_bytes;
	char *written;            /* room in the writer */
};

enum tool_status tool_receive_output_open(struct tool_receive_output *output);

/* Report changes of the writer's state; fails if that is final. */
enum tool_status tool_receive_output_check(struct tool_receive_output *output);

/*
 * Returns 0; -EAGAIN: the output takes nothing for now, as of the last check or
 * because it is full; or another negative errno, which is final.
 */
int tool_receive_output_reserve(struct tool_receive_output *output,
				struct tool_receive_room *ret_room);

/* The next message is larger than all before. */
enum tool_status tool_receive_output_grow(struct tool_receive_output *output,
					  size_t message_bytes);

/* A message of this peer of the node is in the room. */
void tool_receive_output_commit(struct tool_receive_output *output,
				struct postern_node *node, postern_peer peer,
				size_t message_bytes,
				const struct tool_receive_room *room);

/* Report the final error of the output.  Returns its status. */
enum tool_status tool_receive_output_fail(struct tool_receive_output *output,
					  int error);

/*
 * Write the rest, until the deadline (CLOCK_MONOTONIC), and end the writer.
 * Returns status, or that of what was not written.
 */
enum tool_status tool_receive_output_close(struct tool_receive_output *output,
					   enum tool_status status,
					   uint64_t deadline_ns);

/* Free what is left, whether it was opened and closed or not. */
void tool_receive_output_free(struct tool_receive_output *output);

#endif
