/* SPDX-License-Identifier: ISC */
/*
 * Connect to a node: from its name to an open channel
 *
 *   open     pst_connection_open(): path, listener, HELLO, OFFER
 *   map      check both segments against OFFER, map, populate and seal them
 *   READY    the client is done; GO: the node is too
 *
 * HELLO requests the most that this side accepts, with the key exchange that
 * the client's own policy and key call for.  The listener is known to be the
 * node's owner, but the node's records are checked like those of any peer.
 */
#include "client/client.h"

#include <errno.h>
#include <stdbool.h>

#include "base/fd.h"
#include "base/result.h"
#include "client/client_connection.h"
#include "client/client_security.h"
#include "os/packet_socket.h"
#include "os/segment.h"
#include "policy/policy_table.h"

/* -- requested channel parameters ------------------------------------------ */

/* The size to request: wanted (0: the largest), within the policy's ceiling. */
static uint32_t request_bytes(uint32_t wanted, uint64_t ceiling,
			      uint64_t default_bytes, bool is_ceiling_certain)
{
	if (!is_ceiling_certain) {
		if (wanted > 0)
			return wanted;
		if (ceiling < default_bytes)
			ceiling = default_bytes;
	}
	if (ceiling > UINT32_MAX)
		ceiling = UINT32_MAX;
	if (wanted == 0 || wanted > ceiling)
		return (uint32_t)ceiling;
	return wanted;
}

static struct pst_channel_params
request_params(const struct pst_client_connect_params *params,
	       const struct pst_policy_node *rules)
{
	/* The client's policy need not have the allows of the node's: without any
	 * it has no ceiling, and if it is faulty it may lack some. */
	bool is_certain = rules->ring_ceiling_bytes > 0 && !rules->fault;
	struct pst_channel_params requested = {
		.directions = params->directions,
		.ring_bytes = request_bytes(params->ring_bytes,
					    rules->ring_ceiling_bytes,
					    PST_POLICY_DEFAULT_RING_BYTES,
					    is_certain),
		.message_bytes = request_bytes(
			params->message_bytes,
			rules->message_ceiling_bytes,
			PST_POLICY_DEFAULT_MESSAGE_BYTES, is_certain),
	};

	if (requested.directions == 0)
		requested.directions = POSTERN_DIRECTION_TO_NODE |
				       POSTERN_DIRECTION_FROM_NODE;
	return requested;
}

/* -- segments -------------------------------------------------------------- */

/* Both segments of a channel. */
struct mapped_segments {
	struct pst_segment_mapping node;
	struct pst_segment_mapping client;
};

static int check_segments(const struct pst_connection *connection,
			  struct postern_error_info *error)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	dev_t device;
	int r;

	r = pst_segment_device(&device);
	if (r < 0)
		return r;
	r = pst_connection_check_segment(connection,
					 PST_CONNECTION_NODE_SEGMENT,
					 &offer->node_segment, device, error);
	if (r < 0)
		return r;
	return pst_connection_check_segment(connection,
					    PST_CONNECTION_CLIENT_SEGMENT,
					    &offer->client_segment, device,
					    error);
}

/*
 * The node's segment has its final seals already: a read-only mapping made
 * before them could be made writable later.
 */
static int map_node_segment(const struct pst_connection *connection,
			    struct pst_segment_mapping *ret_mapping)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	int r;

	r = pst_segment_map_readable(
		connection->segment_fds[PST_CONNECTION_NODE_SEGMENT],
		offer->control_bytes, offer->receive.ring_bytes, ret_mapping);
	if (r < 0)
		return r;
	return pst_segment_populate_for_reading(ret_mapping);
}

/* The client's own segment is mapped for writing first, and sealed then. */
static int map_client_segment(const struct pst_connection *connection,
			      struct pst_segment_mapping *ret_mapping,
			      struct postern_error_info *error)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	int segment_fd = connection->segment_fds[PST_CONNECTION_CLIENT_SEGMENT];
	int r;

	r = pst_segment_map_writable(segment_fd, offer->control_bytes,
				     offer->send.ring_bytes, ret_mapping);
	if (r == 0)
		r = pst_segment_populate_for_writing(ret_mapping);
	if (r == 0)
		r = pst_segment_add_seals(segment_fd,
					  PST_SEGMENT_SEALS_WRITER_DONE);
	if (r == -EPERM || r == -EACCES || r == -EBUSY) {
		(void)pst_error_setf(error, POSTERN_REASON_SEGMENT,
				     "it was sealed while we took it");
		return -EBADMSG;
	}
	return r;
}

/*
 * Every page is populated, at the client's charge, because the node neither
 * reads nor writes a page that is not.
 */
static int map_segments(struct pst_connection *connection,
			struct mapped_segments *ret_segments,
			struct postern_error_info *error)
{
	int r;

