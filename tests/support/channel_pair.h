/* SPDX-License-Identifier: ISC */
/*
 * Two channels of one process that are each other's peer
 *
 * With real segments and a real socket, as from admission.  Through `peer_fd` a
 * test acts as a peer that violates the protocol.
 */
#ifndef POSTERN_SUPPORT_CHANNEL_PAIR_H
#define POSTERN_SUPPORT_CHANNEL_PAIR_H

#include <stdint.h>

#include "channel/channel.h"
#include "crypto/cipher.h"

struct channel_pair {
	struct pst_channel *left;
	struct pst_channel *right;
	int peer_fd;            /* a duplicate of the right one's socket */
	int process_fd;         /* write end: closing it ends left's
				 * "process" */
};

struct channel_pair_options {
	uint32_t left_ring_bytes;       /* left to right; 0: not granted */
	uint32_t right_ring_bytes;
	uint32_t message_bytes;
	uint32_t spin_ns;
	bool left_for_node;
	enum postern_security security;
	enum pst_cipher_kind cipher;    /* where security is not `none` */
	uint8_t session;                /* another one: other keys */
};

/* Aborts the test when it cannot. */
void channel_pair_open(struct channel_pair *pair,
		       const struct channel_pair_options *options);
void channel_pair_close(struct channel_pair *pair);

/* A deadline that only a hang can reach. */
uint64_t channel_pair_deadline(void);

#endif
