/* SPDX-License-Identifier: ISC */
/*
 * Sealing and opening records: modes `mac` and `aead`
 *
 * Each direction of a session has its own key.  The nonce is the number of the
 * record in its direction, from 0.  It is counted here and not transferred, so
 * a record that was dropped, replayed, reordered or moved does not open.
 *
 *	        authenticated                        encrypted
 *	mac     head and payload                     -
 *	aead    head and payload                     payload
 *
 * The head is the record's header and its time stamp, if it has one.  The whole
 * record lies in private memory:
 *
 *	head | payload | tag (16 bytes)
 *
 * One thread at a time uses a direction; the two directions are independent.
 */
#ifndef POSTERN_CRYPTO_RECORD_SEAL_H
#define POSTERN_CRYPTO_RECORD_SEAL_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/cipher.h"

/* Keys are not renewed, so a direction ends here: NIST SP 800-38D, 8.3. */
#define PST_RECORD_COUNT_MAX (UINT64_C(1) << 48)

struct pst_record_cipher {
	alignas(PST_LINE_BYTES) struct pst_cipher cipher;
	enum postern_security mode;     /* MAC or AEAD */
	uint64_t record_count;          /* the nonce of the next record */
};

/* Secret: from pst_record_keys_new(). */
struct pst_record_keys {
	struct pst_record_cipher send;
	struct pst_record_cipher receive;
};

/*
 * Take the two keys of a handshake; the caller wipes its copies.  mode is MAC
 * or AEAD, and the kind is available.  NULL if there is no memory for secrets.
 */
PST_MUST_CHECK struct pst_record_keys *
pst_record_keys_new(enum postern_security mode, enum pst_cipher_kind kind,
		    const uint8_t send_key[static PST_CIPHER_KEY_BYTES],
		    const uint8_t receive_key[static PST_CIPHER_KEY_BYTES]);

/* Accepts NULL; returns NULL. */
struct pst_record_keys *pst_record_keys_free(struct pst_record_keys *keys);

/*
 * Seal one record.  record begins with the head; the payload and the tag are
 * written behind it.  The payload may already be in its place.
 *
 * Returns 0, or -EKEYEXPIRED: no count is left, and nothing was done.
 */
PST_MUST_CHECK
int pst_record_seal(struct pst_record_cipher *cipher, void *record,
		    size_t head_bytes, const void *payload,
		    size_t payload_bytes);

/*
 * Open one record, a whole private copy, and write its payload to ret_payload.
 *
 * Returns 0, -EKEYREJECTED (not the next record of this direction and session)
 * or -EKEYEXPIRED.  After an error ret_payload contains no decrypted byte, and
 * every later call fails.
 */
PST_MUST_CHECK
int pst_record_open(struct pst_record_cipher *cipher, const void *record,
		    size_t head_bytes, size_t payload_bytes,
		    void *ret_payload);

#endif
