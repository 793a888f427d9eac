/* SPDX-License-Identifier: ISC */
/*
 * Who is received from next
 *
 * Only peers that may have something are looked at: a doorbell makes a peer
 * ready, and it leaves when it was found empty, armed, and found empty once
 * more.  Tenants take turns, and within a tenant its peers do, by bytes
 * (round_robin.h); so nobody who never runs dry holds the others up.  A peer of
 * limited rate needs tokens for what it delivers.  A peer that may not send is
 * never ready.
 */
#include "node/node_state.h"

#include <errno.h>

#include "os/monotonic.h"

/*
 * So often in one call, for all peers together, is everybody looked at for tokens
 * that could be given back; and as many messages are dropped at most.  It leaves
 * time for the others.
 */
#define SEARCHES_PER_CALL 64

#define PEER_OF(list) PST_LIST_ENTRY(list, struct pst_peer, sched.drr.link)
#define SHARE_OF(list) PST_LIST_ENTRY(list, struct pst_tenant_queue, drr.link)

/* -- looking at all who are ready ----------------------------------------- */

/* Calls function for each ready peer, which it may take out; true ends it. */
static bool find_ready(struct pst_node *node,
		       bool (*function)(struct pst_node *node,
					struct pst_peer *peer))
{
	struct pst_list *share, *next_share, *peer, *next_peer;

	for (share = node->round.next; share != &node->round;
	     share = next_share) {
		next_share = share->next;
		for (peer = SHARE_OF(share)->ready_peers.next;
		     peer != &SHARE_OF(share)->ready_peers; peer = next_peer) {
			next_peer = peer->next;
			if (function(node, PEER_OF(peer)))
				return true;
		}
	}
	return false;
}

static bool has_message(struct pst_node *node, struct pst_peer *peer)
{
	(void)node;
	return pst_channel_has_message(peer->channel);
}

bool pst_schedule_has_message(struct pst_node *node)
{
	return find_ready(node, has_message);
}

/* Off the round if, armed, it still is empty. */
static void arm(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_report_gap(node, peer);
	if (pst_channel_arm_receive(peer->channel)) {
		peer->sched.empty_polls = 0;
		return;
	}
	pst_peer_unready(peer);
	pst_peer_mark(node, peer);
}

static bool arm_if_empty(struct pst_node *node, struct pst_peer *peer)
{
	if (!has_message(node, peer))
		arm(node, peer);
	return false;
}

void pst_schedule_arm_idle(struct pst_node *node)
{
	(void)find_ready(node, arm_if_empty); /* it never ends early */
}

/* -- one peer's turn ------------------------------------------------------- */

static inline void charge_turn(struct pst_node *node, struct pst_peer *peer,
			       size_t message_bytes)
{
	size_t cost = message_bytes;

	if (cost < PST_SCHED_RECORD_COST)
		cost = PST_SCHED_RECORD_COST;
	peer->sched.empty_polls = 0;
	peer->times.last_active_ns = node->now_ns;
	pst_peer_mark(node, peer);
	pst_drr_charge(&peer->sched.tenant_queue->ready_peers, &peer->sched.drr,
		       cost);
	pst_drr_charge(&node->round, &peer->sched.tenant_queue->drr, cost);
}

/*
 * Nothing there now.  Whoever polls a descriptor is told by it, so the channel
 * is armed at once; a busy poller looks again soon, and arming would cost its
 * peer a system call for each message.
 */
static void after_empty_look(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_report_gap(node, peer);
	peer->sched.empty_polls++;
	if (node->has_descriptor ||
	    peer->sched.empty_polls >= PST_NODE_EMPTY_LOOKS)
		arm(node, peer);
}

/* It broke the rules, or is gone and was emptied. */
static void depart(struct pst_node *node, struct pst_peer *peer)
{
	pst_peer_depart(node, peer, pst_channel_end_reason(peer->channel));
}

/* Over its limit, and the policy says: drop.  One message is gone, if any. */
static int drop_one(struct pst_node *node, struct pst_peer *peer)
{
	size_t message_bytes;
	int r;

	r = pst_channel_discard(peer->channel, &message_bytes);
	if (r < 0)
		return r;
	peer->sched.dropped_messages++;
	peer->sched.dropped_bytes += message_bytes;
	charge_turn(node, peer, message_bytes);
	return 0;
}

/* Receiving will only tell that the channel is over: nothing can come any
 * more. */
static bool needs_no_tokens(const struct pst_peer *peer)
{
	return peer->draining && pst_channel_unread_bytes(peer->channel) == 0;
}

static bool give_back(struct pst_node *node, struct pst_peer *peer)
{
	(void)node;
	pst_metering_release(&peer->sched.metering);
	return false;
}

/*
 * Where somebody loses by it, tokens that others hold and may never use do not
 * count as used.
 */
static bool take_tokens_of_others(struct pst_node *node, struct pst_peer *peer)
{
	node->searches_left--;
	(void)find_ready(node, give_back); /* it never ends early */
	return pst_metering_acquire(&peer->sched.metering, node->now_ns);
}

