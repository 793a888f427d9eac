/* SPDX-License-Identifier: ISC */
/*
 * An AEAD with its key schedule, and the nonces of Noise
 *
 * libsodium provides both ciphers; AESGCM needs a processor with AES.  As in
 * the Noise Protocol Framework, revision 34, section 12, a nonce is 32 zero
 * bits and a 64-bit count: big-endian for AESGCM, little-endian for ChaChaPoly.
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

/* The values of HELLO. */
enum pst_cipher_kind {
	PST_CIPHER_NONE = 0,
	PST_CIPHER_AESGCM = 1,
	PST_CIPHER_CHACHAPOLY = 2
};

/* Secret: in memory of pst_secret_new().  schedule belongs to libsodium. */
struct pst_cipher {
	alignas(16) uint8_t schedule[512];
	enum pst_cipher_kind kind;
};

/* True if this build and processor support it. */
bool pst_cipher_is_available(enum pst_cipher_kind kind);

/* POSTERN_FEATURE_AES if AESGCM is available and not in disable_features. */
uint32_t pst_cipher_features(uint32_t disable_features);

/* The cipher that a client with these features uses for its first message. */
enum pst_cipher_kind pst_cipher_for(uint32_t features);

/* The ciphers that a node with these features accepts: 1 << PST_CIPHER_*. */
uint32_t pst_cipher_bits_for(uint32_t features);

/* The kind must be available. */
void pst_cipher_init(struct pst_cipher *cipher, enum pst_cipher_kind kind,
		     const uint8_t key[static PST_CIPHER_KEY_BYTES]);

/*
 * Encrypt and authenticate.  plain and ret_sealed may be the same bytes.  If
 * plain_bytes is 0, both may be NULL.
 */
void pst_cipher_seal(const struct pst_cipher *cipher, uint64_t count,
		     const void *associated, size_t associated_bytes,
		     const void *plain, size_t plain_bytes, void *ret_sealed,
		     uint8_t ret_tag[static PST_CIPHER_TAG_BYTES]);

/*
 * Verify and decrypt.  Returns 0, or -EKEYREJECTED: ret_plain then contains no
 * decrypted byte.  sealed and ret_plain may be the same bytes of private
 * memory.
 */
PST_MUST_CHECK
int pst_cipher_open(const struct pst_cipher *cipher, uint64_t count,
		    const void *associated, size_t associated_bytes,
		    const void *sealed, size_t sealed_bytes,
		    const uint8_t tag[static PST_CIPHER_TAG_BYTES],
		    void *ret_plain);

#endif
