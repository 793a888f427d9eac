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
	struct pst_tenant_queue *share = peer->sched.tenant_queue;

	peer->sched.empty_polls = 0;
	if (peer->state == PST_PEER_READY || peer->state == PST_PEER_THROTTLED)
		return;
	peer->state = PST_PEER_READY;
	pst_peer_mark(node, peer);
	pst_drr_join(&share->ready_peers, &peer->sched.drr);
	if (!pst_drr_is_queued(&share->drr))
		pst_drr_join(&node->round, &share->drr);
}

/* What it was granted and did not use, others may. */
void pst_peer_unready(struct pst_peer *peer)
{
	if (peer->state != PST_PEER_READY)
		return;
	peer->state = PST_PEER_ARMED;
	pst_metering_release_all(&peer->sched.metering);
	pst_drr_leave(&peer->sched.drr);
	if (pst_list_is_empty(&peer->sched.tenant_queue->ready_peers))
		pst_drr_leave(&peer->sched.tenant_queue->drr);
}
