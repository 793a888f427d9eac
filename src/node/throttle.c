/* SPDX-License-Identifier: ISC */
/*
 * Throttling: a peer without tokens waits for the timer
 *
 * Nothing of it is looked at meanwhile: its ring fills, and its sender feels
 * that.  Its socket leaves the poll set, since a bell would be for nothing and a
 * hang-up stays readable for ever; the pidfd stays until the process's death was
 * noted.
 */
#include "node/node_state.h"

#include "base/clock.h"

/* Where the socket cannot be watched again, the next try. */
#define RETRY_NS (100 * UINT64_C(1000000))

void pst_peer_throttle(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_unready(peer);
	pst_peer_unwatch_socket(node, peer);
	peer->state = PST_PEER_THROTTLED;
	peer->times.throttled_since_ns = node->now_ns;
	peer->times.throttled_count++;
	pst_peer_mark(node, peer);
	peer->times.throttle_end_ns =
		pst_metering_reserve(&peer->sched.metering, node->now_ns);
	pst_peer_update_due(node, peer);
}

void pst_peer_unthrottle(struct pst_node *node, struct pst_peer *peer)
{
	if (!peer->draining && pst_peer_watch_socket(node, peer) < 0) {
		peer->times.throttle_end_ns =
			pst_deadline_after(node->now_ns, RETRY_NS);
		pst_peer_update_due(node, peer);
		return;
	}
	peer->times.throttled_ns +=
		node->now_ns - peer->times.throttled_since_ns;
	peer->state = PST_PEER_ARMED;
	pst_peer_ready(node, peer);
	pst_peer_update_due(node, peer);
}
