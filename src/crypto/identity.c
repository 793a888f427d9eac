/* SPDX-License-Identifier: ISC */
/*
 * Identities: a static key pair of X25519 (RFC 7748), and its text
 *
 * libsodium's base64 functions take the same time for every key.
 */
#include "crypto/identity.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/secret.h"

#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define DIGITS 43
#define PUBLIC_PREFIX "x25519:"
#define PRIVATE_PREFIX "x25519-private:"
#define PUBLIC_PREFIX_BYTES (sizeof(PUBLIC_PREFIX) - 1)
#define PRIVATE_PREFIX_BYTES (sizeof(PRIVATE_PREFIX) - 1)
#define PRIVATE_LINE_BYTES (PRIVATE_PREFIX_BYTES + DIGITS)

static_assert(sodium_base64_ENCODED_LEN(PST_IDENTITY_KEY_BYTES, BASE64) ==
		      DIGITS + 1,
	      "with the zero byte");
static_assert(PUBLIC_PREFIX_BYTES + DIGITS + 1 ==
		      PST_IDENTITY_PUBLIC_TEXT_BYTES,
	      "with the zero byte");
static_assert(PRIVATE_LINE_BYTES + 1 == PST_IDENTITY_PRIVATE_TEXT_BYTES,
	      "with the newline");
static_assert(crypto_scalarmult_BYTES == PST_IDENTITY_KEY_BYTES, "X25519");
static_assert(crypto_scalarmult_SCALARBYTES == PST_IDENTITY_KEY_BYTES,
	      "X25519");

static void derive_public(struct pst_identity *identity)
{
	/* The base point has no small order, so this cannot fail. */
	PST_IGNORE(crypto_scalarmult_base(identity->public_key,
					  identity->private_key));
}

void pst_identity_init(struct pst_identity *identity,
		       const uint8_t *private_key)
{
	if (private_key)
		memcpy(identity->private_key, private_key,
		       sizeof(identity->private_key));
	else
		randombytes_buf(identity->private_key,
				sizeof(identity->private_key));
	derive_public(identity);
}

struct pst_identity *pst_identity_new(void)
{
	struct pst_identity *identity = pst_secret_new(sizeof(*identity));

	if (identity)
		pst_identity_init(identity, NULL);
	return identity;
}

/*
 * Encode the key again and compare: sodium_base642bin() refuses digits with
 * unused bits, but accepts some bytes above 127 as digits.
 */
static bool has_one_spelling(const uint8_t key[static PST_IDENTITY_KEY_BYTES],
			     const char *digits)
{
	char again[DIGITS + 1];
	bool is_same;

	(void)sodium_bin2base64(again, sizeof(again), key,
				PST_IDENTITY_KEY_BYTES, BASE64);
	is_same = sodium_memcmp(again, digits, DIGITS) == 0;
	pst_secret_wipe(again, sizeof(again));
	return is_same;
}

static int decode(const char *digits,
		  uint8_t ret_key[static PST_IDENTITY_KEY_BYTES])
{
	size_t key_bytes = 0;

	if (sodium_base642bin(ret_key, PST_IDENTITY_KEY_BYTES, digits, DIGITS,
			      NULL, &key_bytes, NULL, BASE64) != 0 ||
	    key_bytes != PST_IDENTITY_KEY_BYTES ||
	    !has_one_spelling(ret_key, digits))
		return -EINVAL;
	/* A random key is never zero: this one is an error. */
	if (sodium_is_zero(ret_key, PST_IDENTITY_KEY_BYTES))
		return -EINVAL;
	return 0;
}

int pst_identity_new_from_text(const char *text, size_t text_bytes,
			       struct pst_identity **ret_identity)
{
	struct pst_identity *identity;
	int r;

	if (text_bytes == PST_IDENTITY_PRIVATE_TEXT_BYTES &&
	    text[PRIVATE_LINE_BYTES] == '\n')
		text_bytes--;
	if (text_bytes != PRIVATE_LINE_BYTES ||
	    memcmp(text, PRIVATE_PREFIX, PRIVATE_PREFIX_BYTES) != 0)
		return -EINVAL;
	identity = pst_secret_new(sizeof(*identity));
	if (!identity)
		return -ENOMEM;
	r = decode(text + PRIVATE_PREFIX_BYTES, identity->private_key);
	if (r < 0) {
		identity = pst_identity_free(identity);
		return r;
	}
	derive_public(identity);
	*ret_identity = identity;
	return 0;
}

struct pst_identity *pst_identity_free(struct pst_identity *identity)
{
	return pst_secret_free(identity);
}

void pst_identity_private_text(
	const struct pst_identity *identity,
	char ret_text[static PST_IDENTITY_PRIVATE_TEXT_BYTES])
{
	memcpy(ret_text, PRIVATE_PREFIX, PRIVATE_PREFIX_BYTES);
	(void)sodium_bin2base64(ret_text + PRIVATE_PREFIX_BYTES, DIGITS + 1,
				identity->private_key,
				sizeof(identity->private_key), BASE64);
	ret_text[PRIVATE_LINE_BYTES] = '\n';
}

void pst_identity_public_text(
	const uint8_t public_key[static PST_IDENTITY_KEY_BYTES],
	char ret_text[static PST_IDENTITY_PUBLIC_TEXT_BYTES])
{
	memcpy(ret_text, PUBLIC_PREFIX, PUBLIC_PREFIX_BYTES);
	(void)sodium_bin2base64(ret_text + PUBLIC_PREFIX_BYTES, DIGITS + 1,
				public_key, PST_IDENTITY_KEY_BYTES, BASE64);
}
