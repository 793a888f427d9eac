/* SPDX-License-Identifier: ISC */
/*
 * The doorbell: notifying the peer, and draining its wake-ups
 *
 * Doorbells are the only traffic on a channel's socket.  A doorbell says that a
 * position moved; the rings say which one.  It is also the only way in which a
 * connected peer can cause system calls here.  So wake-ups are accounted: at
 * most one for each arming, and a limited number without progress.  A peer that
 * exceeds either ends its channel.
 */
#include "channel/channel_doorbell.h"

#include <errno.h>

#include "channel/channel_traffic.h"
#include "os/doorbell.h"

/*
 * The message is already published, so the call must succeed.  If the peer has
 * hung up, the channel ends for the next call.  If the kernel has no memory,
 * the wake-up is unsent: the next call notifies again, and until then no sleep
 * is long.
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
	(void)pst_channel_now_ns(notifier); /* records the activity */
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
	/*
	 * A peer that has to be notified gets few messages: measure each of
	 * them.
	 */
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
 * [B1] Store and load in the opposite order of pst_channel_arm_and_poll():
 * either the waiter observes the bit, or this thread observes that it is armed
 * and signals its eventfd.  A direction in which the caller itself waits polls
 * again anyway.
 */
static void set_pending(struct pst_channel_waiter *waiter, bool is_awake)
{
	atomic_store_explicit(&waiter->pending, true, memory_order_seq_cst);
	if (!is_awake && waiter->wake_fd >= 0 &&
	    atomic_load_explicit(&waiter->armed, memory_order_seq_cst))
		pst_wake_signal(waiter->wake_fd);
}

/* Each arming of either direction permits one doorbell, which may come late. */
static bool wakeups_are_permitted(struct pst_channel *channel, unsigned count)
{
	uint64_t wakeups = atomic_fetch_add(&channel->wakeups, count) + count;

	return wakeups <= atomic_load(&channel->armings);
}

/*
 * Whether the sum of the peer's positions has a new maximum, so that moving
 * back and forth is no progress.  Any thread may ask; no decision about data
 * depends on it.
 */
static bool peer_has_moved(struct pst_channel *channel)
{
	const struct pst_segment_words *peer = pst_channel_peer_words(channel);
	uint64_t moved = 0, seen;

	if (channel->directions & PST_CHANNEL_RECEIVES)
		moved += pst_ring_produced_unchecked(peer);
	if (channel->directions & PST_CHANNEL_SENDS)
		moved += pst_ring_consumed_unchecked(peer);
	seen = atomic_load(&channel->peer_moved);
	while (moved > seen)
		if (atomic_compare_exchange_weak(&channel->peer_moved, &seen,
						 moved))
			return true;
	return false;
}

/* A wake-up without progress uses up a budget; progress restores it. */
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
		/* Records the activity. */
		(void)pst_channel_now_ns(pst_channel_waiter_of(channel, wants));
	}
	if (!wakeups_are_permitted(channel, wakeup_count))
		pst_channel_poison(channel, "doorbells-not-requested");
	else if (!has_moved && !idle_wakeup_is_affordable(channel))
		pst_channel_poison(channel, "doorbells-without-progress");
}

/*
 * Two threads may call this at once.  Without SO_PASSRIGHTS only one may
 * receive; the other returns as if unread doorbells remained.
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
 * Normally one doorbell comes with progress.  To check for more would cost a
 * system call each time; if there are more, the socket stays readable.
 * Doorbells without progress are late ones of armings that were taken back.
 * There may be many, so they are drained together.
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
		pst_channel_poison(channel, "not-a-doorbell");
}

/*
 * A program that never waits arms nothing, so no doorbell reports that the peer
 * has hung up.  The next call returns the error.
 */
void pst_channel_poll_empty(struct pst_channel *channel, uint32_t wants)
{
	struct pst_channel_waiter *waiter =
		pst_channel_waiter_of(channel, wants);

	if (++waiter->empty_polls % PST_CHANNEL_EMPTY_POLLS == 0)
		pst_channel_drain_doorbell_for(channel, wants, 1);
}

/* Whether the consumer's position, unchecked, has moved since the last call. */
static bool peer_has_consumed(struct pst_channel *channel)
{
	uint64_t consumed_pos =
		pst_ring_consumed_unchecked(pst_channel_peer_words(channel));
	bool has_consumed = consumed_pos != channel->checked_consumed_pos;

	channel->checked_consumed_pos = consumed_pos;
	return has_consumed;
}

/*
 * A receiver that exits while it is awake is not armed, so no doorbell reports
 * the exit: until the ring is full, only the kernel can.  If the receiver has
 * consumed anything since the last check, the kernel is not asked, so that a
 * busy flow makes no system call.
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
