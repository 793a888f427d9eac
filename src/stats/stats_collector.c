/* SPDX-License-Identifier: ISC */
/*
 * Statistics collector: the totals of a node from what its channels count
 *
 * Each update of a slot adds what is new to the totals.  Latency is different:
 * adding up the histograms of a thousand channels would cost more than all the
 * rest, so each channel also records into the histogram of the node.
 */
#include "stats/stats_collector.h"

#include <string.h>

#include "base/clock.h"

/* Updates are at least this far apart, and take at most this share (one 64th)
 * of the node's time. */
#define PUBLISH_INTERVAL_NS UINT64_C(100000000)
#define MAX_CPU_SHARE 64

/* How often the positions of exposed channels are read while none of them
 * moves. */
#define EXPOSED_INTERVAL_NS PST_NS_PER_SECOND

/* A peer that has consumed nothing for so long, with messages to consume, is
 * stuck. */
#define STUCK_NS PST_NS_PER_SECOND

void pst_stats_collector_init(struct pst_stats_collector *collector,
			      struct pst_stats_slot *borrow_slots,
			      uint32_t *borrow_changed,
			      uint32_t *borrow_exposed, uint32_t slot_count)
{
	memset(collector, 0, sizeof(*collector));
	collector->due_ns = PST_DEADLINE_NEVER;
	collector->slots = borrow_slots;
	collector->changed = borrow_changed;
	collector->exposed = borrow_exposed;
	collector->total.size_bytes = sizeof(collector->total);
	collector->total.slot_count = slot_count;
}

/* -- changes --------------------------------------------------------------- */

void pst_stats_collector_note_change(struct pst_stats_collector *collector)
{
	if (collector->has_unpublished)
		return;
	collector->has_unpublished = true;
	collector->due_ns = pst_deadline_earlier(collector->due_ns,
						 collector->earliest_ns);
}

void pst_stats_collector_add_changed(struct pst_stats_collector *collector,
				     uint32_t slot_index)
{
	collector->slots[slot_index].is_changed = true;
	collector->changed[collector->changed_count++] = slot_index;
	pst_stats_collector_note_change(collector);
}

void pst_stats_collector_count_refused(struct pst_stats_collector *collector,
				       enum postern_reason reason)
{
	collector->total.refused_count++;
	if ((unsigned)reason < POSTERN_REASON_CAPACITY)
		collector->total.refused_by_reason[reason]++;
	pst_stats_collector_note_change(collector);
}

void pst_stats_collector_count_reload(struct pst_stats_collector *collector,
				      bool is_done)
{
	if (is_done)
		collector->total.reload_count++;
	else
		collector->total.reload_failed_count++;
	pst_stats_collector_note_change(collector);
}

/* -- peers in the totals --------------------------------------------------- */

static uint32_t *state_count(struct postern_node_statistics *total,
			     enum postern_peer_state state)
{
	switch (state) {
	case POSTERN_PEER_READY:
		return &total->ready_count;
	case POSTERN_PEER_THROTTLED:
		return &total->throttled_count;
	case POSTERN_PEER_DETACHED:
		return &total->detached_count;
	case POSTERN_PEER_IDLE:
	default:
		return NULL;
	}
}

/* difference: 1, or UINT32_MAX for one less. */
static void count_state(struct postern_node_statistics *total,
			const struct pst_stats_slot *slot, uint32_t difference)
{
	uint32_t *count = state_count(total, slot->state);

	if (count)
		*count += difference;
	if (slot->is_draining)
		total->draining_count += difference;
}

static void unexpose(struct pst_stats_collector *collector, uint32_t slot_index)
{
	uint32_t place = collector->slots[slot_index].exposed_place;
	uint32_t last;

	if (place == 0)
		return;
	last = collector->exposed[--collector->exposed_count];
	collector->exposed[place - 1] = last;
	collector->slots[last].exposed_place = place;
	collector->slots[slot_index].exposed_place = 0;
}

void pst_stats_collector_add_peer(struct pst_stats_collector *collector,
				  uint32_t slot_index,
				  uint32_t to_node_ring_bytes,
				  uint32_t from_node_ring_bytes)
{
	struct pst_stats_slot *slot = &collector->slots[slot_index];

	collector->total.peer_count++;
	collector->total.connected_count++;
	collector->total.slots_recycled_count += slot->was_used;
	*slot = (struct pst_stats_slot) {
		.is_changed = slot->is_changed,
		.is_counted = true,
		.was_used = true,
		.state = POSTERN_PEER_IDLE,
		.to_node_ring_bytes = to_node_ring_bytes,
		.from_node_ring_bytes = from_node_ring_bytes,
	};
	pst_stats_collector_mark(collector, slot_index);
}

void pst_stats_collector_detach_peer(struct pst_stats_collector *collector,
				     uint32_t slot_index)
{
	unexpose(collector, slot_index);
	collector->slots[slot_index].is_stuck = false;
	pst_stats_collector_mark(collector, slot_index);
}

void pst_stats_collector_remove_peer(struct pst_stats_collector *collector,
				     uint32_t slot_index,
				     enum postern_reason reason)
{
	struct postern_node_statistics *total = &collector->total;
	struct pst_stats_slot *slot = &collector->slots[slot_index];

