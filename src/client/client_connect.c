/* SPDX-License-Identifier: ISC */
/*
 * Connecting, from the node's name to an admitted channel, in order
 *
 *   find       what the policy says of the name: socket path, owner, keys
 *   reach      the path, checked; the connection; is the listener the owner?
 *   HELLO      who we are and what we wish, a ceiling for everything; with a
 *              key exchange, as our own policy and key have it
 *   OFFER      within the wish?  are both segments what they claim to be?
 *   READY      both mapped and paid for, ours sealed
 *   GO         admitted
 *
 * The first two are the same for every connection (connection.c).  From then on
 * the listener is trusted as far as the policy's owner is: what it sends is
 * checked like any peer's.
 */
#include "client/client.h"

#include <errno.h>
#include <stdbool.h>

#include "base/fd.h"
#include "base/result.h"
#include "client/client_connection.h"
#include "client/client_security.h"
#include "crypto/cipher.h"
#include "handshake/handshake.h"
#include "os/features.h"
#include "os/own_process.h"
#include "os/packet_socket.h"

/* -- the handshake --------------------------------------------------------- */

/* Where the policy's ceiling is not known, the caller's is the only one. */
static uint32_t at_most(uint32_t wanted, uint64_t ceiling, uint64_t built_in,
			bool is_ceiling_certain)
{
	if (!is_ceiling_certain) {
		if (wanted > 0)
			return wanted;
		if (ceiling < built_in)
			ceiling = built_in;
	}
	if (ceiling > UINT32_MAX)
		ceiling = UINT32_MAX;
	if (wanted == 0 || wanted > ceiling)
		return (uint32_t)ceiling;
	return wanted;
}

/*
 * A wish is always concrete: what this side could accept at most, and never
 * more than its own copy of the policy could grant, as far as it is known.
 */
static struct pst_terms make_wish(const struct pst_connect_params *params,
				  const struct pst_policy_node *rules)
{
	/* An error may hide allows of the node from this process. */
	bool is_certain = !pst_policy_node_fault(rules);
	struct pst_terms wish = {
		.directions = params->directions,
		.ring_bytes = at_most(params->ring_bytes,
				      pst_policy_ring_ceiling(rules),
				      PST_POLICY_DEFAULT_RING_BYTES,
				      is_certain),
		.message_bytes = at_most(params->message_bytes,
					 pst_policy_message_ceiling(rules),
					 PST_POLICY_DEFAULT_MESSAGE_BYTES,
					 is_certain),
	};

	if (wish.directions == 0)
		wish.directions = POSTERN_DIRECTION_SEND |
				  POSTERN_DIRECTION_RECEIVE;
	return wish;
}

static int say_hello(struct pst_connection *connection,
		     const struct pst_connect_params *params,
		     const struct pst_own_security *own,
		     const uint8_t *node_key, struct postern_refusal *refusal)
{
	struct pst_initiator_params initiator = {
		.kind = PST_WIRE_KIND_CHANNEL,
		.node_name = params->node_name,
		.instance = params->instance,
		.wish = make_wish(params, own->rules),
		.page_bytes = (uint32_t)pst_own_page_bytes(),
		.layout_version = pst_channel_layout_version(),
	};

	pst_own_security_fill(own, node_key, &initiator);
	if (initiator.wish.ring_bytes == 0) {
		(void)pst_error_setf(refusal, POSTERN_REASON_NO_ALLOW,
				     "the policy allows nobody at node '%s'",
				     params->node_name);
		return -EACCES;
	}
	return pst_connection_say_hello(connection, &initiator, refusal);
}

static int say_ready(struct pst_connection *connection,
		     struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = pst_initiator_create_ready(&connection->initiator, &record);
	if (r < 0) {
		(void)pst_error_set(refusal,
				    connection->initiator.machine.reason);
		return r;
	}
	return pst_connection_send(connection, &record, refusal);
}

