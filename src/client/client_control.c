/* SPDX-License-Identifier: ISC */
/*
 * Send a command to a node of another process
 *
 * The connection is opened like any other, so a command reaches the owner that
 * the policy names and no other process.  No descriptor is received at any
 * point.
 */
#include "client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/result.h"
#include "base/slot_handle.h"
#include "client/client_connection.h"

#define DIGITS "0123456789"

/*
 * INDEX.GENERATION.  -ENOENT for any other text, which may be a name; a text of
 * this form never is one, although a name may consist of digits and a dot.
 * -EINVAL where a number is too large.
 */
static int parse_handle(const char *text, uint64_t *ret_handle)
{
	size_t index_digits = strspn(text, DIGITS);
	unsigned long long index, generation;
	const char *generation_text;
	size_t generation_digits;

	if (index_digits == 0 || text[index_digits] != '.')
		return -ENOENT;
	generation_text = text + index_digits + 1;
	generation_digits = strspn(generation_text, DIGITS);
	if (generation_digits == 0 ||
	    generation_text[generation_digits] != '\0')
		return -ENOENT;
	/* A number that does not fit becomes ULLONG_MAX. */
	index = strtoull(text, NULL, 10);
	generation = strtoull(generation_text, NULL, 10);
	if (index >= PST_SLOTS_MAX || generation > UINT32_MAX)
		return -EINVAL;
	*ret_handle = pst_slot_handle_of((uint32_t)index, (uint32_t)generation);
	return 0;
}

static int make_command(const char *peer, struct pst_command *ret_command)
{
	struct pst_command command = {.verb = PST_COMMAND_DISCONNECT};
	int r;

	r = parse_handle(peer, &command.peer);
	if (r == -ENOENT) {
		if (strnlen(peer, sizeof(command.peer_name)) ==
		    sizeof(command.peer_name))
			return -EINVAL;
		(void)snprintf(command.peer_name, sizeof(command.peer_name),
			       "%s", peer);
		r = pst_wire_is_name(command.peer_name) ? 0 : -EINVAL;
	}
	if (r < 0)
		return r;
	*ret_command = command;
	return 0;
}

static int open_connection(struct pst_connection *connection,
			   const struct pst_client_target *target,
			   struct postern_error_info *error)
{
	const struct pst_initiator_params hello = {
		.kind = PST_WIRE_KIND_CONTROL,
	};
	int r;

	r = pst_connection_open(connection, target, &hello, error);
	if (pst_connection_is_denied(connection))
		(void)pst_error_setf(error, POSTERN_REASON_REFUSED,
				     "the node takes commands from its owner "
				     "and root only");
	return r;
}

static int send_command(struct pst_connection *connection,
			const struct pst_command *command,
			struct postern_error_info *error)
{
	struct pst_wire_record record;
	int r;

	r = pst_initiator_create_command(&connection->initiator, command,
					 &record);
	if (r < 0)
		return r;
	return pst_connection_exchange(connection, &record, error);
}

static int control_result(const struct pst_result *result, const char *peer,
			  uint32_t *ret_count, struct postern_error_info *error)
{
	switch (result->code) {
	case PST_RESULT_DONE:
		*ret_count = (uint32_t)result->count;
		return 0;
	case PST_RESULT_STALE:
		(void)pst_error_setf(error, POSTERN_REASON_NO_PEER,
				     "no peer is %s (any more)", peer);
		return -ESTALE;
	case PST_RESULT_NOBODY:
		break;
	}
	(void)pst_error_setf(error, POSTERN_REASON_NO_PEER,
			     "the node has no peer that it admitted as '%s'",
			     peer);
	return -ENOENT;
}

int pst_client_disconnect_peer(const struct pst_client_target *target,
			       const char *peer, uint32_t *ret_count,
			       struct postern_error_info *error)
{
	struct pst_connection connection;
	struct pst_command command;
	int r;

	r = make_command(peer, &command);
	if (r < 0) {
		(void)pst_error_setf(error, POSTERN_REASON_NONE,
				     "a peer is INDEX.GENERATION or a name");
		return r;
	}
	r = open_connection(&connection, target, error);
	if (r == 0)
		r = send_command(&connection, &command, error);
	if (r == 0)
		r = control_result(&connection.initiator.result, peer,
				   ret_count, error);
	pst_connection_close(&connection);
	return pst_error_finish(error, r, "commanding the node");
}
