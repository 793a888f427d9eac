/* SPDX-License-Identifier: ISC */
/*
 * Sealing and opening records: modes `mac` and `aead`
 *
 * A MAC is the AEAD of an empty plain text, so both modes use the same cipher
 * and the same nonces.
 */
#include "crypto/record_seal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "crypto/secret.h"

static_assert(sizeof(struct pst_record_keys) % PST_LINE_BYTES == 0,
	      "aligned by pst_secret_new()");

static void init_cipher(struct pst_record_cipher *cipher,
			enum postern_security mode, enum pst_cipher_kind kind,
			const uint8_t key[static PST_CIPHER_KEY_BYTES])
{
	pst_cipher_init(&cipher->cipher, kind, key);
	cipher->mode = mode;
	cipher->record_count = 0;
}

struct pst_record_keys *
pst_record_keys_new(enum postern_security mode, enum pst_cipher_kind kind,
		    const uint8_t send_key[static PST_CIPHER_KEY_BYTES],
		    const uint8_t receive_key[static PST_CIPHER_KEY_BYTES])
{
	struct pst_record_keys *keys = pst_secret_new(sizeof(*keys));

	if (!keys)
		return NULL;
	init_cipher(&keys->send, mode, kind, send_key);
	init_cipher(&keys->receive, mode, kind, receive_key);
	return keys;
}

struct pst_record_keys *pst_record_keys_free(struct pst_record_keys *keys)
{
	return pst_secret_free(keys);
}

static void copy(void *to, const void *from, size_t byte_count)
{
	/* An empty message may have no address. */
	if (byte_count != 0 && to != from)
		memcpy(to, from, byte_count);
}

int pst_record_seal(struct pst_record_cipher *cipher, void *record,
		    size_t head_bytes, const void *payload,
		    size_t payload_bytes)
{
	uint8_t *body = (uint8_t *)record + head_bytes;
	uint8_t *tag = body + payload_bytes;

	if (PST_UNLIKELY(cipher->record_count >= PST_RECORD_COUNT_MAX))
		return -EKEYEXPIRED;
	if (cipher->mode == POSTERN_SECURITY_AEAD) {
		pst_cipher_seal(&cipher->cipher, cipher->record_count, record,
				head_bytes, payload, payload_bytes, body, tag);
	} else {
		copy(body, payload, payload_bytes);
		pst_cipher_seal(&cipher->cipher, cipher->record_count, record,
				head_bytes + payload_bytes, NULL, 0, NULL, tag);
	}
	cipher->record_count++;
	return 0;
}

int pst_record_open(struct pst_record_cipher *cipher, const void *record,
		    size_t head_bytes, size_t payload_bytes, void *ret_payload)
{
	const uint8_t *body = (const uint8_t *)record + head_bytes;
	const uint8_t *tag = body + payload_bytes;
	int r;

	if (PST_UNLIKELY(cipher->record_count >= PST_RECORD_COUNT_MAX))
		return -EKEYEXPIRED;
	if (cipher->mode == POSTERN_SECURITY_AEAD)
		r = pst_cipher_open(&cipher->cipher, cipher->record_count,
				    record, head_bytes, body, payload_bytes,
				    tag, ret_payload);
	else
		r = pst_cipher_open(&cipher->cipher, cipher->record_count,
				    record, head_bytes + payload_bytes, NULL, 0,
				    tag, NULL);
	if (PST_UNLIKELY(r < 0)) {
		/* A peer gets no second attempt with this key. */
		cipher->record_count = PST_RECORD_COUNT_MAX;
		return r;
	}
	if (cipher->mode != POSTERN_SECURITY_AEAD)
		copy(ret_payload, body, payload_bytes);
	cipher->record_count++;
	return 0;
}
