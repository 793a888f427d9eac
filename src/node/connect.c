/* SPDX-License-Identifier: ISC */
/*
 * Connecting, from the node's name to an admitted channel, in order
 *
 *   find       what the policy says of the name: socket path and owner
 *   reach      the path, checked; the connection; is the listener the owner?
 *   HELLO      who we are and what we wish, a ceiling for everything
 *   OFFER      within the wish?  are both segments what they claim to be?
 *   READY      both mapped and paid for, ours sealed
 *   GO         admitted
 *
 * Until the listener has proven to be the owner it gets not one byte, and no
 * descriptor of its is imported.  From then on it is trusted as far as the
 * policy's owner is: what it sends is checked like any peer's.
 */
#include "node/node.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "handshake/handshake.h"
#include "node/connect.h"
#include "node/refusal.h"
#include "os/doorbell.h"
#include "os/features.h"
#include "os/listener.h"
#include "os/own_process.h"
#include "os/packet_socket.h"
#include "os/peer_credentials.h"
#include "os/socket_path.h"

/* -- find and reach -------------------------------------------------------- */

static int find_node(const struct postern_policy *policy, const char *name,
		     struct postern_node_description *ret_description,
		     const struct pst_policy_node **ret_rules,
		     struct postern_refusal *refusal)
{
	const struct pst_policy_node *rules;

	rules = pst_policy_find_node(policy, name);
	if (!rules) {
		(void)pst_refuse(refusal, POSTERN_REASON_UNKNOWN_NODE,
				 "the policy has no node '%s'", name);
		return -ENOENT;
	}
	pst_policy_describe_node(rules, ret_description);
	if (ret_description->owner_fact != POSTERN_FACT_KNOWN) {
		(void)pst_refuse(refusal, POSTERN_REASON_LISTENER,
				 "the owner's name is not known on this host");
		return -EACCES;
	}
	*ret_rules = rules;
	return 0;
}

/* What our own policy demands is not given up because the node's does not. */
static int check_security(const struct pst_policy_node *rules,
			  struct postern_refusal *refusal)
{
	const struct pst_policy_demand *demands;
	size_t count, i;

