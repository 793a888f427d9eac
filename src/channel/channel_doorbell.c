/* SPDX-License-Identifier: ISC */
/*
 * Bells: waking the peer, and hearing it
 *
 * The only traffic on a channel's socket.  A bell says "something moved" and
 * nothing else; what moved is looked up in the rings.  Bells are also the one
 * thing an admitted peer can make us spend system calls on, so they are
 * accounted: no more than we asked for by arming, and not for ever without
 * progress.  A peer that breaks either rule ends its channel.
 */
#include "channel/channel_state.h"

#include <errno.h>

#include "os/doorbell.h"

/*
 * The message is published already, so nothing here may fail the call.  A peer
 * that hung up ends the channel for the next call; for want of kernel memory
 * the bell is owed: the value stays unmarked, the next call rings again, and
 * nobody here sleeps for long before.
 */
static bool notify(struct pst_channel *channel,
		   struct pst_channel_waiter *notifier)
{
	int r;

	r = pst_doorbell_notify(channel->socket_fd);
	if (r == -EPIPE)
		pst_channel_end(channel, POSTERN_REASON_HUNG_UP);
	if (r < 0)
		return false;
	pst_counter_add(&notifier->wakeups_sent, 1);
	(void)pst_channel_now_ns(notifier); /* noted, which is all */
	return true;
}

void pst_channel_await_sending(struct pst_channel *channel)
{
	if (channel->receive_waiter.wake_fd >= 0)
		atomic_store(&channel->is_sending_awaited, true);
}

bool pst_channel_notify_consumer(struct pst_channel *channel, uint32_t armed)
{
	if (!notify(channel, &channel->send_waiter))
		return pst_channel_has_ended(channel);
	pst_ring_consumer_notified(&channel->producer, armed);
	if (atomic_load_explicit(&channel->is_sending_awaited,
				 memory_order_relaxed) &&
	    atomic_exchange(&channel->is_sending_awaited, false))
		pst_wake_signal(channel->receive_waiter.wake_fd);
	/* Who has to be woken gets little, and all of it is worth measuring. */
	channel->sample_at = pst_counter_get(&channel->sent.messages);
	return true;
}

bool pst_channel_notify_producer(struct pst_channel *channel, uint32_t armed)
{
	if (!notify(channel, &channel->receive_waiter))
		return pst_channel_has_ended(channel);
	pst_ring_producer_notified(&channel->consumer, armed);
	return true;
}

/*
 * [B1] Dekker with pst_channel_arm_and_poll(): either the waiter sees the bit,
 * or we see that it is armed and signal its eventfd.  The direction that the
 * caller itself waits in needs no signal: it looks again anyway.
 */
static void set_pending(struct pst_channel_waiter *waiter, bool is_awake)
{
	atomic_store_explicit(&waiter->pending, true, memory_order_seq_cst);
	if (!is_awake && waiter->wake_fd >= 0 &&
	    atomic_load_explicit(&waiter->armed, memory_order_seq_cst))
		pst_wake_signal(waiter->wake_fd);
}

/* Each arming of either direction permits one bell, which may come late. */
static bool wakeups_are_permitted(struct pst_channel *channel, unsigned count)
{
	uint64_t wakeups = atomic_fetch_add(&channel->wakeups, count) + count;

	return wakeups <= atomic_load(&channel->armings);
}

/*
 * Further than ever before, in a direction that is granted: going back and
 * forth is no progress.  Any thread may ask; no data rests on the answer.
 */
static bool peer_has_moved(struct pst_channel *channel)
{
	const struct pst_segment_words *peer = pst_channel_peer_words(channel);
	uint64_t moved = 0, seen;

	if (channel->directions & POSTERN_DIRECTION_RECEIVE)
		moved += pst_ring_produced_unchecked(peer);
	if (channel->directions & POSTERN_DIRECTION_SEND)
		moved += pst_ring_consumed_unchecked(peer);
	seen = atomic_load(&channel->peer_moved);
	while (moved > seen)
		if (atomic_compare_exchange_weak(&channel->peer_moved, &seen,
						 moved))
			return true;
	return false;
}

/* A wake-up that moved nothing spends a budget, which progress refills. */
static bool idle_wakeup_is_affordable(struct pst_channel *channel)
{
	return atomic_fetch_add(&channel->idle_wakeups, 1) <
	       PST_CHANNEL_IDLE_WAKEUPS;
}

static void account_for(struct pst_channel *channel, uint32_t wants,
			unsigned wakeup_count, bool has_moved)
{
	if (wakeup_count == 0)
		return;
	if (has_moved) {
		atomic_store(&channel->idle_wakeups, 0);
		/* Noted, which is all. */
		(void)pst_channel_now_ns(pst_channel_waiter_of(channel, wants));
	}
	if (!wakeups_are_permitted(channel, wakeup_count))
		pst_channel_poison(channel, "bells-unasked");
	else if (!has_moved && !idle_wakeup_is_affordable(channel))
		pst_channel_poison(channel, "bells-without-progress");
}

