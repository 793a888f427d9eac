/* SPDX-License-Identifier: ISC */
/*
 * The two ciphers against known answers
 *
 * Known are those of RFC 8439 and of the GCM specification whose nonce begins
 * with 32 zero bits, as those of Noise do; and, to tell the byte orders of the
 * count apart, one of each that OpenSSL gave.
 */
#include "crypto/cipher.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <postern/result.h>

#include "crypto/secret.h"
#include "unit/crypto/cipher_skip.h"
#include "support/test_case.h"

#define COUNT UINT64_C(0x0102030405060708)
#define PLAIN "plain text of 24 bytes.."
#define PLAIN_BYTES 24
#define ASSOCIATED "associated"
#define ASSOCIATED_BYTES 10

static struct pst_cipher *
new_cipher(enum pst_cipher_kind kind,
	   const uint8_t key[static PST_CIPHER_KEY_BYTES])
{
	struct pst_cipher *cipher = pst_secret_new(sizeof(*cipher));

	ck_assert_ptr_nonnull(cipher);
	pst_cipher_init(cipher, kind, key);
	return cipher;
}

/* Both ways; expected are the sealed bytes and the tag. */
static void assert_seals_to(enum pst_cipher_kind kind, const uint8_t *key,
			    uint64_t count, const char *associated,
			    size_t associated_bytes, const void *plain,
			    size_t plain_bytes, const uint8_t *expected)
{
	struct pst_cipher *cipher = new_cipher(kind, key);
	uint8_t sealed[512], opened[512], tag[PST_CIPHER_TAG_BYTES];

	ck_assert_uint_le(plain_bytes, sizeof(sealed));
	pst_cipher_seal(cipher, count, associated, associated_bytes, plain,
			plain_bytes, sealed, tag);
	ck_assert_mem_eq(sealed, expected, plain_bytes);
	ck_assert_mem_eq(tag, expected + plain_bytes, sizeof(tag));
	ck_assert_int_eq(pst_cipher_open(cipher, count, associated,
					 associated_bytes, sealed, plain_bytes,
					 tag, opened), 0);
	ck_assert_mem_eq(opened, plain, plain_bytes);
	cipher = pst_secret_free(cipher);
}

/* McGrew and Viega, test cases 13 and 14. */
START_TEST(aesgcm_gives_the_specifications_answers)
{
	static const uint8_t key[PST_CIPHER_KEY_BYTES], plain[16];
	static const uint8_t empty[] = {
		0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36, 0xb9,
		0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb, 0x73, 0x8b,
	};
	static const uint8_t block[] = {
		0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e,
		0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18,
		0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0,
		0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19,
	};

	SKIP_WITHOUT_CIPHER(PST_CIPHER_AESGCM);
	assert_seals_to(PST_CIPHER_AESGCM, key, 0, NULL, 0, plain, 0, empty);
	assert_seals_to(PST_CIPHER_AESGCM, key, 0, NULL, 0, plain,
			sizeof(plain), block);
}
END_TEST

/* RFC 8439, appendix A.5; of the sealed bytes, the first: the tag has seen all
 * of them. */
