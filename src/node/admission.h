/* SPDX-License-Identifier: ISC */
/*
 * The steps of admission.c that have a file of their own: those that make
 * something, the offer and the channel; and connections that want no channel
 *
 * All return false with a refusal, and leave what they made in the entry, whose
 * release frees it.
 */
#ifndef POSTERN_NODE_ADMISSION_H
#define POSTERN_NODE_ADMISSION_H

#include <stdbool.h>

#include "node/node_state.h"

/* admission.c: with the node's key of now. */
void pst_admission_begin(const struct pst_node *node,
			 struct pst_half_open *entry);

/*
 * admission_grant.c: decide on a HELLO that wants a channel, and make the
 * offer; and once a READY was consumed, decide and charge what a claimed key
 * left open.
 */
bool pst_admission_offer(struct pst_node *node, struct pst_half_open *entry,
			 struct postern_refusal *refusal);
bool pst_admission_settle(struct pst_node *node, struct pst_half_open *entry,
			  struct postern_refusal *refusal);

/* Root or the owner: they may always knock. */
bool pst_admission_is_privileged(const struct pst_node *node,
				 const struct pst_peer_credentials *credentials);

/* Which user a peer counts for: a uid with its subordinate ones, a block of
 * root's subordinate ones, or root or the owner as themselves. */
uint64_t pst_admission_user(const struct pst_node *node,
			    const struct pst_peer_credentials *credentials);

/* Count a connection attempt of this user; false: the node's or the process's
 * limit is reached. */
bool pst_admission_acquire_handshake(struct pst_node *node, uint64_t user,
				     struct postern_refusal *refusal);

/* May this peer get one more OFFER or VIEW?  If not, the holders are recorded. */
bool pst_admission_may_offer(struct pst_node *node,
			     const struct pst_half_open *entry,
			     struct postern_refusal *refusal);

/* Create both segments and send them with the terms.  Completes the offer. */
bool pst_offer_make(const struct pst_node *node, struct pst_half_open *entry,
		    struct pst_offer *offer, struct postern_refusal *refusal);

/* Has the peer sealed its segment, and paid for both? */
bool pst_commit_is_paid(const struct pst_node *node,
			const struct pst_half_open *entry,
			struct postern_refusal *refusal);

/* Open the channel and send GO.  On true the peer has it. */
bool pst_commit_go(struct pst_node *node, struct pst_half_open *entry,
		   struct postern_refusal *refusal);

/*
 * The owner, or root, and certainly so: not by an overflow id, nor from a
 * process that is not visible here.
 */
bool pst_node_obeys(const struct pst_node *node,
		    const struct pst_peer_credentials *credentials);

/* control.c: may this peer give a command?  Tell it so; and carry one out. */
bool pst_control_grant(const struct pst_node *node,
		       struct pst_half_open *entry,
		       struct postern_refusal *refusal);
void pst_control_obey(struct pst_node *node, struct pst_half_open *entry);

/* Hand out the node's statistics, if this peer may have them. */
bool pst_observe_answer(struct pst_node *node,
			struct pst_half_open *entry,
			struct postern_refusal *refusal);

/* admission_end.c: the handshake has failed by a record; false. */
bool pst_admission_refuse_record(const struct pst_half_open *entry,
				 struct postern_refusal *refusal);

/*
 * admission_end.c: refuse the handshake; or end it because it may not keep its
 * place, which is a refusal unless it was served; or because its peer hung up;
 * or just free its place.  turn_away() refuses who never had one, and owns the
 * socket and the credentials.
 */
void pst_admission_refuse(struct pst_node *node, struct pst_half_open *entry,
			  const struct postern_refusal *refusal);
void pst_admission_end(struct pst_node *node, struct pst_half_open *entry,
		       enum postern_reason reason);
void pst_admission_drop(struct pst_node *node, struct pst_half_open *entry);
void pst_admission_release(struct pst_node *node, struct pst_half_open *entry);
void pst_admission_turn_away(struct pst_node *node, int socket_fd,
			     struct pst_peer_credentials *credentials,
			     const struct postern_refusal *refusal);

#endif
