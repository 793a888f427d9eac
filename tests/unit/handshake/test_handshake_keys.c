/* SPDX-License-Identifier: ISC */
/*
 * Two honest sides that exchange keys, and one that has the wrong ones
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "support/small_points.h"
#include "support/test_case.h"
#include "unit/handshake/key_pairs.h"

static struct key_pair pair;

static void assert_rejected(int r, const struct pst_handshake_machine *machine)
{
	assert_key_failure(machine, r, -EKEYREJECTED, POSTERN_REASON_KEY);
}

/* -- honest sides ---------------------------------------------------------- */

#define HEAD_BYTES 16
#define PAYLOAD_BYTES 40

static bool carries(struct pst_record_cipher *sender,
		    struct pst_record_cipher *receiver)
{
	uint8_t record[HEAD_BYTES + PAYLOAD_BYTES + PST_CIPHER_TAG_BYTES];
	uint8_t payload[PAYLOAD_BYTES], opened[PAYLOAD_BYTES];

	memset(record, 1, sizeof(record));
	memset(payload, 2, sizeof(payload));
	ck_assert_int_eq(pst_record_seal(sender, record, HEAD_BYTES, payload,
					 sizeof(payload)), 0);
	return pst_record_open(receiver, record, HEAD_BYTES, sizeof(payload),
			       opened) == 0 &&
	       memcmp(opened, payload, sizeof(payload)) == 0;
}

START_TEST(both_sides_come_to_the_same_keys, .loop_end = KEY_CASE_COUNT)
{
	struct key_case wanted = key_case(_i);
	struct pst_record_keys *initiators, *responders;

	key_pair_prepare(&pair, wanted);
	key_pair_through(&pair, PST_WIRE_GO);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_CONSUMED_GO);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_CREATED_GO);
	ck_assert_int_eq(pair.initiator.offer.security, wanted.security);

	initiators = pst_initiator_take_keys(&pair.initiator);
	responders = pst_responder_take_keys(&pair.responder);
	ck_assert_ptr_nonnull(initiators);
	ck_assert_ptr_nonnull(responders);
	ck_assert_int_eq(initiators->send.mode, wanted.security);
	ck_assert_int_eq(responders->receive.cipher.kind, wanted.cipher);
	ck_assert(carries(&initiators->send, &responders->receive));
	ck_assert(carries(&responders->send, &initiators->receive));
	ck_assert(!carries(&responders->send, &responders->receive));
	(void)pst_record_keys_free(initiators);
	(void)pst_record_keys_free(responders);
}
END_TEST

START_TEST(keys_are_there_from_ready_on_and_taken_once,
	   .loop_end = PATTERN_COUNT)
{
	struct pst_record_keys *keys;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_OFFER);
	ck_assert_ptr_null(pst_initiator_take_keys(&pair.initiator));
	ck_assert_ptr_null(pst_responder_take_keys(&pair.responder));

	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY), 0);
	ck_assert_ptr_null(pair.initiator.machine.noise);
	keys = pst_initiator_take_keys(&pair.initiator);
	ck_assert_ptr_nonnull(keys);
	ck_assert_ptr_null(pst_initiator_take_keys(&pair.initiator));
	(void)pst_record_keys_free(keys);

	ck_assert_int_eq(key_pair_consume(&pair, PST_WIRE_READY), 0);
	ck_assert_ptr_null(pair.responder.machine.noise);
	keys = pst_responder_take_keys(&pair.responder);
	ck_assert_ptr_nonnull(keys);
	ck_assert_ptr_null(pst_responder_take_keys(&pair.responder));
	(void)pst_record_keys_free(keys);
}
END_TEST

START_TEST(keys_that_are_not_taken_are_wiped, .loop_end = PATTERN_COUNT)
{
	for (int last = PST_WIRE_HELLO; last <= PST_WIRE_GO; last++) {
		key_pair_prepare(&pair, key_case(_i));
		key_pair_through(&pair, (enum pst_wire_type)last);
		for (int again = 0; again < 2; again++) {
			key_pair_done(&pair);
			ck_assert_ptr_null(pair.initiator.machine.noise);
			ck_assert_ptr_null(pair.initiator.machine.keys);
			ck_assert_ptr_null(pair.responder.machine.noise);
			ck_assert_ptr_null(pair.responder.machine.keys);
		}
		ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY),
				 -EINVAL);
		ck_assert_int_lt(key_pair_consume(&pair, PST_WIRE_HELLO), 0);
	}
}
END_TEST

