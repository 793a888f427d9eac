/* SPDX-License-Identifier: ISC */
/*
 * One turn: what became ready, and what is due by time
 *
 * Everything a node does beyond moving messages happens in a turn, on the
 * caller's thread.  A turn handles what one look at the poll set found and comes
 * back; a stale tag (its place changed hands earlier in the same turn) is
 * dropped.
 */
#include "node/node_state.h"

#include <errno.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "node/audit.h"
#include "os/doorbell.h"
#include "os/monotonic.h"
#include "os/poll_set.h"

/* The peer that a tag was made for, or NULL. */
static struct pst_peer *find_peer(struct pst_node *node, uint64_t tag)
{
	uint32_t index = pst_poll_tag_index(tag);
	struct pst_peer *peer;

	if (index >= node->peer_table.slot_count)
		return NULL;
	peer = &node->peer_table.peers[index];
	if (peer->state == PST_PEER_FREE ||
	    !pst_poll_tag_has_generation(tag, peer->generation))
		return NULL;
	return peer;
}

static void handle_peer(struct pst_node *node, enum pst_poll_kind kind,
			struct pst_peer *peer)
{
	if (kind == PST_POLL_PEER_LINK) {
		if (peer->state == PST_PEER_DETACHED &&
		    pst_detached_link_has_ended(peer->detached_link))
			pst_node_end_peer(node, peer, POSTERN_REASON_CLOSED);
		return;
	}
	if (!peer->channel || pst_peer_is_draining(peer))
		return;
	if (kind == PST_POLL_PEER_SOCKET) {
		pst_channel_hear(peer->channel);
	} else if (kind == PST_POLL_PEER_PIDFD) {
		pst_channel_notice_death(peer->channel);
	} else {
		pst_wake_clear(pst_channel_wake_fd(peer->channel));
		pst_peer_mark(node, peer); /* another thread may have sent */
	}

	if (pst_channel_end_reason(peer->channel) != POSTERN_REASON_NONE)
		pst_node_on_channel_ended(node, peer);
	else if (peer->directions & POSTERN_DIRECTION_SEND)
		PST_IGNORE(pst_node_transition(node, peer,
					       PST_PEER_EVENT_WOKEN));
}

/*
 * For the waits alone, which take it.  A signal whose flag an earlier wait has
 * taken already stands for nothing.
 */
static void clear_late_interrupt(struct pst_node *node)
{
	if (atomic_load(&node->is_interrupted))
		return;
	pst_wake_clear(node->interrupt_fd);
	if (atomic_load(&node->is_interrupted))
		pst_wake_signal(node->interrupt_fd);
}

static void handle(struct pst_node *node, uint64_t tag)
{
	enum pst_poll_kind kind = pst_poll_tag_kind(tag);
	struct pst_half_open *entry;
	struct pst_peer *peer;

	switch (kind) {
	case PST_POLL_LISTENER:
		pst_admission_accept(node);
		return;
	case PST_POLL_NAMES:
		pst_node_check_names(node);
		return;
	case PST_POLL_TIMER: /* what is due is done at the end of each turn */
	case PST_POLL_WAKE:  /* update_wake() clears it when it is time */
		return;
	case PST_POLL_INTERRUPT:
		clear_late_interrupt(node);
		return;
	case PST_POLL_HALF_OPEN:
		entry = &node->half_open.entries[pst_poll_tag_index(tag)];
		if (entry->is_taken &&
		    pst_poll_tag_has_generation(tag, entry->generation))
			pst_admission_advance(node, entry);
		return;
	case PST_POLL_PEER_SOCKET:
	case PST_POLL_PEER_PIDFD:
	case PST_POLL_PEER_WAKE:
	case PST_POLL_PEER_LINK:
		peer = find_peer(node, tag);
		if (peer)
			handle_peer(node, kind, peer);
		return;
	}
}

/* The next moment at which something is due without anybody's doing. */
static uint64_t next_due_ns(const struct pst_node *node)
{
	uint64_t due_ns = pst_deadline_earlier(
		pst_deadline_heap_next_ns(&node->peer_table.deadlines),
		pst_audit_due_ns(node));
	uint32_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (node->half_open.entries[i].is_taken)
			due_ns = pst_deadline_earlier(
				due_ns, node->half_open.entries[i].deadline_ns);
	due_ns = pst_deadline_earlier(due_ns, node->stats.collector.due_ns);
	if (node->half_open.pending.offer_count > 0)
		due_ns = pst_deadline_earlier(
			due_ns, node->half_open.pending.next_check_ns);
	if (node->listener_rests)
		due_ns = pst_deadline_earlier(due_ns, node->listener_wakes_ns);
	return pst_deadline_earlier(due_ns, node->names_due_ns);
}

