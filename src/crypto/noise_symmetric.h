/* SPDX-License-Identifier: ISC */
/*
 * The symmetric part of a Noise handshake (revision 34, sections 4.3, 5.1, 5.2)
 *
 * It consists of a hash of all bytes of the handshake, a chaining key of all
 * shared secrets, and the cipher that the chaining key gives.  Before the first
 * shared secret there is no cipher: bytes are then hashed, but not encrypted.
 */
#ifndef POSTERN_CRYPTO_NOISE_SYMMETRIC_H
#define POSTERN_CRYPTO_NOISE_SYMMETRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/cipher.h"
#include "crypto/noise.h"

/* Secret: in memory of pst_secret_new(). */
struct pst_noise_symmetric {
	struct pst_cipher cipher;       /* valid if has_key */
	enum pst_cipher_kind kind;
	bool has_key;
	uint64_t sealed_count;          /* with this key */
	uint8_t chaining_key[PST_NOISE_HASH_BYTES];
	uint8_t hash[PST_NOISE_HASH_BYTES];
};

/* The outputs of HKDF.  Secret: the caller wipes them. */
struct pst_noise_outputs {
	uint8_t output[3][PST_NOISE_HASH_BYTES];
};

/* InitializeSymmetric(); the name has at most PST_NOISE_HASH_BYTES. */
void pst_noise_symmetric_init(struct pst_noise_symmetric *symmetric,
			      enum pst_cipher_kind kind,
			      const char *protocol_name);

void pst_noise_mix_hash(struct pst_noise_symmetric *symmetric,
			const void *bytes, size_t byte_count);

void pst_noise_mix_key(struct pst_noise_symmetric *symmetric,
		       const uint8_t secret[static PST_NOISE_KEY_BYTES]);

/* The bytes that encryption adds now: a tag, or nothing without a key. */
size_t pst_noise_tag_bytes(const struct pst_noise_symmetric *symmetric);

/* EncryptAndHash(); ret_sealed is large enough for the tag, too. */
void pst_noise_seal(struct pst_noise_symmetric *symmetric, const void *plain,
		    size_t plain_bytes, uint8_t *ret_sealed);

/*
 * DecryptAndHash(); the tag follows the plain_bytes sealed bytes.  Returns 0 or
 * -EKEYREJECTED.
 */
PST_MUST_CHECK
int pst_noise_open(struct pst_noise_symmetric *symmetric,
		   const uint8_t *sealed, size_t plain_bytes, void *ret_plain);

/* Split(): the key of the initiator, that of the responder, and a third one. */
void pst_noise_outputs(const struct pst_noise_symmetric *symmetric,
		       struct pst_noise_outputs *ret_outputs);

/* HMAC-SHA256 (RFC 2104) over two pieces. */
void pst_noise_hmac(const uint8_t key[static PST_NOISE_HASH_BYTES],
		    const void *first, size_t first_bytes, const void *second,
		    size_t second_bytes,
		    uint8_t ret_hmac[static PST_NOISE_HASH_BYTES]);

#endif