	count = pst_policy_demands(rules, &demands);
	for (i = 0; i < count; i++) {
		if (demands[i].feature != PST_POLICY_FEATURE_SECURITY &&
		    demands[i].feature != PST_POLICY_FEATURE_NODE_KEY)
			continue;
		(void)pst_refuse(refusal, POSTERN_REASON_NOT_BUILT,
				 "this build does not carry out '%s'",
				 demands[i].words);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int why_no_connection(int result, const char *path,
			     struct postern_refusal *refusal)
{
	switch (result) {
	case -ENOENT:
	case -ECONNREFUSED:
		(void)pst_refuse(refusal, POSTERN_REASON_NONE,
				 "nobody listens at %s", path);
		return -ENOENT;
	case -ENOTSOCK:
	case -EPROTOTYPE:
	case -ELOOP:
		(void)pst_refuse(refusal, POSTERN_REASON_NOT_A_SOCKET,
				 "%s is not a node's socket", path);
		return -EACCES;
	case -EACCES:
		(void)pst_refuse(refusal, POSTERN_REASON_REFUSED,
				 "the mode of %s keeps this user out", path);
		return -EACCES;
	case -ETIMEDOUT:
		(void)pst_refuse(refusal, POSTERN_REASON_DEADLINE,
				 "%s accepts no connection", path);
		return -ETIMEDOUT;
	default:
		(void)pst_refuse_errno(refusal, POSTERN_REASON_NONE, result,
				       "connecting to the node's socket");
		return result;
	}
}

static int open_connection(const struct postern_node_description *description,
			   uint64_t deadline_ns, int *ret_fd,
			   struct postern_refusal *refusal)
{
	int dir_fd PST_FD_OWNED = -1;
	struct pst_path_fault fault;
	const char *name;
	int r;

	r = pst_socket_path_open(description->socket_path,
				 description->owner_uid, &dir_fd, &name,
				 &fault);
	if (r < 0) {
		(void)pst_refuse_plain(refusal, POSTERN_REASON_UNTRUSTED_PATH);
		pst_path_fault_describe(&fault, description->owner_uid,
					refusal->detail,
					sizeof(refusal->detail));
		return r;
	}
	r = pst_socket_connect(dir_fd, name, deadline_ns, ret_fd);
	if (r < 0)
		return why_no_connection(r, description->socket_path, refusal);
	return 0;
}

/* The kernel's word for who called listen(), not the listener's own. */
static int check_listener(int socket_fd, uint32_t features, uid_t owner,
			  struct pst_peer_credentials *ret_listener,
			  struct postern_refusal *refusal)
{
	int r;

	r = pst_peer_credentials_read(socket_fd, 0, features, ret_listener);
	if (r < 0) {
		(void)pst_refuse_errno(refusal, POSTERN_REASON_LISTENER, r,
				       "identifying the listener");
		return r == -EMFILE || r == -ENFILE || r == -ENOMEM ? r
								     : -EACCES;
	}
	if (ret_listener->uid_fact == POSTERN_FACT_KNOWN &&
	    ret_listener->uid == owner)
		return 0;
	(void)pst_refuse(refusal, POSTERN_REASON_LISTENER,
			 "the listener is uid %lu, the policy's owner is uid "
			 "%lu", (unsigned long)ret_listener->uid,
			 (unsigned long)owner);
	pst_peer_credentials_done(ret_listener);
	return -EACCES;
}

/* -- records --------------------------------------------------------------- */

static int receive_record(struct pst_connection *connection,
			  struct pst_wire_record *ret_record)
{
	unsigned ready;
	int r;

	do {
		r = pst_doorbell_sleep(&connection->socket_fd, 1,
				       connection->deadline_ns, &ready);
		if (r < 0)
			return r;
		if (connection->initiator.machine.state ==
		    HANDSHAKE_CREATED_HELLO)
			r = pst_packet_receive_with_fds(
				connection->socket_fd, ret_record->bytes,
				sizeof(ret_record->bytes),
				&ret_record->byte_count,
				connection->segment_fds, 2);
		else
			r = pst_packet_receive(connection->socket_fd,
					       ret_record->bytes,
					       sizeof(ret_record->bytes),
					       &ret_record->byte_count, NULL);
	} while (r == -EAGAIN);
	return r;
}

static int consume_record(struct pst_connection *connection,
			  struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = receive_record(connection, &record);
	if (r == -ETIMEDOUT)
		(void)pst_refuse(refusal, POSTERN_REASON_DEADLINE,
				 "the node does not answer");
	else if (r == -EPIPE)
		(void)pst_refuse_plain(refusal, POSTERN_REASON_HUNG_UP);
	else if (r == -EBADMSG)
		(void)pst_refuse(refusal, POSTERN_REASON_DESCRIPTORS,
				 "a record that is empty or too long, or has "
				 "descriptors that were not agreed on");
	if (r < 0)
		return r;
	r = pst_initiator_consume(&connection->initiator, record.bytes,
				  record.byte_count);
	if (r < 0)
		(void)pst_refuse_plain(refusal,
				       connection->initiator.machine.reason);
	return r;
}

/*
 * A node that refuses hangs up right behind its record, and a send of ours may
 * notice that first: then the refusal still is to be read.
 */
static int send_record(struct pst_connection *connection,
		       const struct pst_wire_record *record,
		       struct postern_refusal *refusal)
{
	int r;

	r = pst_packet_send(connection->socket_fd, record->bytes,
			    record->byte_count);
	if (r != -EPIPE)
		return r;
	r = consume_record(connection, refusal);
	if (r < 0)
		return r;
	(void)pst_refuse_plain(refusal, POSTERN_REASON_HUNG_UP);
	return -EPIPE;
}

/* -- the handshake --------------------------------------------------------- */

static uint32_t at_most(uint32_t wanted, uint64_t ceiling)
{
	if (ceiling > UINT32_MAX)
		ceiling = UINT32_MAX;
	if (wanted == 0 || wanted > ceiling)
		return (uint32_t)ceiling;
	return wanted;
}

/*
 * A wish is always concrete: what this side could accept at most, and never
 * more than its own copy of the policy could grant.
 */
static struct pst_terms make_wish(const struct pst_connect_params *params,
				  const struct pst_policy_node *rules)
{
	struct pst_terms wish = {
		.directions = params->directions,
		.ring_bytes = at_most(params->ring_bytes,
				      pst_policy_ring_ceiling(rules)),
		.message_bytes = at_most(params->message_bytes,
					 pst_policy_message_ceiling(rules)),
	};

	if (wish.directions == 0)
		wish.directions = POSTERN_DIRECTION_SEND |
				  POSTERN_DIRECTION_RECEIVE;
	return wish;
}

static int say_hello(struct pst_connection *connection,
		     const struct pst_connect_params *params,
		     const struct pst_policy_node *rules,
		     struct postern_refusal *refusal)
{
	const struct pst_initiator_params initiator = {
		.kind = PST_WIRE_KIND_CHANNEL,
		.node_name = params->node_name,
		.instance = params->instance,
		.wish = make_wish(params, rules),
		.page_bytes = (uint32_t)pst_own_page_bytes(),
		.layout_version = pst_channel_layout_version(),
	};
	struct pst_wire_record record;
	int r;

	if (initiator.wish.ring_bytes == 0) {
		(void)pst_refuse(refusal, POSTERN_REASON_NO_ALLOW,
				 "the policy allows nobody at node '%s'",
				 params->node_name);
		return -EACCES;
	}
	r = pst_initiator_init(&connection->initiator, &initiator);
	if (r < 0) {
		(void)pst_refuse(refusal, POSTERN_REASON_PROTOCOL,
				 "the instance is no name, or the sizes wished "
				 "for are too small");
		return r;
	}
	r = pst_initiator_create_hello(&connection->initiator, &record);
	if (r < 0)
		return r;
	return send_record(connection, &record, refusal);
}

static int say_ready(struct pst_connection *connection,
		     struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = pst_initiator_create_ready(&connection->initiator, &record);
	if (r < 0)
		return r;
	return send_record(connection, &record, refusal);
}

static int shake_hands(struct pst_connection *connection,
		       const struct pst_connect_params *params,
		       const struct pst_policy_node *rules,
		       struct postern_refusal *refusal)
{
	int r;

	r = say_hello(connection, params, rules, refusal);
	if (r < 0)
		return r;
	r = consume_record(connection, refusal);
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
	return consume_record(connection, refusal);
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
	};

	connection->own_mapping = (struct pst_segment_mapping) {0};
	connection->peer_mapping = (struct pst_segment_mapping) {0};
	return pst_channel_open_take(&setup, ret_channel);
}

static void connection_init(struct pst_connection *connection,
			    uint64_t deadline_ns, uint32_t features_off)
{
	memset(connection, 0, sizeof(*connection));
	connection->socket_fd = -1;
	connection->segment_fds[0] = -1;
	connection->segment_fds[1] = -1;
	connection->deadline_ns = deadline_ns;
	connection->features = pst_features_probe(features_off);
	pst_peer_credentials_init(&connection->listener);
}

static void connection_done(struct pst_connection *connection)
{
	pst_segment_unmap(&connection->own_mapping);
	pst_segment_unmap(&connection->peer_mapping);
	(void)pst_fd_close(connection->segment_fds[0]);
	(void)pst_fd_close(connection->segment_fds[1]);
	(void)pst_fd_close(connection->socket_fd);
	pst_peer_credentials_done(&connection->listener);
}

static int reach(struct pst_connection *connection,
		 const struct postern_policy *policy, const char *node_name,
		 const struct pst_policy_node **ret_rules,
		 struct postern_refusal *refusal)
{
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	int r;

