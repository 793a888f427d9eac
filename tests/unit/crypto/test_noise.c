/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes against test vectors, byte for byte, as both sides
 *
 * POSTERN_NOISE_VECTORS names another file of vectors than ours.  A vector that
 * cannot be run is counted and said; one at least must have been.
 */
#include "crypto/noise.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "unit/crypto/noise_vectors.h"
#include "support/test_case.h"

static const struct {
	const char *name;
	enum pst_noise_pattern pattern;
	enum pst_cipher_kind cipher;
} protocols[] = {
	{"Noise_NN_25519_AESGCM_SHA256", PST_NOISE_NN, PST_CIPHER_AESGCM},
	{"Noise_NK_25519_AESGCM_SHA256", PST_NOISE_NK, PST_CIPHER_AESGCM},
	{"Noise_IK_25519_AESGCM_SHA256", PST_NOISE_IK, PST_CIPHER_AESGCM},
	{"Noise_NN_25519_ChaChaPoly_SHA256", PST_NOISE_NN,
	 PST_CIPHER_CHACHAPOLY},
	{"Noise_NK_25519_ChaChaPoly_SHA256", PST_NOISE_NK,
	 PST_CIPHER_CHACHAPOLY},
	{"Noise_IK_25519_ChaChaPoly_SHA256", PST_NOISE_IK,
	 PST_CIPHER_CHACHAPOLY},
};

/* One side, all the way from the vector's keys. */
struct side {
	struct pst_identity *own;
	struct pst_noise *noise;
	struct pst_cipher *send, *receive;
	uint64_t sent_count, received_count;
};

static size_t find_protocol(const char *name)
{
	size_t count = sizeof(protocols) / sizeof(*protocols);

	for (size_t i = 0; i < count; i++)
		if (name && strcmp(protocols[i].name, name) == 0)
			return i;
	return count;
}

static const uint8_t *key_of(const struct field *field)
{
	ck_assert_uint_eq(field->byte_count, PST_NOISE_KEY_BYTES);
	return field->bytes;
}

static void start(struct side *side, const struct vector *vector,
		  enum pst_noise_role role, size_t protocol)
{
	struct pst_noise_params params = {
		.role = role,
		.pattern = protocols[protocol].pattern,
		.cipher = protocols[protocol].cipher,
		.prologue = vector->prologue[role].bytes,
		.prologue_bytes = vector->prologue[role].byte_count,
		.ephemeral_private_key = key_of(&vector->ephemeral_key[role]),
	};

	memset(side, 0, sizeof(*side));
	if (vector->static_key[role].byte_count > 0) {
		side->own = pst_secret_new(sizeof(*side->own));
		ck_assert_ptr_nonnull(side->own);
		pst_identity_init(side->own, key_of(&vector->static_key[role]));
		params.borrow_own = side->own;
	}
	/* A responder is told nobody's key; some files tell it all the same. */
	if (role == PST_NOISE_INITIATOR &&
	    vector->remote_static_key[role].byte_count > 0)
		params.peer_public_key =
			key_of(&vector->remote_static_key[role]);
	ck_assert_int_eq(pst_noise_new(&params, &side->noise), 0);
}

static void finish(struct side *side)
{
	side->send = pst_secret_free(side->send);
	side->receive = pst_secret_free(side->receive);
	side->noise = pst_noise_free(side->noise);
	side->own = pst_identity_free(side->own);
}

static void assert_is_field(const void *bytes, size_t byte_count,
			    const struct field *field)
{
	ck_assert_uint_eq(byte_count, field->byte_count);
	ck_assert_mem_eq(bytes, field->bytes, byte_count);
}

static void pass_handshake_message(struct side *from, struct side *to,
				   const struct field *payload,
				   const struct field *ciphertext)
{
	uint8_t message[VECTOR_FIELD_BYTES_MAX];
	size_t byte_count = 0, foreseen_bytes;

	foreseen_bytes = pst_noise_message_bytes(from->noise,
						 payload->byte_count);
	ck_assert_uint_eq(foreseen_bytes, ciphertext->byte_count);
	ck_assert_uint_eq(pst_noise_message_bytes(to->noise,
						  payload->byte_count),
			  ciphertext->byte_count);
	ck_assert_int_eq(pst_noise_create(from->noise, payload->bytes,
					  payload->byte_count, message,
					  foreseen_bytes, &byte_count), 0);
	assert_is_field(message, byte_count, ciphertext);
	ck_assert_int_eq(pst_noise_consume(to->noise, ciphertext->bytes,
					   ciphertext->byte_count, message,
					   payload->byte_count, &byte_count),
			 0);
	assert_is_field(message, byte_count, payload);
}

