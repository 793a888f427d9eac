/* SPDX-License-Identifier: ISC */
/*
 * The event loop of a node: a loop iteration, the timer, waiting
 *
 * A node does everything but moving messages in a loop iteration, on the thread
 * of the caller.  An iteration reads the poll set once, handles the events, then
 * the deadlines that have passed.  An event is ignored if its slot or entry was
 * released earlier in the same iteration: its tag has another generation.
 */
#include "node/reactor.h"

#include <errno.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "channel/channel_detached.h"
#include "node/node_internal.h"
#include "os/doorbell.h"
#include "os/monotonic.h"
#include "os/poll_set.h"
#include "os/poll_tag.h"

/* -- the reactor ----------------------------------------------------------- */

void pst_reactor_init(struct pst_reactor *reactor, uint32_t spin_ns)
{
	reactor->set_fd = -1;
	reactor->timer_fd = -1;
	reactor->wake_fd = -1;
	reactor->interrupt_fd = -1;
	reactor->next_deadline_ns = PST_DEADLINE_NEVER;
	reactor->now_ns = pst_monotonic_now_ns();
	pst_spin_init(&reactor->spin, spin_ns);
}

static int watch(const struct pst_reactor *reactor, int fd,
		 enum pst_poll_kind kind)
{
	return pst_poll_set_add(reactor->set_fd, fd, pst_poll_tag(kind, 0, 0));
}

int pst_reactor_open(struct pst_reactor *reactor)
{
	int r;

	r = pst_poll_set_open(&reactor->set_fd);
	if (r == 0)
		r = pst_timer_open(&reactor->timer_fd);
	if (r == 0)
		r = pst_wake_open(&reactor->wake_fd);
	if (r == 0)
		r = pst_wake_open(&reactor->interrupt_fd);
	if (r == 0)
		r = watch(reactor, reactor->timer_fd, PST_POLL_TIMER);
	if (r == 0)
		r = watch(reactor, reactor->wake_fd, PST_POLL_WAKE);
	if (r == 0)
		r = watch(reactor, reactor->interrupt_fd, PST_POLL_INTERRUPT);
	return r;
}

void pst_reactor_close(struct pst_reactor *reactor)
{
	reactor->interrupt_fd = pst_fd_close(reactor->interrupt_fd);
	reactor->wake_fd = pst_fd_close(reactor->wake_fd);
	reactor->timer_fd = pst_fd_close(reactor->timer_fd);
	reactor->set_fd = pst_fd_close(reactor->set_fd);
}

/*
 * A read of the clock costs as much as a message, so it is read less often while
 * the program takes little time for very many messages.
 */
bool pst_reactor_is_loop_due_by_clock(struct pst_reactor *reactor)
{
	bool is_full = reactor->receives_since_loop >=
		       PST_REACTOR_RECEIVES_PER_LOOP;
	uint64_t took_ns;

	reactor->now_ns = pst_monotonic_now_ns();
	took_ns = reactor->now_ns - reactor->last_loop_ns;
	if (took_ns > PST_REACTOR_QUICK_NS)
		reactor->clock_mask = PST_REACTOR_RECEIVES_PER_CLOCK - 1;
	else if (is_full)
		reactor->clock_mask = PST_REACTOR_RECEIVES_PER_CLOCK_QUICK - 1;
	return is_full || took_ns >= PST_REACTOR_LOOP_NS;
}

/* -- events ---------------------------------------------------------------- */

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
		pst_channel_drain_doorbell(peer->channel);
	} else if (kind == PST_POLL_PEER_PIDFD) {
		pst_channel_on_peer_exit(peer->channel);
	} else {
		pst_wake_clear(pst_channel_wake_fd(peer->channel));
		pst_peer_mark(node, peer); /* another thread may have sent */
	}

	if (pst_channel_end_reason(peer->channel) != POSTERN_REASON_NONE)
		pst_node_on_channel_ended(node, peer);
	else if (peer->directions & POSTERN_DIRECTION_TO_NODE)
		PST_IGNORE(
			pst_node_transition(node, peer, PST_PEER_EVENT_WOKEN));
}

/* A wait takes an interrupt: its flag and its signal.  A signal without the flag
 * came after that, and is cleared here. */
static void clear_late_interrupt(struct pst_node *node)
{
	if (atomic_load(&node->reactor.is_interrupted))
		return;
	pst_wake_clear(node->reactor.interrupt_fd);
	if (atomic_load(&node->reactor.is_interrupted))
		pst_wake_signal(node->reactor.interrupt_fd);
}

