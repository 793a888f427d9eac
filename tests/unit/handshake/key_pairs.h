/* SPDX-License-Identifier: ISC */
/*
 * Two machines that exchange keys, in every pattern, cipher and mode
 *
 * The ephemeral keys are fixed where a test needs the same record twice, and
 * random elsewhere, as they are outside of tests.
 */
#ifndef POSTERN_TESTS_KEY_PAIRS_H
#define POSTERN_TESTS_KEY_PAIRS_H

#include "unit/handshake/handshake_pairs.h"

#define MODES_WITH_KEYS \
	(1u << POSTERN_SECURITY_MAC | 1u << POSTERN_SECURITY_AEAD)
#define ALL_CIPHERS \
	(1u << PST_CIPHER_AESGCM | 1u << PST_CIPHER_CHACHAPOLY)

struct key_case {
	enum pst_noise_pattern pattern;
	enum pst_cipher_kind cipher;
	enum postern_security security;
};

#define KEY_CASE_COUNT 12
#define PATTERN_COUNT 3

/* Pattern first, so the first three are all patterns. */
static inline struct key_case key_case(int index)
{
	return (struct key_case){
		.pattern = (enum pst_noise_pattern)(PST_NOISE_NN + index % 3),
		.cipher = index / 3 % 2 ? PST_CIPHER_AESGCM
					: PST_CIPHER_CHACHAPOLY,
		.security = index / 6 % 2 ? POSTERN_SECURITY_AEAD
					  : POSTERN_SECURITY_MAC,
	};
}

struct key_pair {
	struct pst_initiator_params initiator_params;
	struct pst_responder_params responder_params;
	enum postern_security security;
	struct pst_handshake_initiator initiator;
	struct pst_handshake_responder responder;
	/* As they were created. */
	struct pst_wire_record hello;
	struct pst_wire_record offer;
	struct pst_wire_record ready;
	struct pst_wire_record go;
};

static struct pst_identity *node_identity, *peer_identity, *other_identity;

/* In each test anew: a forked process does not have its parent's secrets. */
static inline void make_identities(void)
{
	node_identity = pst_identity_new();
	peer_identity = pst_identity_new();
	other_identity = pst_identity_new();
	ck_assert_ptr_nonnull(node_identity);
	ck_assert_ptr_nonnull(peer_identity);
	ck_assert_ptr_nonnull(other_identity);
}

static inline void free_identities(void)
{
	node_identity = pst_identity_free(node_identity);
	peer_identity = pst_identity_free(peer_identity);
	other_identity = pst_identity_free(other_identity);
}

/* What both sides bring along; a test may change it. */
static inline void key_pair_prepare(struct key_pair *pair,
				    struct key_case wanted)
{
	struct pst_initiator_params *params = &pair->initiator_params;

	memset(pair, 0, sizeof(*pair));
	*params = sample_params();
	params->security_bits = MODES_WITH_KEYS;
	params->pattern = wanted.pattern;
	params->cipher = wanted.cipher;
	if (wanted.pattern != PST_NOISE_NN)
		params->node_key = node_identity->public_key;
	if (wanted.pattern == PST_NOISE_IK)
		params->borrow_identity = peer_identity;
	pair->responder_params = (struct pst_responder_params){
		.layout_version = SAMPLE_LAYOUT_VERSION,
		.borrow_identity = node_identity,
		.cipher_bits = ALL_CIPHERS,
	};
	pair->security = wanted.security;
}

static inline void key_pair_done(struct key_pair *pair)
{
	pst_initiator_done(&pair->initiator);
	pst_responder_done(&pair->responder);
}

static inline void key_pair_begin(struct key_pair *pair)
{
	key_pair_done(pair);
	ck_assert_int_eq(pst_initiator_init(&pair->initiator,
					    &pair->initiator_params), 0);
	pst_responder_init(&pair->responder, &pair->responder_params);
}

static inline struct pst_wire_record *key_pair_record(struct key_pair *pair,
						      enum pst_wire_type type)
{
	switch ((int)type) {
	case PST_WIRE_HELLO:
		return &pair->hello;
	case PST_WIRE_OFFER:
		return &pair->offer;
	case PST_WIRE_READY:
		return &pair->ready;
	default:
		return &pair->go;
	}
}

static inline int key_pair_create(struct key_pair *pair,
				  enum pst_wire_type type)
{
	struct pst_wire_record *record = key_pair_record(pair, type);
	struct pst_offer offer = sample_offer();

	offer.security = pair->security;
	switch ((int)type) {
	case PST_WIRE_HELLO:
		return pst_initiator_create_hello(&pair->initiator, record);
	case PST_WIRE_OFFER:
		return pst_responder_create_offer(&pair->responder, &offer,
						  record);
	case PST_WIRE_READY:
		return pst_initiator_create_ready(&pair->initiator, record);
	default:
		return pst_responder_create_go(&pair->responder, SAMPLE_SLOT,
					       record);
	}
}

/* The side that this type is for takes in whatever bytes. */
static inline int key_pair_feed(struct key_pair *pair, enum pst_wire_type type,
				const void *bytes, size_t byte_count)
{
	if (is_of_the_initiator(type))
		return pst_responder_consume(&pair->responder, bytes,
					     byte_count);
	return pst_initiator_consume(&pair->initiator, bytes, byte_count);
}

static inline int key_pair_consume(struct key_pair *pair,
				   enum pst_wire_type type)
{
	const struct pst_wire_record *record = key_pair_record(pair, type);

	return key_pair_feed(pair, type, record->bytes, record->byte_count);
}

/* From the start, all up to and including last created and consumed. */
static inline void key_pair_through(struct key_pair *pair,
				    enum pst_wire_type last)
{
	key_pair_begin(pair);
	for (int type = PST_WIRE_HELLO; type <= (int)last; type++) {
		ck_assert_int_eq(key_pair_create(pair,
						 (enum pst_wire_type)type), 0);
		ck_assert_int_eq(key_pair_consume(pair,
						  (enum pst_wire_type)type), 0);
	}
}

/* It has failed, and nothing secret is left. */
static inline void
assert_key_failure(const struct pst_handshake_machine *machine, int r,
		   int expected_result, enum postern_reason expected_reason)
{
	ck_assert_int_eq(r, expected_result);
	ck_assert_int_eq(machine->state, HANDSHAKE_FAILED);
	ck_assert_int_eq(machine->reason, expected_reason);
	ck_assert_ptr_null(machine->noise);
	ck_assert_ptr_null(machine->keys);
}

#endif
