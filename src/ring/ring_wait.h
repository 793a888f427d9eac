/* SPDX-License-Identifier: ISC */
/*
 * Sleep and wake-up: arming, notifications and space checks
 *
 * A side that waits arms before it polls for the last time and sleeps.  A side
 * that publishes asks whether the other one must be notified; the channel sends
 * the doorbell.
 */
#ifndef POSTERN_RING_RING_WAIT_H
#define POSTERN_RING_RING_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "ring/ring.h"

/*
 * Arm before the second poll (has_message, has_space) that precedes sleep;
 * disarm afterwards.  Arming again requests another notification.
 */
void pst_ring_arm_consumer(struct pst_ring_consumer *consumer);
void pst_ring_disarm_consumer(struct pst_ring_consumer *consumer);
void pst_ring_arm_producer(struct pst_ring_producer *producer);
void pst_ring_disarm_producer(struct pst_ring_producer *producer);

/*
 * After publishing (write, commit, finish; read): the value of armed for which
 * the other side must be notified, or 0.  Returned again for each message until
 * _notified() is called, which must follow each notification that was sent.
 * pst_ring_producer_to_wake() also schedules the next space check when it
 * returns 0.
 */
PST_MUST_CHECK
static inline uint32_t
pst_ring_consumer_to_wake(const struct pst_ring_producer *producer);
PST_MUST_CHECK
static inline uint32_t
pst_ring_producer_to_wake(struct pst_ring_consumer *consumer);
void pst_ring_consumer_notified(struct pst_ring_producer *producer,
				uint32_t armed);
void pst_ring_producer_notified(struct pst_ring_consumer *consumer,
				uint32_t armed);

/*
 * Set next_check_pos after a space check.  While more than half of the ring is
 * known to be unread, it is the position at which half is free.  Otherwise it
 * is a 64th of the ring further, or the end of the last known record if that is
 * nearer.  With nothing unread it is consumed_pos, so that the check is due
 * with the next record.
 */
void pst_ring_schedule_check(struct pst_ring_consumer *consumer);

/*
 * The peer's positions, unchecked: only to detect that they moved.  For any
 * thread.
 */
uint64_t pst_ring_produced_unchecked(const struct pst_segment_words *peer);
uint64_t pst_ring_consumed_unchecked(const struct pst_segment_words *peer);

/* Inline */

/* Whether next_check_pos is reached: see pst_ring_schedule_check(). */
static inline bool
pst_ring_is_check_due(const struct pst_ring_consumer *consumer)
{
	uint64_t beyond_bytes =
		consumer->consumed_pos - consumer->next_check_pos;

	return beyond_bytes <= UINT64_MAX / 2;
}

static inline uint32_t pst_ring_notify_due(uint32_t armed,
					   uint32_t notified_for)
{
	return (armed & 1) != 0 && armed != notified_for ? armed : 0;
}

static inline uint32_t
pst_ring_consumer_to_wake(const struct pst_ring_producer *producer)
{
	/*
	 * [A1] Pairs with the publish in pst_ring_arm_consumer(); ordered after
	 * the [W1] publish in publish_record(), ring_producer.c.
	 */
	return pst_ring_notify_due(
		pst_shared_observe_ordered_u32(&producer->peer->consumer_armed),
		producer->notified_for);
}

static inline uint32_t
pst_ring_producer_notify_due(const struct pst_ring_consumer *consumer)
{
	/*
	 * [A2] Pairs with the publish in pst_ring_arm_producer(); ordered after
	 * the [W2] publish in publish_consumed(), ring_consumer.c.
	 */
	return pst_ring_notify_due(
		pst_shared_observe_ordered_u32(&consumer->peer->producer_armed),
		consumer->notified_for);
}

/*
 * A waiting producer is notified only once half of the ring is free.  If it
 * were notified for the space of one message, it would fill it and sleep again,
 * for each message.  No wake-up is lost: a consumer reaches this point before
 * the ring is empty, and it sleeps only then.  The copy of produced_pos may be
 * old and the ring full again, so it is refreshed before the notification.
 */
static inline uint32_t
pst_ring_producer_to_wake(struct pst_ring_consumer *consumer)
{
	uint32_t armed;

	if (!pst_ring_is_check_due(consumer))
		return 0;
	if (pst_ring_is_known_half_free(consumer)) {
		armed = pst_ring_producer_notify_due(consumer);
		if (PST_UNLIKELY(armed != 0) &&
		    pst_ring_refresh_half_free(consumer))
			return armed; /* due until _notified() */
	}
	if (pst_ring_has_buffered_message(consumer))
		pst_ring_schedule_check(consumer);
	else /* schedule_check() without the call, for a ping-pong */
		consumer->next_check_pos = consumer->consumed_pos;
	return 0;
}

#endif
