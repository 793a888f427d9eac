/* SPDX-License-Identifier: ISC */
/*
 * Receiving: from the ring, with a notification only if the sender waits for
 * space
 *
 * Messages that a peer committed before it exited are delivered first.  Its
 * position is read once more then and never again, so that a process that still
 * has the segment cannot add messages to a channel that has ended.
 */
#include "channel/channel_state.h"

#include <errno.h>

#include "channel/channel_doorbell.h"
#include "channel/channel_sealed.h"
#include "channel/channel_traffic.h"

/*
 * A channel that ended by revocation or poisoning delivers nothing more.  After
 * an exit of the peer the rest is delivered.
 */
static int after_the_end(struct pst_channel *channel)
{
	if (!(channel->directions & PST_CHANNEL_RECEIVES))
		return -EPERM;
	if (!pst_channel_is_peer_end(pst_channel_end_reason(channel)))
		return pst_channel_end_result(channel);
	if (!channel->frozen) {
		/* The next read returns the same error. */
		PST_IGNORE(pst_ring_freeze(&channel->consumer));
		channel->frozen = true;
	}
	return 0;
}

/*
 * Nothing to receive: check for the end, or arm and poll for a pollable
 * descriptor.
 */
static bool is_worth_retrying(struct pst_channel *channel)
{
	if (pst_channel_has_ended(channel))
		return !channel->frozen;
	if (!pst_channel_is_polled(channel))
		return false;
	return pst_channel_rearm(channel, PST_CHANNEL_WANT_MESSAGE) != 0;
}

/* 0, or the error of a channel that has ended. */
static int may_receive(struct pst_channel *channel)
{
	if (pst_channel_has_ended(channel))
		return after_the_end(channel);
	return 0;
}

static inline int receive_once(struct pst_channel *channel, void *buffer,
			       size_t buffer_bytes, size_t *ret_message_bytes)
{
	int r;

	r = may_receive(channel);
	if (r < 0)
		return r;
	if (!pst_channel_is_plain(channel, PST_CHANNEL_RECEIVES))
		return pst_channel_read_sealed(channel, buffer, buffer_bytes,
					       ret_message_bytes);
	return pst_ring_read(&channel->consumer, buffer, buffer_bytes,
			     ret_message_bytes);
}

/* Handle an error of the ring. */
static int after_failure(struct pst_channel *channel, int result)
{
	switch (result) {
	case -EAGAIN:
		if (channel->frozen)
			return -EPIPE;
		pst_channel_poll_empty(channel, PST_CHANNEL_WANT_MESSAGE);
		return -EAGAIN;
	case -ESHUTDOWN:
		pst_channel_end_for_certain(channel, POSTERN_REASON_CLOSED);
		return -EPIPE;
	case -EBADMSG:
		pst_channel_poison(channel, pst_channel_ring_fault(
						    channel->consumer.fault));
		return -EBADMSG;
	default:
		return result;
	}
}

static inline void after_success(struct pst_channel *channel,
				 size_t message_bytes)
{
	pst_channel_note_received(channel, message_bytes);
	(void)pst_channel_wake_producer(channel); /* an unsent wake-up is
						   * repeated later */
}

/*
 * Nothing was read, with result as the error: retry if that may help, as in
 * sending.
 */
PST_NOINLINE
static int receive_again(struct pst_channel *channel, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 int result)
{
	int r = result;

	if (r == -EAGAIN && is_worth_retrying(channel))
		r = receive_once(channel, buffer, buffer_bytes,
				 ret_message_bytes);
	if (r < 0)
		return after_failure(channel, r);
	after_success(channel, *ret_message_bytes);
	return 0;
}

int pst_channel_receive_no_backoff(struct pst_channel *channel, void *buffer,
				   size_t buffer_bytes,
				   size_t *ret_message_bytes)
{
	int r;

	r = receive_once(channel, buffer, buffer_bytes, ret_message_bytes);
	if (PST_UNLIKELY(r < 0))
		return receive_again(channel, buffer, buffer_bytes,
				     ret_message_bytes, r);
	after_success(channel, *ret_message_bytes);
	return 0;
}

int pst_channel_receive_buffered(struct pst_channel *channel, void *buffer,
				 size_t buffer_bytes, size_t *ret_message_bytes)
{
	if (!pst_ring_has_buffered_message(&channel->consumer))
		return -EAGAIN;
	return pst_channel_receive_no_backoff(channel, buffer, buffer_bytes,
					      ret_message_bytes);
}

int pst_channel_receive(struct pst_channel *channel, void *buffer,
			size_t buffer_bytes, size_t *ret_message_bytes)
{
	pst_ring_backoff_before_read(&channel->consumer);
	return pst_channel_receive_no_backoff(channel, buffer, buffer_bytes,
					      ret_message_bytes);
}

static int discard_once(struct pst_channel *channel, size_t *ret_message_bytes)
{
	int r;

	r = may_receive(channel);
	if (r < 0)
		return r;
	if (!pst_channel_is_plain(channel, PST_CHANNEL_RECEIVES))
		return pst_channel_discard_sealed(channel, ret_message_bytes);
	return pst_ring_discard(&channel->consumer, ret_message_bytes);
}

int pst_channel_discard(struct pst_channel *channel, size_t *ret_message_bytes)
{
	int r;

	r = discard_once(channel, ret_message_bytes);
	if (r == -EAGAIN && is_worth_retrying(channel))
		r = discard_once(channel, ret_message_bytes);
	if (r < 0)
		return after_failure(channel, r);
	pst_channel_note_dropped(channel, *ret_message_bytes);
	(void)pst_channel_wake_producer(channel); /* an unsent wake-up is
						   * repeated later */
	return 0;
}

bool pst_channel_has_message(struct pst_channel *channel)
{
	return pst_channel_has_ended(channel) ||
	       pst_ring_has_message(&channel->consumer) != -EAGAIN;
}

uint64_t pst_channel_unread_bytes(struct pst_channel *channel)
{
	if (!(channel->directions & PST_CHANNEL_RECEIVES))
		return 0;
	/* The last messages may have been committed after the last poll. */
	if (pst_channel_has_ended(channel))
		PST_IGNORE(after_the_end(channel));
	return pst_ring_peer_produced(&channel->consumer) -
	       channel->consumer.consumed_pos;
}