START_TEST(chachapoly_gives_the_rfcs_answer)
{
	static const uint8_t key[PST_CIPHER_KEY_BYTES] = {
		0x1c, 0x92, 0x40, 0xa5, 0xeb, 0x55, 0xd3, 0x8a,
		0xf3, 0x33, 0x88, 0x86, 0x04, 0xf6, 0xb5, 0xf0,
		0x47, 0x39, 0x17, 0xc1, 0x40, 0x2b, 0x80, 0x09,
		0x9d, 0xca, 0x5c, 0xbc, 0x20, 0x70, 0x75, 0xc0,
	};
	static const uint8_t associated[] = {0xf3, 0x33, 0x88, 0x86, 0x00, 0x00,
					     0x00, 0x00, 0x00, 0x00, 0x4e, 0x91};
	static const char plain[] =
		"Internet-Drafts are draft documents valid for a maximum of six "
		"months and may be updated, replaced, or obsoleted by other "
		"documents at any time. It is inappropriate to use Internet-"
		"Drafts as reference material or to cite them other than as "
		"/\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
	static const uint8_t begin[] = {
		0x64, 0xa0, 0x86, 0x15, 0x75, 0x86, 0x1a, 0xf4,
		0x60, 0xf0, 0x62, 0xc7, 0x9b, 0xe6, 0x43, 0xbd,
	};
	static const uint8_t expected_tag[] = {
		0xee, 0xad, 0x9d, 0x67, 0x89, 0x0c, 0xbb, 0x22,
		0x39, 0x23, 0x36, 0xfe, 0xa1, 0x85, 0x1f, 0x38,
	};
	struct pst_cipher *cipher = new_cipher(PST_CIPHER_CHACHAPOLY, key);
	uint8_t sealed[sizeof(plain) - 1], tag[PST_CIPHER_TAG_BYTES];

	ck_assert_uint_eq(sizeof(sealed), 265);
	/* 01 to 08 in the RFC, which is little-endian. */
	pst_cipher_seal(cipher, UINT64_C(0x0807060504030201), associated,
			sizeof(associated), plain, sizeof(sealed), sealed, tag);
	ck_assert_mem_eq(sealed, begin, sizeof(begin));
	ck_assert_mem_eq(tag, expected_tag, sizeof(tag));
	cipher = pst_secret_free(cipher);
}
END_TEST

START_TEST(the_count_has_the_byte_order_of_noise,
	   .loop_start = PST_CIPHER_AESGCM,
	   .loop_end = PST_CIPHER_CHACHAPOLY + 1)
{
	static const uint8_t expected[][PLAIN_BYTES + PST_CIPHER_TAG_BYTES] = {
		[PST_CIPHER_AESGCM] = {
			0x74, 0x3d, 0x04, 0x67, 0xb3, 0xc1, 0x7d, 0xfb,
			0x7b, 0xeb, 0xdd, 0x80, 0x78, 0x47, 0x0b, 0xc4,
			0x5a, 0x9b, 0x25, 0xb6, 0xb2, 0xa6, 0x66, 0x42,
			0xc5, 0x84, 0x7c, 0xd7, 0xaf, 0xcb, 0xe1, 0x59,
			0xac, 0x2e, 0x68, 0xd3, 0x54, 0xd5, 0xf5, 0x60,
		},
		[PST_CIPHER_CHACHAPOLY] = {
			0x80, 0x25, 0xcc, 0x8d, 0xc5, 0x19, 0x9e, 0x7d,
			0x1c, 0xdf, 0x0a, 0xa3, 0x15, 0x58, 0x53, 0x8c,
			0xc0, 0x64, 0x8b, 0xb0, 0xed, 0x37, 0x6b, 0xb0,
			0xff, 0xd9, 0xa1, 0x9d, 0x4a, 0x8e, 0xac, 0x31,
			0x29, 0x6e, 0xd9, 0x34, 0x1c, 0x46, 0xb7, 0x9b,
		},
	};
	enum pst_cipher_kind kind = (enum pst_cipher_kind)_i;
	uint8_t key[PST_CIPHER_KEY_BYTES];

	SKIP_WITHOUT_CIPHER(kind);
	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	assert_seals_to(kind, key, COUNT, ASSOCIATED, ASSOCIATED_BYTES, PLAIN,
			PLAIN_BYTES, expected[kind]);
}
END_TEST

