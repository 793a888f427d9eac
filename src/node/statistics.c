/* SPDX-License-Identifier: ISC */
/*
 * Statistics of a node: counting and adding up
 *
 * Totals are kept, not made: each look at a peer adds what is new.  The node's
 * latency is the exception: its channels record into one histogram of the node
 * beside their own, as adding up a thousand of them would cost more than all
 * the rest.
 */
#include "node/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "node/node_state.h"
#include "os/monotonic.h"
#include "os/own_process.h"

/* Not more often than that, nor for more than a share of the node's time. */
#define BEAT_NS UINT64_C(100000000)
#define BEAT_SHARE 64

/* How often a channel is looked at that another thread may send on, while
 * nothing moves on it, and how long its peer may take nothing of what was
 * sent. */
#define SHARED_BEAT_NS PST_NS_PER_SECOND
#define STUCK_NS PST_NS_PER_SECOND

static struct pst_slot_statistics *slot_of(struct pst_node *node,
					   const struct pst_peer *peer)
{
	return &node->statistics.slots[pst_peer_index(&node->peer_table, peer)];
}

/* -- lifecycle ------------------------------------------------------------- */

void pst_statistics_init(struct pst_statistics *statistics)
{
	statistics->due_ns = PST_DEADLINE_NEVER;
}

int pst_statistics_open(struct pst_node *node)
{
	struct pst_statistics *statistics = &node->statistics;
	struct postern_node_statistics *total = &statistics->total;
	size_t slot_count = node->peer_table.slot_count;

	statistics->slots = calloc(slot_count, sizeof(statistics->slots[0]));
	statistics->changed = calloc(slot_count,
				     sizeof(statistics->changed[0]));
	statistics->shared = calloc(slot_count, sizeof(statistics->shared[0]));
	if (!statistics->slots || !statistics->changed || !statistics->shared)
		return -ENOMEM;
	total->size_bytes = sizeof(*total);
	total->pid = (int32_t)pst_own_pid();
	total->uid = (uint32_t)node->owner;
	total->opened_ns = pst_monotonic_now_ns();
	total->updated_ns = total->opened_ns;
	total->slot_count = node->peer_table.slot_count;
	memcpy(total->name, node->name, sizeof(total->name));
	pst_statistics_show_all(node);
	return 0;
}

void pst_statistics_close(struct pst_node *node)
{
	struct pst_statistics *statistics = &node->statistics;
	uint32_t i;

	for (i = 0; statistics->slots && i < node->peer_table.slot_count; i++)
		if (node->peer_table.peers[i].channel &&
		    statistics->slots[i].is_counted)
			pst_channel_share_latency(
				node->peer_table.peers[i].channel, NULL);
	if (statistics->total.opened_ns != 0) { /* all of it is there */
		pst_statistics_collect(node, pst_monotonic_now_ns());
		pst_statistics_end_view(node, PST_STATS_CLOSED);
	}
	free(statistics->shared);
	free(statistics->changed);
	free(statistics->slots);
	statistics->shared = NULL;
	statistics->changed = NULL;
	statistics->slots = NULL;
}

/* -- one peer's share of the totals ---------------------------------------- */

static enum postern_peer_state state_of(const struct pst_peer *peer)
{
	switch (peer->state) {
	case PST_PEER_READY:
		return POSTERN_PEER_READY;
	case PST_PEER_THROTTLED:
		return POSTERN_PEER_THROTTLED;
	case PST_PEER_DETACHED:
		return POSTERN_PEER_DETACHED;
	case PST_PEER_FREE:
	case PST_PEER_ARMED:
	default:
		return POSTERN_PEER_IDLE;
	}
}

