/* SPDX-License-Identifier: ISC */
/*
 * A connection to a node, on its way to become a channel or for something else:
 * for the files of this layer only
 */
#ifndef POSTERN_CLIENT_CLIENT_CONNECTION_H
#define POSTERN_CLIENT_CLIENT_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "handshake/handshake.h"
#include "os/packet_socket.h"
#include "os/peer_credentials.h"
#include "os/segment.h"
#include "policy/policy.h"

/* Owns all that is in it until the channel takes it over. */
struct pst_connection {
	int socket_fd;
	uint32_t features;
	uint64_t deadline_ns;
	uid_t owner;            /* of the node, by our policy; or the uid that
				 * stands for users who are not mapped */
	/* With `owner unmapped`, is the listener asked to prove the node's key,
	 * or told nothing?  Else it is not reached. */
	bool may_be_unmapped;
	struct pst_peer_credentials listener;
	struct pst_handshake_initiator initiator;
	int segment_fds[PST_PACKET_FDS_MAX]; /* acceptor's, connector's */
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping peer_mapping;
};

/* connection.c: the descriptors that it has are closed in the end. */
void pst_connection_init(struct pst_connection *connection,
			 uint64_t deadline_ns, uint32_t features_off);
void pst_connection_done(struct pst_connection *connection);

/* Find the node in the policy: 0, or -ENOENT with a refusal. */
PST_MUST_CHECK int
pst_connection_find_node(const struct postern_policy *policy,
			 const char *node_name,
			 const struct pst_policy_node **ret_rules,
			 struct postern_refusal *refusal);

/*
 * Find the node in the policy, check the way to its socket, connect, and let
 * the kernel say that the listener is the owner.  With `owner unmapped` that
 * is every user whom our user namespace does not map.  The results are those of
 * postern_connect(), with a refusal.
 */
PST_MUST_CHECK int
pst_connection_reach(struct pst_connection *connection,
		     const struct postern_policy *policy,
		     const char *node_name,
		     const struct pst_policy_node **ret_rules,
		     struct postern_refusal *refusal);

/* Begin the handshake: make a HELLO and send it.  With a refusal -EINVAL for a
 * HELLO that would not be valid, or as pst_initiator_init(), or as _send(). */
PST_MUST_CHECK int
pst_connection_say_hello(struct pst_connection *connection,
			 const struct pst_initiator_params *params,
			 struct postern_refusal *refusal);

/*
 * Send a record; or receive the next, with the descriptors that may be beside
 * it, and let the initiator consume it.  0, or a result of
 * pst_packet_send(), pst_packet_receive_with_fds() or pst_initiator_consume(),
 * with a refusal.
 */
PST_MUST_CHECK int pst_connection_send(struct pst_connection *connection,
				       const struct pst_wire_record *record,
				       struct postern_refusal *refusal);
PST_MUST_CHECK int pst_connection_consume(struct pst_connection *connection,
					  struct postern_refusal *refusal);

/*
 * Is the descriptor at place (of segment_fds) the segment that was announced?
 * 0, or -EBADMSG with a refusal; device is that of pst_segment_device().
 */
PST_MUST_CHECK int
pst_connection_check_segment(const struct pst_connection *connection,
			     size_t place, int seals, dev_t device,
			     const struct pst_offer_segment *announced,
			     struct postern_refusal *refusal);

/*
 * take_segments.c: check both segments against the offer, map and pay for them,
 * and seal ours.  0, -EBADMSG with a refusal (not what was offered), -ENOMEM,
 * -ECANCELED.
 */
int pst_connection_take_segments(struct pst_connection *connection,
				 struct postern_refusal *refusal);

#endif
