/* SPDX-License-Identifier: ISC */
/*
 * What a peer's time brings
 *
 * A draining peer has a deadline, a throttled one gets tokens, and one that
 * nothing is sent to or received from for too long is idle.  Whichever is first
 * stands in the queue; when it comes, the others are looked at anew.
 */
#include "node/node_state.h"

#include "base/clock.h"
#include "channel/channel.h"

static uint64_t idle_deadline_ns(const struct pst_peer *peer)
{
	if (peer->times.idle_ns == 0 || peer->draining ||
	    peer->state == PST_PEER_DETACHED)
		return PST_DEADLINE_NEVER;
	return pst_deadline_after(peer->times.last_active_ns,
				  peer->times.idle_ns);
}

void pst_peer_update_due(struct pst_node *node, struct pst_peer *peer)
{
	uint64_t due_ns = idle_deadline_ns(peer);

	if (peer->draining)
		due_ns = pst_deadline_earlier(due_ns,
					      peer->times.drain_deadline_ns);
	if (peer->state == PST_PEER_THROTTLED)
		due_ns = pst_deadline_earlier(due_ns,
					      peer->times.throttle_end_ns);
	pst_deadline_heap_set(&node->peer_table.deadlines,
			      pst_slot_index(peer->handle), due_ns);
	node->may_have_become_due = true;
}

/*
 * Nobody has received it yet: it may be for want of a bell, so it is received
 * now, or who only says that there is something would never be idle.  The words
 * of who may not send are not looked at at all.
 */
static bool has_unreceived(struct pst_node *node, struct pst_peer *peer)
{
	if (!(peer->directions & POSTERN_DIRECTION_SEND) ||
	    !pst_channel_has_message(peer->channel))
		return false;
	pst_peer_ready(node, peer);
	return true;
}

/* Something that we sent, or that nobody has received yet, is activity. */
static bool is_idle(struct pst_node *node, struct pst_peer *peer)
{
	uint64_t sent_messages = pst_channel_sent_messages(peer->channel);

	if (!pst_deadline_has_passed(idle_deadline_ns(peer), node->now_ns))
		return false;
	if (sent_messages == peer->times.sent_messages &&
	    peer->state != PST_PEER_THROTTLED && !has_unreceived(node, peer))
		return true;
	peer->times.sent_messages = sent_messages;
	peer->times.last_active_ns = node->now_ns;
	return false;
}

/*
 * The time that a drain may take runs only while messages are taken: those of a
 * peer that exited during a pause are not lost by it.
 */
static bool is_drain_over(struct pst_node *node, struct pst_peer *peer)
{
	uint64_t begin_ns = node->is_paused ? node->now_ns : node->resumed_ns;

	if (!peer->draining)
		return false;
	if (begin_ns > 0 &&
	    peer->times.drain_deadline_ns < begin_ns + PST_NODE_DRAIN_NS)
		peer->times.drain_deadline_ns =
			pst_deadline_after(begin_ns, PST_NODE_DRAIN_NS);
	return pst_deadline_has_passed(peer->times.drain_deadline_ns,
				       node->now_ns);
}

static void do_due(struct pst_node *node, struct pst_peer *peer)
{
	if (is_drain_over(node, peer)) {
		pst_peer_depart(node, peer,
				pst_channel_end_reason(peer->channel));
		return;
	}
	if (idle_deadline_ns(peer) != PST_DEADLINE_NEVER &&
	    is_idle(node, peer)) {
		pst_peer_depart(node, peer, POSTERN_REASON_IDLE);
		return;
	}
	if (peer->state == PST_PEER_THROTTLED &&
	    pst_deadline_has_passed(peer->times.throttle_end_ns, node->now_ns))
		pst_peer_unthrottle(node, peer);
	else
		pst_peer_update_due(node, peer);
}

void pst_peer_do_due(struct pst_node *node)
{
	uint32_t index;

	while (pst_deadline_heap_take(&node->peer_table.deadlines, node->now_ns,
				      &index))
		do_due(node, &node->peer_table.peers[index]);
}
