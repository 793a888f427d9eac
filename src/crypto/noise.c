/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes: patterns, messages and results
 *
 * A table gives the tokens of each message, and two functions carry out one
 * token each (revision 34, section 5.3).  Any error wipes the handshake.  A
 * complete handshake gives the session keys (section 5.2), the hash that
 * identifies it (section 11.2), and confirmations of its two sides.
 */
#include "crypto/noise.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crypto/noise_state.h"
#include "crypto/secret.h"

#define MESSAGE_COUNT 2
#define TOKENS_MAX 4
#define MESSAGE_BYTES_MAX 65535         /* section 3 */

/* Of two letters, the first is the key of the initiator. */
enum token {
	TOKEN_NONE = 0,                 /* after the last token */
	E,
	S,
	EE,
	ES,
	SE,
	SS
};

/* A pattern as in sections 7.2 to 7.5: no code is for one pattern only. */
struct pst_noise_table {
	char name[3];
	bool responder_is_known;        /* the pre-message "<- s" */
	/* The initiator's message, and the responder's. */
	enum token tokens[MESSAGE_COUNT][TOKENS_MAX];
};

/* The outputs of Split(), and one more for confirmations. */
enum output {
	OUTPUT_INITIATOR = PST_NOISE_INITIATOR,
	OUTPUT_RESPONDER = PST_NOISE_RESPONDER,
	OUTPUT_CONFIRMATION
};

static const struct pst_noise_table patterns[] = {
	[PST_NOISE_NN] = {"NN", false, {{E},            {E, EE}}},
	[PST_NOISE_NK] = {"NK", true,  {{E, ES},        {E, EE}}},
	[PST_NOISE_IK] = {"IK", true,  {{E, ES, S, SS}, {E, EE, SE}}},
};

static const char *const cipher_names[] = {
	[PST_CIPHER_AESGCM] = "AESGCM",
	[PST_CIPHER_CHACHAPOLY] = "ChaChaPoly",
};

/* -- patterns -------------------------------------------------------------- */

/* NULL if there is no such pattern. */
static const struct pst_noise_table *
find_pattern(enum pst_noise_pattern pattern)
{
	size_t index = (size_t)pattern;

	if (index >= sizeof(patterns) / sizeof(patterns[0]) ||
	    patterns[index].name[0] == '\0')
		return NULL;
	return &patterns[index];
}

/* Whether this side sends its static key. */
static bool sends_static(const struct pst_noise_table *pattern,
			 enum pst_noise_role role)
{
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (pattern->tokens[role][i] == S)
			return true;
	return false;
}

static bool has_static(const struct pst_noise_table *pattern,
		       enum pst_noise_role role)
{
	return sends_static(pattern, role) ||
	       (role == PST_NOISE_RESPONDER && pattern->responder_is_known);
}

/* Those of the next message. */
static const enum token *tokens_of(const struct pst_noise *noise)
{
	return noise->pattern->tokens[noise->message_count];
}

/* The bytes of the next message without its payload. */
static size_t overhead_bytes(const struct pst_noise *noise)
{
	const enum token *tokens = tokens_of(noise);
	size_t tag_bytes = pst_noise_tag_bytes(&noise->symmetric);
	size_t sum_bytes = 0;

	for (size_t i = 0; i < TOKENS_MAX; i++) {
		switch (tokens[i]) {
		case E:
			sum_bytes += PST_NOISE_KEY_BYTES;
			break;
		case S:
			sum_bytes += PST_NOISE_KEY_BYTES + tag_bytes;
			break;
		case EE:
		case ES:
		case SE:
		case SS:
			tag_bytes = PST_CIPHER_TAG_BYTES;
			break;
		case TOKEN_NONE:
			break;
		}
	}
	return sum_bytes + tag_bytes;
}

/* -- order of messages ----------------------------------------------------- */

static bool is_complete(const struct pst_noise *noise)
{
	return noise->pattern && noise->message_count == MESSAGE_COUNT;
}

/* The initiator creates the first message, the responder the second. */
static bool may_be_created(const struct pst_noise *noise)
{
	return noise->message_count == (unsigned int)noise->role;
}

static bool may_be_consumed(const struct pst_noise *noise)
{
	return noise->message_count < MESSAGE_COUNT && !may_be_created(noise);
}

