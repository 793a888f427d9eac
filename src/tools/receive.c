/* SPDX-License-Identifier: ISC */
/*
 * postern receive: open a node, and write the messages that it receives to
 * standard output or to a file
 *
 * Only poll() and the loading of a policy block: threads write the output and
 * the records (writer.h).  While the output is full, the node is paused: it
 * receives no messages, but still admits peers, answers and counts.  A message
 * that was received is kept until it is written.
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

#include "errors.h"
#include "line_format.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "policy_source.h"
#include "progress.h"
#include "signals.h"
#include "tool.h"
#include "units.h"
#include "writer.h"

/* Events are taken after so many messages, so that none is dropped. */
#define BATCH_MESSAGE_COUNT 64

/* After a request to stop, bytes not written by then are reported as lost. */
#define STOP_TIMEOUT_NS UINT64_C(1000000000)

/* The first guess at the largest message; a larger one makes it grow.  It is
 * smaller for lines, which are longer than their messages. */
#define MESSAGE_BYTES 65536
#define FORMATTED_MESSAGE_BYTES 8192

/* The writer has two.  They hold the messages that are received and not
 * written, which are lost if the process is killed: no more than a pipe
 * takes at once. */
#define OUTPUT_BUFFER_BYTES 65536

struct receiver {
	const char *node_name;
	bool until_disconnected;
	uint64_t count_max;       /* 0: any number */
	struct postern_policy_options source;
	struct postern_policy *policy; /* until the node is open */

	struct postern_node *node;
	bool is_paused;
	struct tool_log log;
	struct tool_progress progress;
	uint64_t present_count;   /* peers that are connected */
	bool was_admitted;        /* any peer, ever */
	bool has_lost_count;      /* events were dropped */
	int request_fd;           /* of tool_signals_open() */
	int wake_fd;              /* of the threads that write */

	const char *path;         /* of the output; NULL: standard output */
	const char *output_name;  /* in messages to the user */
	bool is_terminal;
	bool is_lines;
	bool is_formatted;
	struct tool_line_format format;
	struct tool_writer *writer;
	struct tool_writer_state reported;
	size_t message_bytes_max; /* that a message is received with */
	char *message;            /* if formatted */
	struct postern_peer_statistics peer; /* of the last, if formatted */
};

/* Nothing more is to be received. */
static bool is_finished(const struct receiver *receiver)
{
	if (receiver->count_max > 0 &&
	    receiver->progress.message_count >= receiver->count_max)
		return true;
	return receiver->until_disconnected && receiver->was_admitted &&
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
	size_t unwritten_bytes;

	tool_notify_stopping();
	postern_node_close(receiver->node);
	tool_progress_finish(&receiver->progress);
	tool_writer_drain(receiver->writer, tool_now_ns() + STOP_TIMEOUT_NS);
	unwritten_bytes = tool_writer_unwritten_bytes(receiver->writer);
	if (unwritten_bytes > 0) {
		(void)tool_error(TOOL_REFUSED, receiver->output_name,
				 "%zu bytes received and not written",
				 unwritten_bytes);
		if (status == TOOL_DONE)
			status = TOOL_REFUSED;
	}
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
	finish(receiver, tool_error_system(receiver->output_name, error));
}

/* -- the output ------------------------------------------------------------ */

/* Report changes of the writer's state. */
static void check_output(struct receiver *receiver)
{
	struct tool_writer_state state = tool_writer_state(receiver->writer);
	const struct tool_writer_state *reported = &receiver->reported;

	if (state.is_final)
		fail_output(receiver, state.error);
	if (state.error != reported->error) {
		tool_progress_hide(&receiver->progress);
		if (state.error == 0)
			tool_warning(receiver->output_name, "written again");
		else
			tool_warning(receiver->output_name, "%s: no message is "
				     "taken until it can be written",
				     strerror(state.error));
	}
	if (state.reopen_error != reported->reopen_error &&
	    state.reopen_error != 0) {
		tool_progress_hide(&receiver->progress);
		tool_warning(receiver->output_name, "not opened anew: %s: the "
			     "file that is open is used",
			     strerror(state.reopen_error));
	}
	receiver->reported = state;
}

static void set_paused(struct receiver *receiver, bool is_paused)
{
	if (receiver->is_paused == is_paused)
		return;
	if ((is_paused ? postern_node_pause(receiver->node) :
			 postern_node_resume(receiver->node)) == 0)
		receiver->is_paused = is_paused;
}

/*
 * Space in the output for the next message, or NULL.  The node is paused
 * exactly while there is none, or while none is needed: only this function
 * decides it.
 */