	count_state(total, slot, UINT32_MAX);
	unexpose(collector, slot_index);
	slot->is_counted = false;
	total->peer_count--;
	total->disconnected_count++;
	if ((unsigned)reason < POSTERN_REASON_CAPACITY)
		total->disconnected_by_reason[reason]++;
	pst_stats_collector_mark(collector, slot_index);
}

/* -- exposed channels ------------------------------------------------------ */

void pst_stats_collector_expose(struct pst_stats_collector *collector,
				uint32_t slot_index)
{
	struct pst_stats_slot *slot = &collector->slots[slot_index];

	if (slot->exposed_place != 0)
		return;
	collector->exposed[collector->exposed_count++] = slot_index;
	slot->exposed_place = collector->exposed_count;
	pst_stats_collector_note_change(collector);
}

bool pst_stats_collector_has_moved(const struct pst_stats_collector *collector,
				   uint32_t slot_index,
				   const struct pst_stats_positions *positions)
{
	const struct pst_stats_slot *slot = &collector->slots[slot_index];

	return positions->sent_pos != slot->sent_pos ||
	       positions->consumed_pos != slot->consumed_pos ||
	       positions->send_full_count !=
		       slot->channel.send_full_count;
}

void
pst_stats_collector_check_exposed(struct pst_stats_collector *collector,
				  uint32_t slot_index,
				  const struct pst_stats_positions *positions,
				  bool is_exposed)
{
	bool has_moved = pst_stats_collector_has_moved(collector, slot_index,
						       positions);
	bool has_waiting = positions->sent_pos != positions->consumed_pos;

	if (has_moved || has_waiting)
		pst_stats_collector_mark(collector, slot_index);
	else if (!is_exposed)
		unexpose(collector, slot_index);
	/* A peer that is stuck does not require frequent updates. */
	if (has_moved ||
	    (has_waiting && !collector->slots[slot_index].is_stuck))
		collector->exposed_is_active = true;
}

/* -- updates --------------------------------------------------------------- */

bool pst_stats_collector_take_changed(struct pst_stats_collector *collector,
				      uint32_t *ret_slot_index)
{
	uint32_t slot_index;

	if (collector->changed_count == 0)
		return false;
	slot_index = collector->changed[--collector->changed_count];
	collector->slots[slot_index].is_changed = false;
	*ret_slot_index = slot_index;
	return true;
}

static void add_traffic(struct postern_node_statistics *total,
			const struct postern_channel_statistics *now,
			const struct postern_channel_statistics *before)
{
	total->received_messages += now->received_messages -
				    before->received_messages;
	total->received_bytes += now->received_bytes - before->received_bytes;
	total->sent_messages += now->sent_messages - before->sent_messages;
	total->sent_bytes += now->sent_bytes - before->sent_bytes;
	total->dropped_messages += now->dropped_messages -
				   before->dropped_messages;
	total->dropped_bytes += now->dropped_bytes - before->dropped_bytes;
	total->send_full_count += now->send_full_count -
				     before->send_full_count;
	total->latency.implausible_count += now->latency.implausible_count -
					    before->latency.implausible_count;
}

static void detect_stuck(struct pst_stats_slot *slot,
			 const struct pst_stats_sample *sample, uint64_t now_ns)
{
	const struct pst_stats_positions *positions = &sample->positions;

	if (positions->consumed_pos != slot->consumed_pos ||
	    slot->sent_pos == slot->consumed_pos)
		slot->moved_ns = now_ns;
	slot->sent_pos = positions->sent_pos;
	slot->consumed_pos = positions->consumed_pos;
	slot->is_stuck = slot->sent_pos != slot->consumed_pos &&
			 !sample->is_draining &&
			 now_ns - slot->moved_ns >= STUCK_NS;
}

void pst_stats_collector_update(struct pst_stats_collector *collector,
				uint32_t slot_index,
				const struct pst_stats_sample *sample,
				uint64_t now_ns)
{
	struct postern_node_statistics *total = &collector->total;
	struct pst_stats_slot *slot = &collector->slots[slot_index];

	count_state(total, slot, UINT32_MAX);
	slot->state = sample->state;
	slot->is_draining = sample->is_draining;
	count_state(total, slot, 1);
	if (!sample->has_channel)
		return;
	add_traffic(total, &sample->channel, &slot->channel);
	slot->channel = sample->channel;
	detect_stuck(slot, sample, now_ns);
}

void pst_stats_collector_end(struct pst_stats_collector *collector,
			     uint64_t now_ns)
{
	collector->total.updated_ns = now_ns;
	collector->has_unpublished = false;
	collector->due_ns = PST_DEADLINE_NEVER;
	if (collector->exposed_count > 0)
		collector->due_ns = pst_deadline_after(
			now_ns, collector->exposed_is_active ?
				PUBLISH_INTERVAL_NS : EXPOSED_INTERVAL_NS);
	collector->exposed_is_active = false;
}

void pst_stats_collector_limit(struct pst_stats_collector *collector,
			       uint64_t now_ns, uint64_t cost_ns)
{
	uint64_t interval_ns = PUBLISH_INTERVAL_NS;

	if (cost_ns > PUBLISH_INTERVAL_NS / MAX_CPU_SHARE)
		interval_ns = cost_ns * MAX_CPU_SHARE;
	collector->earliest_ns = pst_deadline_after(now_ns, interval_ns);
	if (collector->due_ns < collector->earliest_ns)
		collector->due_ns = collector->earliest_ns;
}