START_TEST(a_zeroed_machine_can_be_done_with)
{
	memset(&pair, 0, sizeof(pair));
	key_pair_done(&pair);
	ck_assert_ptr_null(pst_initiator_take_keys(&pair.initiator));
	ck_assert_ptr_null(pst_responder_take_keys(&pair.responder));
	ck_assert_ptr_null(pst_responder_claimed_key(&pair.responder));
	ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
}
END_TEST

START_TEST(a_refusal_wipes_both_sides, .loop_end = PATTERN_COUNT)
{
	struct pst_wire_record error;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_OFFER);
	ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
						     PST_REFUSE_DENIED,
						     &error), 0);
	ck_assert_int_eq(pst_initiator_consume(&pair.initiator, error.bytes,
					       error.byte_count), -EACCES);
	ck_assert_ptr_null(pair.initiator.machine.noise);
	ck_assert_ptr_null(pair.responder.machine.noise);
}
END_TEST

START_TEST(mode_none_can_come_of_an_exchange_without_a_key)
{
	static const uint8_t zeros[PST_WIRE_CONFIRMATION_BYTES];

	key_pair_prepare(&pair, key_case(0));
	pair.initiator_params.security_bits |= 1u << POSTERN_SECURITY_NONE;
	pair.security = POSTERN_SECURITY_NONE;
	key_pair_through(&pair, PST_WIRE_GO);
	ck_assert_mem_eq(pair.ready.bytes + 32, zeros, sizeof(zeros));
	ck_assert_ptr_null(pair.initiator.machine.noise);
	ck_assert_ptr_null(pair.responder.machine.noise);
	ck_assert_ptr_null(pst_initiator_take_keys(&pair.initiator));
	ck_assert_ptr_null(pst_responder_take_keys(&pair.responder));
}
END_TEST

START_TEST(a_mode_that_was_not_offered_is_not_offered_back,
	   .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	pair.initiator_params.security_bits = 1u << POSTERN_SECURITY_AEAD;
	key_pair_through(&pair, PST_WIRE_HELLO);
	pair.security = POSTERN_SECURITY_MAC;
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), -EINVAL);
	pair.security = POSTERN_SECURITY_NONE;
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), -EINVAL);
	pair.security = POSTERN_SECURITY_AEAD;
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
	ck_assert_int_eq(key_pair_consume(&pair, PST_WIRE_OFFER), 0);
}
END_TEST

START_TEST(every_exchange_is_a_new_one, .loop_end = PATTERN_COUNT)
{
	struct pst_wire_record hello, offer;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_OFFER);
	hello = pair.hello;
	offer = pair.offer;
	key_pair_through(&pair, PST_WIRE_OFFER);
	ck_assert_mem_ne(pair.hello.bytes + 168, hello.bytes + 168, 32);
	ck_assert_mem_ne(pair.offer.bytes + 96, offer.bytes + 96, 32);
}
END_TEST

/* -- claims ---------------------------------------------------------------- */

START_TEST(a_key_is_claimed_first_and_proven_by_ready,
	   .loop_end = PATTERN_COUNT)
{
	const bool has_key = key_case(_i).pattern == PST_NOISE_IK;
	const uint8_t *claimed;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_ptr_null(pst_responder_claimed_key(&pair.responder));
	for (int type = PST_WIRE_HELLO; type <= PST_WIRE_GO; type++) {
		bool is_proven = type >= PST_WIRE_READY;

		ck_assert_int_eq(key_pair_create(&pair,
						 (enum pst_wire_type)type), 0);
		ck_assert_int_eq(key_pair_consume(&pair,
						  (enum pst_wire_type)type), 0);
		claimed = pst_responder_claimed_key(&pair.responder);
		ck_assert((claimed != NULL) == has_key);
		ck_assert_ptr_eq(pst_responder_proven_key(&pair.responder),
				 is_proven ? claimed : NULL);
		if (has_key)
			ck_assert_mem_eq(claimed, peer_identity->public_key,
					 PST_NOISE_KEY_BYTES);
	}
	key_pair_done(&pair);
	ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
	ck_assert_ptr_eq(pst_responder_claimed_key(&pair.responder), claimed);
}
END_TEST

