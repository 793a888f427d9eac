/* SPDX-License-Identifier: ISC */
/*
 * Watermarks: telling the sender that the ring fills up, and that it is low
 * again
 *
 * The two levels lie apart, so that a ring whose depth wavers around one of them
 * does not bring an event with each message.  Above and below take turns; what
 * comes and goes between two questions of the sender is told as the one event
 * that leaves it with the truth.
 *
 * Where the receiver is, the producer knows only as of its last poll.  That is
 * never less than what is in the ring, so below the high level nothing has to be
 * looked at; above it, each message looks.
 */
#include "channel/channel_state.h"

#include <errno.h>

/* A fault poisons the ring, and the next message says so. */
static uint64_t fresh_depth_bytes(struct pst_channel *channel)
{
	PST_IGNORE(pst_ring_is_consumed(&channel->producer));
	return pst_ring_depth_bytes(&channel->producer);
}

void pst_channel_update_watermarks(struct pst_channel *channel)
{
	struct pst_channel_watermarks *marks = &channel->watermarks;
	uint64_t depth_bytes = pst_ring_depth_bytes(&channel->producer);

	if (marks->is_above) {
		if (depth_bytes > marks->low_bytes)
			depth_bytes = fresh_depth_bytes(channel);
		if (depth_bytes <= marks->low_bytes)
			marks->is_above = false;
		return;
	}
	if (depth_bytes < marks->high_bytes)
		return;
	depth_bytes = fresh_depth_bytes(channel);
	if (depth_bytes < marks->high_bytes)
		return;
	marks->is_above = true;
	marks->owes_above = !marks->has_told_above;
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
	return fresh_depth_bytes(channel) <= channel->watermarks.low_bytes;
}

int pst_channel_set_watermarks(struct pst_channel *channel, uint64_t high_bytes,
			       uint64_t low_bytes)
{
	if (!(channel->directions & POSTERN_DIRECTION_SEND))
		return -EPERM;
	if ((high_bytes != 0 || low_bytes != 0) &&
	    (low_bytes >= high_bytes ||
	     high_bytes > channel->limits.send_ring_bytes))
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

/* From here on the descriptor is readable when the depth is low. */
static void tell_above(struct pst_channel *channel)
{
	channel->watermarks.owes_above = false;
	channel->watermarks.has_told_above = true;
	channel->pending_interest |= PST_CHANNEL_WANT_LOW;
	if (pst_channel_is_polled(channel))
		(void)pst_channel_rearm(channel, PST_CHANNEL_WANT_LOW);
}

static void tell_below(struct pst_channel *channel)
{
	channel->watermarks.has_told_above = false;
	channel->pending_interest &= ~(uint32_t)PST_CHANNEL_WANT_LOW;
}

/* With a pollable descriptor, "none" must leave it unreadable and armed. */
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

	if (marks->high_bytes > 0)
		pst_channel_update_watermarks(channel);
	if (marks->owes_above) {
		tell_above(channel);
		*ret_event = (struct postern_channel_event) {
			.type = POSTERN_CHANNEL_ABOVE_HIGH,
			.depth_bytes = marks->above_bytes,
		};
		return 0;
	}
	if (marks->has_told_above && !marks->is_above) {
		tell_below(channel);
		*ret_event = (struct postern_channel_event) {
			.type = POSTERN_CHANNEL_BELOW_LOW,
			.depth_bytes = pst_ring_depth_bytes(&channel->producer),
		};
		return 0;
	}
	return -EAGAIN;
}

int pst_channel_next_event(struct pst_channel *channel,
			   struct postern_channel_event *ret_event)
{
	int r;

	if (!(channel->directions & POSTERN_DIRECTION_SEND))
		return -EPERM;
	r = next_event(channel, ret_event);
	if (r == -EAGAIN && is_worth_retrying(channel))
		r = next_event(channel, ret_event);
	return r;
}
