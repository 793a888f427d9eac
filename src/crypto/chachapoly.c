/* SPDX-License-Identifier: ISC */
/*
 * ChaCha20-Poly1305 (RFC 8439) for short texts
 *
 * Section 2.8 of the RFC: block 0 of the stream has the key of the tag, the
 * text is hidden under the blocks from 1 on, and the tag is over
 *
 *	associated | zeros | sealed | zeros | both lengths
 *
 * each zeros up to a multiple of 16.
 */
#include "crypto/chachapoly.h"

#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <stdalign.h>
#include <string.h>

#include "crypto/secret.h"

#define BLOCK_BYTES 64
#define TAG_BYTES 16
#define STREAM_BYTES (BLOCK_BYTES + PST_CHACHAPOLY_SHORT_BYTES)
#define TAGGED_BYTES \
	(PST_CHACHAPOLY_SHORT_ASSOCIATED_BYTES + PST_CHACHAPOLY_SHORT_BYTES + \
	 2 * sizeof(uint64_t))

/* libsodium makes this many at a time, if it may. */
#define FEW_BYTES (4 * BLOCK_BYTES)

struct stream {
	alignas(BLOCK_BYTES) uint8_t bytes[STREAM_BYTES];
	size_t byte_count;
};

static void stream_init(struct stream *stream, const uint8_t *key,
			const uint8_t *nonce, size_t text_bytes)
{
	stream->byte_count = BLOCK_BYTES + text_bytes <= FEW_BYTES ?
				     FEW_BYTES : STREAM_BYTES;
	/* Cannot fail. */
	PST_IGNORE(crypto_stream_chacha20_ietf(stream->bytes,
					       stream->byte_count, nonce, key));
}

static void stream_done(struct stream *stream)
{
	pst_secret_wipe(stream->bytes, stream->byte_count);
}

static void hide(uint8_t *to, const uint8_t *from, const struct stream *stream,
		 size_t text_bytes)
{
	const uint8_t *pad = stream->bytes + BLOCK_BYTES;
	uint64_t word, pad_word;
	size_t i = 0;

	for (; i + sizeof(word) <= text_bytes; i += sizeof(word)) {
		memcpy(&word, from + i, sizeof(word));
		memcpy(&pad_word, pad + i, sizeof(pad_word));
		word ^= pad_word;
		memcpy(to + i, &word, sizeof(word));
	}
	for (; i < text_bytes; i++)
		to[i] = from[i] ^ pad[i];
}

/* And zeros behind it; returns where they end. */
static uint8_t *put(uint8_t *to, const void *bytes, size_t byte_count)
{
	size_t padding_bytes = -byte_count % TAG_BYTES;

	if (byte_count != 0)
		memcpy(to, bytes, byte_count);
	memset(to + byte_count, 0, padding_bytes);
	return to + byte_count + padding_bytes;
}

static void make_tag(const struct stream *stream, const void *associated,
		     size_t associated_bytes, const void *sealed,
		     size_t sealed_bytes, uint8_t ret_tag[static TAG_BYTES])
{
	uint64_t lengths[2] = {htole64(associated_bytes),
			       htole64(sealed_bytes)};
	uint8_t tagged[TAGGED_BYTES], *end;

	end = put(tagged, associated, associated_bytes);
	end = put(end, sealed, sealed_bytes);
	end = put(end, lengths, sizeof(lengths));
	/* Cannot fail. */
	PST_IGNORE(crypto_onetimeauth(ret_tag, tagged, (size_t)(end - tagged),
				      stream->bytes));
}

void pst_chachapoly_seal_short(const uint8_t key[static 32],
			       const uint8_t nonce[static 12],
			       const void *associated, size_t associated_bytes,
			       const void *plain, size_t plain_bytes,
			       void *ret_sealed, uint8_t ret_tag[static 16])
{
	struct stream stream;

	stream_init(&stream, key, nonce, plain_bytes);
	hide(ret_sealed, plain, &stream, plain_bytes);
	make_tag(&stream, associated, associated_bytes, ret_sealed, plain_bytes,
		 ret_tag);
	stream_done(&stream);
}

int pst_chachapoly_open_short(const uint8_t key[static 32],
			      const uint8_t nonce[static 12],
			      const void *associated, size_t associated_bytes,
			      const void *sealed, size_t sealed_bytes,
			      const uint8_t tag[static 16], void *ret_plain)
{
	uint8_t expected[TAG_BYTES];
	struct stream stream;
	int r = -EKEYREJECTED;

	stream_init(&stream, key, nonce, sealed_bytes);
	make_tag(&stream, associated, associated_bytes, sealed, sealed_bytes,
		 expected);
	if (crypto_verify_16(expected, tag) == 0) {
		hide(ret_plain, sealed, &stream, sealed_bytes);
		r = 0;
	}
	stream_done(&stream);
	pst_secret_wipe(expected, sizeof(expected));
	return r;
}
