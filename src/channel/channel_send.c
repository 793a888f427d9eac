/* SPDX-License-Identifier: ISC */
/*
 * Sending: into the ring, and a bell only if the receiver sleeps
 *
 * Once a message is published the call has succeeded, whatever becomes of the
 * bell; a peer that is gone is reported by the next call.
 */
#include "channel/channel_state.h"

#include <errno.h>

static int may_send(const struct pst_channel *channel)
{
	if (!pst_channel_has_ended(channel))
		return 0;
	if (!(channel->directions & POSTERN_DIRECTION_SEND))
		return -EPERM;
	return pst_channel_end_result(channel);
}

/* What the ring could not do: remember what to wait for, or end the channel. */
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

/* A full ring with a pollable descriptor out: arm, and try once more. */
static bool is_worth_retrying(struct pst_channel *channel, uint32_t byte_count)
{
	if (!pst_channel_is_polled(channel))
		return false;
	channel->wanted_bytes = byte_count;
	return pst_channel_rearm(channel, PST_CHANNEL_WANT_SPACE) != 0;
}

/* Is the next message one that is sent with the time? */
static bool is_sample(const struct pst_channel *channel)
{
	return PST_UNLIKELY(pst_counter_get(&channel->sent.messages) >=
			    channel->sample_at);
}

static inline int write_message(struct pst_channel *channel, const void *bytes,
				uint32_t byte_count)
{
	if (!pst_channel_is_plain(channel, POSTERN_DIRECTION_SEND))
		return pst_channel_write_sealed(channel, bytes, byte_count,
						is_sample(channel));
	if (is_sample(channel))
		return pst_channel_write_sample(channel, bytes, byte_count);
	return pst_ring_write(&channel->producer, bytes, byte_count);
}

static int reserve_message(struct pst_channel *channel, uint32_t byte_count,
			   void **ret_bytes)
{
	if (!pst_channel_is_plain(channel, POSTERN_DIRECTION_SEND))
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
	if (!pst_channel_is_plain(channel, POSTERN_DIRECTION_SEND))
		return pst_channel_commit_sealed(channel, byte_count);
	if (PST_UNLIKELY(pst_ring_is_reserved_timed(&channel->producer)))
		return pst_channel_commit_sample(channel, byte_count);
	return pst_ring_commit(&channel->producer, byte_count);
}

/* Published: whatever comes now, it went well. */
static void after_success(struct pst_channel *channel, uint32_t byte_count)
{
	pst_channel_note_sent(channel, byte_count);
	(void)pst_channel_wake_consumer(channel); /* if not, the next call */
}

/*
 * It was not written, and result says why: try once more, if that may help.  (An
 * end of its own for success: with one for both a round trip takes 3 % longer.)
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
 * A peer that consumed everything and then went has done its part: once the end
 * is seen, the ring is asked a last time.
 */
int pst_channel_flush(struct pst_channel *channel, uint64_t deadline_ns)
{
	bool has_ended;
	uint32_t ready;
	int r;

	if (!(channel->directions & POSTERN_DIRECTION_SEND))
		return -EPERM;
	for (;;) {
		/* What is acknowledged by whom nobody knows then. */
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
