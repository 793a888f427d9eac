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
#include "log.h"
#include "notify.h"
#include "options.h"
#include "policy_source.h"
#include "progress.h"
#include "receive_output.h"
#include "reload.h"
#include "signals.h"
#include "tool.h"
#include "writer.h"

#define NS_PER_S UINT64_C(1000000000)

/* Events are looked for after so many messages, so that none is dropped. */
#define BATCH_MESSAGE_COUNT 64

/* What is not written by then, after a request to stop, is reported as lost. */
#define STOP_TIMEOUT_NS NS_PER_S

struct receiver {
	const char *node_name;
	bool until_departed;
	bool must_escape;
	uint64_t count_max;       /* 0: any number */
	const char *format_text;

	struct postern_node *node;
	bool is_paused;
	struct tool_log log;
	struct tool_journal journal;
	struct tool_progress progress;
	uint64_t present_count;   /* peers admitted and not departed */
	bool was_admitted;        /* any peer, ever */
	bool has_lost_count;      /* events were dropped */
	int request_fd;           /* of tool_signals_open() */
	const struct postern_policy_options *source;
	struct tool_receive_output output;
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

/* -- messages and events --------------------------------------------------- */

static void set_paused(struct receiver *receiver, bool is_paused)
{
	if (receiver->is_paused == is_paused)
		return;
	if ((is_paused ? postern_node_pause(receiver->node) :
			 postern_node_resume(receiver->node)) == 0)
		receiver->is_paused = is_paused;
}

/*
 * Room for the next message.  The node is paused exactly while there is none, or
 * while none is needed: this alone decides it.
 */
static enum tool_status reserve_room(struct receiver *receiver,
				     struct tool_receive_room *ret_room)
{
	int result = -EAGAIN;

	*ret_room = (struct tool_receive_room){0};
	if (!is_finished(receiver))
		result = tool_receive_output_reserve(&receiver->output,
						     ret_room);
	if (result < 0 && result != -EAGAIN)
		return tool_receive_output_fail(&receiver->output, -result);
	set_paused(receiver, result == -EAGAIN);
	return TOOL_DONE;
}

/* One message into the output.  *ret_is_idle: there was none to take. */
static enum tool_status take_message(struct receiver *receiver,
				     bool *ret_is_idle)
{
	struct tool_receive_room room;
	enum tool_status status;
	size_t message_bytes;
	postern_peer peer;
	int result;

	status = reserve_room(receiver, &room);
	if (status != TOOL_DONE)
		return status;
	result = postern_node_receive(receiver->node, room.message,
				      room.message_bytes, &message_bytes,
				      &peer);
	*ret_is_idle = result == -EAGAIN;
	if (result == -EAGAIN)
		return TOOL_DONE;
	if (result == -EMSGSIZE)
		return tool_receive_output_grow(&receiver->output,
						message_bytes);
	if (result < 0)
		return tool_error_result(receiver->node_name, result, NULL);
	tool_receive_output_commit(&receiver->output, receiver->node, peer,
				   message_bytes, &room);
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
	     status == TOOL_DONE && !tool_stop_is_requested(); i++)
		status = take_message(receiver, &is_idle);
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
		{.fd = receiver->output.wake_fd, .events = POLLIN},
		/* Its reader, or its terminal, may be gone. */
		{.fd = receiver->output.path ? -1 : STDOUT_FILENO},
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
	    read(receiver->output.wake_fd, &count, sizeof(count)) < 0) {
		/* empty after all */
	}
	if (fds[3].revents & (POLLERR | POLLHUP))
		return tool_receive_output_fail(
			&receiver->output, receiver->output.is_terminal ?
			EIO : EPIPE);
	return TOOL_DONE;
}

