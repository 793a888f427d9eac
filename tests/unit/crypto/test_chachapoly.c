/* SPDX-License-Identifier: ISC */
/*
 * ChaCha20-Poly1305 for short texts, beside libsodium's AEAD call
 *
 * Every length that is short, with heads of the sizes that occur and around the
 * end of a block: the same bytes, the same tag.
 */
#include "crypto/chachapoly.h"

#include <check.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES PST_CHACHAPOLY_SHORT_BYTES
#define TAG_BYTES 16

static const size_t head_bytes[] = {0, 8, 15, 16, 17,
				    PST_CHACHAPOLY_SHORT_ASSOCIATED_BYTES};
#define HEAD_COUNT (sizeof(head_bytes) / sizeof(head_bytes[0]))

static uint8_t key[32], nonce[12], head[32], text[TEXT_BYTES];

static void fill(void)
{
	ck_assert_int_ge(sodium_init(), 0);
	randombytes_buf(key, sizeof(key));
	randombytes_buf(nonce, sizeof(nonce));
	randombytes_buf(head, sizeof(head));
	randombytes_buf(text, sizeof(text));
}

static void assert_same(size_t associated_bytes, size_t text_bytes)
{
	uint8_t sealed[TEXT_BYTES + 1], expected[TEXT_BYTES];
	uint8_t opened[TEXT_BYTES];
	uint8_t tag[TAG_BYTES], expected_tag[TAG_BYTES];

	ck_assert(pst_chachapoly_is_short(associated_bytes, text_bytes));
	(void)crypto_aead_chacha20poly1305_ietf_encrypt_detached(
		expected, expected_tag, NULL, text, text_bytes, head,
		associated_bytes, NULL, nonce, key);
	sealed[text_bytes] = 0xa5;
	pst_chachapoly_seal_short(key, nonce, head, associated_bytes, text,
				  text_bytes, sealed, tag);
	ck_assert_mem_eq(sealed, expected, text_bytes);
	ck_assert_mem_eq(tag, expected_tag, TAG_BYTES);
	ck_assert_uint_eq(sealed[text_bytes], 0xa5);

	ck_assert_int_eq(pst_chachapoly_open_short(
				 key, nonce, head, associated_bytes, expected,
				 text_bytes, expected_tag, opened), 0);
	ck_assert_mem_eq(opened, text, text_bytes);
}

START_TEST(short_texts_are_sealed_as_libsodium_seals_them)
{
	size_t i, text_bytes;

	fill();
	for (i = 0; i < HEAD_COUNT; i++)
		for (text_bytes = 1; text_bytes <= TEXT_BYTES; text_bytes++)
			assert_same(head_bytes[i], text_bytes);
}
END_TEST

START_TEST(sealing_and_opening_work_in_place)
{
	uint8_t bytes[100], tag[TAG_BYTES];

	fill();
	memcpy(bytes, text, sizeof(bytes));
	pst_chachapoly_seal_short(key, nonce, head, 8, bytes, sizeof(bytes),
				  bytes, tag);
	ck_assert_mem_ne(bytes, text, sizeof(bytes));
	ck_assert_int_eq(pst_chachapoly_open_short(key, nonce, head, 8, bytes,
						   sizeof(bytes), tag, bytes),
			 0);
	ck_assert_mem_eq(bytes, text, sizeof(bytes));
}
END_TEST

static void flip(uint8_t *bytes, size_t bit)
{
	bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* head, sealed text and tag in one row. */
START_TEST(whatever_was_changed_is_not_opened)
{
	uint8_t row[8 + 64 + TAG_BYTES], opened[64], untouched[64];
	size_t bit;

	fill();
	memcpy(row, head, 8);
	pst_chachapoly_seal_short(key, nonce, row, 8, text, 64, row + 8,
				  row + 72);
	memset(untouched, 0x5a, sizeof(untouched));
	for (bit = 0; bit < 8 * sizeof(row); bit++) {
		memset(opened, 0x5a, sizeof(opened));
		flip(row, bit);
		ck_assert_int_eq(pst_chachapoly_open_short(key, nonce, row, 8,
							   row + 8, 64,
							   row + 72, opened),
				 -EKEYREJECTED);
		ck_assert_mem_eq(opened, untouched, sizeof(opened));
		flip(row, bit);
	}
}
END_TEST

START_TEST(no_text_and_long_ones_are_not_short)
{
	ck_assert(!pst_chachapoly_is_short(8, 0));
	ck_assert(!pst_chachapoly_is_short(8, TEXT_BYTES + 1));
	ck_assert(!pst_chachapoly_is_short(
		PST_CHACHAPOLY_SHORT_ASSOCIATED_BYTES + 1, 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chachapoly");
	TCase *tcase = tcase_create("short texts");
	SRunner *runner = srunner_create(suite);
	int failed_count;

	tcase_add_test(tcase, short_texts_are_sealed_as_libsodium_seals_them);
	tcase_add_test(tcase, sealing_and_opening_work_in_place);
	tcase_add_test(tcase, whatever_was_changed_is_not_opened);
	tcase_add_test(tcase, no_text_and_long_ones_are_not_short);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