static uint32_t *count_of(struct postern_node_statistics *total,
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

static void count_state(struct postern_node_statistics *total,
			const struct pst_slot_statistics *slot, uint32_t more)
{
	uint32_t *count = count_of(total, slot->state);

	if (count)
		*count += more;
	if (slot->is_draining)
		total->draining_count += more;
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
	total->refused_full_count += now->refused_full_count -
				     before->refused_full_count;
	total->latency.implausible_count += now->latency.implausible_count -
					    before->latency.implausible_count;
}

/* Has its consumer stood still for long, with something to consume? */
static void look_for_stuck(struct pst_slot_statistics *slot,
			   const struct pst_peer *peer, uint64_t now_ns)
{
	uint64_t sent_pos, consumed_pos, refused_count;

	pst_channel_positions_sent(peer->channel, &sent_pos, &consumed_pos,
				   &refused_count);
	if (consumed_pos != slot->consumed_pos ||
	    slot->sent_pos == slot->consumed_pos)
		slot->moved_ns = now_ns;
	slot->sent_pos = sent_pos;
	slot->consumed_pos = consumed_pos;
	slot->is_stuck = sent_pos != consumed_pos && !peer->draining &&
			 now_ns - slot->moved_ns >= STUCK_NS;
}

void pst_statistics_look_at_peer(struct pst_node *node,
				 const struct pst_peer *peer, uint64_t now_ns)
{
	struct postern_node_statistics *total = &node->statistics.total;
	struct pst_slot_statistics *slot = slot_of(node, peer);
	struct postern_channel_statistics now;

	count_state(total, slot, UINT32_MAX); /* one less */
	slot->state = state_of(peer);
	slot->is_draining = peer->draining;
	count_state(total, slot, 1);
	if (!peer->channel)
		return;
	pst_channel_stats(peer->channel, &now);
	add_traffic(total, &now, &slot->channel);
	slot->channel = now;
	look_for_stuck(slot, peer, now_ns);
}

/* -- what happened --------------------------------------------------------- */

void pst_statistics_note(struct pst_node *node)
{
	struct pst_statistics *statistics = &node->statistics;

	if (statistics->has_news)
		return;
	statistics->has_news = true;
	statistics->due_ns = pst_deadline_earlier(statistics->due_ns,
						  statistics->next_ns);
	node->may_have_become_due = true;
}

void pst_statistics_mark(struct pst_node *node, uint32_t slot_index)
{
	struct pst_statistics *statistics = &node->statistics;
	struct pst_slot_statistics *slot = &statistics->slots[slot_index];

	if (slot->is_changed)
		return;
	slot->is_changed = true;
	statistics->changed[statistics->changed_count++] = slot_index;
	pst_statistics_note(node);
}

void pst_statistics_admit(struct pst_node *node, struct pst_peer *peer)
{
	struct postern_node_statistics *total = &node->statistics.total;
	struct pst_slot_statistics *slot = slot_of(node, peer);
	bool was_used = slot->was_used, is_changed = slot->is_changed;
	struct postern_limits limits;

	pst_channel_limits(peer->channel, &limits);
	*slot = (struct pst_slot_statistics) {
		.is_changed = is_changed,
		.is_counted = true,
		.was_used = true,
		.state = POSTERN_PEER_IDLE,
		.receive_ring_bytes = limits.receive_ring_bytes,
		.send_ring_bytes = limits.send_ring_bytes,
	};
	total->peer_count++;
	total->admitted_count++;
	total->slots_recycled_count += was_used;
	pst_channel_share_latency(peer->channel, &node->statistics.latency);
	pst_statistics_mark(node, pst_peer_index(&node->peer_table, peer));
}

static void unlist_shared(struct pst_statistics *statistics, uint32_t place)
{
	statistics->slots[statistics->shared[place]].is_shared = false;
	statistics->shared[place] =
		statistics->shared[--statistics->shared_count];
}

static void forget_shared(struct pst_statistics *statistics,
			  uint32_t slot_index)
{
	uint32_t i;

	if (!statistics->slots[slot_index].is_shared)
		return;
	for (i = 0; i < statistics->shared_count; i++) {
		if (statistics->shared[i] == slot_index) {
			unlist_shared(statistics, i);
			return;
		}
	}
}

void pst_statistics_depart(struct pst_node *node, struct pst_peer *peer,
			   enum postern_reason reason)
{
	struct postern_node_statistics *total = &node->statistics.total;
	struct pst_slot_statistics *slot = slot_of(node, peer);

	pst_statistics_look_at_peer(node, peer, pst_monotonic_now_ns());
	count_state(total, slot, UINT32_MAX); /* one less */
	if (peer->channel)
		pst_channel_share_latency(peer->channel, NULL);
	forget_shared(&node->statistics,
		      pst_peer_index(&node->peer_table, peer));
	slot->is_counted = false;
	total->peer_count--;
	total->departed_count++;
	if ((unsigned)reason < POSTERN_REASON_ROOM)
		total->departed_by_reason[reason]++;
	pst_statistics_mark(node, pst_peer_index(&node->peer_table, peer));
}

void pst_statistics_refuse(struct pst_node *node, enum postern_reason reason)
{
	struct pst_statistics *statistics = &node->statistics;

	statistics->total.refused_count++;
	if ((unsigned)reason < POSTERN_REASON_ROOM)
		statistics->total.refused_by_reason[reason]++;
	pst_statistics_note(node);
}

void pst_statistics_reload(struct pst_node *node, bool is_done)
{
	if (is_done)
		node->statistics.total.reload_count++;
	else
		node->statistics.total.reload_failed_count++;
	pst_statistics_note(node);
}

void pst_statistics_share(struct pst_node *node, const struct pst_peer *peer)
{
	struct pst_statistics *statistics = &node->statistics;
	struct pst_slot_statistics *slot = slot_of(node, peer);

	if (slot->is_shared)
		return;
	slot->is_shared = true;
	statistics->shared[statistics->shared_count++] =
		pst_peer_index(&node->peer_table, peer);
	pst_statistics_note(node);
}

void pst_statistics_detach(struct pst_node *node, const struct pst_peer *peer)
{
	pst_statistics_look_at_peer(node, peer, pst_monotonic_now_ns());
	pst_channel_share_latency(peer->channel, NULL);
	forget_shared(&node->statistics,
		      pst_peer_index(&node->peer_table, peer));
	slot_of(node, peer)->is_stuck = false;
	pst_statistics_mark(node, pst_peer_index(&node->peer_table, peer));
}

/* -- the beat -------------------------------------------------------------- */

struct positions {
	bool have_moved;        /* or a send failed, since the last look */
	bool are_apart;         /* the peer has messages to consume */
};

static struct positions look_at_positions(const struct pst_node *node,
					  uint32_t index)
{
	const struct pst_slot_statistics *slot = &node->statistics.slots[index];
	uint64_t sent_pos, consumed_pos, refused_count;

	pst_channel_positions_sent(node->peer_table.peers[index].channel,
				   &sent_pos, &consumed_pos, &refused_count);
	return (struct positions) {
		.have_moved = sent_pos != slot->sent_pos ||
			      consumed_pos != slot->consumed_pos ||
			      refused_count != slot->channel.refused_full_count,
		.are_apart = sent_pos != consumed_pos,
	};
}

/*
 * Mark the shared channels that moved, or have messages that wait.  A channel
 * on which nothing moves tells when that changes.
 */
static void mark_shared(struct pst_node *node)
{
	struct pst_statistics *statistics = &node->statistics;
	struct positions positions;
	struct pst_channel *channel;
	uint32_t i, index;

	statistics->is_shared_active = false;
	for (i = statistics->shared_count; i > 0; i--) {
		index = statistics->shared[i - 1];
		channel = node->peer_table.peers[index].channel;
		positions = look_at_positions(node, index);
		if (!positions.have_moved) {
			pst_channel_await_sending(channel);
			positions = look_at_positions(node, index);
		}
		if (positions.have_moved || positions.are_apart)
			pst_statistics_mark(node, index);
		else if (!pst_channel_is_shared(channel))
			unlist_shared(statistics, i - 1);
		/* A peer that is stuck is looked at seldom. */
		if (positions.have_moved ||
		    (positions.are_apart && !statistics->slots[index].is_stuck))
			statistics->is_shared_active = true;
	}
}

/* Look at whoever has changed and show what came of it. */
void pst_statistics_collect(struct pst_node *node, uint64_t now_ns)
{
	struct pst_statistics *statistics = &node->statistics;
	uint32_t i, index;

	mark_shared(node);
	/* Without it nothing is shown, and the totals are kept. */
	(void)pst_statistics_need_view(node);
	for (i = 0; i < statistics->changed_count; i++) {
		index = statistics->changed[i];
		statistics->slots[index].is_changed = false;
		node->peer_table.peers[index].is_marked = false;
		if (statistics->slots[index].is_counted)
			pst_statistics_look_at_peer(
				node, &node->peer_table.peers[index], now_ns);
		pst_statistics_show_peer(node, index);
	}
	statistics->changed_count = 0;
	statistics->total.updated_ns = now_ns;
	pst_statistics_show_node(node);
	statistics->has_news = false;
	statistics->due_ns = PST_DEADLINE_NEVER;
	if (statistics->shared_count > 0)
		statistics->due_ns = pst_deadline_after(
			now_ns, statistics->is_shared_active ? BEAT_NS :
							       SHARED_BEAT_NS);
}

void pst_statistics_look(struct pst_node *node, uint64_t now_ns)
{
	struct pst_statistics *statistics = &node->statistics;
	uint64_t cost_ns;

	if (!pst_deadline_has_passed(statistics->due_ns, now_ns))
		return;
	pst_statistics_collect(node, now_ns);
	cost_ns = pst_monotonic_now_ns() - now_ns;
	statistics->next_ns = pst_deadline_after(
		now_ns, cost_ns > BEAT_NS / BEAT_SHARE ? cost_ns * BEAT_SHARE :
							 BEAT_NS);
	if (statistics->due_ns < statistics->next_ns)
		statistics->due_ns = statistics->next_ns;
}
