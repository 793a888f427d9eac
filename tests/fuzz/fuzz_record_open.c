/* SPDX-License-Identifier: ISC */
/*
 * Sealed records that somebody had in his hands
 *
 * The input is a program: which mode and cipher, how long the records are, and
 * then which of them comes next and what was done to it.  A record opens if and
 * only if it is, byte for byte, the next one that was sealed and none has been
 * refused before.
 */
#include "crypto/record_seal.h"

#include <errno.h>
#include <stdbool.h>

#include "fuzz/fuzz_input.h"

#define RECORD_COUNT 4
#define PAYLOAD_BYTES_MAX 255
#define HEAD_BYTES_MAX 16
#define UNTOUCHED 0xa5

struct record {
	uint8_t bytes[HEAD_BYTES_MAX + PAYLOAD_BYTES_MAX +
		      PST_CIPHER_TAG_BYTES];
	uint8_t plain[PAYLOAD_BYTES_MAX];
	size_t head_bytes, payload_bytes, byte_count;
};

struct session {
	struct pst_record_keys *near, *far;
	struct record records[RECORD_COUNT];
	size_t next;
	bool has_failed;
};

static void start(struct session *session, struct input *input)
{
	static const uint8_t one[PST_CIPHER_KEY_BYTES] = {1};
	static const uint8_t other[PST_CIPHER_KEY_BYTES] = {2};
	uint8_t plan = take_byte(input);
	enum postern_security mode = plan & 1 ? POSTERN_SECURITY_AEAD
					      : POSTERN_SECURITY_MAC;
	enum pst_cipher_kind kind = plan & 2 ? PST_CIPHER_AESGCM
					     : PST_CIPHER_CHACHAPOLY;

	if (!pst_cipher_is_available(kind))
		kind = PST_CIPHER_CHACHAPOLY;
	session->near = pst_record_keys_new(mode, kind, one, other);
	session->far = pst_record_keys_new(mode, kind, other, one);
	require(session->near && session->far);
	for (size_t i = 0; i < RECORD_COUNT; i++) {
		struct record *record = &session->records[i];

		record->head_bytes = plan & (4u << i) ? 16 : 8;
		record->payload_bytes = take_byte(input);
		record->byte_count = record->head_bytes +
				     record->payload_bytes +
				     PST_CIPHER_TAG_BYTES;
		memset(record->bytes, (int)i, record->head_bytes);
		memset(record->plain, 'p', record->payload_bytes);
		require(pst_record_seal(&session->near->send, record->bytes,
					record->head_bytes, record->plain,
					record->payload_bytes) == 0);
	}
}

/* Whether it is the one that must be taken. */
static bool is_next(const struct session *session, const struct record *record,
		    const uint8_t *bytes, size_t byte_count)
{
	return !session->has_failed && session->next < RECORD_COUNT &&
	       record == &session->records[session->next] &&
	       byte_count == record->byte_count &&
	       memcmp(bytes, record->bytes, byte_count) == 0;
}

static void check_open(struct session *session, const struct record *record,
		       const uint8_t *bytes, size_t byte_count)
{
	size_t payload_bytes = byte_count - record->head_bytes -
			       PST_CIPHER_TAG_BYTES;
	uint8_t *payload = malloc(payload_bytes);
	int r;

	require(payload != NULL || payload_bytes == 0);
	if (payload_bytes > 0)
		memset(payload, UNTOUCHED, payload_bytes);
	r = pst_record_open(&session->far->receive, bytes, record->head_bytes,
			    payload_bytes, payload);
	require((r == 0) == is_next(session, record, bytes, byte_count));
	if (r == 0) {
		require(payload_bytes == 0 ||
			memcmp(payload, record->plain, payload_bytes) == 0);
		session->next++;
	} else {
		require(r == (session->has_failed ? -EKEYEXPIRED
						  : -EKEYREJECTED));
		for (size_t i = 0; i < payload_bytes; i++)
			require(payload[i] == 0 || payload[i] == UNTOUCHED);
		session->has_failed = true;
	}
	free(payload);
}

static void step(struct session *session, struct input *input)
{
	uint8_t choice = take_byte(input);
	const struct record *record = &session->records[choice % RECORD_COUNT];
	size_t byte_count;
	uint8_t *bytes = spoil(record->bytes, record->byte_count, input,
			       &byte_count);

	/* The ring gives out no record that is too short to be one. */
	if (byte_count >= record->head_bytes + PST_CIPHER_TAG_BYTES)
		check_open(session, record, bytes, byte_count);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct input input = {bytes, byte_count};
	struct session session = {0};

	start(&session, &input);
	while (input.left_bytes > 0)
		step(&session, &input);
	session.near = pst_record_keys_free(session.near);
	session.far = pst_record_keys_free(session.far);
	return 0;
}
