/* SPDX-License-Identifier: ISC */
/*
 * Somebody between the two sides
 *
 * Every bit of every record flipped, and what a thinking attacker does:
 * replays, echoes, splices, and offers of less security than there was.  In all
 * of this the honest side that the lie reaches must end the handshake, and
 * nobody may come to a proven key.
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "support/mutate.h"
#include "support/test_case.h"
#include "unit/handshake/key_pairs.h"

#define HELLO_SECURITY 22
#define HELLO_EXCHANGE_BYTES 36
#define HELLO_PATTERN 38
#define HELLO_CIPHER 39
#define HELLO_EXCHANGE 168
#define OFFER_SECURITY 34
#define OFFER_EXCHANGE_BYTES 38
#define OFFER_EXCHANGE 96
#define READY_CONFIRMATION 32
#define KEY_BYTES PST_NOISE_KEY_BYTES

static struct key_pair pair, other;

/* One record is the same each time, so that its bits can be walked through. */
static const uint8_t initiators_ephemeral[KEY_BYTES] = {1, 2, 3};
static const uint8_t responders_ephemeral[KEY_BYTES] = {4, 5, 6};

static void prepare(struct key_case wanted)
{
	key_pair_prepare(&pair, wanted);
	pair.initiator_params.ephemeral_private_key = initiators_ephemeral;
	pair.responder_params.ephemeral_private_key = responders_ephemeral;
}

static void assert_rejected(int r, const struct pst_handshake_machine *machine)
{
	assert_key_failure(machine, r, -EKEYREJECTED, POSTERN_REASON_KEY);
}

/* Whatever it was: this side has ended, and has no keys. */
static void assert_ended(int r, const struct pst_handshake_machine *machine)
{
	ck_assert_int_lt(r, 0);
	ck_assert_int_eq(machine->state, HANDSHAKE_FAILED);
	ck_assert_int_ne(machine->reason, POSTERN_REASON_NONE);
	ck_assert_ptr_null(machine->noise);
	ck_assert_ptr_null(machine->keys);
}

/*
 * The node answers the HELLO that it got as well as it can, down to mode none,
 * and the client must not take that answer.
 */
static void assert_hello_leads_nowhere(const uint8_t *bytes, size_t byte_count)
{
	enum postern_security security;
	int r;

	r = pst_responder_consume(&pair.responder, bytes, byte_count);
	if (r == 0 && pair.responder.machine.kind == PST_WIRE_KIND_CHANNEL &&
	    pst_offer_choose_security(pair.responder.hello.security_bits,
				      POSTERN_SECURITY_NONE, &security) == 0) {
		pair.security = security;
		r = key_pair_create(&pair, PST_WIRE_OFFER);
		if (r == 0)
			assert_ended(key_pair_consume(&pair, PST_WIRE_OFFER),
				     &pair.initiator.machine);
	}
	ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
}

static void visit_hello(const struct mutation *mutation, void *user_data)
{
	const struct pst_wire_record *hello = user_data;

	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	ck_assert_mem_eq(pair.hello.bytes, hello->bytes, hello->byte_count);
	assert_hello_leads_nowhere(mutation->bytes, mutation->byte_count);
}

START_TEST(no_bit_of_a_hello_can_be_flipped, .loop_end = 2 * PATTERN_COUNT)
{
	struct pst_wire_record hello;

	prepare(key_case(_i));
	key_pair_through(&pair, PST_WIRE_GO);
	hello = pair.hello;
	ck_assert_uint_eq(mutate_bits(hello.bytes, hello.byte_count,
				      visit_hello, &hello), 296 * 8);
}
END_TEST

static void visit_offer(const struct mutation *mutation, void *user_data)
{
	const struct pst_wire_record *offer = user_data;
	int r;

	key_pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
	ck_assert_mem_eq(pair.offer.bytes, offer->bytes, offer->byte_count);
	r = key_pair_feed(&pair, PST_WIRE_OFFER, mutation->bytes,
			  mutation->byte_count);
	assert_ended(r, &pair.initiator.machine);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY), -EINVAL);
}

START_TEST(no_bit_of_an_offer_can_be_flipped, .loop_end = 2 * PATTERN_COUNT)
{
	struct pst_wire_record offer;

	prepare(key_case(_i));
	key_pair_through(&pair, PST_WIRE_GO);
	offer = pair.offer;
	ck_assert_uint_eq(mutate_bits(offer.bytes, offer.byte_count,
				      visit_offer, &offer), 224 * 8);
}
END_TEST

static void visit_ready(const struct mutation *mutation, void *user_data)
{
	const struct pst_wire_record *ready = user_data;
	int r;

	key_pair_through(&pair, PST_WIRE_OFFER);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY), 0);
	ck_assert_mem_eq(pair.ready.bytes, ready->bytes, ready->byte_count);
	r = key_pair_feed(&pair, PST_WIRE_READY, mutation->bytes,
			  mutation->byte_count);
	assert_ended(r, &pair.responder.machine);
	ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
	ck_assert_ptr_null(pst_responder_take_keys(&pair.responder));
}

