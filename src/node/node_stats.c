/* SPDX-License-Identifier: ISC */
/*
 * Statistics of a node: sample its peers, publish the results
 */
#include "node/node_stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "node/node_internal.h"
#include "os/monotonic.h"
#include "os/own_process.h"

/* -- samples --------------------------------------------------------------- */

static enum postern_peer_state public_state(const struct pst_peer *peer)
{
	switch (peer->state) {
	case PST_PEER_READY:
	case PST_PEER_DRAINING:
		return POSTERN_PEER_READY;
	case PST_PEER_THROTTLED:
	case PST_PEER_DRAINING_THROTTLED:
		return POSTERN_PEER_THROTTLED;
	case PST_PEER_DETACHED:
		return POSTERN_PEER_DETACHED;
	case PST_PEER_FREE:
	case PST_PEER_IDLE:
	default:
		return POSTERN_PEER_IDLE;
	}
}

static struct pst_stats_positions
sample_positions(const struct pst_channel *channel)
{
	struct pst_stats_positions positions;

	pst_channel_positions_sent(channel, &positions.sent_pos,
				   &positions.consumed_pos,
				   &positions.send_full_count);
	return positions;
}

static void sample_peer(struct pst_node *node, const struct pst_peer *peer,
			uint64_t now_ns)
{
	struct pst_stats_sample sample;

	sample.state = public_state(peer);
	sample.is_draining = pst_peer_is_draining(peer);
	sample.has_channel = peer->channel != NULL;
	if (sample.has_channel) {
		pst_channel_stats(peer->channel, &sample.channel);
		sample.positions = sample_positions(peer->channel);
	}
	pst_stats_collector_update(&node->stats.collector,
				   pst_slot_index(peer->handle), &sample,
				   now_ns);
}

void pst_node_stats_connect(struct pst_node *node, struct pst_peer *peer)
{
	struct pst_stats_collector *collector = &node->stats.collector;
	struct postern_channel_info limits;

	pst_channel_info(peer->channel, &limits);
	pst_stats_collector_add_peer(collector, pst_slot_index(peer->handle),
				     limits.receive_ring_bytes,
				     limits.send_ring_bytes);
	pst_channel_record_latency_to(peer->channel, &collector->latency);
}

void pst_node_stats_disconnect(struct pst_node *node, struct pst_peer *peer,
			       enum postern_reason reason)
{
	sample_peer(node, peer, pst_monotonic_now_ns());
	if (peer->channel)
		pst_channel_record_latency_to(peer->channel, NULL);
	pst_stats_collector_remove_peer(&node->stats.collector,
					pst_slot_index(peer->handle), reason);
}

void pst_node_stats_detach(struct pst_node *node, const struct pst_peer *peer)
{
	sample_peer(node, peer, pst_monotonic_now_ns());
	pst_channel_record_latency_to(peer->channel, NULL);
	pst_stats_collector_detach_peer(&node->stats.collector,
					pst_slot_index(peer->handle));
}

/* -- as public structs ----------------------------------------------------- */

static void fill_node(const struct pst_node *node,
		      struct postern_node_statistics *ret_stats)
{
	const struct pst_stats_collector *collector = &node->stats.collector;
	const struct pst_half_open *entry;
	uint32_t i;

	*ret_stats = collector->total;
	ret_stats->slots_used = ret_stats->peer_count;
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &node->admission.half_open.entries[i];
		ret_stats->half_open_count += entry->is_taken;
		ret_stats->slots_used += entry->is_taken && entry->slot != 0;
	}
	ret_stats->events_missed_count = node->events.missed_total;
	ret_stats->audit_record_count = node->audit.record_count;
	ret_stats->audit_suppressed_count = node->audit.suppressed_count;
	pst_histogram_describe(&collector->latency, &ret_stats->latency);
	ret_stats->latency.implausible_count =
		collector->total.latency.implausible_count;
}

static uint64_t throttled_ns(const struct pst_peer *peer)
{
	if (!pst_peer_is_throttled(peer))
		return peer->times.throttled_ns;
	return peer->times.throttled_ns + pst_monotonic_now_ns() -
	       peer->times.throttled_since_ns;
}

static void fill_peer(const struct pst_node *node, const struct pst_peer *peer,
		      struct postern_peer_statistics *ret_stats)
{
	const struct pst_stats_slot *slot =
		&node->stats.collector.slots[pst_slot_index(peer->handle)];
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
		.to_node_ring_bytes = slot->to_node_ring_bytes,
		.from_node_ring_bytes = slot->from_node_ring_bytes,
		.connected_ns = peer->times.connected_ns,
		.throttled_count = peer->times.throttled_count,
		.throttled_ns = throttled_ns(peer),
		.channel = slot->channel,
	};

	memcpy(stats.peer_name, peer->identity.name, sizeof(stats.peer_name));
	memcpy(stats.instance, peer->identity.instance, sizeof(stats.instance));
	memcpy(stats.tenant, peer->identity.tenant, sizeof(stats.tenant));
	*ret_stats = stats;
}

/* -- publishing ------------------------------------------------------------ */

static void write_node(struct pst_node *node)
{
	struct postern_node_statistics stats;

	if (!pst_stats_segment_is_open(&node->stats.segment))
		return;
	fill_node(node, &stats);
	pst_stats_write_node(&node->stats.segment.writer, &stats);
}

static void write_peer(struct pst_node *node, uint32_t slot_index)
{
	struct pst_node_stats *node_stats = &node->stats;
	struct postern_peer_statistics stats;
	bool has_peer = node_stats->collector.slots[slot_index].is_counted;

	if (!pst_stats_segment_is_open(&node_stats->segment))
		return;
	if (has_peer)
		fill_peer(node, &node->peer_table.peers[slot_index], &stats);
	pst_stats_write_peer(&node_stats->segment.writer, slot_index,
			     has_peer ? &stats : NULL);
}

