/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes: what is sent when, and what follows from it
 *
 * The tokens of a pattern are carried out one by one (revision 34, section
 * 5.3); whatever goes wrong on the way wipes the handshake as a whole.
 */
#include "crypto/noise.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crypto/noise_state.h"
#include "crypto/secret.h"

#define MESSAGE_BYTES_MAX 65535         /* section 3 */

static_assert(crypto_scalarmult_BYTES == PST_NOISE_KEY_BYTES, "X25519");

static const char *const cipher_names[] = {
	[PST_CIPHER_AESGCM] = "AESGCM",
	[PST_CIPHER_CHACHAPOLY] = "ChaChaPoly",
};

/* -- whose turn ------------------------------------------------------------ */

/* The initiator's is the first message, the responder's the second. */
static bool may_be_created(const struct pst_noise *noise)
{
	return noise->message_count == (unsigned int)noise->role;
}

static bool may_be_consumed(const struct pst_noise *noise)
{
	return noise->message_count < PST_NOISE_MESSAGE_COUNT &&
	       !may_be_created(noise);
}

static const enum pst_noise_token *tokens_of(const struct pst_noise *noise)
{
	return noise->pattern->tokens[noise->message_count];
}

static size_t overhead_bytes(const struct pst_noise *noise)
{
	return pst_noise_pattern_overhead_bytes(noise->pattern,
						noise->message_count,
						noise->symmetric.has_key);
}

/* -- keys ------------------------------------------------------------------ */

/* The last bit of a key counts for nothing (RFC 7748, section 5). */
static bool is_same_key(const uint8_t a[static PST_NOISE_KEY_BYTES],
			const uint8_t b[static PST_NOISE_KEY_BYTES])
{
	return memcmp(a, b, PST_NOISE_KEY_BYTES - 1) == 0 &&
	       ((a[PST_NOISE_KEY_BYTES - 1] ^ b[PST_NOISE_KEY_BYTES - 1]) &
		0x7f) == 0;
}

/* Nobody else has it, so whoever sends it echoes. */
static bool is_own_key(const struct pst_noise *noise,
		       const uint8_t key[static PST_NOISE_KEY_BYTES])
{
	return is_same_key(key, noise->ephemeral.public_key) ||
	       (noise->borrow_own &&
		is_same_key(key, noise->borrow_own->public_key));
}

/* Is the key that the token takes from this side its static one? */
static bool takes_static(enum pst_noise_token token, enum pst_noise_role role)
{
	return token == PST_NOISE_TOKEN_SS ||
	       token == (role == PST_NOISE_INITIATOR ? PST_NOISE_TOKEN_SE
						     : PST_NOISE_TOKEN_ES);
}

static int mix_shared_secret(struct pst_noise *noise,
			     enum pst_noise_token token)
{
	enum pst_noise_role peer = noise->role == PST_NOISE_INITIATOR
					   ? PST_NOISE_RESPONDER
					   : PST_NOISE_INITIATOR;
	const struct pst_identity *own = takes_static(token, noise->role)
						 ? noise->borrow_own
						 : &noise->ephemeral;
	const uint8_t *peers_key = takes_static(token, peer)
					   ? noise->peer_static
					   : noise->peer_ephemeral;

	/* Refuses keys that lead to zero whatever the other one is. */
	if (crypto_scalarmult(noise->shared_secret, own->private_key,
			      peers_key) != 0)
		return -EKEYREJECTED;
	pst_noise_mix_key(&noise->symmetric, noise->shared_secret);
	return 0;
}

/* -- messages -------------------------------------------------------------- */