static void wake_listener(struct pst_node *node, uint64_t now_ns)
{
	if (!node->listener_rests ||
	    !pst_deadline_has_passed(node->listener_wakes_ns, now_ns))
		return;
	if (pst_poll_set_add(node->set_fd, node->listener.socket_fd,
			     pst_poll_tag(PST_POLL_LISTENER, 0, 0)) == 0)
		node->listener_rests = false;
	else
		node->listener_wakes_ns = pst_deadline_after(now_ns,
							     PST_LISTENER_REST_NS);
}

static void do_what_is_due(struct pst_node *node)
{
	if (!pst_deadline_has_passed(node->due_ns, node->now_ns))
		return;
	pst_admission_expire(node, node->now_ns);
	pst_node_handle_peer_deadlines(node);
	wake_listener(node, node->now_ns);
	if (pst_deadline_has_passed(node->names_due_ns, node->now_ns))
		pst_node_check_names(node);
	pst_audit_flush(node, node->now_ns);
	pst_node_stats_publish(node, node->now_ns);
	node->may_have_become_due = true;
}

void pst_node_set_timer(struct pst_node *node)
{
	uint64_t due_ns;

	node->may_have_become_due = false;
	due_ns = next_due_ns(node);
	if (due_ns == node->due_ns)
		return;
	node->due_ns = due_ns;
	pst_timer_set(node->timer_fd, due_ns);
}

int pst_node_turn(struct pst_node *node, uint64_t deadline_ns)
{
	uint64_t tags[PST_POLL_SET_EVENTS];
	int count, i;

	node->receives_since_turn = 0;
	node->stats.collector.total.turn_count++;
	pst_node_update_timer(node); /* what was done since the last turn */
	count = pst_poll_set_wait(node->set_fd, deadline_ns, tags);
	if (count < 0)
		return count;
	node->now_ns = pst_monotonic_now_ns();
	for (i = 0; i < count; i++)
		handle(node, tags[i]);
	if (count > 0)
		node->may_have_become_due = true;
	do_what_is_due(node);
	pst_node_update_timer(node);
	/* What a flood makes of a turn is not time that the messages had. */
	node->turn_ns = pst_monotonic_now_ns();
	return 0;
}

void pst_node_set_wake(struct pst_node *node, bool is_wanted)
{
	if (is_wanted)
		pst_wake_signal(node->wake_fd);
	else
		pst_wake_clear(node->wake_fd);
	node->wake_is_set = is_wanted;
}

static bool has_something(struct pst_node *node)
{
	return node->event_count > 0 ||
	       (!node->is_paused && pst_scheduler_has_message(&node->scheduler));
}

static bool spin(struct pst_node *node, uint64_t deadline_ns)
{
	uint64_t end_ns;

	if (node->spin.limit_ns == 0 || !pst_node_may_receive(node))
		return false;
	end_ns = pst_monotonic_now_ns() + node->spin.now_ns;
	if (end_ns > deadline_ns)
		end_ns = deadline_ns;
	do {
		if (pst_scheduler_has_message(&node->scheduler)) {
			pst_spin_has_paid(&node->spin);
			return true;
		}
		pst_spin_relax();
	} while (pst_monotonic_now_ns() < end_ns);
	pst_spin_has_failed(&node->spin);
	return false;
}

/* The flag first: a wait that the signal ends must find it. */
void pst_node_interrupt(struct pst_node *node)
{
	atomic_store(&node->is_interrupted, true);
	pst_wake_signal(node->interrupt_fd);
}

static bool take_interrupt(struct pst_node *node)
{
	if (PST_LIKELY(!atomic_load(&node->is_interrupted)))
		return false;
	atomic_store(&node->is_interrupted, false);
	pst_wake_clear(node->interrupt_fd);
	return true;
}

static int wait_for_something(struct pst_node *node, uint64_t deadline_ns)
{
	bool is_idle;
	int r;

	for (;;) {
		if (take_interrupt(node))
			return -EINTR;
		if (has_something(node) || (deadline_ns > 0 && spin(node, deadline_ns)))
			return 0;
		pst_schedule_arm_idle(node);
		if (has_something(node))
			return 0;
		/* Who could not be armed is looked at again, not slept on. */
		is_idle = !pst_node_may_receive(node);
		r = pst_node_turn(node, is_idle ? deadline_ns : 0);
		if (r < 0)
			return r;
		if (has_something(node))
			return 0;
		if (deadline_ns != PST_DEADLINE_NEVER &&
		    pst_deadline_has_passed(deadline_ns,
					    pst_monotonic_now_ns()))
			return -ETIMEDOUT;
	}
}

int pst_node_wait(struct pst_node *node, uint64_t deadline_ns)
{
	int r;

	r = wait_for_something(node, deadline_ns);
	pst_node_update_wake(node);
	return r;
}

/* Ready peers stay ready: they are not armed, so they send no doorbell. */
void pst_node_pause(struct pst_node *node)
{
	node->is_paused = true;
	pst_node_update_wake(node);
}

void pst_node_resume(struct pst_node *node)
{
	if (!node->is_paused)
		return;
	node->is_paused = false;
	node->resumed_ns = pst_monotonic_now_ns();
	pst_node_update_wake(node);
}
