/* SPDX-License-Identifier: ISC */
/*
 * Statistics of a channel: rare events, and reading all counters
 *
 * The thread of each direction counts for itself (pst_channel_note_sent() and
 * _received() in channel_state.h).  A reader sums the counters, so the values
 * are recent but not of one moment.
 *
 * The clock is read for every 64th message, for the one after a notification,
 * and with wake-ups: often enough to tell an idle channel from a busy one.
 * Positions and time stamps of the peer are used only within the bounds of what
 * is possible.
 */
#include "channel/channel_traffic.h"

#include <errno.h>

#include "base/clock.h"
#include "channel/channel_doorbell.h"
#include "os/monotonic.h"

/*
 * The peer may have opened the channel this much earlier: the time of a
 * handshake.
 */
#define OPENING_NS (2 * PST_NS_PER_SECOND)

/* The depth is refreshed after this part of the ring was written. */
#define DEPTH_REFRESHES_PER_RING 8

uint64_t pst_channel_now_ns(struct pst_channel_waiter *waiter)
{
	uint64_t now_ns = pst_monotonic_now_ns();

	pst_counter_set(&waiter->activity_ns, now_ns);
	return now_ns;
}

/*
 * The producer's copy of the consumer's position is usually old.  A refresh
 * moves a cache line between two cores, so it is done a few times per ring.
 */
static void refresh_depth(struct pst_channel *channel)
{
	struct pst_ring_producer *producer = &channel->producer;

	if (producer->produced_pos - channel->depth_pos <
	    producer->data_bytes / DEPTH_REFRESHES_PER_RING)
		return;
	channel->depth_pos = producer->produced_pos;
	/* A fault poisons the ring, and the next message returns the error. */
	if (pst_ring_is_consumed(producer) != -EBADMSG)
		pst_counter_raise(&channel->sent.peak_bytes,
				  pst_ring_depth_bytes(producer));
}

int pst_channel_after_sample(struct pst_channel *channel, int result)
{
	if (result < 0)
		return result;
	channel->sample_at = pst_counter_get(&channel->sent.messages) +
			     PST_CHANNEL_SAMPLE_INTERVAL;
	refresh_depth(channel);
	pst_channel_check_peer(channel);
	return 0;
}

PST_COLD
int pst_channel_write_sample(struct pst_channel *channel, const void *bytes,
			     uint32_t byte_count)
{
	int r;

	r = pst_ring_write_timed(&channel->producer, bytes, byte_count,
				 pst_channel_now_ns(&channel->send_waiter));
	return pst_channel_after_sample(channel, r);
}

PST_COLD
int pst_channel_commit_sample(struct pst_channel *channel, uint32_t byte_count)
{
	int r;

	r = pst_ring_commit_timed(&channel->producer, byte_count,
				  pst_channel_now_ns(&channel->send_waiter));
	return pst_channel_after_sample(channel, r);
}

PST_COLD
void pst_channel_note_refusal(struct pst_channel *channel)
{
	pst_counter_add(&channel->send_full_count, 1);
	pst_counter_raise(&channel->sent.peak_bytes,
			  pst_ring_depth_bytes(&channel->producer));
}

static void add_latency(struct pst_channel *channel, uint64_t latency_ns)
{
	pst_histogram_add(&channel->latency, latency_ns);
	if (channel->latency_total)
		pst_histogram_add(channel->latency_total, latency_ns);
}

PST_COLD
void pst_channel_note_latency(struct pst_channel *channel, uint64_t sent_ns)
{
	uint64_t now_ns = pst_channel_now_ns(&channel->receive_waiter);
	uint64_t opened_ns = channel->opened_ns;
	uint64_t first_ns = opened_ns > OPENING_NS ? opened_ns - OPENING_NS : 0;

	if (sent_ns > now_ns || sent_ns < first_ns)
		pst_counter_add(&channel->implausible_count, 1);
	else
		add_latency(channel, now_ns - sent_ns);
}