/* There are no tokens, and the policy says what then; 0: look once more. */
static int exceed(struct pst_node *node, struct pst_peer *peer)
{
	switch (peer->sched.on_exceed) {
	case POSTERN_ON_EXCEED_DROP:
		(void)pst_metering_reserve(&peer->sched.metering, node->now_ns);
		return drop_one(node, peer);
	case POSTERN_ON_EXCEED_DISCONNECT:
		pst_peer_depart(node, peer, POSTERN_REASON_EXCEEDED);
		return -EINPROGRESS;
	case POSTERN_ON_EXCEED_BLOCK:
	default:
		pst_peer_throttle(node, peer);
		return -EINPROGRESS;
	}
}

/*
 * Tokens for a message.  0; -EAGAIN: there is no message, as far as is known
 * without; -EINPROGRESS: there are no tokens, and what the policy wants then was
 * done, or is in the next call; or why the channel is over.
 */
static int get_tokens(struct pst_node *node, struct pst_peer *peer)
{
	int r;

	do {
		if (needs_no_tokens(peer))
			return 0;
		if (!pst_channel_has_message(peer->channel))
			return -EAGAIN;
		node->now_ns = pst_monotonic_now_ns();
		if (pst_metering_acquire(&peer->sched.metering, node->now_ns))
			return 0;
		if (peer->sched.on_exceed != POSTERN_ON_EXCEED_BLOCK) {
			if (node->searches_left == 0)
				return -EINPROGRESS;
			if (take_tokens_of_others(node, peer))
				return 0;
		}
		r = exceed(node, peer);
	} while (r == 0);
	return r;
}

static bool is_alone(const struct pst_node *node, const struct pst_peer *peer)
{
	return pst_list_is_single(&node->round) &&
	       pst_list_is_single(&peer->sched.tenant_queue->ready_peers);
}

/* Whom nobody else waits behind may be let run ahead. */
static int receive_message(struct pst_node *node, struct pst_peer *peer,
			   void *buffer, size_t buffer_bytes,
			   size_t *ret_message_bytes)
{
	if (is_alone(node, peer))
		return pst_channel_receive(peer->channel, buffer, buffer_bytes,
					   ret_message_bytes);
	return pst_channel_receive_among(peer->channel, buffer, buffer_bytes,
					 ret_message_bytes);
}

static inline void after_message(struct pst_node *node, struct pst_peer *peer,
				 size_t message_bytes)
{
	if (PST_UNLIKELY(peer->sched.dropped_messages > 0))
		pst_peer_report_gap(node, peer);
	pst_metering_spend(&peer->sched.metering, message_bytes, node->now_ns);
	charge_turn(node, peer, message_bytes);
}

/*
 * Returns 0, -EMSGSIZE, or -EAGAIN: nothing from this one, who may not be ready
 * any more.
 */
static int receive_from(struct pst_node *node, struct pst_peer *peer,
			void *buffer, size_t buffer_bytes,
			size_t *ret_message_bytes, postern_peer *ret_peer)
{
	int r = 0;

	if (PST_UNLIKELY(!pst_metering_has_tokens(&peer->sched.metering)))
		r = get_tokens(node, peer);
	if (r == 0)
		r = receive_message(node, peer, buffer, buffer_bytes,
				    ret_message_bytes);
	switch (r) {
	case 0:
		*ret_peer = peer->handle;
		after_message(node, peer, *ret_message_bytes);
		return 0;
	case -EMSGSIZE: /* kept, but it holds nobody else up */
		*ret_peer = peer->handle;
		pst_drr_yield(&peer->sched.tenant_queue->ready_peers,
			      &peer->sched.drr);
		pst_drr_yield(&node->round, &peer->sched.tenant_queue->drr);
		return r;
	case -EAGAIN:
		after_empty_look(node, peer);
		return -EAGAIN;
	case -EINPROGRESS: /* no tokens: that was dealt with */
		return -EAGAIN;
	default:
		depart(node, peer);
		return -EAGAIN;
	}
}

/* -- everybody's ----------------------------------------------------------- */

static int receive_from_share(struct pst_node *node,
			      struct pst_tenant_queue *share, void *buffer,
			      size_t buffer_bytes, size_t *ret_message_bytes,
			      postern_peer *ret_peer)
{
	struct pst_list *link, *next, *last;
	int r = -EAGAIN;

	/* Passes over those in debt.  Who is put behind the last has had its
	 * turn. */
	(void)pst_drr_first(&share->ready_peers);
	last = share->ready_peers.previous;
	for (next = share->ready_peers.next;
	     r == -EAGAIN && next != &share->ready_peers;) {
		link = next;
		next = link == last ? &share->ready_peers : link->next;
		r = receive_from(node, PEER_OF(link), buffer, buffer_bytes,
				 ret_message_bytes, ret_peer);
	}
	return r;
}

/*
 * One round over the ready.  Returns 0, -EMSGSIZE, or -EAGAIN when nobody had
 * anything.
 */
