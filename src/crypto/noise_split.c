/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes: what a complete one leaves
 *
 * The keys of the session (revision 34, section 5.2), the hash that names it
 * (section 11.2), and authenticators of its two sides.
 */
#include "crypto/noise.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "crypto/noise_state.h"
#include "crypto/secret.h"

enum output {
	OUTPUT_INITIATOR = PST_NOISE_INITIATOR,
	OUTPUT_RESPONDER = PST_NOISE_RESPONDER,
	OUTPUT_CONFIRMATION
};

int pst_noise_handshake_hash(const struct pst_noise *noise,
			     uint8_t ret_hash[static PST_NOISE_HASH_BYTES])
{
	if (!pst_noise_is_complete(noise))
		return -EINVAL;
	memcpy(ret_hash, noise->symmetric.hash, PST_NOISE_HASH_BYTES);
	return 0;
}

int pst_noise_confirm(const struct pst_noise *noise, const void *bytes,
		      size_t byte_count,
		      uint8_t ret_confirmation[static PST_NOISE_HASH_BYTES])
{
	struct pst_noise_outputs outputs;

	if (!pst_noise_is_complete(noise))
		return -EINVAL;
	pst_noise_outputs(&noise->symmetric, &outputs);
	pst_noise_hmac(outputs.output[OUTPUT_CONFIRMATION],
		       noise->symmetric.hash, sizeof(noise->symmetric.hash),
		       bytes, byte_count, ret_confirmation);
	pst_secret_wipe(&outputs, sizeof(outputs));
	return 0;
}

int pst_noise_check_confirmation(
	const struct pst_noise *noise, const void *bytes, size_t byte_count,
	const uint8_t confirmation[static PST_NOISE_HASH_BYTES])
{
	uint8_t expected[PST_NOISE_HASH_BYTES];
	int r;

	r = pst_noise_confirm(noise, bytes, byte_count, expected);
	if (r < 0)
		return r;
	if (sodium_memcmp(expected, confirmation, sizeof(expected)) != 0)
		r = -EKEYREJECTED;
	/* The right answer to a wrong question stays untold. */
	pst_secret_wipe(expected, sizeof(expected));
	return r;
}

int pst_noise_split_raw(const struct pst_noise *noise,
			uint8_t ret_send_key[static PST_CIPHER_KEY_BYTES],
			uint8_t ret_receive_key[static PST_CIPHER_KEY_BYTES])
{
	struct pst_noise_outputs outputs;
	enum output own = (enum output)noise->role;
	enum output peers = own == OUTPUT_INITIATOR ? OUTPUT_RESPONDER
						    : OUTPUT_INITIATOR;

	if (!pst_noise_is_complete(noise))
		return -EINVAL;
	pst_noise_outputs(&noise->symmetric, &outputs);
	memcpy(ret_send_key, outputs.output[own], PST_CIPHER_KEY_BYTES);
	memcpy(ret_receive_key, outputs.output[peers], PST_CIPHER_KEY_BYTES);
	pst_secret_wipe(&outputs, sizeof(outputs));
	return 0;
}

int pst_noise_split(const struct pst_noise *noise, enum postern_security mode,
		    struct pst_record_keys **ret_keys)
{
	uint8_t send_key[PST_CIPHER_KEY_BYTES];
	uint8_t receive_key[PST_CIPHER_KEY_BYTES];
	struct pst_record_keys *keys;
	int r;

	if (mode != POSTERN_SECURITY_MAC && mode != POSTERN_SECURITY_AEAD)
		return -EINVAL;
	r = pst_noise_split_raw(noise, send_key, receive_key);
	if (r < 0)
		return r;
	keys = pst_record_keys_new(mode, noise->symmetric.kind, send_key,
				   receive_key);
	pst_secret_wipe(send_key, sizeof(send_key));
	pst_secret_wipe(receive_key, sizeof(receive_key));
	if (!keys)
		return -ENOMEM;
	*ret_keys = keys;
	return 0;
}
