/* SPDX-License-Identifier: ISC */
/*
 * Who takes turns
 *
 * A ready peer is in the round of its tenant's share, and a share with ready
 * peers is in the node's round; the one that becomes empty leaves.
 */
#include "node/node_state.h"

void pst_peer_ready(struct pst_node *node, struct pst_peer *peer)
{
	peer->sched.empty_polls = 0;
	if (peer->state == PST_PEER_READY || peer->state == PST_PEER_THROTTLED)
		return;
	peer->state = PST_PEER_READY;
	pst_peer_mark(node, peer);
	pst_scheduler_add(&node->scheduler, &peer->sched);
}

void pst_peer_unready(struct pst_peer *peer)
{
	if (peer->state != PST_PEER_READY)
		return;
	peer->state = PST_PEER_ARMED;
	pst_scheduler_remove(&peer->sched);
}