START_TEST(no_bit_of_a_ready_can_be_flipped, .loop_end = KEY_CASE_COUNT)
{
	struct pst_wire_record ready;

	prepare(key_case(_i));
	key_pair_through(&pair, PST_WIRE_GO);
	ready = pair.ready;
	ck_assert_uint_eq(mutate_bits(ready.bytes, ready.byte_count,
				      visit_ready, &ready), 64 * 8);
}
END_TEST

/* -- less security than there was ------------------------------------------ */

static void put_u16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

/* A HELLO of another pattern, as sound as it can be made. */
static void rewrite_hello(struct pst_wire_record *hello,
			  enum pst_wire_pattern pattern, unsigned security_bits)
{
	size_t byte_count = pst_wire_key_exchange_bytes(pattern);

	put_u16(hello->bytes + HELLO_SECURITY, security_bits);
	put_u16(hello->bytes + HELLO_EXCHANGE_BYTES, byte_count);
	hello->bytes[HELLO_PATTERN] = (uint8_t)pattern;
	if (pattern == PST_WIRE_PATTERN_NONE)
		hello->bytes[HELLO_CIPHER] = 0;
	memset(hello->bytes + HELLO_EXCHANGE + byte_count, 0,
	       PST_WIRE_KEY_EXCHANGE_BYTES - byte_count);
}

START_TEST(other_modes_or_patterns_in_hello_are_found_out,
	   .loop_end = KEY_CASE_COUNT)
{
	for (unsigned bits = 0; bits < 8; bits++)
		for (int pattern = PST_WIRE_PATTERN_NONE;
		     pattern <= PST_WIRE_PATTERN_IK; pattern++) {
			if (bits == MODES_WITH_KEYS &&
			    pattern == (int)key_case(_i).pattern)
				continue;
			key_pair_prepare(&pair, key_case(_i));
			key_pair_begin(&pair);
			ck_assert_int_eq(key_pair_create(&pair,
							 PST_WIRE_HELLO), 0);
			rewrite_hello(&pair.hello,
				      (enum pst_wire_pattern)pattern, bits);
			assert_hello_leads_nowhere(pair.hello.bytes,
						   pair.hello.byte_count);
		}
}
END_TEST

START_TEST(another_cipher_in_hello_is_found_out, .loop_end = KEY_CASE_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	pair.hello.bytes[HELLO_CIPHER] ^= 3;
	assert_hello_leads_nowhere(pair.hello.bytes, pair.hello.byte_count);
}
END_TEST

START_TEST(another_mode_in_offer_is_found_out, .loop_end = KEY_CASE_COUNT)
{
	for (unsigned mode = 0; mode < 3; mode++) {
		key_pair_prepare(&pair, key_case(_i));
		if (mode == (unsigned)pair.security)
			continue;
		key_pair_through(&pair, PST_WIRE_HELLO);
		ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
		pair.offer.bytes[OFFER_SECURITY] = (uint8_t)mode;
		if (mode == POSTERN_SECURITY_NONE) {
			put_u16(pair.offer.bytes + OFFER_EXCHANGE_BYTES, 0);
			memset(pair.offer.bytes + OFFER_EXCHANGE, 0,
			       PST_WIRE_KEY_EXCHANGE_BYTES);
		}
		assert_ended(key_pair_consume(&pair, PST_WIRE_OFFER),
			     &pair.initiator.machine);
		ck_assert_int_eq(pair.initiator.machine.reason,
				 mode == POSTERN_SECURITY_NONE
					 ? POSTERN_REASON_SECURITY
					 : POSTERN_REASON_KEY);
	}
}
END_TEST

/* The client may take it, by its own policy; the node's demands more. */
START_TEST(mode_none_behind_the_nodes_back_ends_at_the_node)
{
	key_pair_prepare(&pair, key_case(0));
	pair.initiator_params.security_bits = 7;
	key_pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
	pair.offer.bytes[OFFER_SECURITY] = POSTERN_SECURITY_NONE;
	put_u16(pair.offer.bytes + OFFER_EXCHANGE_BYTES, 0);
	memset(pair.offer.bytes + OFFER_EXCHANGE, 0,
	       PST_WIRE_KEY_EXCHANGE_BYTES);
	ck_assert_int_eq(key_pair_consume(&pair, PST_WIRE_OFFER), 0);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY), 0);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_READY),
			&pair.responder.machine);
}
END_TEST

/* -- records of another time or place -------------------------------------- */

/* A second session of the same two, with the same session id even. */
static void begin_other(int index, enum pst_wire_type last)
{
	key_pair_prepare(&other, key_case(index));
	key_pair_through(&other, last);
}