/* Carries out what is sent for a token, and returns where the next goes. */
static int write_token(struct pst_noise *noise, enum pst_noise_token token,
		       uint8_t **position)
{
	const uint8_t *key = noise->ephemeral.public_key;

	switch (token) {
	case PST_NOISE_TOKEN_E:
		memcpy(*position, key, PST_NOISE_KEY_BYTES);
		pst_noise_mix_hash(&noise->symmetric, key, PST_NOISE_KEY_BYTES);
		*position += PST_NOISE_KEY_BYTES;
		return 0;
	case PST_NOISE_TOKEN_S:
		pst_noise_seal(&noise->symmetric, noise->borrow_own->public_key,
			       PST_NOISE_KEY_BYTES, *position);
		*position += PST_NOISE_KEY_BYTES +
			     pst_noise_tag_bytes(&noise->symmetric);
		return 0;
	case PST_NOISE_TOKEN_EE:
	case PST_NOISE_TOKEN_ES:
	case PST_NOISE_TOKEN_SE:
	case PST_NOISE_TOKEN_SS:
		return mix_shared_secret(noise, token);
	case PST_NOISE_TOKEN_NONE:
		break;
	}
	return 0;
}

static int read_token(struct pst_noise *noise, enum pst_noise_token token,
		      const uint8_t **position)
{
	int r;

	switch (token) {
	case PST_NOISE_TOKEN_E:
		memcpy(noise->peer_ephemeral, *position, PST_NOISE_KEY_BYTES);
		pst_noise_mix_hash(&noise->symmetric, *position,
				   PST_NOISE_KEY_BYTES);
		*position += PST_NOISE_KEY_BYTES;
		return is_own_key(noise, noise->peer_ephemeral) ? -EKEYREJECTED
								: 0;
	case PST_NOISE_TOKEN_S:
		r = pst_noise_open(&noise->symmetric, *position,
				   PST_NOISE_KEY_BYTES, noise->peer_static);
		if (r < 0)
			return r;
		*position += PST_NOISE_KEY_BYTES +
			     pst_noise_tag_bytes(&noise->symmetric);
		return is_own_key(noise, noise->peer_static) ? -EKEYREJECTED
							     : 0;
	case PST_NOISE_TOKEN_EE:
	case PST_NOISE_TOKEN_ES:
	case PST_NOISE_TOKEN_SE:
	case PST_NOISE_TOKEN_SS:
		return mix_shared_secret(noise, token);
	case PST_NOISE_TOKEN_NONE:
		break;
	}
	return 0;
}

static int write_message(struct pst_noise *noise, const void *payload,
			 size_t payload_bytes, uint8_t *message)
{
	const enum pst_noise_token *tokens = tokens_of(noise);
	int r;

	for (size_t i = 0; i < PST_NOISE_TOKENS_MAX; i++) {
		r = write_token(noise, tokens[i], &message);
		if (r < 0)
			return r;
	}
	pst_noise_seal(&noise->symmetric, payload, payload_bytes, message);
	return 0;
}

static int read_message(struct pst_noise *noise, const uint8_t *message,
			size_t payload_bytes, void *ret_payload)
{
	const enum pst_noise_token *tokens = tokens_of(noise);
	int r;

	for (size_t i = 0; i < PST_NOISE_TOKENS_MAX; i++) {
		r = read_token(noise, tokens[i], &message);
		if (r < 0)
			return r;
	}
	return pst_noise_open(&noise->symmetric, message, payload_bytes,
			      ret_payload);
}

static int fail(struct pst_noise *noise)
{
	pst_secret_wipe(noise, sizeof(*noise));
	return -EKEYREJECTED;
}

/* -- a handshake ----------------------------------------------------------- */

static int check_params(const struct pst_noise_params *params)
{
	const struct pst_noise_table *pattern;
	bool has_own = params->borrow_own != NULL;
	bool knows_peer = params->peer_public_key != NULL;

	pattern = pst_noise_pattern_find(params->pattern);
	if (!pattern)
		return -EINVAL;
	if (params->role != PST_NOISE_INITIATOR &&
	    params->role != PST_NOISE_RESPONDER)
		return -EINVAL;
	if (params->cipher != PST_CIPHER_AESGCM &&
	    params->cipher != PST_CIPHER_CHACHAPOLY)
		return -EINVAL;
	if (has_own != pst_noise_pattern_has_static(pattern, params->role) ||
	    knows_peer !=
		    pst_noise_pattern_must_know_peer(pattern, params->role))
		return -EINVAL;
	return pst_cipher_is_available(params->cipher) ? 0 : -EOPNOTSUPP;
}

