/* SPDX-License-Identifier: ISC */
/*
 * postern receive: open a node, and write the messages that it receives to
 * standard output or to a file
 *
 * Only poll() and the loading of a policy block: threads write the output and the
 * records (writer.h).  While the output is full, the node is paused: it receives
 * no messages, but still admits peers, answers and counts.  A message that was
 * received is kept until it is written.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <postern/node.h>
#include <postern/policy.h>

#include "errors.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "policy_source.h"
#include "progress.h"
#include "receive_output.h"
#include "signals.h"
#include "tool.h"
#include "units.h"
#include "writer.h"

/* Events are taken after so many messages, so that none is dropped. */
#define BATCH_MESSAGE_COUNT 64

/* After a request to stop, bytes not written by then are reported as lost. */
#define STOP_TIMEOUT_NS UINT64_C(1000000000)

struct receiver {
	const char *node_name;
	bool until_departed;
	bool must_escape;
	uint64_t count_max;       /* 0: any number */
	const char *format_text;

	struct postern_node *node;
	bool is_paused;
	struct tool_log log;
	struct tool_progress progress;
	uint64_t present_count;   /* peers admitted and not departed */
	bool was_admitted;        /* any peer, ever */
	bool has_lost_count;      /* events were dropped */
	int request_fd;           /* of tool_signals_open() */
	struct postern_policy_options source;
	struct tool_receive_output output;
};

/* Nothing more is to be received. */
static bool is_finished(const struct receiver *receiver)
{
	if (receiver->count_max > 0 &&
	    receiver->progress.message_count >= receiver->count_max)
		return true;
	return receiver->until_departed && receiver->was_admitted &&
	       receiver->present_count == 0;
}

/* -- the end --------------------------------------------------------------- */

/* When the process ends. */
static void drain_errors(void)
{
	tool_error_queue_drain(tool_now_ns() + STOP_TIMEOUT_NS);
}

/* Close the node, write the rest and end the process. */
static _Noreturn void finish(struct receiver *receiver, enum tool_status status)
{
	tool_notify_stopping();
	postern_node_close(receiver->node);
	tool_progress_finish(&receiver->progress);
	status = tool_receive_output_drain(&receiver->output, status,
					   tool_now_ns() + STOP_TIMEOUT_NS);
	tool_log_finish(&receiver->log);
	tool_exit(status);
}

static _Noreturn void fail(struct receiver *receiver, int result)
{
	finish(receiver, tool_error_result(receiver->node_name, result, NULL));
}

