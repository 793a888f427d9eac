/* SPDX-License-Identifier: ISC */
/*
 * The symmetric half of a Noise handshake (revision 34, sections 4.3, 5.1, 5.2)
 *
 * A hash of all that was said, a chaining key of all that was agreed upon, and
 * the cipher that the latter gave: none at first, so that what is encrypted
 * then is only hashed.
 */
#ifndef POSTERN_CRYPTO_NOISE_SYMMETRIC_H
#define POSTERN_CRYPTO_NOISE_SYMMETRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/cipher.h"
#include "crypto/noise.h"

/* Secret: lives in memory of pst_secret_new(). */
struct pst_noise_symmetric {
	struct pst_cipher cipher;       /* once has_key */
	enum pst_cipher_kind kind;
	bool has_key;
	uint64_t sealed_count;          /* under this key */
	uint8_t chaining_key[PST_NOISE_HASH_BYTES];
	uint8_t hash[PST_NOISE_HASH_BYTES];
};

/* What HKDF gives out at most.  Secret: the caller wipes it. */
struct pst_noise_outputs {
	uint8_t output[3][PST_NOISE_HASH_BYTES];
};

/* InitializeSymmetric(), with a name of at most PST_NOISE_HASH_BYTES. */
void pst_noise_symmetric_init(struct pst_noise_symmetric *symmetric,
			      enum pst_cipher_kind kind,
			      const char *protocol_name);

void pst_noise_mix_hash(struct pst_noise_symmetric *symmetric,
			const void *bytes, size_t byte_count);

void pst_noise_mix_key(struct pst_noise_symmetric *symmetric,
		       const uint8_t secret[static PST_NOISE_KEY_BYTES]);

/* What encryption adds now: a tag's bytes, or none without a key. */
size_t pst_noise_tag_bytes(const struct pst_noise_symmetric *symmetric);

/* EncryptAndHash(): ret_sealed has room for the tag, too. */
void pst_noise_seal(struct pst_noise_symmetric *symmetric, const void *plain,
		    size_t plain_bytes, uint8_t *ret_sealed);

/*
 * DecryptAndHash(): the tag lies behind the plain_bytes sealed ones.  Returns 0
 * or -EKEYREJECTED.
 */
PST_MUST_CHECK
int pst_noise_open(struct pst_noise_symmetric *symmetric,
		   const uint8_t *sealed, size_t plain_bytes, void *ret_plain);

/* Split(): the initiator's key, the responder's, and a third one. */
void pst_noise_outputs(const struct pst_noise_symmetric *symmetric,
		       struct pst_noise_outputs *ret_outputs);

/* HMAC-SHA256 (RFC 2104) over two pieces. */
void pst_noise_hmac(const uint8_t key[static PST_NOISE_HASH_BYTES],
		    const void *first, size_t first_bytes, const void *second,
		    size_t second_bytes,
		    uint8_t ret_hmac[static PST_NOISE_HASH_BYTES]);

#endif
