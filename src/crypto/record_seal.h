/* SPDX-License-Identifier: ISC */
/*
 * Sealing and opening records: modes `mac` and `aead`
 *
 * One key for each direction of a session.  The nonce is the number of the
 * record in its direction, from 0, counted here and read from nowhere, so that
 * a record which is dropped, doubled, swapped or of another place fits no more.
 *
 *	        authenticated                        encrypted
 *	mac     head and payload                     -
 *	aead    head and payload                     payload
 *
 * The head is what stands before the payload: the record's header, and its time
 * stamp if it has one.  A record lies in private memory, whole:
 *
 *	head | payload | tag (16 bytes)
 *
 * A direction belongs to one thread at a time; the two are independent.
 */
#ifndef POSTERN_CRYPTO_RECORD_SEAL_H
#define POSTERN_CRYPTO_RECORD_SEAL_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/cipher.h"

/* There is no new key, so a direction ends here: NIST SP 800-38D, 8.3. */
#define PST_RECORD_COUNT_MAX (UINT64_C(1) << 48)

struct pst_record_cipher {
	alignas(PST_LINE_BYTES) struct pst_cipher cipher;
	enum postern_security mode;     /* MAC or AEAD */
	uint64_t record_count;          /* the next one's nonce */
};

/* Secret: of pst_record_keys_new(). */
struct pst_record_keys {
	struct pst_record_cipher send;
	struct pst_record_cipher receive;
};

/*
 * From the two keys of a handshake, which the caller wipes.  mode is MAC or
 * AEAD, the kind available.  NULL if there is no memory for secrets.
 */
PST_MUST_CHECK struct pst_record_keys *
pst_record_keys_new(enum postern_security mode, enum pst_cipher_kind kind,
		    const uint8_t send_key[static PST_CIPHER_KEY_BYTES],
		    const uint8_t receive_key[static PST_CIPHER_KEY_BYTES]);

/* Accepts NULL; returns NULL. */
struct pst_record_keys *pst_record_keys_free(struct pst_record_keys *keys);

/*
 * record begins with the head; payload, which may lie in its place already, and
 * the tag are put behind it.
 *
 * Returns 0 or -EKEYEXPIRED: no count is left, and nothing was done.
 */
PST_MUST_CHECK
int pst_record_seal(struct pst_record_cipher *cipher, void *record,
		    size_t head_bytes, const void *payload,
		    size_t payload_bytes);

/*
 * record is whole, and a private copy; its payload goes to ret_payload.
 *
 * Returns 0, or -EKEYREJECTED (it is not the next record of this direction and
 * session), -EKEYEXPIRED.  After either, ret_payload holds nothing of it, and
 * there will be no next one.
 */
PST_MUST_CHECK
int pst_record_open(struct pst_record_cipher *cipher, const void *record,
		    size_t head_bytes, size_t payload_bytes,
		    void *ret_payload);

#endif
