/* SPDX-License-Identifier: ISC */
/*
 * The peers of a node: their ends, their deadlines, their channels
 *
 * peer/peer_state.c says what an event does to a peer; this file adds what it
 * means to the node: statistics, meters, audit records, events, the timer.
 *
 * The messages that a peer has left when it exits are received first; it keeps
 * its slot and its charges until there are none or its time is over.  A peer
 * that is disconnected ends at once, whatever its state.  The policy stays as it
 * is, so an allowed peer may connect again.
 */
#include "node/node_internal.h"

#include <errno.h>
#include <string.h>

#include "accounting/quota.h"
#include "base/attributes.h"
#include "channel/channel_detached.h"

int pst_node_transition(struct pst_node *node, struct pst_peer *peer,
			enum pst_peer_event event)
{
	enum pst_peer_state before = peer->state;
	int r;

	r = pst_peer_transition(&node->peer_table, peer, event,
				node->reactor.now_ns);
	assert(r != -ENOTRECOVERABLE);
	if (peer->state != before)
		pst_peer_mark(node, peer);
	if (pst_peer_event_sets_deadline(event))
		node->reactor.deadlines_changed = true;
	return r;
}

/* -- the end --------------------------------------------------------------- */

/* The peer gets the reason, and nothing more is written for it. */
static void end_channel(struct pst_channel *channel, enum postern_reason reason)
{
	pst_channel_end(channel, reason);
	(void)pst_channel_release(channel, reason); /* always NULL */
}

static void end_link(struct pst_detached_link *link, enum postern_reason reason)
{
	pst_detached_link_end_channel(link, reason);
	(void)pst_detached_link_unref(link); /* always NULL */
}

static void release_slot(struct pst_node *node, struct pst_peer *peer)
{
	pst_quota_release(node->binding.accounting, &node->charges,
			  pst_slot_index(peer->handle));
	pst_peer_credentials_done(&peer->identity.credentials);
	pst_peer_table_release(&node->peer_table, peer->handle);
}

/* origin: what has disconnected the peer; NULL: it ends by itself. */
static void end_peer(struct pst_node *node, struct pst_peer *peer,
		     enum postern_reason reason,
		     const struct pst_disconnect_origin *origin)
{
	struct pst_detached_link *link = peer->detached_link;
	struct pst_channel *channel = peer->channel;
	uint64_t undelivered_bytes = 0;
	const char *fault = NULL;

	pst_node_stats_disconnect(node, peer, reason);
	PST_IGNORE(pst_node_transition(node, peer, PST_PEER_EVENT_END));
	if (link)
		end_link(link, reason);
	if (channel) {
		pst_node_retain_meter(node, peer);
		fault = pst_channel_fault(channel);
		/* The ring may not have been read since it was armed. */
		PST_IGNORE(pst_channel_has_message(channel));
		undelivered_bytes = pst_channel_unread_bytes(channel);
		end_channel(channel, reason);
	}
	pst_peer_report_drops(&node->events, peer);
	pst_audit_disconnected(&node->audit, peer, reason, fault,
			       undelivered_bytes, origin);
	pst_event_queue_push(&node->events, POSTERN_NODE_EVENT_DISCONNECTED,
			     peer, reason, undelivered_bytes);
	release_slot(node, peer);
}

void pst_node_end_peer(struct pst_node *node, struct pst_peer *peer,
		       enum postern_reason reason)
{
	end_peer(node, peer, reason, NULL);
}

void pst_node_on_channel_ended(struct pst_node *node, struct pst_peer *peer)
{
	enum postern_reason reason = pst_channel_end_reason(peer->channel);

	if (pst_peer_is_draining(peer))
		return;
	if (reason == POSTERN_REASON_POISONED ||
	    reason == POSTERN_REASON_REVOKED ||
	    reason == POSTERN_REASON_DISCONNECTED ||
	    !(peer->directions & POSTERN_DIRECTION_TO_NODE)) {
		pst_node_end_peer(node, peer, reason);
		return;
	}
	pst_node_share_meter(node, peer);
	PST_IGNORE(pst_node_transition(node, peer,
				       PST_PEER_EVENT_CHANNEL_ENDED));
}

