/* SPDX-License-Identifier: ISC */
/*
 * A connection on its way to become a channel: for the files of this layer only
 */
#ifndef POSTERN_NODE_CONNECT_H
#define POSTERN_NODE_CONNECT_H

#include <stdint.h>

#include <postern/result.h>

#include "handshake/handshake.h"
#include "os/packet_socket.h"
#include "os/peer_credentials.h"
#include "os/segment.h"

/* Owns all that is in it until the channel takes it over. */
struct pst_connection {
	int socket_fd;
	uint32_t features;
	uint64_t deadline_ns;
	uid_t owner;            /* of the node, by our policy */
	struct pst_peer_credentials listener;
	struct pst_handshake_initiator initiator;
	int segment_fds[PST_PACKET_FDS_MAX]; /* acceptor's, connector's */
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping peer_mapping;
};

/*
 * Check both segments against the offer, map and pay for them, and seal ours.
 * 0, -EBADMSG with a refusal (not what was offered), -ENOMEM, -ECANCELED.
 */
int pst_connection_take_segments(struct pst_connection *connection,
				 struct postern_refusal *refusal);

#endif
