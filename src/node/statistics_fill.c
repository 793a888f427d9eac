/* SPDX-License-Identifier: ISC */
/*
 * Statistics of a node as the structs that others see
 *
 * What was counted, and what the node knows of its peers anyway.
 */
#include "node/statistics.h"

#include <errno.h>
#include <string.h>

#include "node/node_state.h"
#include "os/monotonic.h"

/* -- all of it as structs -------------------------------------------------- */

static uint32_t half_open_slots(const struct pst_node *node)
{
	uint32_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		count += node->half_open.entries[i].is_taken &&
			 node->half_open.entries[i].slot != 0;
	return count;
}

static uint32_t half_open_count(const struct pst_node *node)
{
	uint32_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		count += node->half_open.entries[i].is_taken;
	return count;
}

void pst_statistics_fill_node(const struct pst_node *node,
			      struct postern_node_statistics *ret_stats)
{
	const struct pst_statistics *statistics = &node->statistics;
	uint64_t implausible_count =
		statistics->total.latency.implausible_count;

	*ret_stats = statistics->total;
	ret_stats->half_open_count = half_open_count(node);
	ret_stats->slots_used = ret_stats->peer_count + half_open_slots(node);
	ret_stats->audit_record_count = node->audit_trail.record_count;
	ret_stats->audit_suppressed_count = node->audit_trail.suppressed_count;
	pst_histogram_describe(&statistics->latency, &ret_stats->latency);
	ret_stats->latency.implausible_count = implausible_count;
}

static uint64_t throttled_ns(const struct pst_peer *peer)
{
	if (peer->state != PST_PEER_THROTTLED)
		return peer->times.throttled_ns;
	return peer->times.throttled_ns + pst_monotonic_now_ns() -
	       peer->times.throttled_since_ns;
}

void pst_statistics_fill_peer(const struct pst_node *node,
			      const struct pst_peer *peer,
			      struct postern_peer_statistics *ret_stats)
{
	const struct pst_slot_statistics *slot =
		&node->statistics
			 .slots[pst_peer_index(&node->peer_table, peer)];
	struct postern_peer_statistics stats = {
		.size_bytes = sizeof(stats),
		.peer = peer->handle,
		.slot_index = pst_slot_index(peer->handle),
		.generation = peer->generation,
		.uid = peer->identity.uid,
		.gid = peer->identity.gid,
		.pid = peer->identity.pid,
		.directions = peer->directions,
		.state = slot->state,
		.flags = (slot->is_draining ? POSTERN_PEER_DRAINING : 0u) |
			 (slot->is_stuck ? POSTERN_PEER_STUCK : 0u),
		.receive_ring_bytes = slot->receive_ring_bytes,
		.send_ring_bytes = slot->send_ring_bytes,
		.admitted_ns = peer->times.connected_ns,
		.throttled_count = peer->times.throttled_count,
		.throttled_ns = throttled_ns(peer),
		.channel = slot->channel,
	};

	memcpy(stats.name, peer->identity.name, sizeof(stats.name));
	memcpy(stats.instance, peer->identity.instance, sizeof(stats.instance));
	memcpy(stats.tenant, peer->identity.tenant, sizeof(stats.tenant));
	*ret_stats = stats;
}

/* -- for the program itself ------------------------------------------------ */

void pst_node_stats(struct pst_node *node, struct postern_node_statistics *ret_stats)
{
	pst_statistics_collect(node, pst_monotonic_now_ns());
	pst_statistics_fill_node(node, ret_stats);
	/* Nothing is left to be shown, so nobody is to be woken for that. */
	node->may_have_become_due = true;
	pst_node_update_timer(node);
}

int pst_node_peer_stats(struct pst_node *node, postern_peer handle,
			struct postern_peer_statistics *ret_stats)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);

	if (!peer)
		return -ESTALE;
	pst_statistics_look_at_peer(node, peer, pst_monotonic_now_ns());
	pst_peer_mark(node, peer); /* others have not seen it yet */
	pst_statistics_fill_peer(node, peer, ret_stats);
	pst_node_update_timer(node);
	return 0;
}

int pst_node_next_peer(const struct pst_node *node, postern_peer previous,
		       postern_peer *ret_peer)
{
	uint32_t index = previous == 0 ? 0 : pst_slot_index(previous) + 1;

	for (; index < node->peer_table.slot_count; index++) {
		if (node->peer_table.peers[index].state == PST_PEER_FREE)
			continue;
		*ret_peer = node->peer_table.peers[index].handle;
		return 0;
	}
	return -ENOENT;
}