static int open_segment(struct pst_node *node)
{
	uint32_t i;
	int r;

	r = pst_stats_segment_open(&node->stats.segment,
				   node->peer_table.slot_count, node->features,
				   node->binding.group);
	if (r < 0)
		return r;
	for (i = 0; i < node->peer_table.slot_count; i++)
		if (node->stats.collector.slots[i].is_counted)
			write_peer(node, i);
	write_node(node);
	return 0;
}

int pst_node_stats_renew_segment(struct pst_node *node)
{
	int r;

	pst_stats_segment_close(&node->stats.segment, PST_STATS_RETIRED);
	r = open_segment(node);
	/* One record when it begins to be missing, not one for each attempt. */
	if (r < 0 && !node->stats.segment_is_missing)
		pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "statistics",
			       "no segment for the statistics: no process can "
			       "observe until one can be made", r);
	node->stats.segment_is_missing = r < 0;
	return r;
}

int pst_node_stats_need_segment(struct pst_node *node)
{
	return pst_stats_segment_is_open(&node->stats.segment)
		       ? 0
		       : pst_node_stats_renew_segment(node);
}

/* A channel on which nothing moves signals when that changes. */
static void check_exposed(struct pst_node *node, uint32_t slot_index)
{
	struct pst_stats_collector *collector = &node->stats.collector;
	struct pst_channel *channel =
		node->peer_table.peers[slot_index].channel;
	struct pst_stats_positions positions = sample_positions(channel);

	if (!pst_stats_collector_has_moved(collector, slot_index, &positions)) {
		pst_channel_await_sending(channel);
		positions = sample_positions(channel);
	}
	pst_stats_collector_check_exposed(collector, slot_index, &positions,
					  pst_channel_has_other_refs(channel));
}

/* Sample and publish all that has changed, due or not. */
static void update(struct pst_node *node, uint64_t now_ns)
{
	struct pst_stats_collector *collector = &node->stats.collector;
	uint32_t i, slot_index;

	for (i = collector->exposed_count; i > 0; i--)
		check_exposed(node, collector->exposed[i - 1]);
	/* The totals are kept without a segment, too. */
	(void)pst_node_stats_need_segment(node);
	while (pst_stats_collector_take_changed(collector, &slot_index)) {
		if (collector->slots[slot_index].is_counted)
			sample_peer(node, &node->peer_table.peers[slot_index],
				    now_ns);
		write_peer(node, slot_index);
	}
	pst_stats_collector_end(collector, now_ns);
	write_node(node);
}

void pst_node_stats_publish(struct pst_node *node, uint64_t now_ns)
{
	struct pst_stats_collector *collector = &node->stats.collector;

	if (!pst_deadline_has_passed(collector->due_ns, now_ns))
		return;
	update(node, now_ns);
	pst_stats_collector_limit(collector, now_ns,
				  pst_monotonic_now_ns() - now_ns);
}

/* -- lifecycle ------------------------------------------------------------- */

int pst_node_stats_open(struct pst_node *node)
{
	struct pst_stats_collector *collector = &node->stats.collector;
	struct postern_node_statistics *total = &collector->total;
	size_t slot_count = node->peer_table.slot_count;
	struct pst_stats_slot *slots;
	uint32_t *lists;

	slots = calloc(slot_count, sizeof(slots[0]));
	lists = calloc(slot_count, 2 * sizeof(lists[0]));
	if (!slots || !lists) {
		free(lists);
		free(slots);
		return -ENOMEM;
	}
	pst_stats_collector_init(collector, slots, lists, lists + slot_count,
				 node->peer_table.slot_count);
	total->pid = (int32_t)pst_own_pid();
	total->uid = (uint32_t)node->owner;
	total->opened_ns = pst_monotonic_now_ns();
	total->updated_ns = total->opened_ns;
	memcpy(total->node_name, node->name, sizeof(total->node_name));
	return open_segment(node);
}

void pst_node_stats_close(struct pst_node *node)
{
	struct pst_stats_collector *collector = &node->stats.collector;
	uint32_t i;

	if (!collector->slots)
		return;
	for (i = 0; i < node->peer_table.slot_count; i++)
		if (node->peer_table.peers[i].channel &&
		    collector->slots[i].is_counted)
			pst_channel_record_latency_to(
				node->peer_table.peers[i].channel, NULL);
	if (pst_stats_segment_is_open(&node->stats.segment))
		update(node, pst_monotonic_now_ns());
	pst_stats_segment_close(&node->stats.segment, PST_STATS_CLOSED);
	free(collector->changed); /* the exposed list too */
	free(collector->slots);
	collector->changed = NULL;
	collector->slots = NULL;
}

/* -- for the program that owns the node ------------------------------------ */

void pst_node_stats(struct pst_node *node,
		    struct postern_node_statistics *ret_stats)
{
	update(node, pst_monotonic_now_ns());
	fill_node(node, ret_stats);
	/* Nothing is left to publish, so a later deadline may be the next. */
	node->reactor.deadlines_changed = true;
	pst_node_update_timer(node);
}

int pst_node_peer_stats(struct pst_node *node, postern_peer handle,
			struct postern_peer_statistics *ret_stats)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);

	if (!peer)
		return -ESTALE;
	sample_peer(node, peer, pst_monotonic_now_ns());
	pst_peer_mark(node, peer); /* it is not published yet */
	fill_peer(node, peer, ret_stats);
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