/* -- disconnecting --------------------------------------------------------- */

static const struct pst_disconnect_origin by_api = {
	.by = PST_DISCONNECT_BY_API,
};

void pst_node_revoke_peer(struct pst_node *node, struct pst_peer *peer,
			  const struct postern_error_info *error)
{
	pst_audit_revoked(&node->audit, peer, error);
	end_peer(node, peer, POSTERN_REASON_REVOKED, NULL);
}

static void disconnect_peer(struct pst_node *node, struct pst_peer *peer,
			    const struct pst_disconnect_origin *origin)
{
	end_peer(node, peer, POSTERN_REASON_DISCONNECTED, origin);
}

/* The unread offers of this peer name or, with NULL, of this user, whose
 * handshakes have ended: the user gets no other until they are read. */
static uint32_t
revoke_pending_offers(struct pst_node *node, const char *peer_name,
		      uint64_t user, const struct pst_disconnect_origin *origin)
{
	struct pst_pending_offers *pending = &node->admission.half_open.pending;
	struct pst_offer_holder holder;
	uint32_t count = 0;

	while (pst_pending_offers_revoke(pending, peer_name, user, &holder)) {
		pst_audit_offers_revoked(&node->audit, &holder, origin,
					 node->reactor.now_ns);
		count += (uint32_t)holder.offer_count;
	}
	return count;
}

/* The same for those whose handshakes go on: they end, and leave their offers
 * as revoked ones. */
static uint32_t end_handshakes(struct pst_node *node, const char *peer_name,
			       uint64_t user)
{
	struct pst_half_open *entry;
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &node->admission.half_open.entries[i];
		if (!entry->is_taken || !entry->has_offered ||
		    (peer_name ? strcmp(entry->offer.peer_name, peer_name) != 0
			       : entry->attempt.user != user))
			continue;
		entry->offer.is_revoked = true;
		pst_admission_end(&node->admission, entry,
				  POSTERN_REASON_DISCONNECTED);
		count++;
	}
	return count;
}

/* Pending offers first: those of the handshakes become pending, and each counts
 * once. */
static uint32_t revoke_offers(struct pst_node *node, const char *peer_name,
			      uint64_t user,
			      const struct pst_disconnect_origin *origin)
{
	uint32_t count;

	count = revoke_pending_offers(node, peer_name, user, origin);
	return count + end_handshakes(node, peer_name, user);
}

int pst_node_disconnect(struct pst_node *node, postern_peer handle,
			const struct pst_disconnect_origin *origin)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);
	uint64_t user;

	if (!origin)
		origin = &by_api;
	if (peer)
		disconnect_peer(node, peer, origin);
	else if (pst_half_open_find_offer(&node->admission.half_open, handle,
					  &user))
		(void)revoke_offers(node, NULL, user, origin);
	else
		return -ESTALE;
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	return 0;
}

int pst_node_disconnect_named(struct pst_node *node, const char *peer_name,
			      const struct pst_disconnect_origin *origin,
			      uint32_t *ret_count)
{
	struct pst_peer *peer;
	uint32_t count = 0, i;

	if (!origin)
		origin = &by_api;
	for (i = 0; i < node->peer_table.slot_count; i++) {
		peer = &node->peer_table.peers[i];
		if (peer->state == PST_PEER_FREE ||
		    strcmp(peer->identity.name, peer_name) != 0)
			continue;
		disconnect_peer(node, peer, origin);
		count++;
	}
	count += revoke_offers(node, peer_name, 0, origin);
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	if (count == 0)
		return -ENOENT;
	*ret_count = count;
	return 0;
}

/* -- deadlines ------------------------------------------------------------- */

/* The time for draining runs only while messages are received, so a pause does
 * not cost the messages of a peer that exits meanwhile. */
static uint64_t drain_begin_ns(const struct pst_node *node)
{
	return node->reactor.is_paused ? node->reactor.now_ns
				       : node->reactor.resumed_ns;
}

