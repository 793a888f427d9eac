/* SPDX-License-Identifier: ISC */
/*
 * Commanding a node from another process
 *
 * The connection is reached as any other, so the command goes to the owner that
 * the policy names and to nobody else.  No descriptor is taken at any point.
 */
#include "client/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/result.h"
#include "client/client_connection.h"
#include "os/own_process.h"
#include "os/packet_socket.h"
#include "slots/slots.h"

/* The digits at *text, which then is behind them: 0, or -EINVAL. */
static int read_number(const char **text, uint32_t *ret_number)
{
	const char *end = *text;
	uint64_t number = 0;

	for (; *end >= '0' && *end <= '9'; end++) {
		number = number * 10 + (uint64_t)(*end - '0');
		if (number > UINT32_MAX)
			return -EINVAL;
	}
	if (end == *text)
		return -EINVAL;
	*text = end;
	*ret_number = (uint32_t)number;
	return 0;
}

/* Such a text is always a handle, though a name could look like it. */
static bool looks_like_handle(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits] != '.')
		return false;
	text += digits + 1;
	digits = strspn(text, "0123456789");
	return digits > 0 && text[digits] == '\0';
}

static int read_handle(const char *text, uint64_t *ret_handle)
{
	uint32_t index, generation;
	int r;

	r = read_number(&text, &index);
	if (r < 0)
		return r;
	text++;
	r = read_number(&text, &generation);
	if (r < 0)
		return r;
	if (index >= PST_SLOTS_MAX)
		return -EINVAL;
	*ret_handle = pst_slot_handle_of(index, generation);
	return 0;
}

static int make_command(const char *peer, struct pst_command *ret_command)
{
	struct pst_command command = {.verb = PST_COMMAND_REVOKE};
	int r;

	if (looks_like_handle(peer)) {
		r = read_handle(peer, &command.peer);
		if (r < 0)
			return r;
	} else {
		if (strnlen(peer, sizeof(command.peer_name)) ==
		    sizeof(command.peer_name))
			return -EINVAL;
		(void)snprintf(command.peer_name, sizeof(command.peer_name),
			       "%s", peer);
		if (!pst_wire_is_name(command.peer_name))
			return -EINVAL;
	}
	*ret_command = command;
	return 0;
}

static int ask_for_control(struct pst_connection *connection,
			   const char *node_name,
			   struct postern_refusal *refusal)
{
	const struct pst_initiator_params params = {
		.kind = PST_WIRE_KIND_CONTROL,
		.node_name = node_name,
		.page_bytes = (uint32_t)pst_own_page_bytes(),
	};
	int r;

	r = pst_packet_refuse_fds(connection->socket_fd, connection->features);
	if (r < 0)
		return r;
	r = pst_connection_say_hello(connection, &params, refusal);
	if (r < 0)
		return r;
	r = pst_connection_consume(connection, refusal);
	if (r == -EACCES)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_REFUSED,
			"the node takes commands from its owner and "
			"root only");
	return r;
}

static int give_command(struct pst_connection *connection,
			const struct pst_command *command,
			struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = pst_initiator_create_command(&connection->initiator, command,
					 &record);
	if (r < 0)
		return r;
	r = pst_connection_send(connection, &record, refusal);
	if (r < 0)
		return r;
	return pst_connection_consume(connection, refusal);
}

static int judge(const struct pst_result *result, const char *peer,
		 struct postern_refusal *refusal, uint32_t *ret_count)
{
	switch (result->code) {
	case PST_RESULT_DONE:
		*ret_count = (uint32_t)result->count;
		return 0;
	case PST_RESULT_STALE:
		(void)pst_error_setf(refusal, POSTERN_REASON_NO_PEER,
				     "no peer is %s (any more)", peer);
		return -ESTALE;
	case PST_RESULT_NOBODY:
		break;
	}
	(void)pst_error_setf(refusal, POSTERN_REASON_NO_PEER,
			     "the node has no peer that it admitted as '%s'",
			     peer);
	return -ENOENT;
}

int pst_control_revoke(const struct pst_control_params *params,
		       const char *peer, struct postern_refusal *refusal,
		       uint32_t *ret_count)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	struct pst_command command;
	int r;

	r = make_command(peer, &command);
	if (r < 0) {
		(void)pst_error_setf(refusal, POSTERN_REASON_NONE,
				     "a peer is INDEX.GENERATION or a name");
		return r;
	}
	pst_connection_init(&connection, params->deadline_ns,
			    params->features_off);
	r = pst_connection_reach(&connection, params->policy,
				 params->node_name, &rules, refusal);
	if (r == 0)
		r = ask_for_control(&connection, params->node_name, refusal);
	if (r == 0)
		r = give_command(&connection, &command, refusal);
	if (r == 0)
		r = judge(&connection.initiator.result, peer, refusal,
			  ret_count);
	pst_connection_done(&connection);
	return pst_error_finish(refusal, r, "commanding the node");
}
