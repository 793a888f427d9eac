/* SPDX-License-Identifier: ISC */
/*
 * Watermarks: events for the sender, when the ring fills up and when it is low
 * again
 *
 * ABOVE_HIGH and BELOW_LOW alternate.  A BELOW_LOW that the program has not
 * fetched is dropped when the depth reaches the high watermark again.
 *
 * The producer's copy of the consumer's position can be old.  The depth that it
 * gives is then too large, never too small.  So the copy is refreshed only where
 * the depth appears to be above a watermark.
 */
#include "channel/channel_traffic.h"

#include <errno.h>

#include "channel/channel_doorbell.h"

/* For each state: the next one for each event; and the event to report, if any. */
static const struct {
	bool is_above;
	enum pst_watermark_state at_high, at_low, reported;
	enum postern_channel_event_type event;
} states[] = {
	[PST_WATERMARK_BELOW] = {
		.at_high = PST_WATERMARK_ABOVE_UNREPORTED,
	},
	[PST_WATERMARK_ABOVE_UNREPORTED] = {
		.is_above = true,
		.at_low = PST_WATERMARK_PEAK_UNREPORTED,
		.reported = PST_WATERMARK_ABOVE,
		.event = POSTERN_CHANNEL_EVENT_ABOVE_HIGH,
	},
	[PST_WATERMARK_ABOVE] = {
		.is_above = true,
		.at_low = PST_WATERMARK_BELOW_UNREPORTED,
	},
	[PST_WATERMARK_BELOW_UNREPORTED] = {
		.at_high = PST_WATERMARK_ABOVE,
		.reported = PST_WATERMARK_BELOW,
		.event = POSTERN_CHANNEL_EVENT_BELOW_LOW,
	},
	[PST_WATERMARK_PEAK_UNREPORTED] = {
		.at_high = PST_WATERMARK_ABOVE_UNREPORTED,
		.reported = PST_WATERMARK_BELOW_UNREPORTED,
		.event = POSTERN_CHANNEL_EVENT_ABOVE_HIGH,
	},
};

/* A fault poisons the ring, and the next message returns the error. */
static uint64_t refresh_depth_bytes(struct pst_channel *channel)
{
	PST_IGNORE(pst_ring_is_consumed(&channel->producer));
	return pst_ring_depth_bytes(&channel->producer);
}

void pst_channel_update_watermarks(struct pst_channel *channel)
{
	struct pst_channel_watermarks *marks = &channel->watermarks;
	uint64_t depth_bytes = pst_ring_depth_bytes(&channel->producer);

	if (states[marks->state].is_above) {
		if (depth_bytes > marks->low_bytes)
			depth_bytes = refresh_depth_bytes(channel);
		if (depth_bytes <= marks->low_bytes)
			marks->state = states[marks->state].at_low;
		return;
	}
	if (depth_bytes < marks->high_bytes)
		return;
	depth_bytes = refresh_depth_bytes(channel);
	if (depth_bytes < marks->high_bytes)
		return;
	marks->state = states[marks->state].at_high;
	marks->above_bytes = depth_bytes;
	pst_counter_add(&channel->high_watermark_count, 1);
}

PST_COLD
void pst_channel_check_interest(struct pst_channel *channel)
{
	channel->pending_interest &= ~(uint32_t)PST_CHANNEL_WANT_SPACE;
	if (channel->watermarks.high_bytes > 0)
		pst_channel_update_watermarks(channel);
}

bool pst_channel_has_watermarks(const struct pst_channel *channel)
{
	return channel->watermarks.high_bytes > 0;
}

bool pst_channel_is_low(struct pst_channel *channel)
{
	return refresh_depth_bytes(channel) <= channel->watermarks.low_bytes;
}

int pst_channel_set_watermarks(struct pst_channel *channel, uint64_t high_bytes,
			       uint64_t low_bytes)
{
	if (!(channel->directions & PST_CHANNEL_SENDS))
		return -EPERM;
	if ((high_bytes != 0 || low_bytes != 0) &&
	    (low_bytes >= high_bytes ||
	     high_bytes > channel->info.send_ring_bytes))
		return -EINVAL;
	channel->watermarks = (struct pst_channel_watermarks) {
		.high_bytes = high_bytes,
		.low_bytes = low_bytes,
	};
	channel->pending_interest &=
		~(uint32_t)(PST_CHANNEL_WANT_LOW | PST_CHANNEL_WANT_WATERMARKS);
	if (high_bytes > 0)
		channel->pending_interest |= PST_CHANNEL_WANT_WATERMARKS;
	return 0;
}

/* Afterwards the descriptor is readable when the depth is low. */
static void want_low(struct pst_channel *channel)
{
	channel->pending_interest |= PST_CHANNEL_WANT_LOW;
	if (pst_channel_is_polled(channel))
		(void)pst_channel_rearm(channel, PST_CHANNEL_WANT_LOW);
}

/* A pollable descriptor must be unreadable and armed if there is no event. */
static bool is_worth_retrying(struct pst_channel *channel)
{
	if (!pst_channel_is_polled(channel))
		return false;
	return pst_channel_rearm(channel, channel->pending_interest &
						  PST_CHANNEL_WANT_LOW) != 0;
}

static int next_event(struct pst_channel *channel,
		      struct postern_channel_event *ret_event)
{
	struct pst_channel_watermarks *marks = &channel->watermarks;
	enum postern_channel_event_type type;
	uint64_t depth_bytes;

	if (marks->high_bytes > 0)
		pst_channel_update_watermarks(channel);
	type = states[marks->state].event;
	if (type == 0)
		return -EAGAIN;
	marks->state = states[marks->state].reported;
	if (type == POSTERN_CHANNEL_EVENT_ABOVE_HIGH) {
		want_low(channel);
		depth_bytes = marks->above_bytes;
	} else {
		channel->pending_interest &= ~(uint32_t)PST_CHANNEL_WANT_LOW;
		depth_bytes = pst_ring_depth_bytes(&channel->producer);
	}
	*ret_event = (struct postern_channel_event) {
		.type = type,
		.depth_bytes = depth_bytes,
	};
	return 0;
}

int pst_channel_next_event(struct pst_channel *channel,
			   struct postern_channel_event *ret_event)
{
	int r;

	if (!(channel->directions & PST_CHANNEL_SENDS))
		return -EPERM;
	r = next_event(channel, ret_event);
	if (r == -EAGAIN && is_worth_retrying(channel))
		r = next_event(channel, ret_event);
	return r;
}