START_TEST(a_replayed_hello_proves_nothing, .loop_end = KEY_CASE_COUNT)
{
	static const uint8_t zeros[PST_WIRE_CONFIRMATION_BYTES];
	bool has_key = key_case(_i).pattern == PST_NOISE_IK;

	begin_other(_i, PST_WIRE_GO);
	for (int lie = 0; lie < 3; lie++) {
		key_pair_prepare(&pair, key_case(_i));
		key_pair_begin(&pair);
		ck_assert_int_eq(key_pair_feed(&pair, PST_WIRE_HELLO,
					       other.hello.bytes,
					       other.hello.byte_count), 0);
		ck_assert((pst_responder_claimed_key(&pair.responder) !=
			   NULL) == has_key);
		ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);

		pair.ready = other.ready;
		if (lie == 1)
			memcpy(pair.ready.bytes + READY_CONFIRMATION, zeros,
			       sizeof(zeros));
		if (lie == 2)
			memset(pair.ready.bytes + READY_CONFIRMATION, 0xa5,
			       sizeof(zeros));
		assert_rejected(key_pair_consume(&pair, PST_WIRE_READY),
				&pair.responder.machine);
		ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
	}
}
END_TEST

START_TEST(a_replayed_offer_is_refused, .loop_end = KEY_CASE_COUNT)
{
	begin_other(_i, PST_WIRE_GO);
	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_rejected(key_pair_feed(&pair, PST_WIRE_OFFER, other.offer.bytes,
				      other.offer.byte_count),
			&pair.initiator.machine);
}
END_TEST

START_TEST(an_offer_of_a_session_at_the_same_time_is_refused,
	   .loop_end = KEY_CASE_COUNT)
{
	begin_other(_i, PST_WIRE_HELLO);
	ck_assert_int_eq(key_pair_create(&other, PST_WIRE_OFFER), 0);
	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_HELLO);
	assert_rejected(key_pair_feed(&pair, PST_WIRE_OFFER, other.offer.bytes,
				      other.offer.byte_count),
			&pair.initiator.machine);
}
END_TEST

START_TEST(a_ready_of_a_session_at_the_same_time_is_refused,
	   .loop_end = KEY_CASE_COUNT)
{
	begin_other(_i, PST_WIRE_OFFER);
	ck_assert_int_eq(key_pair_create(&other, PST_WIRE_READY), 0);
	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_OFFER);
	assert_rejected(key_pair_feed(&pair, PST_WIRE_READY, other.ready.bytes,
				      other.ready.byte_count),
			&pair.responder.machine);
}
END_TEST

/* The answer of one session in the offer of another: a relay that mixes. */
START_TEST(an_answer_in_another_offer_is_refused, .loop_end = KEY_CASE_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
	begin_other(_i, PST_WIRE_OFFER);
	memcpy(pair.offer.bytes + OFFER_EXCHANGE,
	       other.offer.bytes + OFFER_EXCHANGE, PST_WIRE_ANSWER_BYTES);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_OFFER),
			&pair.initiator.machine);
}
END_TEST

/* -- echoes ---------------------------------------------------------------- */

START_TEST(an_offer_with_the_hellos_own_key_is_refused,
	   .loop_end = KEY_CASE_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
	memcpy(pair.offer.bytes + OFFER_EXCHANGE,
	       pair.hello.bytes + HELLO_EXCHANGE, KEY_BYTES);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_OFFER),
			&pair.initiator.machine);
}
END_TEST

/* All of it is sound but that nobody else can have that key. */
START_TEST(a_hello_with_the_nodes_own_fresh_key_is_refused,
	   .loop_end = KEY_CASE_COUNT)
{
	prepare(key_case(_i));
	pair.responder_params.ephemeral_private_key = initiators_ephemeral;
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_rejected(key_pair_consume(&pair, PST_WIRE_HELLO),
			&pair.responder.machine);
}
END_TEST

START_TEST(a_hello_that_comes_back_is_no_answer, .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	assert_key_failure(&pair.initiator.machine,
			   pst_initiator_consume(&pair.initiator,
						 pair.hello.bytes,
						 pair.hello.byte_count),
			   -EBADMSG, POSTERN_REASON_PROTOCOL);
}
END_TEST

START_TEST(nothing_is_taken_twice, .loop_end = PATTERN_COUNT)
{
	for (int type = PST_WIRE_HELLO; type <= PST_WIRE_READY; type++) {
		enum pst_wire_type last = (enum pst_wire_type)type;
		struct pst_handshake_machine *machine =
			is_of_the_initiator(last) ? &pair.responder.machine
						  : &pair.initiator.machine;

		key_pair_prepare(&pair, key_case(_i));
		key_pair_through(&pair, last);
		assert_key_failure(machine, key_pair_consume(&pair, last),
				   -EBADMSG, POSTERN_REASON_PROTOCOL);
		ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = make_identities,
			 .tear_down = free_identities, .timeout_s = 120);
}
