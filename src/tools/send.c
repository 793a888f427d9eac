/* SPDX-License-Identifier: ISC */
/*
 * postern send: standard input as messages to a node
 *
 * The exit status is 0 only after the node has received every message.  While
 * there is no input, the channel is polled too, so that a sender behind a quiet
 * pipe ends when its peer does.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <postern/channel.h>
#include <postern/policy.h>

#include "errors.h"
#include "input.h"
#include "log.h"
#include "node_start.h"
#include "options.h"
#include "policy_source.h"
#include "progress.h"
#include "tool.h"

struct sender {
	const char *node;
	const char *message;      /* instead of standard input */
	bool is_lines;
	uint32_t chunk_bytes;     /* 0: as the input comes */
	uint64_t timeout_ns;      /* of each wait for the node; 0: none */
	bool must_wait;           /* until the node runs and has a place */

	struct postern_channel *channel;
	struct tool_input input;
	struct tool_progress progress;
};

static uint64_t wait_deadline(const struct sender *sender)
{
	return sender->timeout_ns == 0 ? POSTERN_NO_DEADLINE :
	       postern_deadline_after(sender->timeout_ns);
}

/* The node gives these reasons; others do not add to the result. */
static bool is_given(enum postern_reason reason)
{
	return reason == POSTERN_REASON_REVOKED ||
	       reason == POSTERN_REASON_DISCONNECTED ||
	       reason == POSTERN_REASON_EXCEEDED ||
	       reason == POSTERN_REASON_IDLE ||
	       reason == POSTERN_REASON_NODE_CLOSED;
}

/* End the process.  The node learns that the channel was closed. */
static _Noreturn void stop(struct sender *sender, enum tool_status status)
{
	postern_channel_close(sender->channel);
	tool_exit(status);
}

static _Noreturn void fail(struct sender *sender, int result)
{
	struct postern_error_info end = {
		.reason = postern_channel_end_reason(sender->channel),
	};

	tool_progress_finish(&sender->progress);
	if (result == -ETIMEDOUT)
		stop(sender, tool_error(TOOL_TIMED_OUT, sender->node,
					"timed out: not everything was "
					"consumed"));
	stop(sender, tool_error_result(sender->node, result,
				       result == -EPIPE &&
				       is_given(end.reason) ? &end : NULL));
}

static void send_one(struct sender *sender, const char *message,
		     size_t message_bytes)
{
	int result;

	/* The clock is read only if the ring is full. */
	result = postern_send(sender->channel, message, message_bytes);
	if (result == -EAGAIN)
		result = postern_send_wait(sender->channel, message,
					   message_bytes,
					   wait_deadline(sender));
	if (result < 0)
		fail(sender, result);
	tool_progress_count(&sender->progress, message_bytes);
}

/*
 * The channel's descriptor is readable because there is free space in the ring,
 * which does not matter here, or because the channel has ended.  Then a
 * reservation fails as sending would.
 */
static void check_channel(struct sender *sender)
{
	uint32_t ready;
	void *space;
	int result;

	result = postern_channel_wait(sender->channel, POSTERN_WAIT_SEND,
				      0, &ready);
	if (result == 0)
		result = postern_reserve(sender->channel, 0, &space);
	else if (result == -ETIMEDOUT)
		return;
	if (result == 0)
		result = postern_abort(sender->channel);
	if (result < 0 && result != -EAGAIN)
		fail(sender, result);
}

/* Sleep until there is input, then read it. */
static void read_input(struct sender *sender)
{
	struct pollfd fds[2] = {
		{.fd = sender->input.fd, .events = POLLIN},
		{.events = POLLIN},
	};
	int result;

	result = postern_channel_fd(sender->channel);
	if (result < 0)
		fail(sender, result);
	fds[1].fd = result;
	do {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			stop(sender, tool_error_system("poll", errno));
		/* Input comes first: at its end, a node that received
		 * everything may have closed the channel. */
		if (fds[0].revents == 0 && fds[1].revents != 0)
			check_channel(sender);
	} while (fds[0].revents == 0);

	result = tool_input_read(&sender->input);
	if (result < 0)
		stop(sender, tool_error(TOOL_BAD_INPUT, "standard input", "%s",
					strerror(-result)));
}

static void open_input(struct sender *sender)
{
	enum tool_input_form form = TOOL_INPUT_STREAM;
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	size_t message_bytes;
	int result;

	result = postern_channel_get_info(sender->channel, &limits);
	if (result < 0)
		fail(sender, result);
	message_bytes = limits.send_message_bytes;
	if (sender->is_lines)
		form = TOOL_INPUT_LINES;
	if (sender->chunk_bytes > message_bytes)
		stop(sender, tool_error(TOOL_BAD_INPUT, "--chunk",
					"the largest message granted has %zu "
					"bytes", message_bytes));
	if (sender->chunk_bytes > 0) {
		form = TOOL_INPUT_CHUNKS;
		message_bytes = sender->chunk_bytes;
	}
	result = tool_input_init(&sender->input, form, STDIN_FILENO,
				 message_bytes);
	if (result < 0)
		stop(sender, tool_error_system("standard input", -result));
}

static void send_input(struct sender *sender)
{
	struct tool_input *input = &sender->input;
	enum tool_input_state state;

	open_input(sender);
	while ((state = tool_input_next(input)) != TOOL_INPUT_ENDED) {
		if (state == TOOL_INPUT_MESSAGE) {
			send_one(sender, input->message, input->message_bytes);
		} else if (state == TOOL_INPUT_HUNGRY) {
			read_input(sender);
		} else { /* TOOL_INPUT_TOO_LONG */
			tool_progress_finish(&sender->progress);
			stop(sender, tool_error(
				TOOL_BAD_INPUT, "standard input",
				"line %llu is longer than the largest message, "
				"%zu bytes",
				(unsigned long long)input->line_count + 1,
				input->message_bytes_max));
		}
	}
	tool_input_done(input);
}

