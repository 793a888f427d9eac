/* SPDX-License-Identifier: ISC */
/*
 * Messages in the modes `mac` and `aead`
 *
 * Records are sealed in private memory and written as a whole; they are read as
 * a whole and opened in private memory.  A reservation is private memory too,
 * so an aborted message never reaches the ring.  Space is found first, so that
 * a nonce is used only for a record that can be written.
 *
 * No part of a received record is used before it is proven to be the next one
 * of this peer in this direction, END included.  The first other record ends
 * the channel.
 */
#include "channel/channel_sealed.h"

#include <errno.h>

#include "channel/channel_traffic.h"
#include "os/fork_guard.h"
#include "ring/ring_sealed.h"

/* Whether the keys are of that mode, or absent in mode `none`. */
static bool is_mode(const struct pst_record_keys *keys,
		    enum postern_security security)
{
	if (!keys)
		return security == POSTERN_SECURITY_NONE;
	return security != POSTERN_SECURITY_NONE &&
	       keys->send.mode == security && keys->receive.mode == security;
}

bool pst_channel_has_keys_for(const struct pst_channel_setup *setup)
{
	return is_mode(setup->take_keys, setup->security);
}

static int prepare(struct pst_channel_sealing *sealing,
		   struct pst_record_cipher *cipher, uint32_t message_bytes)
{
	sealing->record_bytes = pst_ring_sealed_bytes(message_bytes);
	sealing->record = pst_fork_guard_new(sealing->record_bytes);
	if (!sealing->record)
		return -ENOMEM;
	sealing->cipher = cipher;
	return 0;
}

int pst_channel_prepare_sealing(struct pst_channel *channel)
{
	const struct postern_channel_info *info = &channel->info;
	struct pst_record_keys *keys = channel->keys;
	int r = 0;

	if (!keys)
		return 0;
	if (channel->directions & PST_CHANNEL_SENDS)
		r = prepare(&channel->sealing, &keys->send,
			    info->send_message_bytes);
	if (r == 0 && (channel->directions & PST_CHANNEL_RECEIVES))
		r = prepare(&channel->opening, &keys->receive,
			    info->receive_message_bytes);
	return r;
}

void pst_channel_end_sealing(struct pst_channel *channel)
{
	struct pst_channel_sealing *sealing = &channel->sealing;
	struct pst_channel_sealing *opening = &channel->opening;

	sealing->record = pst_fork_guard_free(sealing->record,
					      sealing->record_bytes);
	opening->record = pst_fork_guard_free(opening->record,
					      opening->record_bytes);
	channel->keys = pst_record_keys_free(channel->keys);
}

/* There is no way to get a new key. */
PST_COLD
static int end_used_up(struct pst_channel *channel)
{
	pst_channel_end(channel, POSTERN_REASON_KEY_EXHAUSTED);
	return pst_channel_end_result(channel);
}

/* Sending */

int pst_channel_reserve_sealed(struct pst_channel *channel, uint32_t byte_count,
			       bool is_sample, void **ret_bytes)
{
	uint32_t head_bytes;
	int r;

	if (!channel->sealing.cipher)
		return -EPERM;
	r = pst_ring_reserve_sealed(&channel->producer, byte_count, is_sample,
				    &head_bytes);
	if (PST_UNLIKELY(r < 0))
		return r;
	*ret_bytes = channel->sealing.record + head_bytes;
	return 0;
}

/*
 * payload may already be in the record.  The reservation ends in either case.
 */
static int seal(struct pst_channel *channel,
		const struct pst_ring_record *form, const void *payload)
{
	struct pst_channel_sealing *sealing = &channel->sealing;

	if (PST_UNLIKELY(pst_record_seal(sealing->cipher, sealing->record,
					 form->head_bytes, payload,
					 form->payload_bytes) < 0)) {
		PST_IGNORE(pst_ring_abort(&channel->producer)); /* fails for
								 * END */
		return end_used_up(channel);
	}
	pst_ring_write_sealed(&channel->producer, sealing->record, form);
	return 0;
}

