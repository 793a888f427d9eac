/* SPDX-License-Identifier: ISC */
/*
 * A connection from a client to a node, up to the answer to HELLO and beyond
 *
 * For the files of this layer only: a channel, an observe connection and a
 * control connection all begin with pst_connection_open().
 */
#ifndef POSTERN_CLIENT_CLIENT_CONNECTION_H
#define POSTERN_CLIENT_CLIENT_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "client/client.h"
#include "handshake/handshake.h"
#include "os/packet_socket.h"
#include "os/peer_credentials.h"
#include "policy/policy.h"

/* The order of the descriptors beside a record; statistics have only the first. */
enum pst_connection_segment {
	PST_CONNECTION_NODE_SEGMENT = 0,        /* written by the node */
	PST_CONNECTION_CLIENT_SEGMENT = 1,      /* written by the client */
};

struct pst_connection {
	int socket_fd;
	uint32_t features;
	uint64_t deadline_ns;
	uid_t owner_uid;        /* of the node, by the client's policy; or the
				 * uid that stands for unmapped users */
	struct pst_peer_credentials listener;
	struct pst_handshake_initiator initiator;
	int segment_fds[PST_PACKET_FDS_MAX]; /* of the answer to HELLO */
};

/* Find the node in the policy: 0, or with error information -ENOENT, or -EINVAL
 * where the policy has an error. */
PST_MUST_CHECK int
pst_connection_find_node(const struct pst_client_target *target,
			 const struct pst_policy_node **ret_rules,
			 struct postern_error_info *error);

/*
 * Find the node in the policy, check the path to its socket, connect, check that
 * the listener is the node's owner, send HELLO and receive the answer.  The name
 * of the node and the page size in *hello are filled in here.
 *
 * 0, or with error information a result of postern_connect().  In either case
 * _close() follows, after which nothing of the connection is left.
 */
PST_MUST_CHECK int
pst_connection_open(struct pst_connection *connection,
		    const struct pst_client_target *target,
		    const struct pst_initiator_params *hello,
		    struct postern_error_info *error);
void pst_connection_close(struct pst_connection *connection);

/* The node has sent a REFUSE that denies access. */
bool pst_connection_is_denied(const struct pst_connection *connection);

/*
 * Send a record, receive the answer, with its descriptors, and let the initiator
 * consume it.  0, or with error information a result of pst_packet_send(),
 * pst_packet_receive_with_fds() or pst_initiator_consume().
 */
PST_MUST_CHECK int pst_connection_exchange(struct pst_connection *connection,
					   const struct pst_wire_record *record,
					   struct postern_error_info *error);

/*
 * Is this descriptor a segment with the right seals, and the one that the node
 * announced?  0, or -EBADMSG with error information; device is that of
 * pst_segment_device().
 */
PST_MUST_CHECK int
pst_connection_check_segment(const struct pst_connection *connection,
			     enum pst_connection_segment which,
			     const struct pst_offer_segment *announced,
			     dev_t device, struct postern_error_info *error);

#endif
