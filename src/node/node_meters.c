/* SPDX-License-Identifier: ISC */
/*
 * Meters of a node's peers, from one channel to the next
 *
 * accounting/retained_meters.h says why; this file finds the owner of a channel
 * and its meter.
 */
#include "node/node_internal.h"

#include <string.h>

static struct pst_meter_owner meter_owner(const struct pst_node *node,
					  const struct pst_peer *peer)
{
	const struct pst_charge *charge =
		&node->charges.charges[pst_slot_index(peer->handle)];
	struct pst_meter_owner owner = {
		.has_key = peer->identity.has_metered_key,
		.user = peer->identity.user,
	};

	memcpy(owner.key, peer->identity.key, sizeof(owner.key));
	memcpy(owner.allow_bits, charge->allow_bits, sizeof(owner.allow_bits));
	return owner;
}

/*
 * A throttled peer is not watched, so it may have hung up unnoticed.  Then it
 * drains, and its successor shares its meter.
 */
static void notice_throttled_ends(struct pst_node *node,
				  const struct pst_meter_owner *owner)
{
	struct pst_meter_owner other;
	struct pst_peer *peer;
	uint32_t i;

	for (i = 0; i < node->peer_table.slot_count; i++) {
		peer = &node->peer_table.peers[i];
		if (peer->state != PST_PEER_THROTTLED)
			continue;
		other = meter_owner(node, peer);
		if (!pst_meter_owner_is_same(&other, owner))
			continue;
		pst_channel_drain_doorbell(peer->channel);
		if (pst_channel_end_reason(peer->channel) !=
		    POSTERN_REASON_NONE)
			pst_node_on_channel_ended(node, peer);
	}
}

void pst_node_inherit_meter(struct pst_node *node, struct pst_peer *peer)
{
	const struct pst_metered_scope *scope =
		pst_metering_scope_of(&peer->sched.metering,
				      pst_sched_meter(&peer->sched));
	const struct pst_meter_owner owner = meter_owner(node, peer);

	if (!scope)
		return;
	notice_throttled_ends(node, &owner);
	pst_retained_meters_inherit(&node->retained_meters, &owner,
				    scope->meter, &scope->rate,
				    node->reactor.now_ns);
}

void pst_node_share_meter(struct pst_node *node, struct pst_peer *peer)
{
	struct pst_metered_scope *scope =
		pst_metering_scope_of(&peer->sched.metering,
				      pst_sched_meter(&peer->sched));
	const struct pst_meter_owner owner = meter_owner(node, peer);

	if (!scope)
		return;
	pst_metering_release_all(&peer->sched.metering);
	peer->sched.shared_meter = pst_retained_meters_share(
		&node->retained_meters, &owner, &peer->sched.meter,
		node->reactor.now_ns);
	scope->meter = pst_sched_meter(&peer->sched);
}

void pst_node_retain_meter(struct pst_node *node, struct pst_peer *peer)
{
	const struct pst_meter_owner owner = meter_owner(node, peer);

	if (peer->sched.shared_meter)
		pst_retained_meters_unshare(&node->retained_meters,
					    peer->sched.shared_meter);
	else if (pst_metering_scope_of(&peer->sched.metering,
				       &peer->sched.meter))
		pst_retained_meters_add(&node->retained_meters, &owner,
					&peer->sched.meter,
					node->reactor.now_ns);
	peer->sched.shared_meter = NULL;
}
