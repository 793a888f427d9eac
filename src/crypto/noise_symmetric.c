/* SPDX-License-Identifier: ISC */
/*
 * The symmetric part of a Noise handshake (revision 34, sections 4.3, 5.1, 5.2)
 *
 * libsodium provides the hash, HMAC and the ciphers.  HKDF is implemented here,
 * because Noise uses up to three of its blocks and no info.
 */
#include "crypto/noise_symmetric.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crypto/secret.h"

static_assert(crypto_hash_sha256_BYTES == PST_NOISE_HASH_BYTES, "SHA-256");
static_assert(crypto_auth_hmacsha256_BYTES == PST_NOISE_HASH_BYTES,
	      "HMAC-SHA256");
static_assert(PST_CIPHER_KEY_BYTES == PST_NOISE_HASH_BYTES,
	      "an output of HKDF is a key");

/* The first count outputs of HKDF; the other outputs are not written. */
static void hkdf(const uint8_t chaining_key[static PST_NOISE_HASH_BYTES],
		 const void *input, size_t input_bytes, uint8_t count,
		 struct pst_noise_outputs *ret_outputs)
{
	uint8_t key[PST_NOISE_HASH_BYTES];
	const uint8_t *previous = NULL;
	size_t previous_bytes = 0;

	pst_noise_hmac(chaining_key, input, input_bytes, NULL, 0, key);
	for (uint8_t i = 0; i < count; i++) {
		uint8_t number = i + 1;

		pst_noise_hmac(key, previous, previous_bytes, &number, 1,
			       ret_outputs->output[i]);
		previous = ret_outputs->output[i];
		previous_bytes = PST_NOISE_HASH_BYTES;
	}
	pst_secret_wipe(key, sizeof(key));
}

void pst_noise_symmetric_init(struct pst_noise_symmetric *symmetric,
			      enum pst_cipher_kind kind,
			      const char *protocol_name)
{
	size_t name_bytes = strlen(protocol_name);

	assert(name_bytes <= sizeof(symmetric->hash));
	memset(symmetric->hash, 0, sizeof(symmetric->hash));
	memcpy(symmetric->hash, protocol_name, name_bytes);
	memcpy(symmetric->chaining_key, symmetric->hash,
	       sizeof(symmetric->chaining_key));
	symmetric->kind = kind;
	symmetric->has_key = false;
	symmetric->sealed_count = 0;
}

void pst_noise_mix_hash(struct pst_noise_symmetric *symmetric,
			const void *bytes, size_t byte_count)
{
	crypto_hash_sha256_state state;

	/* None of these can fail. */
	PST_IGNORE(crypto_hash_sha256_init(&state));
	PST_IGNORE(crypto_hash_sha256_update(&state, symmetric->hash,
					     sizeof(symmetric->hash)));
	PST_IGNORE(crypto_hash_sha256_update(&state, bytes, byte_count));
	PST_IGNORE(crypto_hash_sha256_final(&state, symmetric->hash));
}

void pst_noise_mix_key(struct pst_noise_symmetric *symmetric,
		       const uint8_t secret[static PST_NOISE_KEY_BYTES])
{
	struct pst_noise_outputs outputs;

	hkdf(symmetric->chaining_key, secret, PST_NOISE_KEY_BYTES, 2, &outputs);
	memcpy(symmetric->chaining_key, outputs.output[0],
	       sizeof(symmetric->chaining_key));
	pst_cipher_init(&symmetric->cipher, symmetric->kind, outputs.output[1]);
	symmetric->has_key = true;
	symmetric->sealed_count = 0;
	pst_secret_wipe(&outputs, sizeof(outputs));
}

size_t pst_noise_tag_bytes(const struct pst_noise_symmetric *symmetric)
{
	return symmetric->has_key ? PST_CIPHER_TAG_BYTES : 0;
}

void pst_noise_seal(struct pst_noise_symmetric *symmetric, const void *plain,
		    size_t plain_bytes, uint8_t *ret_sealed)
{
	if (symmetric->has_key)
		pst_cipher_seal(&symmetric->cipher, symmetric->sealed_count++,
				symmetric->hash, sizeof(symmetric->hash),
				plain, plain_bytes, ret_sealed,
				ret_sealed + plain_bytes);
	else if (plain_bytes > 0)
		memcpy(ret_sealed, plain, plain_bytes);
	pst_noise_mix_hash(symmetric, ret_sealed,
			   plain_bytes + pst_noise_tag_bytes(symmetric));
}

int pst_noise_open(struct pst_noise_symmetric *symmetric,
		   const uint8_t *sealed, size_t plain_bytes, void *ret_plain)
{
	int r = 0;

	if (symmetric->has_key)
		r = pst_cipher_open(&symmetric->cipher,
				    symmetric->sealed_count++, symmetric->hash,
				    sizeof(symmetric->hash), sealed,
				    plain_bytes, sealed + plain_bytes,
				    ret_plain);
	else if (plain_bytes > 0)
		memcpy(ret_plain, sealed, plain_bytes);
	if (r < 0)
		return r;
	pst_noise_mix_hash(symmetric, sealed,
			   plain_bytes + pst_noise_tag_bytes(symmetric));
	return 0;
}

void pst_noise_outputs(const struct pst_noise_symmetric *symmetric,
		       struct pst_noise_outputs *ret_outputs)
{
	hkdf(symmetric->chaining_key, NULL, 0, 3, ret_outputs);
}

void pst_noise_hmac(const uint8_t key[static PST_NOISE_HASH_BYTES],
		    const void *first, size_t first_bytes, const void *second,
		    size_t second_bytes,
		    uint8_t ret_hmac[static PST_NOISE_HASH_BYTES])
{
	crypto_auth_hmacsha256_state state;

	/* None of these can fail. */
	PST_IGNORE(crypto_auth_hmacsha256_init(&state, key,
					       PST_NOISE_HASH_BYTES));
	PST_IGNORE(crypto_auth_hmacsha256_update(&state, first, first_bytes));
	PST_IGNORE(crypto_auth_hmacsha256_update(&state, second, second_bytes));
	PST_IGNORE(crypto_auth_hmacsha256_final(&state, ret_hmac));
	pst_secret_wipe(&state, sizeof(state));
}