/* Return when the node has received all that is to be sent. */
static void send_all(struct sender *sender)
{
	int result;

	tool_progress_init(&sender->progress);
	if (sender->message)
		send_one(sender, sender->message, strlen(sender->message));
	else
		send_input(sender);
	result = postern_flush(sender->channel, wait_deadline(sender));
	if (result < 0)
		fail(sender, result);
	tool_progress_finish(&sender->progress);
}

/* -- connecting ------------------------------------------------------------ */

static _Noreturn void fail_to_connect(const struct sender *sender, int result,
				      const struct postern_error_info *error)
{
	enum tool_status status;

	status = tool_error_result(sender->node, result, error);
	if (result == -EINVAL && status != TOOL_BAD_POLICY)
		tool_exit(TOOL_BAD_INPUT); /* a value of an option */
	if (status == TOOL_NOT_RUNNING)
		fprintf(stderr, "postern: 'postern send --wait' waits until "
			"the node runs\n");
	tool_exit(status);
}

/* 0: the deadline has passed. */
static uint64_t left_ns(uint64_t deadline_ns)
{
	uint64_t now_ns = postern_deadline_after(0);

	return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

/*
 * Attempts with growing pauses, as long as a later one can succeed.  SIGTERM
 * and SIGINT end the process here.
 */
static void connect_when_possible(struct sender *sender,
				  const struct postern_policy *policy,
				  const struct postern_connect_options *wishes,
				  struct tool_node_start *start)
{
	uint64_t deadline_ns = wait_deadline(sender);
	uint64_t attempt_deadline_ns;
	struct postern_error_info error;
	int result;

	for (;;) {
		attempt_deadline_ns =
			sender->timeout_ns == 0
				? postern_deadline_after(TOOL_ANSWER_NS)
				: deadline_ns;
		error = (struct postern_error_info) POSTERN_ERROR_INFO_INIT;
		result = postern_connect(policy, sender->node, wishes,
					 attempt_deadline_ns, &sender->channel,
					 &error);
		if (result == 0)
			return;
		if (!sender->must_wait ||
		    !postern_result_is_transient(result, error.reason))
			fail_to_connect(sender, result, &error);
		(void)tool_node_start_pause(start, left_ns(deadline_ns));
		if (left_ns(deadline_ns) == 0)
			tool_fail(TOOL_TIMED_OUT, sender->node, "timed out: %s",
				  error.detail[0] != '\0' ? error.detail :
				  postern_strerror(result));
	}
}

static void connect_to_node(struct sender *sender,
			    const struct postern_policy_options *source,
			    const struct postern_connect_options *wishes)
{
	struct postern_node_description node;
	struct tool_node_start start;
	struct postern_policy *policy;

	policy = tool_policy_load(source, TOOL_POLICY_FOR_CLIENT);
	tool_node_start_init(&start, sender->must_wait &&
			     tool_policy_find_node(policy, sender->node,
						   &node) ?
			     node.socket_path : NULL);
	connect_when_possible(sender, policy, wishes, &start);
	tool_node_start_done(&start);
	postern_policy_free(policy);
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_connect_options wishes = POSTERN_CONNECT_OPTIONS_INIT;
	struct sender sender = {0};
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		TOOL_OPTION_KEY(&wishes.key_file),
		{.name = "lines", .flag = &sender.is_lines,
		 .help = "a message is a line, without its newline"},
		{.name = "chunk", .argument = "SIZE",
		 .bytes = &sender.chunk_bytes,
		 .help = "a message is SIZE bytes; the last may be shorter"},
		{.name = "message", .argument = "TEXT",
		 .text = &sender.message,
		 .help = "send this one message, not standard input"},
		{.name = "timeout", .argument = "DURATION",
		 .duration_ns = &sender.timeout_ns,
		 .help = "time out when the node takes so long"},
		{.name = "wait", .flag = &sender.must_wait,
		 .help = "wait until the node runs and has a place"},
		{.name = "instance", .argument = "NAME",
		 .text = &wishes.instance,
		 .help = "the name to be called by in the node's records"},
		{.name = "ring", .argument = "SIZE",
		 .bytes = &wishes.ring_bytes,
		 .help = "request a ring of this size"},
		{.name = "message-size", .argument = "SIZE",
		 .bytes = &wishes.message_bytes,
		 .help = "request messages of up to this size"},
		TOOL_OPTION_DISABLE(&wishes.disable_features),
		{0}
	};

	sender.node = *tool_options_parse(command, options, argc, argv);
	if (sender.is_lines + (sender.chunk_bytes > 0) +
	    (sender.message != NULL) > 1)
		tool_misuse(command, "--lines, --chunk and --message exclude "
			    "each other");
	wishes.directions = POSTERN_DIRECTION_TO_NODE;
	wishes.log = tool_log_print;
	source.disable_features = wishes.disable_features;
	connect_to_node(&sender, &source, &wishes);
	send_all(&sender);
	postern_channel_close(sender.channel);
	return TOOL_DONE;
}

const struct tool_command tool_command_send = {
	.name = "send",
	.operands = "NODE",
	.summary = "send standard input to a node",
	.description =
		"Send standard input to NODE and wait until the node has "
		"consumed all of it.\nWithout --lines or --chunk, what one "
		"read of the input brings is a message.\n",
	.run = run,
};