static int commit(struct pst_channel *channel, const void *payload,
		  uint32_t byte_count)
{
	bool is_sample = pst_ring_is_reserved_timed(&channel->producer);
	struct pst_ring_record form = {0};
	uint64_t time_ns = 0;
	int r;

	if (PST_UNLIKELY(is_sample))
		time_ns = pst_channel_now_ns(&channel->send_waiter);
	r = pst_ring_create_head(&channel->producer, byte_count, time_ns,
				 channel->sealing.record, &form);
	if (r == 0)
		r = seal(channel, &form, payload);
	return PST_UNLIKELY(is_sample) ? pst_channel_after_sample(channel, r)
				       : r;
}

int pst_channel_commit_sealed(struct pst_channel *channel, uint32_t byte_count)
{
	uint8_t *record = channel->sealing.record;
	uint32_t head_bytes = PST_RECORD_HEADER_BYTES +
			      channel->producer.reserved_time_bytes;

	if (!channel->sealing.cipher)
		return -EPERM;
	return commit(channel, record + head_bytes, byte_count);
}

int pst_channel_write_sealed(struct pst_channel *channel, const void *bytes,
			     uint32_t byte_count, bool is_sample)
{
	void *place;
	int r;

	r = pst_channel_reserve_sealed(channel, byte_count, is_sample, &place);
	if (PST_UNLIKELY(r < 0))
		return r;
	return commit(channel, bytes, byte_count);
}

int pst_channel_finish_sealed(struct pst_channel *channel)
{
	struct pst_ring_record form = {0};
	int r;

	r = pst_ring_create_end(&channel->producer, channel->sealing.record,
				&form);
	if (r < 0)
		return r;
	return seal(channel, &form, NULL);
}

/* Receiving */

/* ret_payload may point to the payload in the record. */
static int open_record(struct pst_channel *channel,
		       const struct pst_ring_record *form, void *ret_payload)
{
	int r;

	r = pst_record_open(channel->opening.cipher, channel->opening.record,
			    form->head_bytes, form->payload_bytes, ret_payload);
	if (PST_LIKELY(r == 0))
		return 0;
	if (r == -EKEYEXPIRED)
		return end_used_up(channel);
	/* Even if the peer had ended before: it has not written this record. */
	pst_channel_end_for_certain(channel, POSTERN_REASON_KEY_REJECTED);
	return -EKEYREJECTED;
}

/* Open the next record, into buffer or, if it is NULL, within the record. */
static int open_next(struct pst_channel *channel, void *buffer,
		     size_t buffer_bytes, struct pst_ring_record *ret_form)
{
	uint8_t *record = channel->opening.record;
	int r;

	if (!channel->opening.cipher)
		return -EPERM;
	r = pst_ring_peek_sealed(&channel->consumer, record, buffer_bytes,
				 ret_form);
	if (r < 0)
		return r;
	return open_record(channel, ret_form,
			   buffer ? buffer : record + ret_form->head_bytes);
}

int pst_channel_read_sealed(struct pst_channel *channel, void *buffer,
			    size_t buffer_bytes, size_t *ret_message_bytes)
{
	struct pst_ring_record form = {0};
	int r;

	r = open_next(channel, buffer, buffer_bytes, &form);
	if (r == -EMSGSIZE)
		*ret_message_bytes = form.payload_bytes;
	if (r < 0)
		return r;
	r = pst_ring_release_sealed(&channel->consumer,
				    channel->opening.record, &form);
	if (PST_UNLIKELY(r < 0))
		return r;
	*ret_message_bytes = form.payload_bytes;
	return 0;
}

int pst_channel_discard_sealed(struct pst_channel *channel,
			       size_t *ret_message_bytes)
{
	struct pst_ring_record form = {0};
	int r;

	r = open_next(channel, NULL, SIZE_MAX, &form);
	if (r < 0)
		return r;
	r = pst_ring_discard_sealed(&channel->consumer, &form);
	if (r < 0)
		return r;
	*ret_message_bytes = form.payload_bytes;
	return 0;
}
