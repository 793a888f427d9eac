/* SPDX-License-Identifier: ISC */
/*
 * Meters of peers from one channel to the next
 *
 * Only a channel whose allow limits its rate has a meter; for the others these
 * functions do nothing.
 */
#ifndef POSTERN_NODE_PEER_METERS_H
#define POSTERN_NODE_PEER_METERS_H

#include "node/node_internal.h"

/* A channel begins, with the tokens that the owner's earlier channels have
 * left.  Throttled ones of them that have hung up begin to drain. */
void pst_node_inherit_meter(struct pst_node *node, struct pst_peer *peer);

/* A channel begins to drain: it shares a meter with the owner's later ones. */
void pst_node_share_meter(struct pst_node *node, struct pst_peer *peer);

/* A channel has ended, and no tokens are held by its meter any more: it is
 * retained for the owner's later channels. */
void pst_node_retain_meter(struct pst_node *node, struct pst_peer *peer);

#endif
