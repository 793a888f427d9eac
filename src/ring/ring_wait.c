/* SPDX-License-Identifier: ISC */
/*
 * Who must be woken, who may sleep
 *
 * The two sides of a ring each do two things in order:
 *
 *	the one that waits        the one that publishes
 *	arm                       publish its position, ordered before
 *	fence                       what it looks at next
 *	look at the position      look whether the other is armed
 *
 * Whatever the interleaving, at least one of them sees the other's store: the
 * waiter finds the position moved and does not sleep, or the publisher finds it
 * armed and rings.  Take the fence or the order away and both may look first;
 * the waiter then sleeps on a message.  tests/model/ has this checked by
 * machine.
 *
 * A consumer does both only where a look is due: pst_ring_schedule_check().
 *
 * armed is a counter rather than a flag, so that a bell belongs to one arming:
 * a publisher rings at most once for each odd value, however long the other
 * side leaves it standing.  A value could be mistaken for an earlier one only
 * if it was armed exactly 2^31 times with not one bell in between.
 *
 * Any value the peer writes is harmless: it costs at most one bell a message.
 */
#include "ring/ring.h"

/* A receiver that stops lets its sender wait for at most this part more. */
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
	 * pst_ring_consumer_to_wake(): the caller looks at produced_pos next,
	 * and either sees what was published, or the producer sees us armed.
	 */
	pst_shared_fence();
}

void pst_ring_disarm_consumer(struct pst_ring_consumer *consumer)
{
	if (!is_odd(consumer->armed))
		return;
	consumer->armed++;
	/* [A1] No fence: seen late, it costs one bell in vain. */
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
	 * pst_ring_producer_notify_due(): the caller looks at consumed_pos next,
	 * and either sees the room given back, or the consumer sees us armed.
	 */
	pst_shared_fence();
}

void pst_ring_disarm_producer(struct pst_ring_producer *producer)
{
	if (!is_odd(producer->armed))
		return;
	producer->armed++;
	/* [A2] No fence: seen late, it costs one bell in vain. */
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
