/* SPDX-License-Identifier: ISC */
/*
 * Receiving messages and events
 *
 * The data path of a node: a call takes a message that was observed already.  It
 * begins a pass over the ready peers only if there is none, and a loop iteration
 * only if one is due or no peer is ready.
 */
#include "node/node_internal.h"

#include <errno.h>

#include "base/attributes.h"

/* Arm the doorbell; if the ring is still empty, leave the ready queue. */
static void arm(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_report_drops(&node->events, peer);
	PST_IGNORE(pst_node_transition(node, peer, PST_PEER_EVENT_FOUND_EMPTY));
}

static bool arm_if_empty(struct pst_sched_entry *entry, void *user_data)
{
	struct pst_node *node = user_data;

	if (!pst_channel_has_message(entry->channel))
		arm(node, pst_peer_of(entry));
	return false;
}

void pst_node_arm_idle(struct pst_node *node)
{
	(void)pst_scheduler_find(&node->scheduler, arm_if_empty, node);
}

static inline void note_activity(struct pst_node *node, struct pst_peer *peer)
{
	peer->times.last_active_ns = node->reactor.now_ns;
	pst_peer_mark(node, peer);
}

static inline void after_message(struct pst_node *node, struct pst_peer *peer)
{
	if (PST_UNLIKELY(peer->sched.dropped_messages > 0))
		pst_peer_report_drops(&node->events, peer);
	note_activity(node, peer);
}

/*
 * The channel is armed at once for a program that polls a descriptor.  A program
 * that calls in a loop will poll the ring again soon, and arming would cost the
 * peer a system call for each message.
 */
static void after_empty_poll(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_report_drops(&node->events, peer);
	peer->sched.empty_polls++;
	if (node->reactor.has_descriptor ||
	    peer->sched.empty_polls >= PST_SCHED_EMPTY_POLLS)
		arm(node, peer);
}

/* Returns 0, -EMSGSIZE, or -EAGAIN: continue the pass. */
static int handle_outcome(struct pst_node *node, enum pst_sched_outcome outcome,
			  struct pst_peer *peer)
{
	if (PST_UNLIKELY(peer->sched.dropped_messages > 0))
		note_activity(node, peer);
	switch (outcome) {
	case PST_SCHED_RECEIVED:
		after_message(node, peer);
		return 0;
	case PST_SCHED_TOO_LARGE:
		return -EMSGSIZE;
	case PST_SCHED_EMPTY:
		after_empty_poll(node, peer);
		return -EAGAIN;
	case PST_SCHED_OUT_OF_TOKENS:
		PST_IGNORE(pst_node_transition(node, peer,
					       PST_PEER_EVENT_OUT_OF_TOKENS));
		return -EAGAIN;
	case PST_SCHED_EXCEEDED:
		pst_node_end_peer(node, peer, POSTERN_REASON_EXCEEDED);
		return -EAGAIN;
	case PST_SCHED_PEER_ENDED:
		pst_node_end_peer(node, peer,
				  pst_channel_end_reason(peer->channel));
		return -EAGAIN;
	case PST_SCHED_PASS_DONE:
	case PST_SCHED_POSTPONED:
		break;
	}
	return -EAGAIN;
}

/* One pass over the ready peers.  Returns 0, -EMSGSIZE, or -EAGAIN: there was no
 * message. */
static int receive_from_ready(struct pst_node *node, void *buffer,
			      size_t buffer_bytes, size_t *ret_message_bytes,
			      postern_peer *ret_peer)
{
	struct pst_sched_entry *entry;
	enum pst_sched_outcome outcome;
	struct pst_sched_pass pass;
	postern_peer handle;
	int r;

	pst_scheduler_begin_pass(&node->scheduler, &pass);
	do {
		outcome = pst_scheduler_receive(&node->scheduler, &pass,
						&node->reactor.now_ns, buffer,
						buffer_bytes, ret_message_bytes,
						&entry);
		if (outcome == PST_SCHED_PASS_DONE)
			return -EAGAIN;
		handle = pst_peer_of(entry)->handle;
		r = handle_outcome(node, outcome, pst_peer_of(entry));
	} while (r == -EAGAIN);
	*ret_peer = handle;
	return r;
}

/* One more of the messages that were observed already; -EAGAIN: begin a pass. */
static inline int receive_buffered(struct pst_node *node, void *buffer,
				   size_t buffer_bytes,
				   size_t *ret_message_bytes,
				   postern_peer *ret_peer)
{
	struct pst_sched_entry *entry = pst_scheduler_receive_buffered(
		&node->scheduler, node->reactor.now_ns, buffer, buffer_bytes,
		ret_message_bytes);

	if (PST_UNLIKELY(!entry))
		return -EAGAIN;
	*ret_peer = pst_peer_of(entry)->handle;
	after_message(node, pst_peer_of(entry));
	return 0;
}

/* From any ready peer; after a loop iteration, if one is due or none is ready. */
PST_NOINLINE
static int receive_after_poll(struct pst_node *node, bool is_due, void *buffer,
			      size_t buffer_bytes, size_t *ret_message_bytes,
			      postern_peer *ret_peer)
{
	bool has_polled = false;
	int r;

	pst_scheduler_begin_call(&node->scheduler);
	if (is_due) {
		r = pst_node_run_once(node, 0);
		if (r < 0)
			return r;
		has_polled = true;
	}
	for (;;) {
		r = receive_from_ready(node, buffer, buffer_bytes,
				       ret_message_bytes, ret_peer);
		if (r != -EAGAIN)
			return r;
		/* Ready peers are polled again before their channel is armed. */
		if (has_polled || pst_scheduler_has_ready(&node->scheduler))
			return r;
		r = pst_node_run_once(node, 0);
		if (r < 0)
			return r;
		has_polled = true;
	}
}

/* Events and deadlines are handled, and no message is received. */
PST_NOINLINE
static int receive_paused(struct pst_node *node)
{
	int r;

	r = pst_node_run_once(node, 0);
	pst_node_update_wake(node);
	return r < 0 ? r : -EAGAIN;
}

int pst_node_receive(struct pst_node *node, void *buffer, size_t buffer_bytes,
		     size_t *ret_message_bytes, postern_peer *ret_peer)
{
	bool is_due;
	int r = -EAGAIN;

	if (PST_UNLIKELY(node->reactor.is_paused))
		return receive_paused(node);
	is_due = pst_reactor_is_loop_due(&node->reactor);
	if (PST_LIKELY(!is_due))
		r = receive_buffered(node, buffer, buffer_bytes,
				     ret_message_bytes, ret_peer);
	if (PST_UNLIKELY(r < 0))
		r = receive_after_poll(node, is_due, buffer, buffer_bytes,
				       ret_message_bytes, ret_peer);
	/* Calls without a message count too: a peer whose messages are too
	 * large or are dropped stays ready. */
	node->reactor.receives_since_loop++;
	/* A peer may have been throttled. */
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	return r;
}

/*
 * An empty queue leads to one loop iteration, and to another one only after
 * -EAGAIN: each iteration can bring an event, so a program that takes all events
 * would otherwise be held for as long as peers connect and leave.
 */
int pst_node_next_event(struct pst_node *node,
			struct postern_node_event *ret_event)
{
	bool has_polled = node->events.has_polled;
	int r = 0;

	if (!pst_event_queue_take(&node->events, ret_event)) {
		if (!has_polled)
			r = pst_node_run_once(node, 0);
		if (r == 0 && !pst_event_queue_take(&node->events, ret_event))
			r = -EAGAIN;
		node->events.has_polled = r == 0;
	}
	pst_node_update_wake(node);
	return r;
}