	r = check_segments(connection, error);
	if (r < 0)
		return r;
	r = map_node_segment(connection, &ret_segments->node);
	if (r == 0)
		r = map_client_segment(connection, &ret_segments->client,
				       error);
	if (r == -EFAULT)
		return -ENOMEM; /* for the pages of a segment */
	if (r < 0)
		return r;
	connection->segment_fds[0] = pst_fd_close(connection->segment_fds[0]);
	connection->segment_fds[1] = pst_fd_close(connection->segment_fds[1]);
	return 0;
}

/* -- handshake ------------------------------------------------------------- */

static int finish_handshake(struct pst_connection *connection,
			    struct postern_error_info *error)
{
	struct pst_wire_record record;
	int r;

	r = pst_initiator_create_ready(&connection->initiator, &record);
	if (r < 0) {
		(void)pst_error_set(error,
				    connection->initiator.machine.reason);
		return r;
	}
	return pst_connection_exchange(connection, &record, error); /* GO */
}

/* The channel takes the socket, the pidfd, the mappings and the keys. */
static int open_channel(struct pst_connection *connection,
			struct mapped_segments *segments, uint32_t spin_ns,
			struct pst_channel **ret_channel)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	struct pst_channel_setup setup = {
		.socket_fd = pst_fd_take(&connection->socket_fd),
		.pidfd = pst_fd_take(&connection->listener.pidfd),
		.own_mapping = segments->client,
		.peer_mapping = segments->node,
		.send_message_bytes = offer->send.message_bytes,
		.receive_message_bytes = offer->receive.message_bytes,
		.spin_ns = spin_ns,
		.features = connection->features,
		.security = offer->security,
		.take_keys = pst_initiator_take_keys(&connection->initiator),
	};

	*segments = (struct mapped_segments){0};
	return pst_channel_open_take(&setup, ret_channel);
}

/*
 * One attempt, with a node that must have this key (NULL: the policy lists
 * none).  *ret_is_wrong_key: it may have failed because the node has another.
 */
static int connect_with_key(const struct pst_client_connect_params *params,
			    const struct pst_client_security *security,
			    const uint8_t *node_key,
			    struct pst_channel **ret_channel,
			    bool *ret_is_wrong_key,
			    struct postern_error_info *error)
{
	struct pst_initiator_params hello = {
		.kind = PST_WIRE_KIND_CHANNEL,
		.instance = params->instance,
		.requested = request_params(params, security->rules),
		.layout_version = pst_channel_layout_version(),
	};
	struct mapped_segments segments = {0};
	struct pst_connection connection;
	int r;

	pst_client_security_fill_hello(security, node_key, &hello);
	r = pst_connection_open(&connection, &params->target, &hello, error);
	if (r == 0)
		r = pst_packet_refuse_fds(connection.socket_fd,
					  connection.features);
	if (r == 0)
		r = map_segments(&connection, &segments, error);
	if (r == 0)
		r = finish_handshake(&connection, error);
	*ret_is_wrong_key = r == -EKEYREJECTED ||
			    pst_connection_is_denied(&connection);
	if (r == 0)
		r = open_channel(&connection, &segments, params->spin_ns,
				 ret_channel);
	pst_segment_unmap(&segments.node);
	pst_segment_unmap(&segments.client);
	pst_connection_close(&connection);
	return r;
}

/* While a node's key is being replaced, the policy lists the old and the new. */
static int try_listed_keys(const struct pst_client_connect_params *params,
			   const struct pst_client_security *security,
			   struct pst_channel **ret_channel,
			   struct postern_error_info *error)
{
	const struct pst_policy_node_key *key = security->rules->keys;
	bool is_wrong_key;
	int r;

	if (!key)
		return connect_with_key(params, security, NULL, ret_channel,
					&is_wrong_key, error);
	do
		r = connect_with_key(params, security, key->key, ret_channel,
				     &is_wrong_key, error);
	while (r < 0 && is_wrong_key && (key = key->next));
	return r;
}

int pst_client_connect(const struct pst_client_connect_params *params,
		       struct pst_channel **ret_channel,
		       struct postern_error_info *error)
{
	struct pst_client_security security;
	const struct pst_policy_node *rules;
	int r;

	r = pst_connection_find_node(&params->target, &rules, error);
	if (r < 0)
		return r;
	r = pst_client_security_init(&security, rules, params->key_file,
				     params->target.disable_features, error);
	if (r == 0)
		r = try_listed_keys(params, &security, ret_channel, error);
	pst_client_security_done(&security);
	if (r == 0) /* an earlier key may have left an error */
		(void)pst_error_set(error, POSTERN_REASON_NONE);
	return pst_error_finish(error, r, "connecting");
}
