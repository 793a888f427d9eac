/* SPDX-License-Identifier: ISC */
#include "receive_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The first guess at the largest message; it grows where it is wrong.  Smaller
 * where a line is longer than its message. */
#define MESSAGE_ROOM_BYTES 65536
#define FORMATTED_MESSAGE_ROOM_BYTES 8192

/* Two of them are the most that is taken and not written: as much as a pipe
 * takes at once, and no more, since it is lost if the program is killed. */
#define OUTPUT_BUFFER_BYTES 65536

enum tool_status tool_receive_output_fail(struct tool_receive_output *output,
					  int error)
{
	tool_progress_finish(output->progress);
	return tool_error_system(output->name, error);
}

static void report_error(struct tool_receive_output *output, int error)
{
	if (error == output->reported.error)
		return;
	output->reported.error = error;
	tool_progress_hide(output->progress);
	if (error == 0)
		tool_warning(output->name, "written again");
	else
		tool_warning(output->name, "%s: no message is taken "
			     "until it can be written", strerror(error));
}

static void report_reopen_error(struct tool_receive_output *output, int error)
{
	if (error == output->reported.reopen_error)
		return;
	output->reported.reopen_error = error;
	if (error == 0)
		return;
	tool_progress_hide(output->progress);
	tool_warning(output->name, "not opened anew: %s: the file "
		     "that is open is used", strerror(error));
}

enum tool_status tool_receive_output_check(struct tool_receive_output *output)
{
	struct tool_writer_state state = tool_writer_state(output->writer);

	if (state.is_final)
		return tool_receive_output_fail(output, state.error);
	report_error(output, state.error);
	report_reopen_error(output, state.reopen_error);
	return TOOL_DONE;
}

static size_t bound(const struct tool_receive_output *output)
{
	/* One byte more than a message, for its newline. */
	return output->is_formatted ?
	       tool_line_format_bound(&output->format,
				      output->message_room_bytes) :
	       output->message_room_bytes + 1;
}

int tool_receive_output_reserve(struct tool_receive_output *output,
				struct tool_receive_room *ret_room)
{
	char *room;
	int result;

	*ret_room = (struct tool_receive_room){0};
	if (output->reported.error != 0)
		return -EAGAIN;
	result = tool_writer_reserve(output->writer, bound(output), &room);
	if (result < 0)
		return result;
	ret_room->message = output->is_formatted ? output->message : room;
	ret_room->message_bytes = output->message_room_bytes;
	ret_room->written = room;
	return 0;
}

enum tool_status tool_receive_output_grow(struct tool_receive_output *output,
					  size_t message_bytes)
{
	char *grown;

	if (output->is_formatted) {
		grown = realloc(output->message, message_bytes);
		if (!grown)
			return tool_error_system("message", ENOMEM);
		output->message = grown;
	}
	output->message_room_bytes = message_bytes;
	return TOOL_DONE;
}

static size_t print_line(struct tool_receive_output *output,
			 struct postern_node *node, postern_peer peer,
			 size_t message_bytes, char *room)
{
	struct tool_line_message message = {
		.node_name = output->node_name,
		.peer = &output->peer,
		.bytes = output->message,
		.byte_count = message_bytes,
	};

	/* A handle is never used again for another peer. */
	if (output->peer.peer != peer) {
		output->peer = (struct postern_peer_statistics)
			       POSTERN_PEER_STATISTICS_INIT;
		if (postern_node_peer_stats(node, peer, &output->peer) < 0)
			output->peer.peer = 0;
	}
	(void)clock_gettime(CLOCK_REALTIME, &message.time);
	return tool_line_format_print(&output->format, &message, room);
}

void tool_receive_output_commit(struct tool_receive_output *output,
				struct postern_node *node, postern_peer peer,
				size_t message_bytes,
				const struct tool_receive_room *room)
{
	size_t byte_count = message_bytes;

	if (output->is_formatted)
		byte_count = print_line(output, node, peer, message_bytes,
					room->written);
	else if (output->is_lines)
		room->written[byte_count++] = '\n';
	tool_writer_commit(output->writer, byte_count);
	tool_progress_count(output->progress, message_bytes);
}

enum tool_status tool_receive_output_open(struct tool_receive_output *output)
{
	const struct tool_writer_params params = {
		.fd = STDOUT_FILENO,
		.path = output->path,
		.is_lines = output->is_lines || output->is_formatted,
		.buffer_bytes = OUTPUT_BUFFER_BYTES,
		.wake_fd = output->wake_fd,
	};
	int result;

	output->message_room_bytes = MESSAGE_ROOM_BYTES;
	if (output->is_formatted) {
		output->message_room_bytes = FORMATTED_MESSAGE_ROOM_BYTES;
		output->message = malloc(output->message_room_bytes);
		if (!output->message)
			return tool_error_system("message", ENOMEM);
	}
	result = tool_writer_start(&params, &output->writer);
	switch (result) {
	case 0:
		return TOOL_DONE;
	case -ELOOP:
		return tool_error_input(output->name, "it is a "
					"symbolic link");
	case -ENXIO:
		return tool_error_input(output->name, "it is no "
					"regular file");
	case -EPERM:
		return tool_error_input(output->name, "it belongs to "
					"another user, or has a second name");
	case -ENOMEM:
	case -EAGAIN:
		return tool_error_system(output->name, -result);
	default:
		return tool_error_input(output->name, "%s",
					strerror(-result));
	}
}

enum tool_status tool_receive_output_close(struct tool_receive_output *output,
					   enum tool_status status,
					   uint64_t deadline_ns)
{
	size_t unwritten_bytes;

	tool_writer_drain(output->writer, deadline_ns);
	unwritten_bytes = tool_writer_unwritten_bytes(output->writer);
	output->writer = tool_writer_stop(output->writer);
	if (unwritten_bytes == 0)
		return status;
	(void)tool_error(output->name, "%zu bytes received and not "
			 "written", unwritten_bytes);
	return status == TOOL_DONE ? TOOL_REFUSED : status;
}

void tool_receive_output_free(struct tool_receive_output *output)
{
	output->writer = tool_writer_stop(output->writer);
	free(output->message);
	output->message = NULL;
}