static char *reserve_space(struct receiver *receiver)
{
	/* One byte more than a message, for its newline. */
	size_t bound = receiver->is_formatted ?
		       tool_line_format_bound(&receiver->format,
					      receiver->message_bytes_max) :
		       receiver->message_bytes_max + 1;
	char *space = NULL;
	int result = -EAGAIN;

	if (!is_finished(receiver) && receiver->reported.error == 0)
		result = tool_writer_reserve(receiver->writer, bound, &space);
	if (result < 0 && result != -EAGAIN)
		fail_output(receiver, -result);
	set_paused(receiver, result == -EAGAIN);
	return space;
}

static void grow_message(struct receiver *receiver, size_t message_bytes)
{
	char *grown;

	if (receiver->is_formatted) {
		grown = realloc(receiver->message, message_bytes);
		if (!grown)
			finish(receiver, tool_error_system("message", ENOMEM));
		receiver->message = grown;
	}
	receiver->message_bytes_max = message_bytes;
}

static size_t print_line(struct receiver *receiver, postern_peer peer,
			 size_t message_bytes, char *space)
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
	return tool_line_format_print(&receiver->format, &message, space);
}

/* -- messages and events --------------------------------------------------- */

/* Move one message to the output.  False: there is none, or no space. */
static bool receive_message(struct receiver *receiver)
{
	char *space = reserve_space(receiver);
	size_t message_bytes, byte_count;
	postern_peer peer;
	int result;

	/* A paused node admits and answers within this call. */
	result = postern_node_receive(
		receiver->node,
		space && receiver->is_formatted ? receiver->message : space,
		space ? receiver->message_bytes_max : 0, &message_bytes, &peer);
	if (result == -EAGAIN)
		return false;
	if (result == -EMSGSIZE) {
		grow_message(receiver, message_bytes);
		return true;
	}
	if (result < 0)
		fail(receiver, result);
	byte_count = message_bytes;
	if (receiver->is_formatted)
		byte_count = print_line(receiver, peer, message_bytes, space);
	else if (receiver->is_lines)
		space[byte_count++] = '\n';
	tool_writer_commit(receiver->writer, byte_count);
	tool_progress_count(&receiver->progress, message_bytes);
	return true;
}

static void note_event(struct receiver *receiver,
		       const struct postern_node_event *event)
{
	if (event->missed_count > 0 && !receiver->has_lost_count) {
		receiver->has_lost_count = true;
		tool_warning(receiver->node_name, "events were dropped: the "
			     "count of peers is no longer certain");
	}
	switch (event->type) {
	case POSTERN_NODE_EVENT_CONNECTED:
		receiver->was_admitted = true;
		receiver->present_count++;
		break;
	case POSTERN_NODE_EVENT_DISCONNECTED:
		if (receiver->present_count > 0)
			receiver->present_count--;
		break;
	case POSTERN_NODE_EVENT_DROPPED:
		tool_progress_hide(&receiver->progress);
		tool_warning(receiver->node_name, "%" PRIu64 " messages of %s "
			     "were dropped", event->dropped_messages,
			     event->peer_name);
		break;
	}
}

static void take_events(struct receiver *receiver)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
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

/* NULL: the errors were printed, and recorded by the node.  A policy with
 * errors loads: the node decides whether they concern it. */
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
		r = postern_node_report_reload_failure(receiver->node, result,
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
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_policy *policy;
	uint32_t disconnected_count;
	int result = -EINVAL;

	tool_notify_reloading();
	policy = load_again(receiver);
	if (policy) {
		result = postern_node_reload(receiver->node, policy,
					     &disconnected_count, &error);
		if (result < 0)
			(void)tool_error_result(receiver->node_name, result,
						&error);
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
		{.fd = receiver->wake_fd, .events = POLLIN},
		/* Its reader may have exited, its terminal may be closed. */
		{.fd = receiver->path ? -1 : STDOUT_FILENO},
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
	    read(receiver->wake_fd, &count, sizeof(count)) < 0) {
		/* empty after all */
	}
	if (fds[3].revents & (POLLERR | POLLHUP))
		fail_output(receiver, receiver->is_terminal ? EIO : EPIPE);
}

static void handle_requests(struct receiver *receiver)
{
	tool_signals_clear();
	if (tool_reload_take()) {
		reload(receiver);
		/* Another rule may match the peer now. */
		receiver->peer.peer = 0;
	}
	if (tool_reopen_take())
		tool_writer_reopen(receiver->writer);
}

static _Noreturn void receive_all(struct receiver *receiver)
{
	bool is_idle;

	for (;;) {
		handle_requests(receiver);
		if (tool_stop_is_requested())
			finish(receiver, TOOL_DONE);
		check_output(receiver);
		is_idle = !receive_batch(receiver);
		tool_writer_serve(receiver->writer);
		tool_error_queue_serve();
		if (is_finished(receiver) &&
		    tool_writer_unwritten_bytes(receiver->writer) == 0)
			finish(receiver, TOOL_DONE);
		if (is_idle)
			sleep_until_ready(receiver);
	}
}