/* Initialize() of section 5.3. */
static void start(struct pst_noise *noise,
		  const struct pst_noise_params *params)
{
	char protocol_name[PST_NOISE_HASH_BYTES + 1];
	const uint8_t *known_key = params->peer_public_key;

	noise->pattern = pst_noise_pattern_find(params->pattern);
	noise->role = params->role;
	noise->borrow_own = params->borrow_own;
	pst_identity_init(&noise->ephemeral, params->ephemeral_private_key);

	(void)snprintf(protocol_name, sizeof(protocol_name),
		       "Noise_%s_25519_%s_SHA256", noise->pattern->name,
		       cipher_names[params->cipher]);
	pst_noise_symmetric_init(&noise->symmetric, params->cipher,
				 protocol_name);
	pst_noise_mix_hash(&noise->symmetric, params->prologue,
			   params->prologue_bytes);
	if (!noise->pattern->responder_is_known)
		return;
	if (known_key)
		memcpy(noise->peer_static, known_key, PST_NOISE_KEY_BYTES);
	else
		known_key = noise->borrow_own->public_key;
	pst_noise_mix_hash(&noise->symmetric, known_key, PST_NOISE_KEY_BYTES);
}

void pst_noise_hash(const void *bytes, size_t byte_count,
		    uint8_t ret_hash[static PST_NOISE_HASH_BYTES])
{
	PST_IGNORE(crypto_hash_sha256(ret_hash, bytes, byte_count)); /* 0 */
}

int pst_noise_new(const struct pst_noise_params *params,
		  struct pst_noise **ret_noise)
{
	struct pst_noise *noise;
	int r;

	r = check_params(params);
	if (r < 0)
		return r;
	noise = pst_secret_new(sizeof(*noise));
	if (!noise)
		return -ENOMEM;
	start(noise, params);
	if (params->peer_public_key && is_own_key(noise, noise->peer_static)) {
		noise = pst_noise_free(noise);
		return -EKEYREJECTED;
	}
	*ret_noise = noise;
	return 0;
}

struct pst_noise *pst_noise_free(struct pst_noise *noise)
{
	return pst_secret_free(noise);
}

size_t pst_noise_message_bytes(const struct pst_noise *noise,
			       size_t payload_bytes)
{
	if (!noise->pattern || pst_noise_is_complete(noise))
		return 0;
	return overhead_bytes(noise) + payload_bytes;
}

int pst_noise_create(struct pst_noise *noise, const void *payload,
		     size_t payload_bytes, void *ret_message,
		     size_t message_room, size_t *ret_message_bytes)
{
	size_t message_bytes;

	if (!noise->pattern)
		return -EKEYREJECTED;
	if (!may_be_created(noise) || payload_bytes > MESSAGE_BYTES_MAX)
		return -EINVAL;
	message_bytes = overhead_bytes(noise) + payload_bytes;
	if (message_bytes > MESSAGE_BYTES_MAX || message_bytes > message_room)
		return -EINVAL;
	if (write_message(noise, payload, payload_bytes, ret_message) < 0)
		return fail(noise);
	noise->message_count++;
	*ret_message_bytes = message_bytes;
	return 0;
}

int pst_noise_consume(struct pst_noise *noise, const void *message,
		      size_t message_bytes, void *ret_payload,
		      size_t payload_room, size_t *ret_payload_bytes)
{
	size_t payload_bytes;

	if (!noise->pattern || !may_be_consumed(noise) ||
	    message_bytes > MESSAGE_BYTES_MAX ||
	    message_bytes < overhead_bytes(noise))
		return fail(noise);
	payload_bytes = message_bytes - overhead_bytes(noise);
	if (payload_bytes > payload_room ||
	    read_message(noise, message, payload_bytes, ret_payload) < 0)
		return fail(noise);
	noise->message_count++;
	*ret_payload_bytes = payload_bytes;
	return 0;
}

const uint8_t *pst_noise_initiator_key(const struct pst_noise *noise)
{
	if (!noise->pattern || noise->message_count == 0 ||
	    noise->role != PST_NOISE_RESPONDER ||
	    !pst_noise_pattern_sends_static(noise->pattern,
					    PST_NOISE_INITIATOR))
		return NULL;
	return noise->peer_static;
}