static int receive_from_ready(struct pst_node *node, void *buffer,
			      size_t buffer_bytes, size_t *ret_message_bytes,
			      postern_peer *ret_peer)
{
	struct pst_list *link, *next, *last;
	int r = -EAGAIN;

	(void)pst_drr_first(&node->round);
	last = node->round.previous;
	for (next = node->round.next; r == -EAGAIN && next != &node->round;) {
		link = next;
		next = link == last ? &node->round : link->next;
		r = receive_from_share(node, SHARE_OF(link), buffer,
				       buffer_bytes, ret_message_bytes,
				       ret_peer);
	}
	return r;
}

/* Who is next, if that is plain: nobody is to be passed over. */
static inline struct pst_peer *plainly_next(const struct pst_node *node)
{
	struct pst_tenant_queue *share = SHARE_OF(node->round.next);
	struct pst_peer *peer;

	if (PST_UNLIKELY(!pst_node_has_ready(node) ||
			 share->drr.deficit_bytes <= 0))
		return NULL;
	peer = PEER_OF(share->ready_peers.next);
	return PST_LIKELY(peer->sched.drr.deficit_bytes > 0) ? peer : NULL;
}

/*
 * What nearly every call of a busy node comes to: one more of the messages that
 * were seen of the peer whose turn it is.  Anything else is -EAGAIN, and the
 * round over the ready deals with it.
 */
static inline int receive_seen(struct pst_node *node, void *buffer,
			       size_t buffer_bytes, size_t *ret_message_bytes,
			       postern_peer *ret_peer)
{
	struct pst_peer *peer = plainly_next(node);

	if (PST_UNLIKELY(!peer ||
			 !pst_metering_has_tokens(&peer->sched.metering)))
		return -EAGAIN;
	if (pst_channel_receive_seen(peer->channel, buffer, buffer_bytes,
				     ret_message_bytes) < 0)
		return -EAGAIN;
	*ret_peer = peer->handle;
	after_message(node, peer, *ret_message_bytes);
	return 0;
}

/*
 * A look at the clock costs as much as a message, so a program that has just been
 * quick with very many is looked at less often.
 */
static bool is_turn_due_by_clock(struct pst_node *node)
{
	bool is_full = node->receives_since_turn >= PST_NODE_RECEIVES_PER_TURN;
	uint64_t took_ns;

	node->now_ns = pst_monotonic_now_ns();
	took_ns = node->now_ns - node->turn_ns;
	if (took_ns > PST_NODE_QUICK_NS)
		node->clock_mask = PST_NODE_RECEIVES_PER_CLOCK - 1;
	else if (is_full)
		node->clock_mask = PST_NODE_RECEIVES_PER_CLOCK_QUICK - 1;
	return is_full || took_ns >= PST_NODE_TURN_NS;
}

static inline bool is_turn_due(struct pst_node *node)
{
	if (PST_LIKELY(node->receives_since_turn < PST_NODE_RECEIVES_PER_TURN &&
		       (node->receives_since_turn & node->clock_mask) != 0))
		return false;
	return is_turn_due_by_clock(node);
}

/* From whoever has something; after a turn, if one is due or nobody has. */
PST_NOINLINE
static int receive_looking(struct pst_node *node, bool is_due, void *buffer,
			   size_t buffer_bytes, size_t *ret_message_bytes,
			   postern_peer *ret_peer)
{
	bool has_looked = false;
	int r;

	node->searches_left = SEARCHES_PER_CALL;
	if (is_due) {
		r = pst_node_turn(node, 0);
		if (r < 0)
			return r;
		has_looked = true;
	}
	for (;;) {
		r = receive_from_ready(node, buffer, buffer_bytes,
				       ret_message_bytes, ret_peer);
		if (r != -EAGAIN)
			return r;
		/* Busy pollers look at the ready ones only, for a while. */
		if (has_looked || pst_node_has_ready(node))
			return r;
		r = pst_node_turn(node, 0);
		if (r < 0)
			return r;
		has_looked = true;
	}
}

/* What is due, and no message. */
PST_NOINLINE
static int receive_paused(struct pst_node *node)
{
	int r;

	r = pst_node_turn(node, 0);
	pst_node_update_wake(node);
	return r < 0 ? r : -EAGAIN;
}

int pst_node_receive(struct pst_node *node, void *buffer, size_t buffer_bytes,
		     size_t *ret_message_bytes, postern_peer *ret_peer)
{
	bool is_due;
	int r = -EAGAIN;

	if (PST_UNLIKELY(node->is_paused))
		return receive_paused(node);
	is_due = is_turn_due(node);
	if (PST_LIKELY(!is_due))
		r = receive_seen(node, buffer, buffer_bytes, ret_message_bytes,
				 ret_peer);
	if (PST_UNLIKELY(r < 0))
		r = receive_looking(node, is_due, buffer, buffer_bytes,
				    ret_message_bytes, ret_peer);
	/* A call without a message too: whoever is ready may stay so without
	 * one, too large for the buffer or dropped from all the time. */
	node->receives_since_turn++;
	/* Somebody may have been throttled, whatever became of the others. */
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	return r;
}