static _Noreturn void fail_output(struct receiver *receiver, int error)
{
	tool_progress_finish(&receiver->progress);
	finish(receiver, tool_error_system(receiver->output.name, error));
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
 * Whether there is space for a message.  The node is paused exactly while there
 * is none, or while none is needed: only this function decides it.
 */
static bool reserve_space(struct receiver *receiver)
{
	int result = -EAGAIN;

	if (!is_finished(receiver))
		result = tool_receive_output_reserve(&receiver->output);
	if (result < 0 && result != -EAGAIN)
		fail_output(receiver, -result);
	set_paused(receiver, result == -EAGAIN);
	return result == 0;
}

/* Move one message to the output.  False: there is none, or no space. */
static bool receive_message(struct receiver *receiver)
{
	struct tool_receive_output *output = &receiver->output;
	bool has_space = reserve_space(receiver);
	size_t message_bytes;
	postern_peer peer;
	int result;

	/* A paused node admits and answers within this call. */
	result = postern_node_receive(receiver->node,
				      has_space ? output->message : NULL,
				      has_space ? output->message_bytes : 0,
				      &message_bytes, &peer);
	if (result == -EAGAIN)
		return false;
	if (result == 0)
		tool_receive_output_commit(output, receiver->node, peer,
					   message_bytes);
	else if (result != -EMSGSIZE)
		fail(receiver, result);
	else if (tool_receive_output_grow(output, message_bytes) < 0)
		finish(receiver, tool_error_system("message", ENOMEM));
	return true;
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

static void take_events(struct receiver *receiver)
{
	struct postern_event event = POSTERN_EVENT_INIT;
	int result;

	while ((result = postern_node_next_event(receiver->node, &event)) == 0)
		note_event(receiver, &event);
	if (result != -EAGAIN)
		fail(receiver, result);
}

/* A batch of messages, then all events.  False: no message was left. */
static bool receive_batch(struct receiver *receiver)
{
	bool is_idle = false;
	int i;

	for (i = 0; i < BATCH_MESSAGE_COUNT && !is_idle &&
	     !tool_stop_is_requested(); i++)
		is_idle = !receive_message(receiver);
	take_events(receiver);
	return !is_idle;
}

/* -- reloading ------------------------------------------------------------- */

/* NULL: the errors were printed, and recorded by the node.  A policy with errors
 * loads: the node decides whether they concern it. */
static struct postern_policy *load_again(struct receiver *receiver)
{
	const char *what = tool_policy_name(&receiver->source);
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	int result, r;

	result = tool_policy_read(&receiver->source, &diagnostics, &policy);
	tool_diagnostics_print(diagnostics, POSTERN_SEVERITY_WARNING);
	if (result < 0) {
		(void)tool_error_policy(
			what, result,
			postern_diagnostics_error_count(diagnostics));
		r = postern_node_reload_failed(receiver->node, result,
					       diagnostics);
		if (r < 0)
			(void)tool_error_result(what, r, NULL);
	}
	postern_diagnostics_free(diagnostics);
	return policy;
}

/* Load the policy again and give it to the node.  On failure the node keeps the
 * present one. */
static void reload(struct receiver *receiver)
{
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct postern_policy *policy;
	uint32_t lost_count;
	int result = -EINVAL;

	tool_notify_reloading();
	policy = load_again(receiver);
	if (policy) {
		result = postern_node_reload(receiver->node, policy, &refusal,
					     &lost_count);
		if (result < 0)
			(void)tool_error_result(receiver->node_name, result,
						&refusal);
	}
	postern_policy_free(policy);
	if (result < 0)
		tool_warning(receiver->node_name,
			     "not reloaded: the policy in force stays");
	tool_notify_ready();
}

/* -- the loop -------------------------------------------------------------- */

/* Sleep until there is something to do. */
static void sleep_until_ready(struct receiver *receiver)
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
		fail(receiver, result);
	fds[0].fd = result;
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0) {
		if (errno != EINTR)
			finish(receiver, tool_error_system("poll", errno));
		return;
	}
	if (fds[2].revents != 0 &&
	    read(receiver->output.wake_fd, &count, sizeof(count)) < 0) {
		/* empty after all */
	}
	if (fds[3].revents & (POLLERR | POLLHUP))
		fail_output(receiver,
			    receiver->output.is_terminal ? EIO : EPIPE);
}

static void handle_requests(struct receiver *receiver)
{
	tool_signals_clear();
	if (tool_reload_take()) {
		reload(receiver);
		/* Another rule may match the peer now. */
		receiver->output.peer.peer = 0;
	}
	if (tool_reopen_take())
		tool_writer_reopen(receiver->output.writer);
}

static _Noreturn void receive_all(struct receiver *receiver)
{
	bool is_idle;
	int error;

	for (;;) {
		handle_requests(receiver);
		if (tool_stop_is_requested())
			finish(receiver, TOOL_DONE);
		error = tool_receive_output_check(&receiver->output);
		if (error != 0)
			fail_output(receiver, error);
		is_idle = !receive_batch(receiver);
		tool_writer_serve(receiver->output.writer);
		tool_error_queue_serve();
		if (is_finished(receiver) &&
		    tool_writer_unwritten_bytes(receiver->output.writer) == 0)
			finish(receiver, TOOL_DONE);
		if (is_idle)
			sleep_until_ready(receiver);
	}
}

