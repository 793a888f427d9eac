/* SPDX-License-Identifier: ISC */
/*
 * Channel pairs in the secured modes
 */
#include "support/sealed_pair.h"

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
