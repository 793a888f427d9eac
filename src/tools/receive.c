/* SPDX-License-Identifier: ISC */
/*
 * postern receive: open a node, write what it receives to standard output or to
 * a file
 *
 * Only poll() and the loading of a policy wait: threads write the output and the
 * records (writer.h).  While the output takes nothing more, the node is paused:
 * it takes no messages, and goes on admitting, answering and counting.  A message
 * that was taken is kept until it is written.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <postern/node.h>
#include <postern/policy.h>

#include "error_queue.h"
#include "errors.h"
#include "line_format.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "policy_source.h"
#include "progress.h"
#include "reload.h"
#include "signals.h"
#include "tool.h"
#include "writer.h"

#define NS_PER_S UINT64_C(1000000000)

/* Events are looked for after so many messages, so that none is dropped. */
#define BATCH_MESSAGE_COUNT 64

/* The first guess at the largest message; it grows where it is wrong.  Smaller
 * where a line is longer than its message. */
#define MESSAGE_ROOM_BYTES 65536
#define FORMATTED_MESSAGE_ROOM_BYTES 8192

/* Two of them are the most that is taken and not written: as much as a pipe
 * takes at once, and no more, since it is lost if the program is killed. */
#define OUTPUT_BUFFER_BYTES 65536

/* What is not written by then, after a request to stop, is reported as lost. */
#define STOP_TIMEOUT_NS NS_PER_S

struct receiver {
	const char *node_name;
	bool is_lines;
	bool until_departed;
	bool must_escape;
	uint64_t count_max;       /* 0: any number */
	const char *format_text;
	const char *output_path;  /* NULL: standard output */

	struct postern_node *node;
	bool is_paused;
	struct tool_log log;
	struct tool_journal journal;
	struct tool_progress progress;
	uint64_t present_count;   /* peers admitted and not departed */
	bool was_admitted;        /* any peer, ever */
	bool has_lost_count;      /* events were dropped */
	int request_fd;           /* of tool_signals_open() */
	int wake_fd;              /* of the threads that write */
	const struct postern_policy_options *source;

	/* The output */
	struct tool_writer *writer;
	const char *output_name;
	bool is_terminal;
	struct tool_writer_state reported;
	struct tool_line_format format;
	bool is_formatted;
	char *message;            /* received into it, if formatted */
	size_t message_room_bytes;
	struct postern_peer_statistics peer; /* of the last, if formatted */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Everything that was asked for was received. */
static bool is_finished(const struct receiver *receiver)
{
	if (receiver->count_max > 0 &&
	    receiver->progress.message_count >= receiver->count_max)
		return true;
	return receiver->until_departed && receiver->was_admitted &&
	       receiver->present_count == 0;
}

/* -- the output ------------------------------------------------------------ */

static enum tool_status fail_output(struct receiver *receiver, int error)
{
	tool_progress_finish(&receiver->progress);
	return tool_error_system(receiver->output_name, error);
}

static void report_error(struct receiver *receiver, int error)
{
	if (error == receiver->reported.error)
		return;
	receiver->reported.error = error;
	tool_progress_hide(&receiver->progress);
	if (error == 0)
		tool_warning(receiver->output_name, "written again");
	else
		tool_warning(receiver->output_name, "%s: no message is taken "
			     "until it can be written", strerror(error));
}

static void report_reopen_error(struct receiver *receiver, int error)
{
	if (error == receiver->reported.reopen_error)
		return;
	receiver->reported.reopen_error = error;
	if (error == 0)
		return;
	tool_progress_hide(&receiver->progress);
	tool_warning(receiver->output_name, "not opened anew: %s: the file "
		     "that is open is used", strerror(error));
}

/* *ret_is_ready: it takes messages, as far as is known. */
static enum tool_status check_output(struct receiver *receiver,
				     bool *ret_is_ready)
{
	struct tool_writer_state state = tool_writer_state(receiver->writer);

	if (state.is_final)
		return fail_output(receiver, state.error);
	report_error(receiver, state.error);
	report_reopen_error(receiver, state.reopen_error);
	*ret_is_ready = state.error == 0;
	return TOOL_DONE;
}

static size_t bound(const struct receiver *receiver)
{
	/* One byte more than a message, for its newline. */
	return receiver->is_formatted ?
	       tool_line_format_bound(&receiver->format,
				      receiver->message_room_bytes) :
	       receiver->message_room_bytes + 1;
}

/* The next message is larger than all before. */
static enum tool_status grow_message_room(struct receiver *receiver,
					  size_t message_bytes)
{
	char *grown;

	if (receiver->is_formatted) {
		grown = realloc(receiver->message, message_bytes);
		if (!grown)
			return tool_error_system("message", ENOMEM);
		receiver->message = grown;
	}
	receiver->message_room_bytes = message_bytes;
	return TOOL_DONE;
}

static size_t print_line(struct receiver *receiver, postern_peer peer,
			 size_t message_bytes, char *room)
{
	struct tool_line_message message = {
		.node_name = receiver->node_name,
		.peer = &receiver->peer,
		.bytes = receiver->message,
		.byte_count = message_bytes,
	};

	/* A handle is never used again for another peer. */
	if (receiver->peer.peer != peer) {
		receiver->peer = (struct postern_peer_statistics)
				 POSTERN_PEER_STATISTICS_INIT;
		if (postern_node_peer_stats(receiver->node, peer,
					    &receiver->peer) < 0)
			receiver->peer.peer = 0;
	}
	(void)clock_gettime(CLOCK_REALTIME, &message.time);
	return tool_line_format_print(&receiver->format, &message, room);
}

static void commit_message(struct receiver *receiver, postern_peer peer,
			   size_t message_bytes, char *room)
{
	size_t byte_count = message_bytes;

	if (receiver->is_formatted)
		byte_count = print_line(receiver, peer, message_bytes, room);
	else if (receiver->is_lines)
		room[byte_count++] = '\n';
	tool_writer_commit(receiver->writer, byte_count);
	tool_progress_count(&receiver->progress, message_bytes);
}

static enum tool_status open_output(struct receiver *receiver)
{
	const struct tool_writer_params params = {
		.fd = STDOUT_FILENO,
		.path = receiver->output_path,
		.is_lines = receiver->is_lines || receiver->is_formatted,
		.buffer_bytes = OUTPUT_BUFFER_BYTES,
		.wake_fd = receiver->wake_fd,
	};
	int result;