/*
 * Two threads may come here at once.  Without SO_PASSRIGHTS only one may
 * receive: to the other it is as if bells had come that it has yet to read.
 */
static int drain(struct pst_channel *channel, unsigned wakeup_limit,
		 unsigned *ret_count, bool *ret_has_more)
{
	bool is_exclusive = !(channel->features & POSTERN_FEATURE_PASSRIGHTS);
	int r;

	if (is_exclusive && atomic_exchange(&channel->is_draining, true)) {
		*ret_count = 0;
		*ret_has_more = true;
		return 0;
	}
	r = pst_doorbell_drain(channel->socket_fd, channel->features,
			       wakeup_limit, ret_count, ret_has_more);
	if (is_exclusive)
		atomic_store(&channel->is_draining, false);
	return r;
}

/*
 * One bell that comes with news is the rule, and to see that there is no other
 * would cost a system call each time; if there is, the socket stays readable.
 * Bells without news are late ones, of armings that were taken back, and come
 * in heaps: take them together.
 */
void pst_channel_drain_doorbell_for(struct pst_channel *channel, uint32_t wants,
				    unsigned wakeup_limit)
{
	unsigned count, late_count;
	bool has_moved = false, has_more;
	int r;

	r = drain(channel, wakeup_limit, &count, &has_more);
	if (count > 0)
		has_moved = peer_has_moved(channel);
	if (count > 0 && !has_moved && has_more) {
		r = drain(channel, PST_DOORBELL_DRAIN_COUNT, &late_count,
			  &has_more);
		count += late_count;
	}
	account_for(channel, wants, count, has_moved);
	if (count > 0) {
		set_pending(&channel->send_waiter,
			    wants & ~(uint32_t)PST_CHANNEL_WANT_MESSAGE);
		set_pending(&channel->receive_waiter,
			    wants & PST_CHANNEL_WANT_MESSAGE);
	}
	if (r == -EPIPE)
		pst_channel_end(channel, POSTERN_REASON_HUNG_UP);
	else if (r == -EBADMSG)
		pst_channel_poison(channel, "no-bell");
}

/*
 * Who never waits arms nothing, and no bell tells that the peer hung up.  The
 * next call says what was heard.
 */
void pst_channel_poll_empty(struct pst_channel *channel, uint32_t wants)
{
	struct pst_channel_waiter *waiter = pst_channel_waiter_of(channel, wants);

	if (++waiter->empty_polls % PST_CHANNEL_EMPTY_POLLS == 0)
		pst_channel_drain_doorbell_for(channel, wants, 1);
}

/* Unchecked: whether it has moved, and nothing else. */
static bool peer_has_consumed(struct pst_channel *channel)
{
	uint64_t consumed_pos =
		pst_ring_consumed_unchecked(pst_channel_peer_words(channel));
	bool has_consumed = consumed_pos != channel->checked_consumed_pos;

	channel->checked_consumed_pos = consumed_pos;
	return has_consumed;
}

/*
 * A receiver that ended awake is armed for no doorbell, so none would tell: until
 * the ring is full, only the kernel can tell a sender of its end.  A receiver
 * that has consumed since the last check needs no question to the kernel, so
 * that a busy flow makes no system call.
 */
void pst_channel_check_peer(struct pst_channel *channel)
{
	uint64_t messages = pst_counter_get(&channel->sent.messages);
	uint64_t now_ns = pst_counter_get(&channel->send_waiter.activity_ns);

	if (messages - channel->checked_messages < PST_CHANNEL_CHECK_MESSAGES &&
	    now_ns - channel->checked_ns < PST_CHANNEL_CHECK_NS)
		return;
	channel->checked_messages = messages;
	channel->checked_ns = now_ns;
	if (peer_has_consumed(channel))
		return;
	switch (pst_doorbell_check_peer(channel->socket_fd, channel->pidfd)) {
	case PST_PEER_END_HUNG_UP:
		pst_channel_end(channel, POSTERN_REASON_HUNG_UP);
		return;
	case PST_PEER_END_DIED:
		pst_channel_on_peer_exit(channel);
		return;
	case PST_PEER_END_NONE:
		return;
	}
}

void pst_channel_drain_doorbell(struct pst_channel *channel)
{
	pst_channel_drain_doorbell_for(channel, PST_CHANNEL_WANT_MESSAGE, 1);
}

void pst_channel_on_peer_exit(struct pst_channel *channel)
{
	pst_channel_end(channel, POSTERN_REASON_PEER_DIED);
}