/* The depth between two positions, one of which may be old or false. */
static uint64_t depth_between(uint64_t consumed_pos, uint64_t produced_pos,
			      uint64_t data_bytes)
{
	uint64_t depth_bytes = produced_pos - consumed_pos;

	if (depth_bytes > UINT64_MAX / 2)
		return 0;
	return depth_bytes < data_bytes ? depth_bytes : data_bytes;
}

static void describe_depths(const struct pst_channel *channel,
			    struct postern_channel_statistics *stats)
{
	const struct pst_segment_words *peer = pst_channel_peer_words(channel);

	if (channel->directions & PST_CHANNEL_SENDS)
		stats->send_depth_bytes = depth_between(
			pst_ring_consumed_unchecked(peer),
			pst_counter_get(&channel->sent.pos),
			channel->info.send_ring_bytes);
	if (channel->directions & PST_CHANNEL_RECEIVES)
		stats->receive_depth_bytes = depth_between(
			pst_counter_get(&channel->received.pos),
			pst_ring_produced_unchecked(peer),
			channel->info.receive_ring_bytes);
}

static uint64_t larger_of(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

void pst_channel_stats(const struct pst_channel *channel,
		       struct postern_channel_statistics *ret_stats)
{
	const struct pst_channel_waiter *sender = &channel->send_waiter;
	const struct pst_channel_waiter *receiver = &channel->receive_waiter;
	struct postern_channel_statistics stats = {
		.size_bytes = sizeof(stats),
		.sent_messages = pst_counter_get(&channel->sent.messages),
		.sent_bytes = pst_counter_get(&channel->sent.bytes),
		.received_messages =
			pst_counter_get(&channel->received.messages),
		.received_bytes = pst_counter_get(&channel->received.bytes),
		.send_full_count =
			pst_counter_get(&channel->send_full_count),
		.high_watermark_count =
			pst_counter_get(&channel->high_watermark_count),
		.dropped_messages = pst_counter_get(&channel->dropped_messages),
		.dropped_bytes = pst_counter_get(&channel->dropped_bytes),
		.wakeups_sent = pst_counter_get(&sender->wakeups_sent) +
				pst_counter_get(&receiver->wakeups_sent),
		.wakeups_received = atomic_load(&channel->wakeups),
		.last_activity_ns =
			larger_of(pst_counter_get(&sender->activity_ns),
				  pst_counter_get(&receiver->activity_ns)),
		.end_reason = pst_channel_reported_reason(channel),
	};

	describe_depths(channel, &stats);
	stats.peer_dropped_messages =
		pst_ring_dropped_unchecked(pst_channel_peer_words(channel));
	stats.send_peak_bytes =
		larger_of(pst_counter_get(&channel->sent.peak_bytes),
			  stats.send_depth_bytes);
	stats.receive_peak_bytes =
		larger_of(pst_counter_get(&channel->received.peak_bytes),
			  stats.receive_depth_bytes);
	pst_histogram_describe(&channel->latency, &stats.latency);
	stats.latency.implausible_count =
		pst_counter_get(&channel->implausible_count);
	*ret_stats = stats;
}

uint64_t pst_channel_sent_messages(const struct pst_channel *channel)
{
	return pst_counter_get(&channel->sent.messages);
}

void pst_channel_record_latency_to(struct pst_channel *channel,
				   struct pst_histogram *borrow_total)
{
	channel->latency_total = borrow_total;
}

void pst_channel_positions_sent(const struct pst_channel *channel,
				uint64_t *ret_sent_pos,
				uint64_t *ret_consumed_pos,
				uint64_t *ret_refused_count)
{
	const struct pst_segment_words *peer = pst_channel_peer_words(channel);

	*ret_sent_pos = pst_counter_get(&channel->sent.pos);
	*ret_consumed_pos = *ret_sent_pos;
	*ret_refused_count = pst_counter_get(&channel->send_full_count);
	if (channel->directions & PST_CHANNEL_SENDS)
		*ret_consumed_pos = pst_ring_consumed_unchecked(peer);
}
