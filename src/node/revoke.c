/* SPDX-License-Identifier: ISC */
/*
 * Revoking: peers lose their admission, whatever they are doing
 *
 * The policy stays as it is, so whoever is allowed may come again: this ends
 * what is, and a reload what may be.  Nobody is asked, nothing is drained; the
 * departure is that of any other peer, but it happens now.
 */
#include "node/revoke.h"

#include <errno.h>
#include <string.h>


static const struct pst_disconnect_origin our_program = {
	.by = PST_DISCONNECT_BY_API,
};

static void take_back(struct pst_node *node, struct pst_peer *peer,
		      const struct pst_disconnect_origin *origin)
{
	pst_audit_revoked(&node->audit, peer, origin, NULL);
	pst_node_end_peer(node, peer, POSTERN_REASON_REVOKED);
}

/* A handshake with an unread OFFER or STATS blocks more of them from now on. */
static void end_handshake(struct pst_node *node, struct pst_half_open *entry)
{
	entry->offer.is_revoked = true;
	pst_admission_end(&node->admission, entry, POSTERN_REASON_REVOKED);
}

/* The handshakes have ended; the offers that nothing can take back remain. */
static uint32_t revoke_pending_offers(struct pst_node *node,
				      const char *peer_name, uint64_t user,
				      const struct pst_disconnect_origin *origin)
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

/* All that the user of this handle has not read. */
static int revoke_offers_of(struct pst_node *node, postern_peer handle,
			    const struct pst_disconnect_origin *origin)
{
	struct pst_half_open_table *table = &node->admission.half_open;
	struct pst_half_open *entry;
	uint64_t user;
	size_t i;

	if (!pst_half_open_find_offer(table, handle, &user))
		return -ESTALE;
	(void)revoke_pending_offers(node, NULL, user, origin);
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &node->admission.half_open.entries[i];
		if (entry->is_taken && entry->has_offered &&
		    entry->attempt.user == user)
			end_handshake(node, entry);
	}
	return 0;
}

int pst_revoke_peer(struct pst_node *node, postern_peer handle,
		    const struct pst_disconnect_origin *origin)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);

	if (!peer)
		return revoke_offers_of(node, handle, origin);
	take_back(node, peer, origin);
	return 0;
}

static bool is_called(const struct pst_peer *peer, const char *peer_name)
{
	return strcmp(peer->identity.name, peer_name) == 0;
}

/* Decided already, but not admitted yet. */
static uint32_t refuse_handshakes(struct pst_node *node, const char *peer_name)
{
	struct pst_half_open *entry;
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &node->admission.half_open.entries[i];
		if (!entry->is_taken || !entry->has_offered ||
		    strcmp(entry->offer.peer_name, peer_name) != 0)
			continue;
		end_handshake(node, entry);
		count++;
	}
	return count;
}

uint32_t pst_revoke_named(struct pst_node *node, const char *peer_name,
			  const struct pst_disconnect_origin *origin)
{
	uint32_t count = 0, i;

	for (i = 0; i < node->peer_table.slot_count; i++) {
		if (node->peer_table.peers[i].state == PST_PEER_FREE ||
		    !is_called(&node->peer_table.peers[i], peer_name))
			continue;
		take_back(node, &node->peer_table.peers[i], origin);
		count++;
	}
	/* First those that have ended by themselves: each counts once. */
	count += revoke_pending_offers(node, peer_name, 0, origin);
	return count + refuse_handshakes(node, peer_name);
}

int pst_node_revoke(struct pst_node *node, postern_peer handle)
{
	int r;

	r = pst_revoke_peer(node, handle, &our_program);
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	return r;
}

int pst_node_revoke_named(struct pst_node *node, const char *peer_name,
			  uint32_t *ret_count)
{
	uint32_t count;

	count = pst_revoke_named(node, peer_name, &our_program);
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	if (count == 0)
		return -ENOENT;
	*ret_count = count;
	return 0;
}