	receiver->message_room_bytes = MESSAGE_ROOM_BYTES;
	if (receiver->is_formatted) {
		receiver->message_room_bytes = FORMATTED_MESSAGE_ROOM_BYTES;
		receiver->message = malloc(receiver->message_room_bytes);
		if (!receiver->message)
			return tool_error_system("message", ENOMEM);
	}
	result = tool_writer_start(&params, &receiver->writer);
	switch (result) {
	case 0:
		return TOOL_DONE;
	case -ELOOP:
		return tool_error_input(receiver->output_name, "it is a "
					"symbolic link");
	case -ENXIO:
		return tool_error_input(receiver->output_name, "it is no "
					"regular file");
	case -EPERM:
		return tool_error_input(receiver->output_name, "it belongs to "
					"another user, or has a second name");
	case -ENOMEM:
	case -EAGAIN:
		return tool_error_system(receiver->output_name, -result);
	default:
		return tool_error_input(receiver->output_name, "%s",
					strerror(-result));
	}
}

/* Write the rest: after a request to stop or a failure there is little time. */
static enum tool_status close_output(struct receiver *receiver,
				     enum tool_status status)
{
	size_t unwritten_bytes;

	tool_writer_drain(receiver->writer, now_ns() + STOP_TIMEOUT_NS);
	unwritten_bytes = tool_writer_unwritten_bytes(receiver->writer);
	receiver->writer = tool_writer_stop(receiver->writer);
	if (unwritten_bytes == 0)
		return status;
	(void)tool_error(receiver->output_name, "%zu bytes received and not "
			 "written", unwritten_bytes);
	return status == TOOL_DONE ? TOOL_REFUSED : status;
}

/* -- messages and events --------------------------------------------------- */

static void set_paused(struct receiver *receiver, bool is_paused)
{
	if (receiver->is_paused == is_paused)
		return;
	receiver->is_paused = is_paused;
	/* They fail for a NULL node and after a fork() only. */
	if (is_paused)
		(void)postern_node_pause(receiver->node);
	else
		(void)postern_node_resume(receiver->node);
}

/* One message into the output.  *ret_is_idle: there was none to take. */
static enum tool_status take_message(struct receiver *receiver,
				     bool *ret_is_idle)
{
	size_t message_bytes, room_bytes = receiver->message_room_bytes;
	char *room = NULL;
	postern_peer peer;
	int result = 0;

	if (!receiver->is_paused)
		result = tool_writer_reserve(receiver->writer, bound(receiver),
					     &room);
	if (result == -EAGAIN)
		set_paused(receiver, true);
	else if (result < 0)
		return fail_output(receiver, -result);
	if (receiver->is_paused)
		room_bytes = 0;
	result = postern_node_receive(receiver->node, receiver->is_formatted ?
				      receiver->message : room, room_bytes,
				      &message_bytes, &peer);
	*ret_is_idle = result == -EAGAIN;
	if (result == -EAGAIN)
		return TOOL_DONE;
	if (result == -EMSGSIZE)
		return grow_message_room(receiver, message_bytes);
	if (result < 0)
		return tool_error_result(receiver->node_name, result, NULL);
	commit_message(receiver, peer, message_bytes, room);
	return TOOL_DONE;
}

static void note_event(struct receiver *receiver,
		       const struct postern_event *event)
{
	if (event->missed_count > 0 && !receiver->has_lost_count) {
		receiver->has_lost_count = true;
		tool_warning(receiver->node_name, "events were dropped: the "
			     "count of peers is no longer certain");
	}
	switch (event->type) {
	case POSTERN_EVENT_ADMITTED:
		receiver->was_admitted = true;
		receiver->present_count++;
		break;
	case POSTERN_EVENT_DEPARTED:
		if (receiver->present_count > 0)
			receiver->present_count--;
		break;
	case POSTERN_EVENT_GAP:
		tool_progress_hide(&receiver->progress);
		tool_warning(receiver->node_name, "%" PRIu64 " messages of %s "
			     "were dropped", event->dropped_messages,
			     event->name);
		break;
	}
}

static enum tool_status take_events(struct receiver *receiver)
{
	struct postern_event event = POSTERN_EVENT_INIT;
	int result;

