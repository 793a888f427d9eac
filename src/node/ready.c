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
	struct pst_share *share = peer->sched.tenant_queue;

	peer->sched.empty_polls = 0;
	if (peer->state == PST_PEER_READY || peer->state == PST_PEER_THROTTLED)
		return;
	peer->state = PST_PEER_READY;
	pst_peer_mark(node, peer);
	pst_turn_join(&share->round, &peer->sched.drr);
	if (!pst_turn_is_listed(&share->turn))
		pst_turn_join(&node->round, &share->turn);
}

/* What it was granted and did not use, others may. */
void pst_peer_unready(struct pst_peer *peer)
{
	if (peer->state != PST_PEER_READY)
		return;
	peer->state = PST_PEER_ARMED;
	pst_metering_release_all(&peer->sched.metering);
	pst_turn_leave(&peer->sched.drr);
	if (pst_list_is_empty(&peer->sched.tenant_queue->round))
		pst_turn_leave(&peer->sched.tenant_queue->turn);
}
