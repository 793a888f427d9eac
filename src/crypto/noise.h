/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes: NN, NK and IK with 25519 and SHA256
 *
 * The Noise Protocol Framework, revision 34 (2018-07-11).  The initiator sends
 * the first message, the responder the second.  The second message proves that
 * the responder has the key that the initiator knew.  A first message can be
 * replayed, so only pst_noise_check_confirmation() proves the initiator's key.
 *
 * One thread at a time uses a handshake.  The first failure ends it.
 */
#ifndef POSTERN_CRYPTO_NOISE_H
#define POSTERN_CRYPTO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/cipher.h"
#include "crypto/identity.h"
#include "crypto/record_seal.h"

#define PST_NOISE_KEY_BYTES PST_IDENTITY_KEY_BYTES
#define PST_NOISE_HASH_BYTES 32

/* The values of HELLO. */
enum pst_noise_pattern {
	PST_NOISE_NONE = 0,
	PST_NOISE_NN = 1,       /* no static keys */
	PST_NOISE_NK = 2,       /* the initiator knows the responder's key */
	PST_NOISE_IK = 3        /* and sends its own key, encrypted */
};

enum pst_noise_role {
	PST_NOISE_INITIATOR = 0,
	PST_NOISE_RESPONDER = 1
};

/* Everything is borrowed for the call, except borrow_own. */
struct pst_noise_params {
	enum pst_noise_role role;
	enum pst_noise_pattern pattern;
	enum pst_cipher_kind cipher;
	const void *prologue;           /* bytes that both sides already have */
	size_t prologue_bytes;
	/* The key of the responder in NK and IK, and of the initiator in IK;
	 * else NULL.  It must outlive the handshake. */
	const struct pst_identity *borrow_own;
	/* For the initiator in NK and IK: the responder's key; else NULL. */
	const uint8_t *peer_public_key;
	/* NULL: random.  Test vectors contain the key. */
	const uint8_t *ephemeral_private_key;
};

struct pst_noise; /* secret: in memory of pst_secret_new() */

/* Whether the side has a static key in this pattern. */
bool pst_noise_pattern_has_static(enum pst_noise_pattern pattern,
				  enum pst_noise_role role);

/* SHA-256 (FIPS 180-4), the hash of all three patterns. */
void pst_noise_hash(const void *bytes, size_t byte_count,
		    uint8_t ret_hash[static PST_NOISE_HASH_BYTES]);

/*
 * Begin a handshake.  Returns 0, or
 *   -EINVAL        unknown pattern, role or cipher; a key that the pattern
 *                  requires is missing, or a key is given that it does not use
 *   -EOPNOTSUPP    the cipher is not available here
 *   -EKEYREJECTED  the peer's key is this side's own key
 *   -ENOMEM
 */
PST_MUST_CHECK int pst_noise_new(const struct pst_noise_params *params,
				 struct pst_noise **ret_noise);

/* Accepts NULL; returns NULL. */
struct pst_noise *pst_noise_free(struct pst_noise *noise);

/* The length of the next message of either side; 0 if there is none. */
size_t pst_noise_message_bytes(const struct pst_noise *noise,
			       size_t payload_bytes);

/*
 * Create this side's message, of pst_noise_message_bytes().  Returns 0, or
 *   -EINVAL        it is the peer's message that is next, or the message
 *                  exceeds message_capacity; nothing has changed
 *   -EKEYREJECTED  a key of the peer gives an all-zero secret (RFC 7748,
 *                  section 6.1), or the handshake had failed; it has failed now
 *
 * In NN the responder detects a bad key of the initiator only here, because no
 * earlier message uses that key.
 */
PST_MUST_CHECK
int pst_noise_create(struct pst_noise *noise, const void *payload,
		     size_t payload_bytes, void *ret_message,
		     size_t message_capacity, size_t *ret_message_bytes);

/*
 * Consume the peer's message.  Returns 0 or -EKEYREJECTED: the message is out
 * of order, its payload exceeds payload_capacity, or its bytes are wrong.  A
 * public key of this side (an echo) and a key that gives an all-zero secret are
 * wrong, too.  The handshake has then failed, and every later call fails.
 */
PST_MUST_CHECK
int pst_noise_consume(struct pst_noise *noise, const void *message,
		      size_t message_bytes, void *ret_payload,
		      size_t payload_capacity, size_t *ret_payload_bytes);

/*
 * The initiator's static key as the responder received it in IK.  It is a
 * claimed key until it is confirmed.  NULL before that message, and in other
 * patterns.
 */
const uint8_t *pst_noise_initiator_key(const struct pst_noise *noise);

/* The functions below return -EINVAL until both messages have passed. */

/* The hash of the whole handshake (section 11.2). */
PST_MUST_CHECK int
pst_noise_handshake_hash(const struct pst_noise *noise,
			 uint8_t ret_hash[static PST_NOISE_HASH_BYTES]);

/*
 * A confirmation of bytes, which only the two sides of this handshake can make:
 * HMAC-SHA256 over the handshake hash and the bytes.  Its key is the third
 * output of the HKDF that gives the two transport keys (section 4.3), and is
 * independent of them.
 */
PST_MUST_CHECK
int pst_noise_confirm(const struct pst_noise *noise, const void *bytes,
		      size_t byte_count,
		      uint8_t ret_confirmation[static PST_NOISE_HASH_BYTES]);

/* Compare a confirmation in constant time.  Returns 0 or -EKEYREJECTED. */
PST_MUST_CHECK
int pst_noise_check_confirmation(
	const struct pst_noise *noise, const void *bytes, size_t byte_count,
	const uint8_t confirmation[static PST_NOISE_HASH_BYTES]);

/*
 * The session keys: Split() (section 5.2), one key for each direction.  The
 * caller wipes them.
 */
PST_MUST_CHECK
int pst_noise_split_raw(const struct pst_noise *noise,
			uint8_t ret_send_key[static PST_CIPHER_KEY_BYTES],
			uint8_t ret_receive_key[static PST_CIPHER_KEY_BYTES]);

/* The session keys for records.  -EINVAL also for mode `none`; -ENOMEM. */
PST_MUST_CHECK int pst_noise_split(const struct pst_noise *noise,
				   enum postern_security mode,
				   struct pst_record_keys **ret_keys);

#endif