/* -- keys ------------------------------------------------------------------ */

/* X25519 ignores the last bit of a public key (RFC 7748, section 5). */
static bool is_same_key(const uint8_t a[static PST_NOISE_KEY_BYTES],
			const uint8_t b[static PST_NOISE_KEY_BYTES])
{
	return memcmp(a, b, PST_NOISE_KEY_BYTES - 1) == 0 &&
	       ((a[PST_NOISE_KEY_BYTES - 1] ^ b[PST_NOISE_KEY_BYTES - 1]) &
		0x7f) == 0;
}

/* Only this side has these keys: a peer that sends one of them echoes it. */
static bool is_own_key(const struct pst_noise *noise,
		       const uint8_t key[static PST_NOISE_KEY_BYTES])
{
	return is_same_key(key, noise->ephemeral.public_key) ||
	       (noise->borrow_own &&
		is_same_key(key, noise->borrow_own->public_key));
}

/* Whether the token uses the static key of this role, not its ephemeral key. */
static bool uses_static(enum token token, enum pst_noise_role role)
{
	return token == SS || token == (role == PST_NOISE_INITIATOR ? SE : ES);
}

static int mix_shared_secret(struct pst_noise *noise, enum token token)
{
	enum pst_noise_role peer = noise->role == PST_NOISE_INITIATOR
					   ? PST_NOISE_RESPONDER
					   : PST_NOISE_INITIATOR;
	const struct pst_identity *own = uses_static(token, noise->role)
						? noise->borrow_own
						: &noise->ephemeral;
	const uint8_t *peers_key = uses_static(token, peer)
					   ? noise->peer_static
					   : noise->peer_ephemeral;

	/* Fails for a key that gives zero with every private key. */
	if (crypto_scalarmult(noise->shared_secret, own->private_key,
			      peers_key) != 0)
		return -EKEYREJECTED;
	pst_noise_mix_key(&noise->symmetric, noise->shared_secret);
	return 0;
}

/* -- messages -------------------------------------------------------------- */

/* Writes the bytes of one token and moves position behind them. */
static int write_token(struct pst_noise *noise, enum token token,
		       uint8_t **position)
{
	const uint8_t *key = noise->ephemeral.public_key;

	switch (token) {
	case E:
		memcpy(*position, key, PST_NOISE_KEY_BYTES);
		pst_noise_mix_hash(&noise->symmetric, key, PST_NOISE_KEY_BYTES);
		*position += PST_NOISE_KEY_BYTES;
		return 0;
	case S:
		pst_noise_seal(&noise->symmetric, noise->borrow_own->public_key,
			       PST_NOISE_KEY_BYTES, *position);
		*position += PST_NOISE_KEY_BYTES +
			     pst_noise_tag_bytes(&noise->symmetric);
		return 0;
	case EE:
	case ES:
	case SE:
	case SS:
		return mix_shared_secret(noise, token);
	case TOKEN_NONE:
		break;
	}
	return 0;
}

static int read_token(struct pst_noise *noise, enum token token,
		      const uint8_t **position)
{
	int r;

	switch (token) {
	case E:
		memcpy(noise->peer_ephemeral, *position, PST_NOISE_KEY_BYTES);
		pst_noise_mix_hash(&noise->symmetric, *position,
				   PST_NOISE_KEY_BYTES);
		*position += PST_NOISE_KEY_BYTES;
		return is_own_key(noise, noise->peer_ephemeral) ? -EKEYREJECTED
								: 0;
	case S:
		r = pst_noise_open(&noise->symmetric, *position,
				   PST_NOISE_KEY_BYTES, noise->peer_static);
		if (r < 0)
			return r;
		*position += PST_NOISE_KEY_BYTES +
			     pst_noise_tag_bytes(&noise->symmetric);
		return is_own_key(noise, noise->peer_static) ? -EKEYREJECTED
							     : 0;
	case EE:
	case ES:
	case SE:
	case SS:
		return mix_shared_secret(noise, token);
	case TOKEN_NONE:
		break;
	}
	return 0;
}

