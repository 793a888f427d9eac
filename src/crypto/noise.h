/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes: NN, NK and IK with 25519 and SHA256
 *
 * The Noise Protocol Framework, revision 34 (2018-07-11).  Two messages, the
 * initiator's and the responder's answer; what each consists of is a table of
 * tokens, and there is no code for one pattern alone.
 *
 *	NN      nobody has a key that counts
 *	NK      the initiator knows the responder's
 *	IK      and sends its own, encrypted
 *
 * What each message proves: the second, that the responder has the key that the
 * initiator knew.  That the initiator has the key it sent is proven only by
 * what follows, since a first message can be replayed; pst_noise_confirm() is
 * for that.
 *
 * A message goes in or comes out, by one thread at a time; the first failure
 * ends the handshake.  An own public key that comes back (an echo), and keys
 * that lead to an all-zero secret (RFC 7748, section 6.1) are failures like any
 * other, and look like it.
 */
#ifndef POSTERN_CRYPTO_NOISE_H
#define POSTERN_CRYPTO_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/cipher.h"
#include "crypto/identity.h"
#include "crypto/record_seal.h"

#define PST_NOISE_KEY_BYTES PST_IDENTITY_KEY_BYTES
#define PST_NOISE_HASH_BYTES 32

/* SHA-256 (FIPS 180-4), the hash of all three patterns. */
void pst_noise_hash(const void *bytes, size_t byte_count,
		    uint8_t ret_hash[static PST_NOISE_HASH_BYTES]);

/* As HELLO names them. */
enum pst_noise_pattern {
	PST_NOISE_NONE = 0,
	PST_NOISE_NN = 1,
	PST_NOISE_NK = 2,
	PST_NOISE_IK = 3
};

enum pst_noise_role {
	PST_NOISE_INITIATOR = 0,
	PST_NOISE_RESPONDER = 1
};

/* Everything is borrowed for the call but own, which must outlive the
 * handshake. */
struct pst_noise_params {
	enum pst_noise_role role;
	enum pst_noise_pattern pattern;
	enum pst_cipher_kind cipher;
	const void *prologue;           /* what both sides know already */
	size_t prologue_bytes;
	/* The responder's in NK and IK, the initiator's in IK; else NULL. */
	const struct pst_identity *borrow_own;
	/* The responder's, for the initiator in NK and IK; else NULL. */
	const uint8_t *peer_public_key;
	/* NULL: random.  Test vectors come with theirs. */
	const uint8_t *ephemeral_private_key;
};

struct pst_noise; /* secret: of pst_secret_new() */

/*
 * Returns 0, or -EINVAL (no such pattern or cipher, or a key that the pattern
 * has is missing, or one that it has not is there), -EOPNOTSUPP (the cipher is
 * not available here), -EKEYREJECTED (the peer's key is this side's own),
 * -ENOMEM.
 */
PST_MUST_CHECK int pst_noise_new(const struct pst_noise_params *params,
				 struct pst_noise **ret_noise);

/* Accepts NULL; returns NULL. */
struct pst_noise *pst_noise_free(struct pst_noise *noise);

/* How long the next message is, whoever makes it; 0 if none is left. */
size_t pst_noise_message_bytes(const struct pst_noise *noise,
			       size_t payload_bytes);

/*
 * Make this side's message, of pst_noise_message_bytes().  Returns 0, or
 * -EINVAL (not this side's turn, or no room: nothing has changed),
 * -EKEYREJECTED (a key of the other side's is none, or the handshake has failed
 * already: it has failed now).  The responder to NN is the one who hears it
 * here: no earlier message makes use of the initiator's key.
 */
PST_MUST_CHECK
int pst_noise_create(struct pst_noise *noise, const void *payload,
		     size_t payload_bytes, void *ret_message,
		     size_t message_room, size_t *ret_message_bytes);

/*
 * Take in the other side's.  Returns 0, or -EKEYREJECTED: it is not the other
 * side's turn, the message is too short or too long for room, or anything in it
 * is wrong.  The handshake has failed then, and so will every later call.
 */
PST_MUST_CHECK
int pst_noise_consume(struct pst_noise *noise, const void *message,
		      size_t message_bytes, void *ret_payload,
		      size_t payload_room, size_t *ret_payload_bytes);

/*
 * The initiator's static key, as the responder learnt it in IK: claimed, until
 * it is confirmed.  NULL before, and in other patterns.
 */
const uint8_t *pst_noise_initiator_key(const struct pst_noise *noise);

/* The hash of the whole handshake (section 11.2), once both messages passed. */
PST_MUST_CHECK int
pst_noise_handshake_hash(const struct pst_noise *noise,
			 uint8_t ret_hash[static PST_NOISE_HASH_BYTES]);

/*
 * An authenticator of bytes under this handshake, which only its two sides can
 * make: HMAC-SHA256 over the handshake hash and the bytes, under a third output
 * of the HKDF that gives the two transport keys (section 4.3), which it is
 * independent of.  -EINVAL before both messages passed.
 */
PST_MUST_CHECK
int pst_noise_confirm(const struct pst_noise *noise, const void *bytes,
		      size_t byte_count,
		      uint8_t ret_confirmation[static PST_NOISE_HASH_BYTES]);

/* The same in constant time against what came.  0, -EKEYREJECTED or -EINVAL. */
PST_MUST_CHECK
int pst_noise_check_confirmation(
	const struct pst_noise *noise, const void *bytes, size_t byte_count,
	const uint8_t confirmation[static PST_NOISE_HASH_BYTES]);

/*
 * The keys of the session: Split() (section 5.2), each direction's for the side
 * that sends in it.  The caller wipes them.  0, or -EINVAL before both messages
 * passed.
 */
PST_MUST_CHECK
int pst_noise_split_raw(const struct pst_noise *noise,
			uint8_t ret_send_key[static PST_CIPHER_KEY_BYTES],
			uint8_t ret_receive_key[static PST_CIPHER_KEY_BYTES]);

/*
 * The same, ready for the records to come.  0, or -EINVAL (before both messages
 * passed, or a mode without keys), -ENOMEM.
 */
PST_MUST_CHECK int pst_noise_split(const struct pst_noise *noise,
				   enum postern_security mode,
				   struct pst_record_keys **ret_keys);

#endif
