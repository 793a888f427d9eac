/* SPDX-License-Identifier: ISC */
/*
 * Statistics collector: the totals of a node from what its channels count
 *
 * An event only marks the slot of its peer as changed, so a message costs one
 * test of a flag.  At most once in a publish interval, the node samples the
 * changed slots; the collector adds the differences from the last sample to the
 * totals.  The counts of a peer stay in the totals after it has disconnected.
 *
 * A channel that another thread may send on is exposed: it changes without an
 * event.  The node reads its positions in each publish interval while something
 * moves, otherwise after a wake-up of the channel, or after a second.
 *
 * The collector makes no system call; the node passes the time.
 */
#ifndef POSTERN_STATS_STATS_COLLECTOR_H
#define POSTERN_STATS_STATS_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/attributes.h"
#include "base/histogram.h"

/* One slot: the last sample of its peer.  All zero: never used. */
struct pst_stats_slot {
	bool is_changed;
	bool is_counted;        /* in the totals: the slot has a peer */
	bool is_draining;       /* as counted, and so is the state */
	bool is_stuck;
	bool was_used;          /* by this peer or by an earlier one */
	enum postern_peer_state state;
	uint32_t exposed_place; /* in the exposed list, plus 1; 0: not in it */
	uint32_t to_node_ring_bytes;
	uint32_t from_node_ring_bytes;

	/* The counters that are in the totals already.  Once the channel is
	 * detached they stay as they are. */
	struct postern_channel_statistics channel;

	uint64_t sent_pos;
	uint64_t consumed_pos;
	uint64_t moved_ns;      /* when consumed_pos last changed */
};

struct pst_stats_collector {
	uint64_t due_ns;        /* of the next update; PST_DEADLINE_NEVER */
	uint64_t earliest_ns;   /* no update before */
	bool has_unpublished;
	bool exposed_is_active; /* in this update, an exposed channel moves, or
				 * is about to */
	struct pst_stats_slot *slots;
	uint32_t *changed;      /* slot indices */
	uint32_t changed_count;
	uint32_t *exposed;      /* slot indices */
	uint32_t exposed_count;
	struct postern_node_statistics total;
	struct pst_histogram latency; /* of all channels, past ones too */
};

/* The positions up to which a channel has sent, and its peer has consumed (which
 * the peer writes, so it can be any number), and the sends that found the ring
 * full. */
struct pst_stats_positions {
	uint64_t sent_pos;
	uint64_t consumed_pos;
	uint64_t send_full_count;
};

/* One sample of a peer. */
struct pst_stats_sample {
	enum postern_peer_state state;
	bool is_draining;
	bool has_channel;       /* false: detached, and the rest is not set */
	struct pst_stats_positions positions;
	struct postern_channel_statistics channel;
};

/*
 * slots has slot_count elements, all zero, and changed and exposed have room
 * for as many.  They must outlive the collector.
 */
void pst_stats_collector_init(struct pst_stats_collector *collector,
			      struct pst_stats_slot *borrow_slots,
			      uint32_t *borrow_changed,
			      uint32_t *borrow_exposed, uint32_t slot_count);

/* Changes */

/* Something of the node itself has changed. */
void pst_stats_collector_note_change(struct pst_stats_collector *collector);
void pst_stats_collector_add_changed(struct pst_stats_collector *collector,
				     uint32_t slot_index);

void pst_stats_collector_count_refused(struct pst_stats_collector *collector,
				       enum postern_reason reason);
void pst_stats_collector_count_reload(struct pst_stats_collector *collector,
				      bool is_done);

/* Peers */

void pst_stats_collector_add_peer(struct pst_stats_collector *collector,
				  uint32_t slot_index,
				  uint32_t to_node_ring_bytes,
				  uint32_t from_node_ring_bytes);

/* After a last update, while the peer still has its channel. */
void pst_stats_collector_detach_peer(struct pst_stats_collector *collector,
				     uint32_t slot_index);
void pst_stats_collector_remove_peer(struct pst_stats_collector *collector,
				     uint32_t slot_index,
				     enum postern_reason reason);

/* Exposed channels */

void pst_stats_collector_expose(struct pst_stats_collector *collector,
				uint32_t slot_index);
bool pst_stats_collector_has_moved(const struct pst_stats_collector *collector,
				   uint32_t slot_index,
				   const struct pst_stats_positions *positions);

/*
 * Mark the slot as changed if the channel has moved or has messages that wait.
 * If neither, and no other thread may send any more, it is no longer exposed.
 */
void
pst_stats_collector_check_exposed(struct pst_stats_collector *collector,
				  uint32_t slot_index,
				  const struct pst_stats_positions *positions,
				  bool is_exposed);

/*
 * Updates, from due_ns on: check every exposed channel (from the last to the
 * first of the list, which may become shorter), take and update every changed
 * slot, end.
 */

/* False: no slot is left. */
bool pst_stats_collector_take_changed(struct pst_stats_collector *collector,
				      uint32_t *ret_slot_index);
void pst_stats_collector_update(struct pst_stats_collector *collector,
				uint32_t slot_index,
				const struct pst_stats_sample *sample,
				uint64_t now_ns);

/* Nothing is unpublished now; this sets the time of the next update. */
void pst_stats_collector_end(struct pst_stats_collector *collector,
			     uint64_t now_ns);

/* The update that began at now_ns took cost_ns: limit the share of the time. */
void pst_stats_collector_limit(struct pst_stats_collector *collector,
			       uint64_t now_ns, uint64_t cost_ns);

/* On the data path. */
static inline void
pst_stats_collector_mark(struct pst_stats_collector *collector,
			 uint32_t slot_index)
{
	if (PST_UNLIKELY(!collector->slots[slot_index].is_changed))
		pst_stats_collector_add_changed(collector, slot_index);
}

#endif