START_TEST(nothing_else_opens,
	   .loop_start = PST_CIPHER_AESGCM,
	   .loop_end = PST_CIPHER_CHACHAPOLY + 1)
{
	enum pst_cipher_kind kind = (enum pst_cipher_kind)_i;
	uint8_t key[PST_CIPHER_KEY_BYTES] = {1};
	uint8_t sealed[PLAIN_BYTES], opened[PLAIN_BYTES];
	uint8_t tag[PST_CIPHER_TAG_BYTES];
	struct pst_cipher *cipher, *other;

	SKIP_WITHOUT_CIPHER(kind);
	cipher = new_cipher(kind, key);
	key[0] = 2;
	other = new_cipher(kind, key);
	pst_cipher_seal(cipher, 7, ASSOCIATED, ASSOCIATED_BYTES, PLAIN,
			PLAIN_BYTES, sealed, tag);
	ck_assert_int_eq(pst_cipher_open(cipher, 8, ASSOCIATED,
					 ASSOCIATED_BYTES, sealed, PLAIN_BYTES,
					 tag, opened), -EKEYREJECTED);
	ck_assert_int_eq(pst_cipher_open(cipher, 7, ASSOCIATED,
					 ASSOCIATED_BYTES - 1, sealed,
					 PLAIN_BYTES, tag, opened),
			 -EKEYREJECTED);
	ck_assert_int_eq(pst_cipher_open(cipher, 7, ASSOCIATED,
					 ASSOCIATED_BYTES, sealed,
					 PLAIN_BYTES - 1, tag, opened),
			 -EKEYREJECTED);
	ck_assert_int_eq(pst_cipher_open(other, 7, ASSOCIATED,
					 ASSOCIATED_BYTES, sealed, PLAIN_BYTES,
					 tag, opened), -EKEYREJECTED);
	ck_assert_int_eq(pst_cipher_open(cipher, 7, ASSOCIATED,
					 ASSOCIATED_BYTES, sealed, PLAIN_BYTES,
					 tag, opened), 0);
	other = pst_secret_free(other);
	cipher = pst_secret_free(cipher);
}
END_TEST

START_TEST(an_empty_text_is_authenticated_too,
	   .loop_start = PST_CIPHER_AESGCM,
	   .loop_end = PST_CIPHER_CHACHAPOLY + 1)
{
	enum pst_cipher_kind kind = (enum pst_cipher_kind)_i;
	static const uint8_t key[PST_CIPHER_KEY_BYTES] = {1};
	uint8_t tag[PST_CIPHER_TAG_BYTES];
	struct pst_cipher *cipher;

	SKIP_WITHOUT_CIPHER(kind);
	cipher = new_cipher(kind, key);
	pst_cipher_seal(cipher, 0, ASSOCIATED, ASSOCIATED_BYTES, NULL, 0, NULL,
			tag);
	ck_assert_int_eq(pst_cipher_open(cipher, 0, ASSOCIATED,
					 ASSOCIATED_BYTES, NULL, 0, tag, NULL),
			 0);
	for (size_t bit = 0; bit < sizeof(tag) * 8; bit++) {
		tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(pst_cipher_open(cipher, 0, ASSOCIATED,
						 ASSOCIATED_BYTES, NULL, 0, tag,
						 NULL), -EKEYREJECTED);
		tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cipher = pst_secret_free(cipher);
}
END_TEST

START_TEST(no_cipher_is_not_available)
{
	ck_assert(!pst_cipher_is_available(PST_CIPHER_NONE));
	ck_assert(pst_cipher_is_available(PST_CIPHER_CHACHAPOLY));
	ck_assert(!pst_cipher_is_available((enum pst_cipher_kind)3));
}
END_TEST

START_TEST(disabled_features_have_no_aes)
{
	uint32_t features = pst_cipher_features(0);

	ck_assert_uint_eq(features & POSTERN_FEATURE_AES,
			  pst_cipher_is_available(PST_CIPHER_AESGCM)
				  ? POSTERN_FEATURE_AES
				  : 0);
	ck_assert_uint_eq(pst_cipher_features(POSTERN_FEATURE_AES), 0);
	ck_assert_int_eq(pst_cipher_for(0), PST_CIPHER_CHACHAPOLY);
	ck_assert_int_eq(pst_cipher_for(POSTERN_FEATURE_AES),
			 PST_CIPHER_AESGCM);
	ck_assert_uint_eq(pst_cipher_bits_for(0), 1u << PST_CIPHER_CHACHAPOLY);
	ck_assert_uint_eq(pst_cipher_bits_for(POSTERN_FEATURE_AES),
			  1u << PST_CIPHER_AESGCM |
				  1u << PST_CIPHER_CHACHAPOLY);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
