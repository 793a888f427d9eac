/* SPDX-License-Identifier: ISC */
/*
 * Sealed records: only the next one of this direction and session opens
 *
 * Each case runs in both modes with both ciphers.
 */
#include "crypto/record_seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "support/random.h"
#include "support/test_case.h"
#include "unit/crypto/cipher_skip.h"

#define CASE_COUNT 4
#define HEAD_BYTES_MAX 16
#define PAYLOAD_BYTES_MAX 320
#define RECORD_BYTES_MAX \
	(HEAD_BYTES_MAX + PAYLOAD_BYTES_MAX + PST_CIPHER_TAG_BYTES)
#define FLIPPED_RECORDS 1000
#define UNTOUCHED 0xa5

struct record {
	uint8_t bytes[RECORD_BYTES_MAX];
	size_t head_bytes, payload_bytes;
	uint8_t plain[PAYLOAD_BYTES_MAX];
};

/* The two sides of a session. */
struct session {
	struct pst_record_keys *near, *far;
	struct random random;
};

static enum postern_security mode_of(int index)
{
	return index % 2 ? POSTERN_SECURITY_AEAD : POSTERN_SECURITY_MAC;
}

static enum pst_cipher_kind kind_of(int index)
{
	return index / 2 ? PST_CIPHER_CHACHAPOLY : PST_CIPHER_AESGCM;
}

static void session_init(struct session *session, int index, uint8_t seed)
{
	uint8_t one[PST_CIPHER_KEY_BYTES] = {seed, 1};
	uint8_t other[PST_CIPHER_KEY_BYTES] = {seed, 2};

	session->random.state = seed;
	session->near = pst_record_keys_new(mode_of(index), kind_of(index), one,
					    other);
	session->far = pst_record_keys_new(mode_of(index), kind_of(index),
					   other, one);
	ck_assert(session->near && session->far);
}

static void session_done(struct session *session)
{
	session->near = pst_record_keys_free(session->near);
	session->far = pst_record_keys_free(session->far);
}

/* From near to far, the head and the payload being random. */
static void seal(struct session *session, size_t head_bytes,
		 size_t payload_bytes, struct record *ret_record)
{
	memset(ret_record, 0, sizeof(*ret_record));
	ret_record->head_bytes = head_bytes;
	ret_record->payload_bytes = payload_bytes;
	for (size_t i = 0; i < head_bytes; i++)
		ret_record->bytes[i] = (uint8_t)random_u64(&session->random);
	for (size_t i = 0; i < payload_bytes; i++)
		ret_record->plain[i] = (uint8_t)random_u64(&session->random);
	ck_assert_int_eq(pst_record_seal(&session->near->send,
					 ret_record->bytes, head_bytes,
					 ret_record->plain, payload_bytes), 0);
}

static int open_at(struct pst_record_cipher *cipher,
		   const struct record *record, void *ret_payload)
{
	return pst_record_open(cipher, record->bytes, record->head_bytes,
			       record->payload_bytes, ret_payload);
}

static void assert_opens(struct pst_record_cipher *cipher,
			 const struct record *record)
{
	uint8_t payload[PAYLOAD_BYTES_MAX];

	ck_assert_int_eq(open_at(cipher, record, payload), 0);
	ck_assert_mem_eq(payload, record->plain, record->payload_bytes);
}

/* It is refused, gives nothing away, and is the last one. */
static bool is_refused(struct pst_record_cipher *cipher,
		       const struct record *record)
{
	uint8_t payload[PAYLOAD_BYTES_MAX];

	memset(payload, UNTOUCHED, record->payload_bytes);
	if (open_at(cipher, record, payload) != -EKEYREJECTED)
		return false;
	for (size_t i = 0; i < record->payload_bytes; i++)
		if (payload[i] != 0 && payload[i] != UNTOUCHED)
			return false;
	return open_at(cipher, record, payload) == -EKEYEXPIRED;
}