	for (;;) {
		result = postern_node_next_event(receiver->node, &event);
		if (result == -EAGAIN)
			return TOOL_DONE;
		if (result < 0)
			return tool_error_result(receiver->node_name, result,
						 NULL);
		note_event(receiver, &event);
	}
}

/* A batch of messages, then all events.  *ret_is_idle: no message was left. */
static enum tool_status take_batch(struct receiver *receiver,
				   bool *ret_is_idle)
{
	enum tool_status status = TOOL_DONE;
	bool is_idle = false;
	int i;

	for (i = 0; i < BATCH_MESSAGE_COUNT && !is_idle &&
	     status == TOOL_DONE && !tool_stop_is_requested(); i++) {
		if (is_finished(receiver))
			set_paused(receiver, true);
		status = take_message(receiver, &is_idle);
	}
	if (status == TOOL_DONE)
		status = take_events(receiver);
	*ret_is_idle = is_idle;
	return status;
}

/* -- the loop -------------------------------------------------------------- */

/* Sleep until there is something to do. */
static enum tool_status rest(struct receiver *receiver)
{
	struct pollfd fds[4] = {
		{.events = POLLIN},
		{.fd = receiver->request_fd, .events = POLLIN},
		{.fd = receiver->wake_fd, .events = POLLIN},
		/* Its reader, or its terminal, may be gone. */
		{.fd = receiver->output_path ? -1 : STDOUT_FILENO},
	};
	uint64_t count;
	int result;

	result = postern_node_fd(receiver->node);
	if (result < 0)
		return tool_error_result(receiver->node_name, result, NULL);
	fds[0].fd = result;
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return errno == EINTR ? TOOL_DONE :
		       tool_error_system("poll", errno);
	if (fds[2].revents != 0 &&
	    read(receiver->wake_fd, &count, sizeof(count)) < 0) {
		/* empty after all */
	}
	if (fds[3].revents & (POLLERR | POLLHUP))
		return fail_output(receiver, receiver->is_terminal ? EIO :
				   EPIPE);
	return TOOL_DONE;
}

static void handle_requests(struct receiver *receiver)
{
	tool_signals_clear();
	if (tool_reload_take()) {
		tool_reload(receiver->node, receiver->node_name,
			    receiver->source);
		/* Another rule may match the peer now. */
		receiver->peer.peer = 0;
	}
	if (tool_reopen_take())
		tool_writer_reopen(receiver->writer);
}

static enum tool_status receive_all(struct receiver *receiver)
{
	bool is_idle = false, is_ready = false;
	enum tool_status status;

	for (;;) {
		handle_requests(receiver);
		if (tool_stop_is_requested())
			return TOOL_DONE;
		status = check_output(receiver, &is_ready);
		if (status != TOOL_DONE)
			return status;
		set_paused(receiver, !is_ready || is_finished(receiver));
		status = take_batch(receiver, &is_idle);
		if (status != TOOL_DONE)
			return status;
		tool_writer_serve(receiver->writer);
		tool_error_queue_serve();
		if (is_finished(receiver) &&
		    tool_writer_unwritten_bytes(receiver->writer) == 0)
			return TOOL_DONE;
		if (is_idle)
			status = rest(receiver);
		if (status != TOOL_DONE)
			return status;
	}
}

static enum tool_status
open_and_receive(struct receiver *receiver,
		 const struct postern_policy_options *source,
		 struct postern_node_options *node_options)
{
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct postern_policy *policy;
	enum tool_status status;
	int result;

