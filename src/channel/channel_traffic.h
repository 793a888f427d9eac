/* SPDX-License-Identifier: ISC */
/* Counters, samples and watermarks, for the files of this layer */
#ifndef POSTERN_CHANNEL_CHANNEL_TRAFFIC_H
#define POSTERN_CHANNEL_CHANNEL_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/counter.h"
#include "channel/channel_state.h"

/* Read the clock, and record it as the direction's last activity. */
uint64_t pst_channel_now_ns(struct pst_channel_waiter *waiter);

/*
 * Send a message with a time stamp; record the latency of one that was
 * received.
 */
int pst_channel_write_sample(struct pst_channel *channel, const void *bytes,
			     uint32_t byte_count);
int pst_channel_commit_sample(struct pst_channel *channel, uint32_t byte_count);
void pst_channel_note_latency(struct pst_channel *channel, uint64_t sent_ns);

/* After the attempt to send a message with a time stamp: returns result. */
int pst_channel_after_sample(struct pst_channel *channel, int result);

/* Count a message that did not fit, and record the depth. */
void pst_channel_note_refusal(struct pst_channel *channel);

/* After a message was sent while pending_interest is not 0. */
void pst_channel_check_interest(struct pst_channel *channel);

void pst_channel_update_watermarks(struct pst_channel *channel);
bool pst_channel_is_low(struct pst_channel *channel);

/* For each message, after it is published or read. */
static inline void pst_channel_note_sent(struct pst_channel *channel,
					 uint32_t byte_count)
{
	struct pst_channel_traffic *sent = &channel->sent;

	pst_counter_add(&sent->messages, 1);
	pst_counter_add(&sent->bytes, byte_count);
	pst_counter_set(&sent->pos, channel->producer.produced_pos);
	if (PST_UNLIKELY(channel->pending_interest != 0))
		pst_channel_check_interest(channel);
}

/*
 * Record the depth before the last message was consumed, as of the last
 * refresh.
 */
static inline void
pst_channel_note_taken(struct pst_channel_traffic *received,
		       const struct pst_ring_consumer *consumer)
{
	pst_counter_raise(&received->peak_bytes,
			  consumer->produced_pos -
				  pst_counter_get(&received->pos));
	pst_counter_set(&received->pos, consumer->consumed_pos);
}

static inline void pst_channel_note_received(struct pst_channel *channel,
					     size_t byte_count)
{
	struct pst_channel_traffic *received = &channel->received;
	uint64_t sent_ns;

	pst_channel_note_taken(received, &channel->consumer);
	pst_counter_add(&received->messages, 1);
	pst_counter_add(&received->bytes, byte_count);
	if (PST_UNLIKELY(pst_ring_take_time(&channel->consumer, &sent_ns)))
		pst_channel_note_latency(channel, sent_ns);
}

static inline void pst_channel_note_dropped(struct pst_channel *channel,
					    size_t byte_count)
{
	pst_channel_note_taken(&channel->received, &channel->consumer);
	pst_counter_add(&channel->dropped_messages, 1);
	pst_counter_add(&channel->dropped_bytes, byte_count);
}

#endif