static void handle(struct pst_node *node, uint64_t tag)
{
	enum pst_poll_kind kind = pst_poll_tag_kind(tag);
	struct pst_peer *peer;

	switch (kind) {
	case PST_POLL_LISTENER:
		pst_admission_accept(&node->admission);
		return;
	case PST_POLL_NAMES:
		pst_node_check_socket_files(node);
		return;
	case PST_POLL_TIMER: /* deadlines are handled after all events */
	case PST_POLL_WAKE:  /* pst_node_update_wake() clears it */
		return;
	case PST_POLL_INTERRUPT:
		clear_late_interrupt(node);
		return;
	case PST_POLL_HALF_OPEN:
		pst_admission_advance(&node->admission, tag);
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

/* -- deadlines ------------------------------------------------------------- */

static uint64_t next_deadline_ns(const struct pst_node *node)
{
	uint64_t due_ns = pst_deadline_earlier(
		pst_deadline_heap_next_ns(&node->peer_table.deadlines),
		pst_audit_next_deadline_ns(&node->audit));

	due_ns = pst_deadline_earlier(
		due_ns, pst_admission_next_deadline_ns(&node->admission));
	due_ns = pst_deadline_earlier(due_ns, node->stats.collector.due_ns);
	return pst_deadline_earlier(due_ns, node->socket_files.check_ns);
}

static void handle_deadlines(struct pst_node *node)
{
	if (!pst_deadline_has_passed(node->reactor.next_deadline_ns,
				     node->reactor.now_ns))
		return;
	pst_admission_handle_deadlines(&node->admission);
	pst_node_handle_peer_deadlines(node);
	if (pst_deadline_has_passed(node->socket_files.check_ns,
				    node->reactor.now_ns))
		pst_node_check_socket_files(node);
	pst_audit_flush(&node->audit, node->reactor.now_ns);
	pst_node_stats_publish(node, node->reactor.now_ns);
	node->reactor.deadlines_changed = true;
}

void pst_node_set_timer(struct pst_node *node)
{
	uint64_t due_ns;

	node->reactor.deadlines_changed = false;
	due_ns = next_deadline_ns(node);
	if (due_ns == node->reactor.next_deadline_ns)
		return;
	node->reactor.next_deadline_ns = due_ns;
	pst_timer_set(node->reactor.timer_fd, due_ns);
}

/* -- the loop -------------------------------------------------------------- */

int pst_node_run_once(struct pst_node *node, uint64_t deadline_ns)
{
	uint64_t tags[PST_POLL_SET_EVENTS];
	int count, i;

	node->reactor.receives_since_loop = 0;
	node->stats.collector.total.loop_count++;
	pst_node_update_timer(node);
	count = pst_poll_set_wait(node->reactor.set_fd, deadline_ns, tags);
	if (count < 0)
		return count;
	node->reactor.now_ns = pst_monotonic_now_ns();
	for (i = 0; i < count; i++)
		handle(node, tags[i]);
	if (count > 0)
		node->reactor.deadlines_changed = true;
	handle_deadlines(node);
	pst_node_update_timer(node);
	/* The time that a flood of events takes is not time for messages. */
	node->reactor.last_loop_ns = pst_monotonic_now_ns();
	return 0;
}

void pst_node_set_wake(struct pst_node *node, bool is_wanted)
{
	if (is_wanted)
		pst_wake_signal(node->reactor.wake_fd);
	else
		pst_wake_clear(node->reactor.wake_fd);
	node->reactor.wake_is_set = is_wanted;
}

/* -- waiting --------------------------------------------------------------- */

static bool has_something(struct pst_node *node)
{
	return node->events.count > 0 ||
	       (!node->reactor.is_paused &&
		pst_scheduler_has_message(&node->scheduler));
}

static bool spin(struct pst_node *node, uint64_t deadline_ns)
{
	uint64_t end_ns;

	if (node->reactor.spin.limit_ns == 0 || !pst_node_may_receive(node))
		return false;
	end_ns = pst_monotonic_now_ns() + node->reactor.spin.now_ns;
	if (end_ns > deadline_ns)
		end_ns = deadline_ns;
	do {
		if (pst_scheduler_has_message(&node->scheduler)) {
			pst_spin_has_paid(&node->reactor.spin);
			return true;
		}
		pst_spin_relax();
	} while (pst_monotonic_now_ns() < end_ns);
	pst_spin_has_failed(&node->reactor.spin);
	return false;
}

/* The flag is set first: a wait that the signal ends must find it. */
void pst_node_interrupt(struct pst_node *node)
{
	atomic_store(&node->reactor.is_interrupted, true);
	pst_wake_signal(node->reactor.interrupt_fd);
}

static bool take_interrupt(struct pst_node *node)
{
	if (PST_LIKELY(!atomic_load(&node->reactor.is_interrupted)))
		return false;
	atomic_store(&node->reactor.is_interrupted, false);
	pst_wake_clear(node->reactor.interrupt_fd);
	return true;
}

static int wait_for_something(struct pst_node *node, uint64_t deadline_ns)
{
	bool is_idle;
	int r;

	for (;;) {
		if (take_interrupt(node))
			return -EINTR;
		if (has_something(node) ||
		    (deadline_ns > 0 && spin(node, deadline_ns)))
			return 0;
		pst_node_arm_idle(node);
		if (has_something(node))
			return 0;
		/* A peer that could not be armed has a message: do not sleep. */
		is_idle = !pst_node_may_receive(node);
		r = pst_node_run_once(node, is_idle ? deadline_ns : 0);
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

int pst_node_fd(struct pst_node *node)
{
	node->reactor.has_descriptor = true;
	/* Peers may be ready already. */
	pst_node_update_wake(node);
	return node->reactor.set_fd;
}

/* Ready peers stay ready: they are not armed, so they send no doorbell. */
void pst_node_pause(struct pst_node *node)
{
	node->reactor.is_paused = true;
	pst_node_update_wake(node);
}

void pst_node_resume(struct pst_node *node)
{
	if (!node->reactor.is_paused)
		return;
	node->reactor.is_paused = false;
	node->reactor.resumed_ns = pst_monotonic_now_ns();
	pst_node_update_wake(node);
}
