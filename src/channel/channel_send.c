/* SPDX-License-Identifier: ISC */
/*
 * Sending: to the ring, with a notification only if the receiver sleeps
 *
 * A call succeeds once its message is published, even if the notification
 * fails.  The next call reports that the peer has ended.
 */
#include "channel/channel_state.h"

#include <errno.h>

#include "channel/channel_doorbell.h"
#include "channel/channel_sealed.h"
#include "channel/channel_traffic.h"

static int may_send(const struct pst_channel *channel)
{
	if (!pst_channel_has_ended(channel))
		return 0;
	if (!(channel->directions & PST_CHANNEL_SENDS))
		return -EPERM;
	return pst_channel_end_result(channel);
}

/*
 * Handle an error of the ring: remember what to wait for, or end the channel.
 */
static int after_failure(struct pst_channel *channel, uint32_t byte_count,
			 int result)
{
	if (result == -EAGAIN) {
		channel->wanted_bytes = byte_count;
		channel->pending_interest |= PST_CHANNEL_WANT_SPACE;
		pst_channel_note_refusal(channel);
		pst_channel_poll_empty(channel, PST_CHANNEL_WANT_SPACE);
	} else if (result == -EBADMSG) {
		pst_channel_poison(channel, pst_channel_ring_fault(
						    channel->producer.fault));
	}
	return result;
}

/* Full ring: with a pollable descriptor, arm and poll again. */
static bool is_worth_retrying(struct pst_channel *channel, uint32_t byte_count)
{
	if (!pst_channel_is_polled(channel))
		return false;
	channel->wanted_bytes = byte_count;
	return pst_channel_rearm(channel, PST_CHANNEL_WANT_SPACE) != 0;
}

/* Whether the next message is sent with a time stamp. */
static bool is_sample(const struct pst_channel *channel)
{
	return PST_UNLIKELY(pst_counter_get(&channel->sent.messages) >=
			    channel->sample_at);
}

static inline int write_message(struct pst_channel *channel, const void *bytes,
				uint32_t byte_count)
{
	if (!pst_channel_is_plain(channel, PST_CHANNEL_SENDS))
		return pst_channel_write_sealed(channel, bytes, byte_count,
						is_sample(channel));
	if (is_sample(channel))
		return pst_channel_write_sample(channel, bytes, byte_count);
	return pst_ring_write(&channel->producer, bytes, byte_count);
}

static int reserve_message(struct pst_channel *channel, uint32_t byte_count,
			   void **ret_bytes)
{
	if (!pst_channel_is_plain(channel, PST_CHANNEL_SENDS))
		return pst_channel_reserve_sealed(channel, byte_count,
						  is_sample(channel),
						  ret_bytes);
	if (is_sample(channel))
		return pst_ring_reserve_timed(&channel->producer, byte_count,
					      ret_bytes);
	return pst_ring_reserve(&channel->producer, byte_count, ret_bytes);
}

static int commit_message(struct pst_channel *channel, uint32_t byte_count)
{
	if (!pst_channel_is_plain(channel, PST_CHANNEL_SENDS))
		return pst_channel_commit_sealed(channel, byte_count);
	if (PST_UNLIKELY(pst_ring_is_reserved_timed(&channel->producer)))
		return pst_channel_commit_sample(channel, byte_count);
	return pst_ring_commit(&channel->producer, byte_count);
}

/* The message is published: the call succeeds. */
static void after_success(struct pst_channel *channel, uint32_t byte_count)
{
	pst_channel_note_sent(channel, byte_count);
	(void)pst_channel_wake_consumer(channel); /* repeated by the next
						   * call */
}

/*
 * Nothing was written, with result as the error: retry if that may help.
 * (Success has its own path: sharing one makes a round trip 3 % slower.)
 */
PST_NOINLINE
static int send_again(struct pst_channel *channel, const void *bytes,
		      uint32_t byte_count, int result)
{
	int r = result;

	if (r == -EAGAIN && is_worth_retrying(channel, byte_count)) {
		r = may_send(channel);
		if (r < 0)
			return r;
		r = write_message(channel, bytes, byte_count);
	}
	if (r < 0)
		return after_failure(channel, byte_count, r);
	after_success(channel, byte_count);
	return 0;
}

int pst_channel_send(struct pst_channel *channel, const void *bytes,
		     uint32_t byte_count)
{
	int r;

	r = may_send(channel);
	if (PST_UNLIKELY(r < 0))
		return r;
	r = write_message(channel, bytes, byte_count);
	if (PST_UNLIKELY(r < 0))
		return send_again(channel, bytes, byte_count, r);
	after_success(channel, byte_count);
	return 0;
}

int pst_channel_reserve(struct pst_channel *channel, uint32_t byte_count,
			void **ret_bytes)
{
	int r;

	r = may_send(channel);
	if (r < 0)
		return r;
	r = reserve_message(channel, byte_count, ret_bytes);
	if (r == -EAGAIN && is_worth_retrying(channel, byte_count))
		r = reserve_message(channel, byte_count, ret_bytes);
	if (r < 0)
		return after_failure(channel, byte_count, r);
	return 0;
}

int pst_channel_commit(struct pst_channel *channel, uint32_t byte_count)
{
	int r;

	r = may_send(channel);
	if (r < 0)
		return r;
	r = commit_message(channel, byte_count);
	if (r < 0)
		return after_failure(channel, byte_count, r);
	after_success(channel, byte_count);
	return 0;
}

int pst_channel_abort(struct pst_channel *channel)
{
	return pst_ring_abort(&channel->producer);
}

/*
 * If the peer consumed everything before it ended, the flush succeeds: so after
 * the end is observed, the ring is polled one last time.
 */
int pst_channel_flush(struct pst_channel *channel, uint64_t deadline_ns)
{
	bool has_ended;
	uint32_t ready;
	int r;

	if (!(channel->directions & PST_CHANNEL_SENDS))
		return -EPERM;
	for (;;) {
		/* Nothing proves who acknowledged the messages then. */
		if (pst_channel_end_reason(channel) ==
		    POSTERN_REASON_KEY_REJECTED)
			return -EKEYREJECTED;
		has_ended = pst_channel_has_ended(channel);
		r = pst_ring_is_consumed(&channel->producer);
		if (r != -EAGAIN)
			return r == 0 ? 0 : after_failure(channel, 0, r);
		if (has_ended)
			return pst_channel_end_result(channel);
		r = pst_channel_wait(channel, PST_CHANNEL_WANT_CONSUMED,
				     deadline_ns, &ready);
		if (r < 0)
			return r;
	}
}