static void split(struct side *side, enum pst_cipher_kind kind)
{
	uint8_t send_key[PST_CIPHER_KEY_BYTES];
	uint8_t receive_key[PST_CIPHER_KEY_BYTES];

	ck_assert_int_eq(pst_noise_split_raw(side->noise, send_key,
					     receive_key), 0);
	side->send = pst_secret_new(sizeof(*side->send));
	side->receive = pst_secret_new(sizeof(*side->receive));
	ck_assert(side->send && side->receive);
	pst_cipher_init(side->send, kind, send_key);
	pst_cipher_init(side->receive, kind, receive_key);
}

static void pass_transport_message(struct side *from, struct side *to,
				   const struct field *payload,
				   const struct field *ciphertext)
{
	uint8_t sealed[VECTOR_FIELD_BYTES_MAX + PST_CIPHER_TAG_BYTES];
	size_t byte_count = payload->byte_count;

	pst_cipher_seal(from->send, from->sent_count++, NULL, 0,
			payload->bytes, byte_count, sealed,
			sealed + byte_count);
	assert_is_field(sealed, byte_count + PST_CIPHER_TAG_BYTES, ciphertext);
	ck_assert_int_eq(pst_cipher_open(to->receive, to->received_count++,
					 NULL, 0, ciphertext->bytes, byte_count,
					 ciphertext->bytes + byte_count,
					 sealed), 0);
	assert_is_field(sealed, byte_count, payload);
}

static void assert_hash(const struct side *side, const struct vector *vector)
{
	uint8_t hash[PST_NOISE_HASH_BYTES];

	ck_assert_int_eq(pst_noise_handshake_hash(side->noise, hash), 0);
	if (vector->handshake_hash.byte_count > 0)
		assert_is_field(hash, sizeof(hash), &vector->handshake_hash);
}

/* Messages are the initiator's and the responder's in turn. */
static void run(const struct vector *vector, size_t protocol)
{
	struct side sides[2];

	for (size_t i = 0; i < 2; i++)
		start(&sides[i], vector, (enum pst_noise_role)i, protocol);
	for (size_t i = 0; i < 2; i++)
		pass_handshake_message(&sides[i], &sides[1 - i],
				       &vector->messages[i].payload,
				       &vector->messages[i].ciphertext);
	if (protocols[protocol].pattern == PST_NOISE_IK)
		ck_assert_mem_eq(pst_noise_initiator_key(sides[1].noise),
				 sides[0].own->public_key,
				 PST_NOISE_KEY_BYTES);
	for (size_t i = 0; i < 2; i++) {
		assert_hash(&sides[i], vector);
		split(&sides[i], protocols[protocol].cipher);
	}
	for (size_t i = 2; i < vector->message_count; i++)
		pass_transport_message(&sides[i % 2], &sides[1 - i % 2],
				       &vector->messages[i].payload,
				       &vector->messages[i].ciphertext);
	for (size_t i = 0; i < 2; i++)
		finish(&sides[i]);
}

START_TEST(every_vector_comes_out_byte_for_byte)
{
	const char *path = getenv("POSTERN_NOISE_VECTORS");
	size_t run_count = 0, foreign_count = 0, without_aes_count = 0;
	struct vector_file *file;
	char own_path[PATH_MAX];

	if (!path) {
		const char *srcdir = getenv("POSTERN_SRCDIR");

		(void)snprintf(own_path, sizeof(own_path),
			       "%s/tests/vectors/noise-cacophony.json",
			       srcdir ? srcdir : ".");
		path = own_path;
	}
	file = vector_file_new(path);
	for (size_t i = 0; i < vector_file_count(file); i++) {
		const char *name = vector_file_protocol(file, i);
		size_t protocol = find_protocol(name);

		if (protocol == sizeof(protocols) / sizeof(*protocols)) {
			foreign_count++;
		} else if (!pst_cipher_is_available(
				   protocols[protocol].cipher)) {
			without_aes_count++;
		} else {
			printf("%s\n", name);
			(void)fflush(stdout);
			run(vector_file_read(file, i), protocol);
			run_count++;
		}
	}
	printf("%s: %zu vectors run\n", path, run_count);
	if (foreign_count > 0)
		printf("left out: %zu vectors of protocols that are not "
		       "ours\n", foreign_count);
	if (without_aes_count > 0)
		printf("SKIP: %zu vectors of AESGCM: no AES in this "
		       "processor\n", without_aes_count);
	(void)fflush(stdout);
	file = vector_file_free(file);
	ck_assert_msg(run_count > 0, "no vector could be run");
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
