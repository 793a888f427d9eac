/* SPDX-License-Identifier: ISC */
/*
 * Sleep and wake-up: arming, notifications and space checks
 *
 * The side that waits arms, executes a fence and polls the position again.  The
 * side that publishes stores its position and then reads armed, in this order.
 * So at least one of them sees the other's store, and no wake-up is lost. armed
 * is a counter: each odd value is notified at most once, and any value that a
 * peer writes costs at most one doorbell per message. doc/ring.md, "Sleep and
 * wake-up", has the proof, and tests/model/ checks it.
 */
#include "ring/ring_wait.h"

/*
 * A consumer that stops reading delays its producer by at most this part of a
 * ring.
 */
#define CHECKS_PER_RING 64

static inline bool is_odd(uint32_t armed)
{
	return (armed & 1) != 0;
}

static inline uint32_t next_odd(uint32_t armed)
{
	return (armed + 1) | 1;
}

void pst_ring_arm_consumer(struct pst_ring_consumer *consumer)
{
	consumer->armed = next_odd(consumer->armed);
	/* [A1] Pairs with the observe in pst_ring_consumer_to_wake(). */
	pst_shared_publish_u32(&consumer->own->consumer_armed, consumer->armed);
	/*
	 * [W1] Pairs with the publish in publish_record() and the observe in
	 * pst_ring_consumer_to_wake(): the caller polls produced_pos next.  It
	 * observes what was published, or the producer observes that we are
	 * armed.
	 */
	pst_shared_fence();
}

void pst_ring_disarm_consumer(struct pst_ring_consumer *consumer)
{
	if (!is_odd(consumer->armed))
		return;
	consumer->armed++;
	/* [A1] No fence: a late store costs one unneeded doorbell. */
	pst_shared_publish_u32(&consumer->own->consumer_armed, consumer->armed);
}

void pst_ring_consumer_notified(struct pst_ring_producer *producer,
				uint32_t armed)
{
	producer->notified_for = armed;
}

void pst_ring_arm_producer(struct pst_ring_producer *producer)
{
	producer->armed = next_odd(producer->armed);
	/* [A2] Pairs with the observe in pst_ring_producer_notify_due(). */
	pst_shared_publish_u32(&producer->own->producer_armed, producer->armed);
	/*
	 * [W2] Pairs with the publish in publish_consumed() and the observe in
	 * pst_ring_producer_notify_due(): the caller polls consumed_pos next.
	 * It observes the free space, or the consumer observes that we are
	 * armed.
	 */
	pst_shared_fence();
}

void pst_ring_disarm_producer(struct pst_ring_producer *producer)
{
	if (!is_odd(producer->armed))
		return;
	producer->armed++;
	/* [A2] No fence: a late store costs one unneeded doorbell. */
	pst_shared_publish_u32(&producer->own->producer_armed, producer->armed);
}

void pst_ring_schedule_check(struct pst_ring_consumer *consumer)
{
	uint64_t half_bytes = consumer->data_bytes / 2;
	uint64_t unread_bytes = consumer->produced_pos - consumer->consumed_pos;
	uint64_t step_bytes = consumer->data_bytes / CHECKS_PER_RING;

	if (unread_bytes > half_bytes)
		step_bytes = unread_bytes - half_bytes;
	else if (unread_bytes < step_bytes)
		step_bytes = unread_bytes;
	consumer->next_check_pos = consumer->consumed_pos + step_bytes;
}

void pst_ring_producer_notified(struct pst_ring_consumer *consumer,
				uint32_t armed)
{
	consumer->notified_for = armed;
	pst_ring_schedule_check(consumer);
}

uint64_t pst_ring_produced_unchecked(const struct pst_segment_words *peer)
{
	return pst_shared_load_relaxed_u64(&peer->produced_pos);
}

uint64_t pst_ring_consumed_unchecked(const struct pst_segment_words *peer)
{
	return pst_shared_load_relaxed_u64(&peer->consumed_pos);
}