/* -- starting -------------------------------------------------------------- */

static void open_node(struct receiver *receiver,
		      struct postern_node_options *node_options)
{
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct postern_policy *policy;
	enum tool_status status;
	int result;

	/* Messages would be consumed and lost. */
	if (!receiver->output.path && !tool_output_is_writable())
		tool_exit(tool_error(TOOL_REFUSED, "standard output", "it is "
				     "closed, or open for reading only"));
	policy = tool_policy_load(&receiver->source, TOOL_POLICY_FOR_NODE);
	tool_receive_output_open(&receiver->output);
	result = postern_node_open(policy, receiver->node_name, node_options,
				   &refusal, &receiver->node);
	postern_policy_free(policy);
	if (result == 0)
		return;
	status = tool_error_result(receiver->node_name, result, &refusal);
	tool_log_finish(&receiver->log);
	tool_exit(status);
}

static void choose_format(const struct tool_command *command,
			  struct receiver *receiver)
{
	struct tool_receive_output *output = &receiver->output;
	const char *text = receiver->format_text;
	const char *why;

	output->name = output->path ? output->path : "standard output";
	output->is_terminal = !output->path && isatty(STDOUT_FILENO) == 1;
	/* The bytes of a peer must not control the terminal. */
	if (!text && (receiver->must_escape || output->is_terminal))
		text = "%{payload}";
	if (!text)
		return;
	why = tool_line_format_parse(text, &output->format);
	if (why)
		tool_misuse(command, "--format '%s': %s", text, why);
	output->is_formatted = true;
}

/* Before the node is opened, so that no record and no request is missed. */
static void start_streams(struct receiver *receiver)
{
	int result;

	/* A reader that has exited is an error of write(), and does not end the
	 * process: the socket is to be removed. */
	(void)signal(SIGPIPE, SIG_IGN);
	result = tool_signals_open(TOOL_SIGNALS_OF_SERVICE,
				   &receiver->request_fd);
	if (result < 0)
		tool_exit(tool_error_system("signals", -result));
	receiver->output.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (receiver->output.wake_fd < 0)
		tool_exit(tool_error_system("eventfd", errno));
	result = tool_error_queue_start(receiver->output.wake_fd);
	if (result < 0)
		tool_exit(tool_error_system("standard error", -result));
	(void)atexit(drain_errors);
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_node_options node_options = POSTERN_NODE_OPTIONS_INIT;
	struct receiver receiver = {.source = POSTERN_POLICY_OPTIONS_INIT};
	const char *journal_path = NULL;
	bool is_journal = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&receiver.source.file),
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
		{0}
	};

	receiver.node_name = *tool_options_parse(command, options, argc, argv);
	choose_format(command, &receiver);
	receiver.output.node_name = receiver.node_name;
	receiver.output.progress = &receiver.progress;
	if (is_journal && !journal_path)
		journal_path = TOOL_JOURNAL_SOCKET;
	tool_log_init(&receiver.log, &receiver.progress, journal_path);
	node_options.log = tool_log_print;
	node_options.log_user_data = &receiver.log;
	receiver.source.features_off = node_options.features_off;
	start_streams(&receiver);
	open_node(&receiver, &node_options);
	tool_notify_ready();
	tool_progress_init(&receiver.progress);
	receive_all(&receiver);
}

const struct tool_command tool_command_receive = {
	.name = "receive",
	.operands = "NODE",
	.summary = "open a node and write what it receives to standard output",
	.description =
		"Open NODE and write the messages of all its peers to standard "
		"output, and the\nnode's records to standard error, or to the "
		"journal.  SIGTERM and SIGINT\nend it in order.  SIGHUP has it "
		"read its policy and its key again, where there\nis no "
		"terminal; a broken one changes nothing.\n",
	.run = run,
};
