/* SPDX-License-Identifier: ISC */
/*
 * An AEAD with its key schedule, and the nonces of Noise
 *
 * The two ciphers of the Noise Protocol Framework, revision 34, section 12: a
 * nonce is a 64-bit count behind 32 zero bits, big-endian for AESGCM and
 * little-endian for ChaChaPoly.  Both are libsodium's; AESGCM needs a processor
 * that has AES.
 *
 * The caller must never seal two texts with the same key and count.
 */
#ifndef POSTERN_CRYPTO_CIPHER_H
#define POSTERN_CRYPTO_CIPHER_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define PST_CIPHER_KEY_BYTES 32
#define PST_CIPHER_TAG_BYTES 16

/* As HELLO names them. */
enum pst_cipher_kind {
	PST_CIPHER_NONE = 0,
	PST_CIPHER_AESGCM = 1,
	PST_CIPHER_CHACHAPOLY = 2
};

/* Secret: lives in memory of pst_secret_new().  schedule is libsodium's. */
struct pst_cipher {
	alignas(16) uint8_t schedule[512];
	enum pst_cipher_kind kind;
};

/* True if this build and processor support it. */
bool pst_cipher_is_available(enum pst_cipher_kind kind);

/* POSTERN_FEATURE_AES if AESGCM is available, without the bits in features_off. */
uint32_t pst_cipher_features(uint32_t features_off);

/* The cipher that a client with these features uses for its first message. */
enum pst_cipher_kind pst_cipher_for(uint32_t features);

/* The ciphers that a node with these features accepts: bits 1 << PST_CIPHER_*. */
uint32_t pst_cipher_bits_for(uint32_t features);

/* The kind is available. */
void pst_cipher_init(struct pst_cipher *cipher, enum pst_cipher_kind kind,
		     const uint8_t key[static PST_CIPHER_KEY_BYTES]);

/*
 * Encrypt and authenticate.  plain and ret_sealed may be the same bytes, and
 * with no plain text either may be NULL.
 */
void pst_cipher_seal(const struct pst_cipher *cipher, uint64_t count,
		     const void *associated, size_t associated_bytes,
		     const void *plain, size_t plain_bytes, void *ret_sealed,
		     uint8_t ret_tag[static PST_CIPHER_TAG_BYTES]);

/*
 * The opposite.  Returns 0 or -EKEYREJECTED, and then ret_plain holds nothing
 * that was decrypted.  sealed and ret_plain may be the same bytes, in private
 * memory.
 */
PST_MUST_CHECK
int pst_cipher_open(const struct pst_cipher *cipher, uint64_t count,
		    const void *associated, size_t associated_bytes,
		    const void *sealed, size_t sealed_bytes,
		    const uint8_t tag[static PST_CIPHER_TAG_BYTES],
		    void *ret_plain);

#endif
