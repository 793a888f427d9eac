/* SPDX-License-Identifier: ISC */
/*
 * The output of `receive`: messages, as they are or as lines, to a writer
 */
#include "receive_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "errors.h"

/* The first guess at the largest message; a larger one makes it grow.  It is
 * smaller for lines, which are longer than their messages. */
#define MESSAGE_BYTES 65536
#define FORMATTED_MESSAGE_BYTES 8192

/* The writer has two.  They hold the messages that are received and not written,
 * which are lost if the process is killed: no more than a pipe takes at once. */
#define OUTPUT_BUFFER_BYTES 65536

int tool_receive_output_check(struct tool_receive_output *output)
{
	struct tool_writer_state state = tool_writer_state(output->writer);

	if (state.is_final)
		return state.error;
	if (state.error != output->reported.error) {
		tool_progress_hide(output->progress);
		if (state.error == 0)
			tool_warning(output->name, "written again");
		else
			tool_warning(output->name, "%s: no message is taken "
				     "until it can be written",
				     strerror(state.error));
	}
	if (state.reopen_error != output->reported.reopen_error &&
	    state.reopen_error != 0) {
		tool_progress_hide(output->progress);
		tool_warning(output->name, "not opened anew: %s: the file "
			     "that is open is used",
			     strerror(state.reopen_error));
	}
	output->reported = state;
	return 0;
}

int tool_receive_output_reserve(struct tool_receive_output *output)
{
	/* One byte more than a message, for its newline. */
	size_t bound = output->is_formatted ?
		       tool_line_format_bound(&output->format,
					      output->message_bytes) :
		       output->message_bytes + 1;
	int result;

	if (output->reported.error != 0)
		return -EAGAIN;
	result = tool_writer_reserve(output->writer, bound, &output->line);
	output->message = output->is_formatted ? output->buffer : output->line;
	return result;
}

int tool_receive_output_grow(struct tool_receive_output *output,
			     size_t message_bytes)
{
	char *grown;

	if (output->is_formatted) {
		grown = realloc(output->buffer, message_bytes);
		if (!grown)
			return -ENOMEM;
		output->buffer = grown;
	}
	output->message_bytes = message_bytes;
	return 0;
}

static size_t print_line(struct tool_receive_output *output,
			 struct postern_node *node, postern_peer peer,
			 size_t message_bytes)
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
	return tool_line_format_print(&output->format, &message, output->line);
}

void tool_receive_output_commit(struct tool_receive_output *output,
				struct postern_node *node, postern_peer peer,
				size_t message_bytes)
{
	size_t byte_count = message_bytes;

	if (output->is_formatted)
		byte_count = print_line(output, node, peer, message_bytes);
	else if (output->is_lines)
		output->line[byte_count++] = '\n';
	tool_writer_commit(output->writer, byte_count);
	tool_progress_count(output->progress, message_bytes);
}

static const char *open_error(int result)
{
	switch (result) {
	case -ELOOP:
		return "it is a symbolic link";
	case -ENXIO:
		return "it is no regular file";
	case -EPERM:
		return "it belongs to another user, or has a second name";
	default:
		return strerror(-result);
	}
}

void tool_receive_output_open(struct tool_receive_output *output)
{
	const struct tool_writer_params params = {
		.fd = STDOUT_FILENO,
		.path = output->path,
		.is_lines = output->is_lines || output->is_formatted,
		.buffer_bytes = OUTPUT_BUFFER_BYTES,
		.wake_fd = output->wake_fd,
	};
	int result;

	output->message_bytes = MESSAGE_BYTES;
	if (output->is_formatted &&
	    tool_receive_output_grow(output, FORMATTED_MESSAGE_BYTES) < 0)
		tool_exit(tool_error_system("message", ENOMEM));
	result = tool_writer_start(&params, &output->writer);
	if (result == -ENOMEM || result == -EAGAIN)
		tool_exit(tool_error_system(output->name, -result));
	if (result < 0)
		tool_exit(tool_error(TOOL_BAD_INPUT, output->name, "%s",
				     open_error(result)));
}

enum tool_status tool_receive_output_drain(struct tool_receive_output *output,
					   enum tool_status status,
					   uint64_t deadline_ns)
{
	size_t unwritten_bytes;

	tool_writer_drain(output->writer, deadline_ns);
	unwritten_bytes = tool_writer_unwritten_bytes(output->writer);
	if (unwritten_bytes == 0)
		return status;
	(void)tool_error(TOOL_REFUSED, output->name,
			 "%zu bytes received and not written", unwritten_bytes);
	return status == TOOL_DONE ? TOOL_REFUSED : status;
}