	/* Messages would be consumed and lost. */
	if (!receiver->output_path && !tool_output_is_writable())
		return tool_error("standard output", "it is closed, or open "
				  "for reading only");
	status = tool_policy_load(source, TOOL_POLICY_FOR_NODE, &policy);
	if (status != TOOL_DONE)
		return status;
	status = open_output(receiver);
	if (status != TOOL_DONE) {
		postern_policy_free(policy);
		return status;
	}
	result = postern_node_open(policy, receiver->node_name, node_options,
				   &refusal, &receiver->node);
	postern_policy_free(policy);
	if (result < 0) {
		receiver->writer = tool_writer_stop(receiver->writer);
		return tool_error_result(receiver->node_name, result,
					 &refusal);
	}
	tool_notify_ready();
	receiver->source = source;
	tool_progress_init(&receiver->progress);
	status = receive_all(receiver);
	tool_notify_stopping();
	postern_node_close(receiver->node);
	tool_progress_finish(&receiver->progress);
	return close_output(receiver, status);
}

static enum tool_status choose_format(const struct tool_command *command,
				      struct receiver *receiver)
{
	const char *text = receiver->format_text;
	const char *why;

	receiver->output_name = receiver->output_path ? receiver->output_path :
				"standard output";
	receiver->is_terminal = !receiver->output_path &&
				isatty(STDOUT_FILENO) == 1;
	/* The bytes of a peer must not control the terminal. */
	if (receiver->is_lines && receiver->is_terminal)
		receiver->must_escape = true;
	if (!text && receiver->must_escape)
		text = "%{payload}";
	if (!text)
		return TOOL_DONE;
	why = tool_line_format_parse(text, &receiver->format);
	if (why)
		return tool_misuse(command, "--format '%s': %s", text, why);
	receiver->is_formatted = true;
	return TOOL_DONE;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_node_options node_options = POSTERN_NODE_OPTIONS_INIT;
	struct receiver receiver = {0};
	const char *journal_path = NULL;
	bool is_journal = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		TOOL_OPTION_KEY(&node_options.key_file),
		{.name = "lines", .flag = &receiver.is_lines,
		 .help = "write a newline after each message"},
		{.name = "escape", .flag = &receiver.must_escape,
		 .help = "write each message as one line, escaped as in C"},
		{.name = "format", .argument = "FORMAT",
		 .text = &receiver.format_text,
		 .help = "write a line for each message, as FORMAT says"},
		{.name = "output", .argument = "FILE",
		 .text = &receiver.output_path,
		 .help = "append to FILE instead; SIGUSR1 opens it anew"},
		{.name = "count", .argument = "N", .count = &receiver.count_max,
		 .help = "end after N messages"},
		{.name = "until-departed", .flag = &receiver.until_departed,
		 .help = "end when the last admitted peer has left"},
		{.name = "journal", .flag = &is_journal,
		 .help = "send the records to the journal of systemd"},
		{.name = "journal-socket", .argument = "PATH",
		 .text = &journal_path,
		 .help = "send them to a journal that listens there"},
		TOOL_OPTION_WITHOUT(&node_options.features_off),
	};
	enum tool_status status;
	int result;

	receiver.node_name = *tool_options_parse(
		command, options, sizeof(options) / sizeof(options[0]), argc,
		argv);
	status = choose_format(command, &receiver);
	if (status != TOOL_DONE)
		return status;
	receiver.log.progress = &receiver.progress;
	if (is_journal || journal_path) {
		tool_journal_init(&receiver.journal, journal_path ?
				  journal_path : TOOL_JOURNAL_SOCKET);
		receiver.log.journal = &receiver.journal;
	}
	node_options.log = tool_log_print;
	node_options.log_user_data = &receiver.log;
	source.features_off = node_options.features_off;

	/* A reader that is gone is an error of write(), and does not end the
	 * process: the socket is to be removed. */
	(void)signal(SIGPIPE, SIG_IGN);
	result = tool_signals_open(TOOL_SIGNALS_OF_SERVICE,
				   &receiver.request_fd);
	if (result < 0)
		return tool_error_system("signals", -result);
	receiver.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (receiver.wake_fd < 0)
		return tool_error_system("eventfd", errno);
	result = tool_error_queue_start(receiver.wake_fd);
	if (result < 0)
		return tool_error_system("standard error", -result);
	status = open_and_receive(&receiver, &source, &node_options);
	tool_log_finish(&receiver.log);
	tool_error_queue_finish(now_ns() + STOP_TIMEOUT_NS);
	free(receiver.message);
	return status;
}

const struct tool_command tool_command_receive = {
	.name = "receive",
	.operands = "NODE",
	.operand_count_min = 1,
	.operand_count_max = 1,
	.summary = "open a node and write what it receives to standard output",
	.description =
		"Open NODE and write the messages of all its peers to standard "
		"output, and the\nnode's records to standard error, or to the "
		"journal.  SIGTERM and SIGINT\nend it in order.  SIGHUP has it "
		"read its policy and its key again, where there\nis no "
		"terminal; a broken one changes nothing.\n",
	.run = run,
};