void pst_node_handle_peer_deadlines(struct pst_node *node)
{
	enum pst_peer_due due;
	struct pst_peer *peer;

	for (;;) {
		due = pst_peer_take_due(&node->peer_table, node->reactor.now_ns,
					drain_begin_ns(node), &peer);
		switch (due) {
		case PST_PEER_DUE_NOTHING:
			return;
		case PST_PEER_DUE_DRAIN_END:
			pst_node_end_peer(
				node, peer,
				pst_channel_end_reason(peer->channel));
			break;
		case PST_PEER_DUE_IDLE_END:
			pst_node_end_peer(node, peer, POSTERN_REASON_IDLE);
			break;
		case PST_PEER_DUE_TOKENS: /* on failure a retry is due */
			PST_IGNORE(pst_node_transition(
				node, peer, PST_PEER_EVENT_TOKENS_DUE));
			break;
		case PST_PEER_DUE_MESSAGE:
			PST_IGNORE(pst_node_transition(node, peer,
						       PST_PEER_EVENT_WOKEN));
			break;
		}
	}
}

/* -- sending --------------------------------------------------------------- */

/* The send may have drained the doorbell of a message from the peer, for which
 * the poll set does not report the socket any more. */
PST_COLD
static void after_full_ring(struct pst_node *node, struct pst_peer *peer)
{
	if (pst_peer_is_draining(peer) ||
	    !(peer->directions & POSTERN_DIRECTION_TO_NODE) ||
	    !pst_channel_is_receiver_woken(peer->channel))
		return;
	PST_IGNORE(pst_node_transition(node, peer, PST_PEER_EVENT_WOKEN));
	pst_node_update_wake(node);
}

/* If the send finds that the channel has ended, its socket hangs up, and the
 * next loop iteration ends the peer. */
int pst_node_send(struct pst_node *node, postern_peer handle, const void *bytes,
		  uint32_t byte_count)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);
	int r;

	if (PST_UNLIKELY(!peer || !peer->channel))
		return -ESTALE;
	r = pst_channel_send(peer->channel, bytes, byte_count);
	if (PST_UNLIKELY(r == -EAGAIN))
		after_full_ring(node, peer);
	pst_peer_mark(node, peer);
	pst_node_update_timer(node);
	return r;
}

/* -- channels of the program ----------------------------------------------- */

int pst_node_channel(struct pst_node *node, postern_peer handle,
		     struct pst_channel **ret_channel)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);
	int r;

	if (!peer || !peer->channel)
		return -ESTALE;
	r = pst_channel_make_wakes(peer->channel);
	if (r == 0)
		r = pst_peer_watch_wake(&node->peer_table, peer);
	if (r < 0)
		return r;
	pst_stats_collector_expose(&node->stats.collector,
				   pst_slot_index(peer->handle));
	pst_node_update_timer(node);
	*ret_channel = pst_channel_ref(peer->channel);
	return 0;
}

/* All that can fail; the peer stays as it is. */
static int prepare_detach(struct pst_node *node, struct pst_peer *peer)
{
	int r;

	r = pst_channel_make_wakes(peer->channel);
	if (r < 0)
		return r;
	/* A reload can still decide about the peer, without its socket. */
	r = pst_peer_credentials_recall_groups(
		pst_channel_socket_fd(peer->channel),
		&peer->identity.credentials);
	if (r < 0)
		return r;
	return pst_peer_create_link(&node->peer_table, peer);
}

int pst_node_detach(struct pst_node *node, postern_peer handle,
		    struct pst_channel **ret_channel)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);
	struct pst_channel *channel;
	int r;

	if (!peer || !peer->channel || pst_peer_is_draining(peer))
		return -ESTALE;
	/* Only receiving by the node can enforce these limits. */
	if (peer->sched.metering.scope_count > 0 || peer->times.idle_ns > 0)
		return -EOPNOTSUPP;
	r = prepare_detach(node, peer);
	if (r < 0)
		return r;
	channel = peer->channel;
	pst_node_stats_detach(node, peer);
	PST_IGNORE(pst_node_transition(node, peer, PST_PEER_EVENT_DETACH));
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	*ret_channel = channel;
	return 0;
}