static int write_message(struct pst_noise *noise, const void *payload,
			 size_t payload_bytes, uint8_t *message)
{
	const enum token *tokens = tokens_of(noise);
	int r;

	for (size_t i = 0; i < TOKENS_MAX; i++) {
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
	const enum token *tokens = tokens_of(noise);
	int r;

	for (size_t i = 0; i < TOKENS_MAX; i++) {
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

/* -- handshakes ------------------------------------------------------------ */

static int check_params(const struct pst_noise_params *params)
{
	const struct pst_noise_table *pattern;
	bool has_own = params->borrow_own != NULL;
	bool knows_peer = params->peer_public_key != NULL;

	pattern = find_pattern(params->pattern);
	if (!pattern)
		return -EINVAL;
	if (params->role != PST_NOISE_INITIATOR &&
	    params->role != PST_NOISE_RESPONDER)
		return -EINVAL;
	if (params->cipher != PST_CIPHER_AESGCM &&
	    params->cipher != PST_CIPHER_CHACHAPOLY)
		return -EINVAL;
	if (has_own != has_static(pattern, params->role) ||
	    knows_peer != (params->role == PST_NOISE_INITIATOR &&
			   pattern->responder_is_known))
		return -EINVAL;
	return pst_cipher_is_available(params->cipher) ? 0 : -EOPNOTSUPP;
}

/* Initialize() of section 5.3. */
static void start(struct pst_noise *noise,
		  const struct pst_noise_params *params)
{
	char protocol_name[PST_NOISE_HASH_BYTES + 1];
	const uint8_t *known_key = params->peer_public_key;

	noise->pattern = find_pattern(params->pattern);
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

bool pst_noise_pattern_has_static(enum pst_noise_pattern pattern,
				  enum pst_noise_role role)
{
	const struct pst_noise_table *table = find_pattern(pattern);

	return table && has_static(table, role);
}

void pst_noise_hash(const void *bytes, size_t byte_count,
		    uint8_t ret_hash[static PST_NOISE_HASH_BYTES])
{
	/* Always 0. */
	PST_IGNORE(crypto_hash_sha256(ret_hash, bytes, byte_count));
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
	if (!noise->pattern || is_complete(noise))
		return 0;
	return overhead_bytes(noise) + payload_bytes;
}

int pst_noise_create(struct pst_noise *noise, const void *payload,
		     size_t payload_bytes, void *ret_message,
		     size_t message_capacity, size_t *ret_message_bytes)
{
	size_t message_bytes;

	if (!noise->pattern)
		return -EKEYREJECTED;
	if (!may_be_created(noise) || payload_bytes > MESSAGE_BYTES_MAX)
		return -EINVAL;
	message_bytes = overhead_bytes(noise) + payload_bytes;
	if (message_bytes > MESSAGE_BYTES_MAX ||
	    message_bytes > message_capacity)
		return -EINVAL;
	if (write_message(noise, payload, payload_bytes, ret_message) < 0)
		return fail(noise);
	noise->message_count++;
	*ret_message_bytes = message_bytes;
	return 0;
}

int pst_noise_consume(struct pst_noise *noise, const void *message,
		      size_t message_bytes, void *ret_payload,
		      size_t payload_capacity, size_t *ret_payload_bytes)
{
	size_t payload_bytes;

	if (!noise->pattern || !may_be_consumed(noise) ||
	    message_bytes > MESSAGE_BYTES_MAX ||
	    message_bytes < overhead_bytes(noise))
		return fail(noise);
	payload_bytes = message_bytes - overhead_bytes(noise);
	if (payload_bytes > payload_capacity ||
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
	    !sends_static(noise->pattern, PST_NOISE_INITIATOR))
		return NULL;
	return noise->peer_static;
}

/* -- results --------------------------------------------------------------- */

int pst_noise_handshake_hash(const struct pst_noise *noise,
			     uint8_t ret_hash[static PST_NOISE_HASH_BYTES])
{
	if (!is_complete(noise))
		return -EINVAL;
	memcpy(ret_hash, noise->symmetric.hash, PST_NOISE_HASH_BYTES);
	return 0;
}

int pst_noise_confirm(const struct pst_noise *noise, const void *bytes,
		      size_t byte_count,
		      uint8_t ret_confirmation[static PST_NOISE_HASH_BYTES])
{
	struct pst_noise_outputs outputs;

	if (!is_complete(noise))
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
	/* The correct confirmation must not remain on the stack. */
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

	if (!is_complete(noise))
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