START_TEST(claim_of_a_foreign_key_is_refused)
{
	struct pst_identity liar = *other_identity;

	memcpy(liar.public_key, peer_identity->public_key,
	       sizeof(liar.public_key));
	key_pair_prepare(&pair, key_case(2));
	pair.initiator_params.borrow_identity = &liar;
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_HELLO),
			&pair.responder.machine);
	ck_assert_ptr_null(pst_responder_claimed_key(&pair.responder));
}
END_TEST

/* -- wrong keys ------------------------------------------------------------ */

START_TEST(a_hello_for_the_key_of_another_node_is_refused,
	   .loop_start = 1, .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	pair.initiator_params.node_key = other_identity->public_key;
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_HELLO),
			&pair.responder.machine);
}
END_TEST

START_TEST(a_node_without_a_key_refuses_who_wants_one,
	   .loop_start = 1, .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	pair.responder_params.borrow_identity = NULL;
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_HELLO),
			&pair.responder.machine);
}
END_TEST

START_TEST(a_node_without_a_key_serves_who_wants_none)
{
	key_pair_prepare(&pair, key_case(0));
	pair.responder_params.borrow_identity = NULL;
	key_pair_through(&pair, PST_WIRE_GO);
}
END_TEST

START_TEST(a_cipher_that_the_node_does_not_take_is_refused,
	   .loop_end = 2 * PATTERN_COUNT)
{
	struct key_case wanted = key_case(_i);

	key_pair_prepare(&pair, wanted);
	pair.responder_params.cipher_bits =
		ALL_CIPHERS & ~(1u << wanted.cipher);
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_key_failure(&pair.responder.machine,
			   key_pair_consume(&pair, PST_WIRE_HELLO),
			   -EOPNOTSUPP, POSTERN_REASON_SECURITY);
}
END_TEST

START_TEST(a_worthless_key_in_hello_gets_no_offer,
	   .loop_end = SMALL_POINT_COUNT)
{
	for (int i = 0; i < PATTERN_COUNT; i++) {
		int r;

		key_pair_prepare(&pair, key_case(i));
		key_pair_begin(&pair);
		ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
		small_point(_i, pair.hello.bytes + 168);
		r = key_pair_consume(&pair, PST_WIRE_HELLO);
		if (r == 0)
			r = key_pair_create(&pair, PST_WIRE_OFFER);
		assert_rejected(r, &pair.responder.machine);
	}
}
END_TEST

START_TEST(a_worthless_key_in_offer_is_refused, .loop_end = SMALL_POINT_COUNT)
{
	for (int i = 0; i < PATTERN_COUNT; i++) {
		key_pair_prepare(&pair, key_case(i));
		key_pair_through(&pair, PST_WIRE_HELLO);
		ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
		small_point(_i, pair.offer.bytes + 96);
		assert_rejected(key_pair_consume(&pair, PST_WIRE_OFFER),
				&pair.initiator.machine);
	}
}
END_TEST

START_TEST(a_worthless_key_of_a_node_gets_no_hello,
	   .loop_end = SMALL_POINT_COUNT)
{
	uint8_t point[PST_NOISE_KEY_BYTES];

	small_point(_i, point);
	for (int i = 1; i < PATTERN_COUNT; i++) {
		key_pair_prepare(&pair, key_case(i));
		pair.initiator_params.node_key = point;
		key_pair_begin(&pair);
		assert_rejected(key_pair_create(&pair, PST_WIRE_HELLO),
				&pair.initiator.machine);
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = make_identities,
			 .tear_down = free_identities);
}