static int shake_hands(struct pst_connection *connection,
		       const struct pst_connect_params *params,
		       const struct pst_own_security *own,
		       const uint8_t *node_key, struct postern_refusal *refusal)
{
	int r;

	r = say_hello(connection, params, own, node_key, refusal);
	if (r < 0)
		return r;
	r = pst_connection_consume(connection, refusal);
	if (r < 0)
		return r;
	r = pst_packet_refuse_fds(connection->socket_fd, connection->features);
	if (r < 0)
		return r;
	r = pst_connection_take_segments(connection, refusal);
	if (r < 0)
		return r;
	r = say_ready(connection, refusal);
	if (r < 0)
		return r;
	return pst_connection_consume(connection, refusal);
}

static int open_channel(struct pst_connection *connection, uint32_t spin_ns,
			struct pst_channel **ret_channel)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	struct pst_channel_setup setup = {
		.socket_fd = pst_fd_take(&connection->socket_fd),
		.pidfd = pst_fd_take(&connection->listener.pidfd),
		.own_mapping = connection->own_mapping,
		.peer_mapping = connection->peer_mapping,
		.send_message_bytes = offer->send.message_bytes,
		.receive_message_bytes = offer->receive.message_bytes,
		.spin_ns = spin_ns,
		.features = connection->features,
		.security = offer->security,
		.take_keys = pst_initiator_take_keys(&connection->initiator),
	};

	connection->own_mapping = (struct pst_segment_mapping) {0};
	connection->peer_mapping = (struct pst_segment_mapping) {0};
	return pst_channel_open_take(&setup, ret_channel);
}

/* Once, with a node that is to have this key.  *ret_is_about_keys: what failed
 * may have been that it has another one. */
static int try_to_connect(const struct pst_connect_params *params,
			  const struct pst_own_security *own,
			  const uint8_t *node_key,
			  struct postern_refusal *refusal,
			  bool *ret_is_about_keys,
			  struct pst_channel **ret_channel)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	int r;

	pst_connection_init(&connection, params->deadline_ns,
			    params->features_off);
	connection.may_be_unmapped = node_key != NULL; /* NK or IK */
	r = pst_connection_reach(&connection, params->policy,
				 params->node_name, &rules, refusal);
	if (r == 0)
		r = shake_hands(&connection, params, own, node_key, refusal);
	*ret_is_about_keys =
		r == -EKEYREJECTED ||
		(r == -EACCES &&
		 connection.initiator.machine.state == HANDSHAKE_REFUSED);
	if (r == 0)
		r = open_channel(&connection, params->spin_ns, ret_channel);
	pst_connection_done(&connection);
	return r;
}

/* A node that is changing its key has one of those that the policy lists. */
static int try_all_keys(const struct pst_connect_params *params,
			const struct pst_own_security *own,
			struct postern_refusal *refusal,
			struct pst_channel **ret_channel)
{
	struct pst_policy_listed_key key;
	bool is_about_keys;
	size_t i = 0;
	int r;

	if (!pst_policy_node_key_at(own->rules, i, &key))
		return try_to_connect(params, own, NULL, refusal,
				      &is_about_keys, ret_channel);
	do
		r = try_to_connect(params, own, key.key, refusal,
				   &is_about_keys, ret_channel);
	while (r < 0 && is_about_keys &&
	       pst_policy_node_key_at(own->rules, ++i, &key));
	return r;
}

int pst_connect(const struct pst_connect_params *params,
		struct postern_refusal *ret_refusal,
		struct pst_channel **ret_channel)
{
	const struct pst_policy_node *rules;
	struct pst_own_security own;
	int r;

	r = pst_connection_find_node(params->policy, params->node_name, &rules,
				     ret_refusal);
	if (r < 0)
		return r;
	r = pst_own_security_init(&own, rules, params->key_file,
				  pst_features_probe(params->features_off) |
					  pst_cipher_features(
						  params->features_off),
				  ret_refusal);
	if (r == 0)
		r = try_all_keys(params, &own, ret_refusal, ret_channel);
	pst_own_security_done(&own);
	if (r == 0)
		(void)pst_error_set(ret_refusal, POSTERN_REASON_NONE);
	return pst_error_finish(ret_refusal, r, "connecting");
}
