/* SPDX-License-Identifier: ISC */
/* The doorbell, and sleep, for the files of this layer */
#ifndef POSTERN_CHANNEL_CHANNEL_DOORBELL_H
#define POSTERN_CHANNEL_CHANNEL_DOORBELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "channel/channel_state.h"

/*
 * Notify the peer of progress, for this value of its armed.  False: still
 * unsent.
 */
bool pst_channel_notify_consumer(struct pst_channel *channel, uint32_t armed);
bool pst_channel_notify_producer(struct pst_channel *channel, uint32_t armed);

/* After publishing: notify the peer if it is armed.  False: still unsent. */
static inline bool pst_channel_wake_consumer(struct pst_channel *channel)
{
	uint32_t armed = pst_ring_consumer_to_wake(&channel->producer);

	return PST_LIKELY(armed == 0) ||
	       pst_channel_notify_consumer(channel, armed);
}

static inline bool pst_channel_wake_producer(struct pst_channel *channel)
{
	uint32_t armed = pst_ring_producer_to_wake(&channel->consumer);

	return PST_LIKELY(armed == 0) ||
	       pst_channel_notify_producer(channel, armed);
}

/* Drain up to wakeup_limit doorbells, on behalf of a waiter for wants. */
void pst_channel_drain_doorbell_for(struct pst_channel *channel, uint32_t wants,
				    unsigned wakeup_limit);

/*
 * After a message with a time stamp: end the channel if the peer has ended it.
 */
void pst_channel_check_peer(struct pst_channel *channel);
void pst_channel_poll_empty(struct pst_channel *channel, uint32_t wants);

/* Sleep: channel_wait.c */

/*
 * Prepare a direction for sleep: clear its pending bit, arm, poll once more.
 * Returns whether it must not sleep.
 */
bool pst_channel_arm_and_poll(struct pst_channel *channel, uint32_t want);
void pst_channel_disarm(struct pst_channel *channel, uint32_t want);

/*
 * With a pollable descriptor an -EAGAIN must leave it unreadable and armed,
 * without a lost wake-up.  Returns those of wants, all of one direction, that
 * are ready after all.  In the sending direction this polls pending_interest
 * too, and leaves the descriptor readable if any of it is ready.
 */
uint32_t pst_channel_rearm(struct pst_channel *channel, uint32_t wants);

#endif
