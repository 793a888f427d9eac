/* SPDX-License-Identifier: ISC */
/*
 * An AEAD with its key schedule, and the nonces of Noise
 */
#include "crypto/cipher.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include <postern/result.h>

#define NONCE_BYTES 12

static_assert(crypto_aead_aes256gcm_NPUBBYTES == NONCE_BYTES, "one nonce");
static_assert(crypto_aead_chacha20poly1305_IETF_NPUBBYTES == NONCE_BYTES,
	      "one nonce");
static_assert(sizeof(crypto_aead_aes256gcm_state) <=
		      sizeof(((struct pst_cipher *)NULL)->schedule),
	      "a schedule fits");
static_assert(crypto_aead_aes256gcm_KEYBYTES == PST_CIPHER_KEY_BYTES,
	      "one key");
static_assert(crypto_aead_chacha20poly1305_IETF_KEYBYTES ==
		      PST_CIPHER_KEY_BYTES,
	      "one key");
static_assert(crypto_aead_aes256gcm_ABYTES == PST_CIPHER_TAG_BYTES, "one tag");
static_assert(crypto_aead_chacha20poly1305_IETF_ABYTES == PST_CIPHER_TAG_BYTES,
	      "one tag");

static crypto_aead_aes256gcm_state *aes_of(struct pst_cipher *cipher)
{
	return (void *)cipher->schedule;
}

static const crypto_aead_aes256gcm_state *
aes_in(const struct pst_cipher *cipher)
{
	return (const void *)cipher->schedule;
}

static void put_nonce(uint8_t nonce[static NONCE_BYTES],
		      enum pst_cipher_kind kind, uint64_t count)
{
	uint64_t ordered = kind == PST_CIPHER_AESGCM ? htobe64(count)
						     : htole64(count);

	memset(nonce, 0, NONCE_BYTES - sizeof(ordered));
	memcpy(nonce + NONCE_BYTES - sizeof(ordered), &ordered,
	       sizeof(ordered));
}

bool pst_cipher_is_available(enum pst_cipher_kind kind)
{
	switch (kind) {
	case PST_CIPHER_AESGCM:
		return sodium_init() >= 0 &&
		       crypto_aead_aes256gcm_is_available() == 1;
	case PST_CIPHER_CHACHAPOLY:
		return sodium_init() >= 0;
	case PST_CIPHER_NONE:
		break;
	}
	return false;
}

uint32_t pst_cipher_features(uint32_t disable_features)
{
	uint32_t features = 0;

	if (pst_cipher_is_available(PST_CIPHER_AESGCM))
		features |= POSTERN_FEATURE_AES;
	return features & ~disable_features;
}

enum pst_cipher_kind pst_cipher_for(uint32_t features)
{
	return features & POSTERN_FEATURE_AES ? PST_CIPHER_AESGCM
					      : PST_CIPHER_CHACHAPOLY;
}

/* ChaChaPoly is available on every processor. */
uint32_t pst_cipher_bits_for(uint32_t features)
{
	return 1u << pst_cipher_for(features) | 1u << PST_CIPHER_CHACHAPOLY;
}

void pst_cipher_init(struct pst_cipher *cipher, enum pst_cipher_kind kind,
		     const uint8_t key[static PST_CIPHER_KEY_BYTES])
{
	cipher->kind = kind;
	if (kind == PST_CIPHER_AESGCM)
		PST_IGNORE(crypto_aead_aes256gcm_beforenm(
			aes_of(cipher), key)); /* always 0 */
	else
		memcpy(cipher->schedule, key, PST_CIPHER_KEY_BYTES);
}

void pst_cipher_seal(const struct pst_cipher *cipher, uint64_t count,
		     const void *associated, size_t associated_bytes,
		     const void *plain, size_t plain_bytes, void *ret_sealed,
		     uint8_t ret_tag[static PST_CIPHER_TAG_BYTES])
{
	uint8_t nonce[NONCE_BYTES], nothing;

	put_nonce(nonce, cipher->kind, count);
	if (plain_bytes == 0)
		ret_sealed = &nothing; /* libsodium requires an address */
	/* Neither can fail. */
	if (cipher->kind == PST_CIPHER_AESGCM)
		PST_IGNORE(crypto_aead_aes256gcm_encrypt_detached_afternm(
			ret_sealed, ret_tag, NULL, plain, plain_bytes,
			associated, associated_bytes, NULL, nonce,
			aes_in(cipher)));
	else
		PST_IGNORE(crypto_aead_chacha20poly1305_ietf_encrypt_detached(
			ret_sealed, ret_tag, NULL, plain, plain_bytes,
			associated, associated_bytes, NULL, nonce,
			cipher->schedule));
}

int pst_cipher_open(const struct pst_cipher *cipher, uint64_t count,
		    const void *associated, size_t associated_bytes,
		    const void *sealed, size_t sealed_bytes,
		    const uint8_t tag[static PST_CIPHER_TAG_BYTES],
		    void *ret_plain)
{
	uint8_t nonce[NONCE_BYTES], nothing = 0;
	int r;

	put_nonce(nonce, cipher->kind, count);
	if (sealed_bytes == 0) {
		sealed = &nothing;
		ret_plain = &nothing; /* NULL would mean: verify only */
	}
	if (cipher->kind == PST_CIPHER_AESGCM)
		r = crypto_aead_aes256gcm_decrypt_detached_afternm(
			ret_plain, NULL, sealed, sealed_bytes, tag, associated,
			associated_bytes, nonce, aes_in(cipher));
	else
		r = crypto_aead_chacha20poly1305_ietf_decrypt_detached(
			ret_plain, NULL, sealed, sealed_bytes, tag, associated,
			associated_bytes, nonce, cipher->schedule);
	return r == 0 ? 0 : -EKEYREJECTED;
}