	r = find_node(policy, node_name, &description, ret_rules, refusal);
	if (r < 0)
		return r;
	connection->owner = description.owner_uid;
	r = open_connection(&description, connection->deadline_ns,
			    &connection->socket_fd, refusal);
	if (r < 0)
		return r;
	return check_listener(connection->socket_fd, connection->features,
			      connection->owner, &connection->listener,
			      refusal);
}

int pst_connect(const struct pst_connect_params *params,
		struct postern_refusal *ret_refusal,
		struct pst_channel **ret_channel)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	int r;

	connection_init(&connection, params->deadline_ns,
			params->features_off);
	r = reach(&connection, params->policy, params->node_name, &rules,
		  ret_refusal);
	if (r == 0)
		r = check_security(rules, ret_refusal);
	if (r == 0)
		r = shake_hands(&connection, params, rules, ret_refusal);
	if (r == 0)
		r = open_channel(&connection, params->spin_ns, ret_channel);
	connection_done(&connection);
	return r;
}

int pst_node_probe(const struct postern_policy *policy, const char *name,
		   uint64_t deadline_ns, struct postern_refusal *ret_refusal)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	int r;

	connection_init(&connection, deadline_ns, 0);
	r = reach(&connection, policy, name, &rules, ret_refusal);
	connection_done(&connection);
	return r;
}