/* As if nothing had happened since. */
static void rewind_to(struct pst_record_cipher *cipher, uint64_t count)
{
	cipher->record_count = count;
}

START_TEST(a_record_of_any_length_comes_through, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 1);
	for (size_t head = 8; head <= HEAD_BYTES_MAX; head += 8) {
		for (size_t bytes = 0; bytes <= PAYLOAD_BYTES_MAX; bytes++) {
			seal(&session, head, bytes, &record);
			assert_opens(&session.far->receive, &record);
		}
	}
	session_done(&session);
}
END_TEST

START_TEST(a_record_is_sealed_and_opened_in_its_place, .loop_end = CASE_COUNT)
{
	uint8_t bytes[RECORD_BYTES_MAX] = "headhead" "payload";
	struct session session;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 1);
	ck_assert_int_eq(pst_record_seal(&session.near->send, bytes, 8,
					 bytes + 8, 7), 0);
	ck_assert_int_eq(pst_record_open(&session.far->receive, bytes, 8, 7,
					 bytes + 8), 0);
	ck_assert_mem_eq(bytes, "headhead" "payload", 15);
	session_done(&session);
}
END_TEST

START_TEST(only_aead_hides_the_payload, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record;
	bool is_plain;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 1);
	seal(&session, 8, 32, &record);
	is_plain = memcmp(record.bytes + 8, record.plain, 32) == 0;
	ck_assert_int_eq(is_plain, mode_of(_i) == POSTERN_SECURITY_MAC);
	session_done(&session);
}
END_TEST

START_TEST(each_flipped_bit_of_many_records_is_noticed, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record, spoiled;
	size_t flip_count = 0, refused_count = 0;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 2);
	for (uint64_t count = 0; count < FLIPPED_RECORDS; count++) {
		size_t byte_count = random_below(&session.random, 80);
		size_t bit_count;

		seal(&session, count % 2 ? 16 : 8, byte_count, &record);
		bit_count = 8 * (record.head_bytes + byte_count +
				 PST_CIPHER_TAG_BYTES);
		for (size_t bit = 0; bit < bit_count; bit++) {
			spoiled = record;
			spoiled.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (is_refused(&session.far->receive, &spoiled))
				refused_count++;
			rewind_to(&session.far->receive, count);
			flip_count++;
		}
		assert_opens(&session.far->receive, &record);
	}
	ck_assert_uint_eq(refused_count, flip_count);
	ck_assert_uint_gt(flip_count, FLIPPED_RECORDS * 24 * 8);
	session_done(&session);
}
END_TEST

/* Longer, shorter, or with its head elsewhere. */
START_TEST(a_record_has_one_length_and_one_head, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record, other;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 3);
	seal(&session, 8, 40, &record);
	for (size_t bytes = 0; bytes <= 80; bytes++) {
		other = record;
		other.payload_bytes = bytes;
		if (bytes != record.payload_bytes) {
			ck_assert(is_refused(&session.far->receive, &other));
			rewind_to(&session.far->receive, 0);
		}
	}
	/* A MAC covers both alike: there the channel's header tells. */
	if (mode_of(_i) == POSTERN_SECURITY_AEAD) {
		other = record;
		other.head_bytes = 16;
		other.payload_bytes = 32;
		ck_assert(is_refused(&session.far->receive, &other));
		rewind_to(&session.far->receive, 0);
	}
	assert_opens(&session.far->receive, &record);
	session_done(&session);
}
END_TEST

START_TEST(records_in_another_order_are_refused, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record records[4];

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 4);
	for (size_t i = 0; i < 4; i++)
		seal(&session, 8, 24, &records[i]);
	for (uint64_t expected = 0; expected < 4; expected++) {
		for (uint64_t sent = 0; sent < 4; sent++) {
			rewind_to(&session.far->receive, expected);
			if (sent == expected)
				assert_opens(&session.far->receive,
					     &records[sent]);
			else
				ck_assert(is_refused(&session.far->receive,
					       &records[sent]));
		}
	}
	session_done(&session);
}
END_TEST

