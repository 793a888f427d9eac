/* SPDX-License-Identifier: ISC */
/*
 * Two sides of a handshake, brought to any point of it, and protocols by number
 */
#ifndef POSTERN_TESTS_NOISE_PAIR_H
#define POSTERN_TESTS_NOISE_PAIR_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/noise.h"
#include "crypto/secret.h"
#include "unit/crypto/cipher_skip.h"

#define PROTOCOL_COUNT 6
#define PAIR_MESSAGE_BYTES 256
#define PAIR_PAYLOAD "payload"
#define PAIR_PAYLOAD_BYTES (sizeof(PAIR_PAYLOAD) - 1)

struct message {
	uint8_t bytes[PAIR_MESSAGE_BYTES];
	size_t byte_count;
};

struct noise_pair {
	struct pst_identity *initiators, *responders;
	struct pst_noise_params initiator_params, responder_params;
	struct pst_noise *initiator, *responder;
	struct message messages[2];     /* as they were created */
};

static inline enum pst_noise_pattern pattern_of(int protocol)
{
	return (enum pst_noise_pattern)(PST_NOISE_NN + protocol / 2);
}

static inline enum pst_cipher_kind cipher_of(int protocol)
{
	return (enum pst_cipher_kind)(PST_CIPHER_AESGCM + protocol % 2);
}

/* Parameters of both sides, with identities where the pattern has them. */
static inline void noise_pair_init(struct noise_pair *pair, int protocol)
{
	enum pst_noise_pattern pattern = pattern_of(protocol);

	memset(pair, 0, sizeof(*pair));
	pair->initiators = pst_identity_new();
	pair->responders = pst_identity_new();
	ck_assert(pair->initiators && pair->responders);
	pair->initiator_params = (struct pst_noise_params){
		.role = PST_NOISE_INITIATOR,
		.pattern = pattern,
		.cipher = cipher_of(protocol),
		.prologue = "prologue",
		.prologue_bytes = 8,
	};
	pair->responder_params = pair->initiator_params;
	pair->responder_params.role = PST_NOISE_RESPONDER;
	if (pattern != PST_NOISE_NN) {
		pair->initiator_params.peer_public_key =
			pair->responders->public_key;
		pair->responder_params.borrow_own = pair->responders;
	}
	if (pattern == PST_NOISE_IK)
		pair->initiator_params.borrow_own = pair->initiators;
}

/* New handshakes of the same parameters. */
static inline void noise_pair_start(struct noise_pair *pair)
{
	pair->initiator = pst_noise_free(pair->initiator);
	pair->responder = pst_noise_free(pair->responder);
	ck_assert_int_eq(pst_noise_new(&pair->initiator_params,
				       &pair->initiator), 0);
	ck_assert_int_eq(pst_noise_new(&pair->responder_params,
				       &pair->responder), 0);
}

static inline void noise_pair_done(struct noise_pair *pair)
{
	pair->initiator = pst_noise_free(pair->initiator);
	pair->responder = pst_noise_free(pair->responder);
	pair->initiators = pst_identity_free(pair->initiators);
	pair->responders = pst_identity_free(pair->responders);
}

static inline int create(struct pst_noise *noise, struct message *ret_message)
{
	return pst_noise_create(noise, PAIR_PAYLOAD, PAIR_PAYLOAD_BYTES,
				ret_message->bytes, sizeof(ret_message->bytes),
				&ret_message->byte_count);
}

static inline int consume(struct pst_noise *noise,
			  const struct message *message)
{
	uint8_t payload[PAIR_MESSAGE_BYTES];
	size_t payload_bytes = 0;

	return pst_noise_consume(noise, message->bytes, message->byte_count,
				 payload, sizeof(payload), &payload_bytes);
}

/* From a new one to where the given number of messages has passed. */
static inline void noise_pair_pass(struct noise_pair *pair, int message_count)
{
	if (message_count > 0) {
		ck_assert_int_eq(create(pair->initiator, &pair->messages[0]),
				 0);
		ck_assert_int_eq(consume(pair->responder, &pair->messages[0]),
				 0);
	}
	if (message_count > 1) {
		ck_assert_int_eq(create(pair->responder, &pair->messages[1]),
				 0);
		ck_assert_int_eq(consume(pair->initiator, &pair->messages[1]),
				 0);
	}
}

/* It refuses everything, and has nothing to give. */
static inline void assert_has_failed(struct pst_noise *noise)
{
	struct pst_record_keys *keys = NULL;
	uint8_t hash[PST_NOISE_HASH_BYTES];
	struct message message;

	memset(message.bytes, 0, sizeof(message.bytes));
	message.byte_count = 96;
	ck_assert_int_eq(consume(noise, &message), -EKEYREJECTED);
	ck_assert_int_eq(create(noise, &message), -EKEYREJECTED);
	ck_assert_uint_eq(message.byte_count, 96);
	ck_assert_uint_eq(pst_noise_message_bytes(noise, 7), 0);
	ck_assert_int_eq(pst_noise_handshake_hash(noise, hash), -EINVAL);
	ck_assert_int_eq(pst_noise_confirm(noise, "", 0, hash), -EINVAL);
	ck_assert_int_eq(pst_noise_check_confirmation(noise, "", 0, hash),
			 -EINVAL);
	ck_assert_int_eq(pst_noise_split(noise, POSTERN_SECURITY_MAC, &keys),
			 -EINVAL);
	ck_assert_ptr_null(keys);
	ck_assert_ptr_null(pst_noise_initiator_key(noise));
}

#endif