static void handle_requests(struct receiver *receiver)
{
	tool_signals_clear();
	if (tool_reload_take()) {
		tool_reload(receiver->node, receiver->node_name,
			    receiver->source);
		/* Another rule may match the peer now. */
		receiver->output.peer.peer = 0;
	}
	if (tool_reopen_take())
		tool_writer_reopen(receiver->output.writer);
}

static enum tool_status receive_all(struct receiver *receiver)
{
	bool is_idle = false;
	enum tool_status status;

	for (;;) {
		handle_requests(receiver);
		if (tool_stop_is_requested())
			return TOOL_DONE;
		status = tool_receive_output_check(&receiver->output);
		if (status != TOOL_DONE)
			return status;
		status = take_batch(receiver, &is_idle);
		if (status != TOOL_DONE)
			return status;
		tool_writer_serve(receiver->output.writer);
		tool_error_queue_serve();
		if (is_finished(receiver) &&
		    tool_writer_unwritten_bytes(receiver->output.writer) == 0)
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
	if (!receiver->output.path && !tool_output_is_writable())
		return tool_error("standard output", "it is closed, or open "
				  "for reading only");
	status = tool_policy_load(source, TOOL_POLICY_FOR_NODE, &policy);
	if (status != TOOL_DONE)
		return status;
	status = tool_receive_output_open(&receiver->output);
	if (status != TOOL_DONE) {
		postern_policy_free(policy);
		return status;
	}
	result = postern_node_open(policy, receiver->node_name, node_options,
				   &refusal, &receiver->node);
	postern_policy_free(policy);
	if (result < 0)
		return tool_error_result(receiver->node_name, result,
					 &refusal);
	tool_notify_ready();
	receiver->source = source;
	tool_progress_init(&receiver->progress);
	status = receive_all(receiver);
	tool_notify_stopping();
	postern_node_close(receiver->node);
	tool_progress_finish(&receiver->progress);
	/* After a request to stop or a failure there is little time. */
	return tool_receive_output_close(&receiver->output, status,
					 now_ns() + STOP_TIMEOUT_NS);
}

static enum tool_status choose_format(const struct tool_command *command,
				      struct receiver *receiver)
{
	const char *text = receiver->format_text;
	const char *why;

	receiver->output.name = receiver->output.path ? receiver->output.path :
				"standard output";
	receiver->output.is_terminal = !receiver->output.path &&
				isatty(STDOUT_FILENO) == 1;
	/* The bytes of a peer must not control the terminal. */
	if (receiver->output.is_terminal)
		receiver->must_escape = true;
	if (!text && receiver->must_escape)
		text = "%{payload}";
	if (!text)
		return TOOL_DONE;
	why = tool_line_format_parse(text, &receiver->output.format);
	if (why)
		return tool_misuse(command, "--format '%s': %s", text, why);
	receiver->output.is_formatted = true;
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
		{.name = "lines", .flag = &receiver.output.is_lines,
		 .help = "write a newline after each message"},
		{.name = "escape", .flag = &receiver.must_escape,
		 .help = "write escaped lines; implied on a terminal"},
		{.name = "format", .argument = "FORMAT",
		 .text = &receiver.format_text,
		 .help = "write a line for each message, as FORMAT says"},
		{.name = "output", .argument = "FILE",
		 .text = &receiver.output.path,
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

	receiver.output.progress = &receiver.progress;
	receiver.node_name = *tool_options_parse(
		command, options, sizeof(options) / sizeof(options[0]), argc,
		argv);
	receiver.output.node_name = receiver.node_name;
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
	receiver.output.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (receiver.output.wake_fd < 0)
		return tool_error_system("eventfd", errno);
	result = tool_error_queue_start(receiver.output.wake_fd);
	if (result < 0)
		return tool_error_system("standard error", -result);
	status = open_and_receive(&receiver, &source, &node_options);
	tool_log_finish(&receiver.log);
	tool_error_queue_finish(now_ns() + STOP_TIMEOUT_NS);
	tool_receive_output_free(&receiver.output);
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
