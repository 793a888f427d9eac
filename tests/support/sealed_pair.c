/* SPDX-License-Identifier: ISC */
/*
 * Channel pairs in the secured modes
 */
#include "support/sealed_pair.h"

#include <errno.h>
#include <string.h>

#include "support/expect.h"

const struct sealed_mode sealed_modes[SEALED_MODE_COUNT] = {
	{POSTERN_SECURITY_MAC, PST_CIPHER_CHACHAPOLY},
	{POSTERN_SECURITY_AEAD, PST_CIPHER_CHACHAPOLY},
	{POSTERN_SECURITY_MAC, PST_CIPHER_AESGCM},
	{POSTERN_SECURITY_AEAD, PST_CIPHER_AESGCM},
};

int sealed_mode_count(void)
{
	return pst_cipher_is_available(PST_CIPHER_AESGCM)
		       ? SEALED_MODE_COUNT : SEALED_MODE_COUNT / 2;
}

void sealed_pair_open(struct channel_pair *pair, int mode, uint8_t session)
{
	const struct channel_pair_options options = {
		.left_ring_bytes = SEALED_RING_BYTES,
		.right_ring_bytes = SEALED_RING_BYTES,
		.message_bytes = SEALED_LARGEST_BYTES,
		.security = sealed_modes[mode].security,
		.cipher = sealed_modes[mode].cipher,
		.session = session,
	};

	channel_pair_open(pair, &options);
	set_stamped(pair->left, false);
	set_stamped(pair->right, false);
}

void expect_next(struct pst_channel *channel, const void *bytes,
		 size_t byte_count)
{
	char buffer[SEALED_LARGEST_BYTES];
	size_t message_bytes = 0;

	expect_equal(pst_channel_receive(channel, buffer, sizeof(buffer),
					 &message_bytes), 0);
	expect_equal(message_bytes, byte_count);
	expect(byte_count == 0 || memcmp(buffer, bytes, byte_count) == 0);
}

void expect_none(struct pst_channel *channel, int result)
{
	char buffer[SEALED_LARGEST_BYTES];
	size_t message_bytes = 12345;

	expect_equal(pst_channel_receive(channel, buffer, sizeof(buffer),
					 &message_bytes), result);
	expect_equal(message_bytes, 12345);
}

void expect_dead(struct pst_channel *channel, int result)
{
	size_t bytes;
	void *place;

	expect_none(channel, result);
	expect_equal(pst_channel_discard(channel, &bytes), result);
	expect_equal(pst_channel_send(channel, "x", 1), result);
	expect_equal(pst_channel_reserve(channel, 1, &place), result);
	expect_equal(pst_channel_commit(channel, 0), result);
	expect_equal(pst_channel_end_reason(channel),
		     result == -EKEYREJECTED ? POSTERN_REASON_KEY_REJECTED
					     : POSTERN_REASON_POISONED);
}

void set_stamped(struct pst_channel *channel, bool is_stamped)
{
	channel->sample_at = is_stamped ? 0 : UINT64_MAX;
}

void send_filled(struct pst_channel *channel, char fill, uint32_t byte_count)
{
	char message[SEALED_LARGEST_BYTES];

	memset(message, fill, byte_count);
	expect_equal(pst_channel_send(channel, message, byte_count), 0);
}

void expect_filled(struct pst_channel *channel, char fill, size_t byte_count)
{
	char message[SEALED_LARGEST_BYTES];

	memset(message, fill, byte_count);
	expect_next(channel, message, byte_count);
}

uint8_t *ring_at(const struct pst_channel *writer, uint64_t pos)
{
	return writer->own_mapping.data + pos % SEALED_RING_BYTES;
}

struct receiver_state receiver_state_of(const struct pst_channel *channel)
{
	return (struct receiver_state) {
		.consumer = channel->consumer,
		.received = channel->received,
		.record_count = channel->opening.cipher->record_count,
	};
}

void restore_receiver(struct pst_channel *channel,
		      const struct receiver_state *state)
{
	channel->consumer = state->consumer;
	channel->received = state->received;
	channel->opening.cipher->record_count = state->record_count;
	atomic_store(&channel->end_reason, POSTERN_REASON_NONE);
	atomic_store(&channel->fault, NULL);
}
