/* SPDX-License-Identifier: ISC */
/*
 * What doc/protocol.md says of the key exchange, done by hand
 *
 * Each machine speaks with another implementation of its other side: Noise
 * alone, bytes and literal offsets.  Both agree on every byte, or they would
 * not agree at all.
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "unit/handshake/key_pairs.h"
#include "support/test_case.h"

static struct key_pair pair;
static struct pst_noise *noise; /* the side that is done by hand */

/* The record with a field taken as zero. */
static struct pst_wire_record without(const struct pst_wire_record *record,
				      size_t begin, size_t end)
{
	struct pst_wire_record blank = *record;

	memset(blank.bytes + begin, 0, end - begin);
	return blank;
}

static void begin(enum pst_noise_role role, const struct pst_wire_record *hello)
{
	struct pst_noise_params params = {
		.role = role,
		.pattern = (enum pst_noise_pattern)hello->bytes[38],
		.cipher = (enum pst_cipher_kind)hello->bytes[39],
		.prologue = hello->bytes,
		.prologue_bytes = 296,
	};

	if (role == PST_NOISE_INITIATOR && params.pattern != PST_NOISE_NN)
		params.peer_public_key = node_identity->public_key;
	if (role == PST_NOISE_INITIATOR && params.pattern == PST_NOISE_IK)
		params.borrow_own = peer_identity;
	if (role == PST_NOISE_RESPONDER && params.pattern != PST_NOISE_NN)
		params.borrow_own = node_identity;
	ck_assert_int_eq(pst_noise_new(&params, &noise), 0);
}

static void assert_same_keys(struct pst_record_keys *keys)
{
	struct pst_record_keys *by_hand;

	ck_assert_int_eq(pst_noise_split(noise, pair.security, &by_hand), 0);
	ck_assert_ptr_nonnull(keys);
	ck_assert_mem_eq(&keys->send, &by_hand->receive, sizeof(keys->send));
	ck_assert_mem_eq(&keys->receive, &by_hand->send, sizeof(keys->send));
	(void)pst_record_keys_free(keys);
	(void)pst_record_keys_free(by_hand);
	noise = pst_noise_free(noise);
}

START_TEST(an_initiator_speaks_with_a_node_done_by_hand,
	   .loop_end = KEY_CASE_COUNT)
{
	static const size_t wanted_bytes[] = {32, 48, 96};
	struct pst_offer offer = sample_offer();
	uint8_t hash[32];
	struct pst_wire_record blank;
	size_t byte_count;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	ck_assert_uint_eq(pair.hello.bytes[36], wanted_bytes[_i % 3]);
	blank = without(&pair.hello, 168, 296);
	begin(PST_NOISE_RESPONDER, &blank);
	ck_assert_int_eq(pst_noise_consume(noise, pair.hello.bytes + 168,
					   wanted_bytes[_i % 3], NULL, 0,
					   &byte_count), 0);

	offer.security = pair.security;
	offer.key_exchange.byte_count = 80;
	ck_assert_int_eq(pst_wire_write_offer(&offer, &pair.offer), 0);
	pst_noise_hash(pair.offer.bytes, 224, hash);
	ck_assert_int_eq(pst_noise_create(noise, hash, 32,
					  pair.offer.bytes + 96, 128,
					  &byte_count), 0);
	ck_assert_uint_eq(byte_count, 80);
	ck_assert_int_eq(key_pair_consume(&pair, PST_WIRE_OFFER), 0);

	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY), 0);
	blank = without(&pair.ready, 32, 64);
	ck_assert_int_eq(pst_noise_check_confirmation(noise, blank.bytes, 64,
						      pair.ready.bytes + 32),
			 0);
	assert_same_keys(pst_initiator_take_keys(&pair.initiator));
}
END_TEST

START_TEST(responder_completes_with_a_client_done_by_hand,
	   .loop_end = KEY_CASE_COUNT)
{
	struct pst_hello hello = sample_secured_hello(
		(enum pst_wire_pattern)key_case(_i).pattern);
	struct pst_wire_record blank;
	uint8_t hash[32], sent_hash[32];
	size_t byte_count;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	hello.cipher = (enum pst_wire_cipher)key_case(_i).cipher;
	memset(hello.key_exchange.bytes, 0, sizeof(hello.key_exchange.bytes));
	ck_assert_int_eq(pst_wire_write_hello(&hello, &pair.hello), 0);
	begin(PST_NOISE_INITIATOR, &pair.hello);
	ck_assert_int_eq(pst_noise_create(noise, NULL, 0,
					  pair.hello.bytes + 168, 128,
					  &byte_count), 0);
	ck_assert_int_eq(key_pair_consume(&pair, PST_WIRE_HELLO), 0);

	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_OFFER), 0);
	ck_assert_int_eq(pst_noise_consume(noise, pair.offer.bytes + 96, 80,
					   sent_hash, 32, &byte_count), 0);
	blank = without(&pair.offer, 96, 224);
	pst_noise_hash(blank.bytes, 224, hash);
	ck_assert_mem_eq(sent_hash, hash, 32);

	pair.ready = lone_record(PST_WIRE_READY);
	ck_assert_int_eq(pst_noise_confirm(noise, pair.ready.bytes, 64,
					   pair.ready.bytes + 32), 0);
	ck_assert_int_eq(key_pair_consume(&pair, PST_WIRE_READY), 0);
	assert_same_keys(pst_responder_take_keys(&pair.responder));
}
END_TEST

/* A node that has the right key and vouches for another offer than it sends. */
START_TEST(an_answer_that_vouches_for_another_offer_is_refused,
	   .loop_end = KEY_CASE_COUNT)
{
	struct pst_offer offer = sample_offer();
	struct pst_wire_record blank;
	uint8_t hash[32];
	size_t byte_count;

	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	blank = without(&pair.hello, 168, 296);
	begin(PST_NOISE_RESPONDER, &blank);
	ck_assert_int_eq(pst_noise_consume(noise, pair.hello.bytes + 168,
					   pair.hello.bytes[36], NULL, 0,
					   &byte_count), 0);
	offer.security = pair.security;
	offer.key_exchange.byte_count = 80;
	ck_assert_int_eq(pst_wire_write_offer(&offer, &pair.offer), 0);
	pst_noise_hash(pair.offer.bytes, 224, hash);
	pair.offer.bytes[80] ^= 1;
	ck_assert_int_eq(pst_noise_create(noise, hash, 32,
					  pair.offer.bytes + 96, 128,
					  &byte_count), 0);
	assert_key_failure(&pair.initiator.machine,
			   key_pair_consume(&pair, PST_WIRE_OFFER),
			   -EKEYREJECTED, POSTERN_REASON_KEY);
	noise = pst_noise_free(noise);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = make_identities,
			 .tear_down = free_identities);
}
