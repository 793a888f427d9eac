/* SPDX-License-Identifier: ISC */
/*
 * Departures: from the end of a channel to a free slot
 *
 * What a peer committed before it went is delivered first: the channel drains,
 * keeping its slot and its charges, until it is empty or its deadline passes.
 * A peer that broke the rules, or was revoked, is not drained.  Then the
 * departure is reported, and the slot is free at once.
 */
#include "node/node_state.h"

#include "accounting/quota.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "node/audit.h"
#include "node/terms.h"
#include "os/poll_set.h"

int pst_peer_watch_socket(struct pst_node *node, struct pst_peer *peer)
{
	int r;

	if (peer->socket_is_watched)
		return 0;
	r = pst_poll_set_add(node->set_fd, pst_channel_socket_fd(peer->channel),
			     pst_poll_tag(PST_POLL_PEER_SOCKET,
					  pst_slot_index(peer->handle),
					  peer->generation));
	if (r == 0)
		peer->socket_is_watched = true;
	return r;
}

void pst_peer_unwatch_socket(struct pst_node *node, struct pst_peer *peer)
{
	if (peer->socket_is_watched)
		pst_poll_set_remove(node->set_fd,
				    pst_channel_socket_fd(peer->channel));
	peer->socket_is_watched = false;
}

void pst_peer_unwatch(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_unwatch_socket(node, peer);
	pst_poll_set_remove(node->set_fd, pst_channel_pidfd(peer->channel));
	if (peer->wake_is_watched)
		pst_poll_set_remove(node->set_fd,
				    pst_channel_wake_fd(peer->channel));
	peer->wake_is_watched = false;
}

static void free_slot(struct pst_node *node, struct pst_peer *peer)
{
	pst_slot_handle handle = peer->handle;

	pst_quota_release(node->binding.accounting, &node->charges,
			  pst_slot_index(handle));
	pst_deadline_heap_set(&node->peer_table.deadlines,
			      pst_slot_index(handle), PST_DEADLINE_NEVER);
	pst_peer_credentials_done(&peer->identity.credentials);
	node->may_have_become_due = true; /* what the record left to do */
	peer->state = PST_PEER_FREE;
	pst_peer_table_release(&node->peer_table, handle);
}

void pst_peer_depart(struct pst_node *node, struct pst_peer *peer,
		     enum postern_reason reason)
{
	uint64_t undelivered_bytes = 0;
	const char *fault = NULL;

	pst_node_stats_disconnect(node, peer, reason);
	if (peer->state == PST_PEER_DETACHED) {
		pst_poll_set_remove(node->set_fd,
				    pst_detached_link_fd(peer->detached_link));
		pst_detached_link_end_channel(peer->detached_link, reason);
		peer->detached_link =
			pst_detached_link_unref(peer->detached_link);
	} else {
		pst_peer_unready(peer);
		pst_metering_release_all(&peer->sched.metering);
		pst_peer_leave_meter(node, peer);
		if (!peer->draining)
			pst_peer_unwatch(node, peer);
		peer->draining = false;
		fault = pst_channel_fault(peer->channel);
		/* Perhaps nobody has looked since it was armed. */
		PST_IGNORE(pst_channel_has_message(peer->channel));
		undelivered_bytes = pst_channel_unread_bytes(peer->channel);
		/* It may be the node that ends it: then nothing more is
		 * written for the peer, not even a farewell. */
		pst_channel_end(peer->channel, reason);
		peer->channel = pst_channel_let_go(peer->channel, reason);
	}
	pst_peer_report_gap(node, peer);
	pst_audit_depart(node, peer, reason, fault, undelivered_bytes);
	pst_event_push(node, POSTERN_EVENT_DEPARTED, peer, reason,
		       undelivered_bytes);
	free_slot(node, peer);
}

void pst_peer_notice_end(struct pst_node *node, struct pst_peer *peer)
{
	enum postern_reason reason = pst_channel_end_reason(peer->channel);

	if (peer->draining)
		return;
	if (reason == POSTERN_REASON_POISONED ||
	    reason == POSTERN_REASON_REVOKED ||
	    !(peer->directions & POSTERN_DIRECTION_SEND)) {
		pst_peer_depart(node, peer, reason);
		return;
	}
	/* A dead socket and a dead process stay readable for ever. */
	pst_peer_unwatch(node, peer);
	pst_peer_share_meter(node, peer);
	peer->draining = true;
	pst_peer_mark(node, peer);
	peer->times.drain_deadline_ns =
		pst_deadline_after(node->now_ns, PST_NODE_DRAIN_NS);
	pst_peer_ready(node, peer);
	pst_peer_update_due(node, peer);
}
