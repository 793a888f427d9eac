/* SPDX-License-Identifier: ISC */
/*
 * postern receive: open a node, write what it receives to standard output
 *
 * Messages and events are taken in turn until there is nothing left of either;
 * then everything is written, and only then the program sleeps.  Whoever reads
 * the output has seen all there is, unless we are working.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <postern/node.h>
#include <postern/policy.h>

#include "errors.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "policy_source.h"
#include "progress.h"
#include "reload.h"
#include "signals.h"
#include "tool.h"

/* Events are looked for after so many messages, so that none is dropped. */
#define BATCH_MESSAGE_COUNT 64

/* The first guess at the largest message; it grows where it is wrong. */
#define MESSAGE_ROOM_BYTES 65536

struct receiver {
	const char *node_name;
	bool is_lines;
	bool until_departed;
	uint64_t count_max;       /* 0: any number */

	struct postern_node *node;
	struct tool_output output;
	struct tool_log log;
	struct tool_journal journal;
	struct tool_progress progress;
	size_t message_room_bytes;
	uint64_t present_count;   /* peers admitted and not departed */
	bool was_admitted;        /* anybody, ever */
	bool has_lost_count;      /* events were dropped: who knows */
	int request_fd;          /* of tool_signals_open() */
	const struct postern_policy_options *source;
};

static bool is_finished(const struct receiver *receiver)
{
	if (tool_stop_is_requested())
		return true;
	if (receiver->count_max > 0 &&
	    receiver->progress.message_count >= receiver->count_max)
		return true;
	return receiver->until_departed && receiver->was_admitted &&
	       receiver->present_count == 0;
}

static enum tool_status fail_output(struct receiver *receiver, int result)
{
	/* The signal that asked us to stop: is_finished() will tell. */
	if (result == -EINTR)
		return TOOL_DONE;
	tool_progress_finish(&receiver->progress);
	return tool_error_system("standard output", -result);
}

/* One message into the output.  *ret_is_idle: there was none. */
static enum tool_status take_message(struct receiver *receiver,
				     bool *ret_is_idle)
{
	size_t message_bytes;
	postern_peer peer;
	char *room;
	int result;

	/* One byte more than a message, for its newline. */
	result = tool_output_reserve(&receiver->output,
				     receiver->message_room_bytes + 1, &room);
	if (result < 0)
		return fail_output(receiver, result);
	result = postern_node_receive(receiver->node, room,
				      receiver->message_room_bytes,
				      &message_bytes, &peer);
	*ret_is_idle = result == -EAGAIN;
	if (result == -EAGAIN)
		return TOOL_DONE;
	if (result == -EMSGSIZE) {
		receiver->message_room_bytes = message_bytes;
		return TOOL_DONE;
	}
	if (result < 0)
		return tool_error_result(receiver->node_name, result, NULL);
	if (receiver->is_lines)
		room[message_bytes] = '\n';
	tool_output_commit(&receiver->output,
			   message_bytes + (receiver->is_lines ? 1 : 0));
	tool_progress_count(&receiver->progress, message_bytes);
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
	struct postern_event event;
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
	     status == TOOL_DONE && !is_finished(receiver); i++)
		status = take_message(receiver, &is_idle);
	if (status == TOOL_DONE)
		status = take_events(receiver);
	*ret_is_idle = is_idle;
	return status;
}

/* Write everything, then sleep until there is something to do. */
static enum tool_status rest(struct receiver *receiver)
{
	struct pollfd fds[2] = {
		{.events = POLLIN},
		{.fd = receiver->request_fd, .events = POLLIN},
	};
	int result;

	result = tool_output_flush(&receiver->output);
	if (result < 0)
		return fail_output(receiver, result);
	result = postern_node_fd(receiver->node);
	if (result < 0)
		return tool_error_result(receiver->node_name, result, NULL);
	fds[0].fd = result;
	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		return tool_error_system("poll", errno);
	return TOOL_DONE;
}

static enum tool_status receive_all(struct receiver *receiver)
{
	enum tool_status status = TOOL_DONE;
	bool is_idle = false;
	int result;

	while (status == TOOL_DONE && !is_finished(receiver)) {
		tool_signals_clear();
		if (tool_reload_take())
			tool_reload(receiver->node, receiver->node_name,
				    receiver->source);
		status = take_batch(receiver, &is_idle);
		if (status == TOOL_DONE && is_idle && !is_finished(receiver))
			status = rest(receiver);
	}
	if (status != TOOL_DONE)
		return status;
	/* Here an interruption is a failure: what is held will be lost. */
	result = tool_output_flush(&receiver->output);
	tool_progress_finish(&receiver->progress);
	return result == 0 ? TOOL_DONE :
	       tool_error("standard output", "%zu bytes received and not "
			  "written", receiver->output.held_bytes);
}

static enum tool_status
open_and_receive(struct receiver *receiver,
		 const struct postern_policy_options *source,
		 struct postern_node_options *node_options)
{
	struct postern_refusal refusal = {0};
	struct postern_policy *policy;
	enum tool_status status;
	int result;

	/* Messages would be consumed and lost. */
	if (!tool_output_is_writable())
		return tool_error("standard output", "it is closed, or open "
				  "for reading only");
	result = tool_signals_open(TOOL_SIGNALS_OF_SERVICE,
				   &receiver->request_fd);
	if (result == 0)
		result = tool_output_init(&receiver->output, STDOUT_FILENO);
	if (result < 0)
		return tool_error_system("receive", -result);
	status = tool_policy_load(source, TOOL_POLICY_FOR_NODE, &policy);
	if (status != TOOL_DONE)
		return status;
	result = postern_node_open(policy, receiver->node_name, node_options,
				   &refusal, &receiver->node);
	postern_policy_free(policy);
	if (result < 0)
		return tool_error_result(receiver->node_name, result,
					 &refusal);
	receiver->source = source;
	tool_progress_init(&receiver->progress);
	status = receive_all(receiver);
	postern_node_close(receiver->node);
	return status;
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

	receiver.node_name = *tool_options_parse(
		command, options, sizeof(options) / sizeof(options[0]), argc,
		argv);
	receiver.message_room_bytes = MESSAGE_ROOM_BYTES;
	receiver.log.progress = &receiver.progress;
	if (is_journal || journal_path) {
		tool_journal_init(&receiver.journal, journal_path ?
				  journal_path : TOOL_JOURNAL_SOCKET);
		receiver.log.journal = &receiver.journal;
	}
	node_options.log = tool_log_print;
	node_options.log_user_data = &receiver.log;
	source.features_off = node_options.features_off;

	/* A reader that went away is an error of write(), not our end: the
	 * socket is still to be removed. */
	(void)signal(SIGPIPE, SIG_IGN);
	status = open_and_receive(&receiver, &source, &node_options);
	tool_log_finish(&receiver.log);
	tool_output_done(&receiver.output);
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
		"read its policy and its key again; a broken one\nchanges "
		"nothing.\n",
	.run = run,
};
