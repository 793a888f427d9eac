/* SPDX-License-Identifier: ISC */
/*
 * ChaCha20-Poly1305 (RFC 8439) for short texts
 *
 * libsodium's AEAD call asks for the key of the tag and for the stream apart,
 * and each makes a block by itself; most of what a short text takes is these
 * two.  Here it is one stream, long enough that libsodium makes four blocks or
 * eight at a time.  The primitives are libsodium's, and the result is the same.
 */
#ifndef POSTERN_CRYPTO_CHACHAPOLY_H
#define POSTERN_CRYPTO_CHACHAPOLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define PST_CHACHAPOLY_SHORT_BYTES 448
#define PST_CHACHAPOLY_SHORT_ASSOCIATED_BYTES 32

/* Not an empty one: it needs no stream, and libsodium makes a block for it. */
static inline bool pst_chachapoly_is_short(size_t associated_bytes,
					   size_t text_bytes)
{
	return text_bytes != 0 && text_bytes <= PST_CHACHAPOLY_SHORT_BYTES &&
	       associated_bytes <= PST_CHACHAPOLY_SHORT_ASSOCIATED_BYTES;
}

/* It is short.  plain and ret_sealed may be the same bytes. */
void pst_chachapoly_seal_short(const uint8_t key[static 32],
			       const uint8_t nonce[static 12],
			       const void *associated, size_t associated_bytes,
			       const void *plain, size_t plain_bytes,
			       void *ret_sealed, uint8_t ret_tag[static 16]);

/* Returns 0 or -EKEYREJECTED, and then has written nothing. */
PST_MUST_CHECK
int pst_chachapoly_open_short(const uint8_t key[static 32],
			      const uint8_t nonce[static 12],
			      const void *associated, size_t associated_bytes,
			      const void *sealed, size_t sealed_bytes,
			      const uint8_t tag[static 16], void *ret_plain);

#endif