START_TEST(a_record_that_comes_twice_is_refused, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 5);
	seal(&session, 8, 24, &record);
	assert_opens(&session.far->receive, &record);
	ck_assert(is_refused(&session.far->receive, &record));
	session_done(&session);
}
END_TEST

START_TEST(a_record_that_was_dropped_is_missed, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record first, second;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 6);
	seal(&session, 8, 24, &first);
	seal(&session, 8, 24, &second);
	ck_assert(is_refused(&session.far->receive, &second));
	session_done(&session);
}
END_TEST

START_TEST(a_reflected_record_is_refused, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 7);
	seal(&session, 8, 24, &record);
	ck_assert(is_refused(&session.near->receive, &record));
	session_done(&session);
}
END_TEST

START_TEST(a_record_of_another_session_is_refused, .loop_end = CASE_COUNT)
{
	struct session session, other;
	struct record record;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 8);
	session_init(&other, _i, 9);
	seal(&other, 8, 24, &record);
	ck_assert(is_refused(&session.far->receive, &record));
	session_done(&other);
	session_done(&session);
}
END_TEST

START_TEST(a_record_of_the_other_mode_is_refused, .loop_end = CASE_COUNT)
{
	struct session session, other;
	struct record record;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 10);
	session_init(&other, _i ^ 1, 10);
	seal(&other, 8, 24, &record);
	ck_assert(is_refused(&session.far->receive, &record));
	session_done(&other);
	session_done(&session);
}
END_TEST

START_TEST(after_a_failure_nothing_opens, .loop_end = CASE_COUNT)
{
	struct session session;
	struct record record, spoiled;
	uint8_t payload[PAYLOAD_BYTES_MAX];

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 11);
	seal(&session, 8, 24, &record);
	spoiled = record;
	spoiled.bytes[0] ^= 1;
	ck_assert(is_refused(&session.far->receive, &spoiled));
	ck_assert_int_lt(open_at(&session.far->receive, &record, payload), 0);
	/* The other direction is another matter. */
	ck_assert_int_eq(pst_record_seal(&session.far->send, record.bytes, 8,
					 "payload", 7), 0);
	session_done(&session);
}
END_TEST

START_TEST(no_record_is_sealed_beyond_the_last_count, .loop_end = CASE_COUNT)
{
	struct record record = {.head_bytes = 8}, untouched = record;
	struct session session;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 12);
	rewind_to(&session.near->send, PST_RECORD_COUNT_MAX - 1);
	rewind_to(&session.far->receive, PST_RECORD_COUNT_MAX - 1);
	ck_assert_int_eq(pst_record_seal(&session.near->send, record.bytes, 8,
					 "payload", 7), 0);
	record.payload_bytes = 7;
	memcpy(record.plain, "payload", 7);
	assert_opens(&session.far->receive, &record);
	record = untouched;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pst_record_seal(&session.near->send,
						 record.bytes, 8, "payload", 7),
				 -EKEYEXPIRED);
	ck_assert_mem_eq(&record, &untouched, sizeof(record));
	ck_assert_int_eq(open_at(&session.far->receive, &record, record.plain),
			 -EKEYEXPIRED);
	session_done(&session);
}
END_TEST

START_TEST(the_same_record_is_never_sealed_alike, .loop_end = CASE_COUNT)
{
	uint8_t last[PST_CIPHER_TAG_BYTES] = {0}, bytes[8 + sizeof(last)] = {0};
	struct session session;

	SKIP_WITHOUT_CIPHER(kind_of(_i));
	session_init(&session, _i, 13);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(pst_record_seal(&session.near->send, bytes, 8,
						 NULL, 0), 0);
		ck_assert_mem_ne(bytes + 8, last, sizeof(last));
		memcpy(last, bytes + 8, sizeof(last));
	}
	session_done(&session);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