/* -- starting -------------------------------------------------------------- */

static const char *describe_open_error(int result)
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

static void open_output(struct receiver *receiver)
{
	const struct tool_writer_params params = {
		.fd = STDOUT_FILENO,
		.path = receiver->path,
		.is_lines = receiver->is_lines || receiver->is_formatted,
		.buffer_bytes = OUTPUT_BUFFER_BYTES,
		.wake_fd = receiver->wake_fd,
	};
	int result;

	receiver->message_bytes_max = MESSAGE_BYTES;
	if (receiver->is_formatted) {
		receiver->message_bytes_max = FORMATTED_MESSAGE_BYTES;
		receiver->message = malloc(FORMATTED_MESSAGE_BYTES);
		if (!receiver->message)
			tool_fail_system("message", ENOMEM);
	}
	result = tool_writer_start(&params, &receiver->writer);
	if (result == -ENOMEM || result == -EAGAIN)
		tool_fail_system(receiver->output_name, -result);
	if (result < 0)
		tool_fail(TOOL_BAD_INPUT, receiver->output_name, "%s",
			  describe_open_error(result));
}

static void open_node(struct receiver *receiver,
		      struct postern_node_options *node_options)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	enum tool_status status;
	int result;

	/* Messages would be consumed and lost. */
	if (!receiver->path && !tool_output_is_writable())
		tool_fail(TOOL_REFUSED, "standard output", "it is closed, or "
			  "open for reading only");
	receiver->policy = tool_policy_load(&receiver->source,
					    TOOL_POLICY_FOR_NODE);
	open_output(receiver);
	result = postern_node_open(receiver->policy, receiver->node_name,
				   node_options, &receiver->node, &error);
	receiver->policy = postern_policy_free(receiver->policy);
	if (result == 0)
		return;
	status = tool_error_result(receiver->node_name, result, &error);
	tool_log_finish(&receiver->log);
	tool_exit(status);
}

/* text is the one of --format, or NULL. */
static void choose_format(const struct tool_command *command,
			  struct receiver *receiver, const char *text,
			  bool must_escape)
{
	const char *why;

	receiver->output_name = receiver->path ? receiver->path :
				"standard output";
	receiver->is_terminal = !receiver->path && isatty(STDOUT_FILENO) == 1;
	/* The bytes of a peer must not control the terminal. */
	if (!text && (must_escape || receiver->is_terminal))
		text = "%{payload}";
	if (!text)
		return;
	why = tool_line_format_parse(text, &receiver->format);
	if (why)
		tool_misuse(command, "--format '%s': %s", text, why);
	receiver->is_formatted = true;
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
		tool_fail_system("signals", -result);
	receiver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (receiver->wake_fd < 0)
		tool_fail_system("eventfd", errno);
	result = tool_error_queue_start(receiver->wake_fd);
	if (result < 0)
		tool_fail_system("standard error", -result);
	(void)atexit(drain_errors);
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_node_options node_options = POSTERN_NODE_OPTIONS_INIT;
	struct receiver receiver = {.source = POSTERN_POLICY_OPTIONS_INIT};
	const char *format_text = NULL, *journal_path = NULL;
	bool must_escape = false, is_journal = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&receiver.source.file),
		TOOL_OPTION_KEY(&node_options.key_file),
		{.name = "lines", .flag = &receiver.is_lines,
		 .help = "write a newline after each message"},
		{.name = "escape", .flag = &must_escape,
		 .help = "write escaped lines; implied on a terminal"},
		{.name = "format", .argument = "FORMAT",
		 .text = &format_text,
		 .help = "write a line for each message, as FORMAT says"},
		{.name = "output", .argument = "FILE", .text = &receiver.path,
		 .help = "append to FILE instead; SIGUSR1 opens it anew"},
		{.name = "count", .argument = "N", .count = &receiver.count_max,
		 .help = "end after N messages"},
		{.name = "until-disconnected",
		 .flag = &receiver.until_disconnected,
		 .help = "end when the last admitted peer has left"},
		{.name = "journal", .flag = &is_journal,
		 .help = "send the records to the journal of systemd"},
		{.name = "journal-socket", .argument = "PATH",
		 .text = &journal_path,
		 .help = "send them to a journal that listens there"},
		TOOL_OPTION_DISABLE(&node_options.disable_features),
		{0}
	};

	receiver.node_name = *tool_options_parse(command, options, argc, argv);
	choose_format(command, &receiver, format_text, must_escape);
	if (is_journal && !journal_path)
		journal_path = TOOL_JOURNAL_SOCKET;
	tool_log_init(&receiver.log, &receiver.progress, journal_path);
	node_options.log = tool_log_print;
	node_options.log_user_data = &receiver.log;
	receiver.source.disable_features = node_options.disable_features;
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
