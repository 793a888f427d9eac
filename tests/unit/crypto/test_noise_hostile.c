/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes with a peer that lies
 *
 * A message of the initiator of NN proves nothing, and whatever it says is
 * taken at first; there, what is hostile must show in the answer.
 */
#include <stdio.h>

#include "crypto/noise_state.h"
#include "support/small_points.h"
#include "support/test_case.h"
#include "unit/crypto/noise_pair.h"

/* The responder refuses the message, or the initiator what comes of it. */
static void assert_first_message_is_refused(struct noise_pair *pair,
					    const struct message *message)
{
	struct message answer;
	int r = consume(pair->responder, message);

	if (r == 0) {
		ck_assert_int_eq(pair->responder_params.pattern, PST_NOISE_NN);
		r = create(pair->responder, &answer);
		if (r == 0) {
			r = consume(pair->initiator, &answer);
			ck_assert_int_eq(r, -EKEYREJECTED);
			assert_has_failed(pair->initiator);
			return;
		}
	}
	ck_assert_int_eq(r, -EKEYREJECTED);
	assert_has_failed(pair->responder);
}

START_TEST(every_flipped_bit_of_the_first_message_ends_the_handshake,
	   .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 1);
	for (size_t bit = 0; bit < pair.messages[0].byte_count * 8; bit++) {
		struct message spoiled;

		noise_pair_start(&pair);
		ck_assert_int_eq(create(pair.initiator, &spoiled), 0);
		spoiled.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_first_message_is_refused(&pair, &spoiled);
	}
	noise_pair_done(&pair);
}
END_TEST

START_TEST(every_flipped_bit_of_the_second_message_ends_the_handshake,
	   .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	for (size_t bit = 0; bit < pair.messages[1].byte_count * 8; bit++) {
		struct message spoiled;

		noise_pair_start(&pair);
		noise_pair_pass(&pair, 1);
		ck_assert_int_eq(create(pair.responder, &spoiled), 0);
		spoiled.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(consume(pair.initiator, &spoiled),
				 -EKEYREJECTED);
		assert_has_failed(pair.initiator);
	}
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_message_of_any_other_length_ends_the_handshake,
	   .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	for (size_t byte_count = 0; byte_count < PAIR_MESSAGE_BYTES;
	     byte_count++) {
		struct message spoiled = {{0}, 0};

		noise_pair_start(&pair);
		ck_assert_int_eq(create(pair.initiator, &spoiled), 0);
		if (byte_count != spoiled.byte_count) {
			spoiled.byte_count = byte_count;
			assert_first_message_is_refused(&pair, &spoiled);
		}
		noise_pair_start(&pair);
		noise_pair_pass(&pair, 1);
		ck_assert_int_eq(create(pair.responder, &spoiled), 0);
		if (byte_count == spoiled.byte_count)
			continue;
		spoiled.byte_count = byte_count;
		ck_assert_int_eq(consume(pair.initiator, &spoiled),
				 -EKEYREJECTED);
		assert_has_failed(pair.initiator);
	}
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_message_longer_than_noise_has_them_is_refused)
{
	static uint8_t message[65536], payload[65536];
	size_t payload_bytes;
	struct noise_pair pair;

	noise_pair_init(&pair, 1);
	noise_pair_start(&pair);
	ck_assert_int_eq(pst_noise_consume(pair.responder, message,
					   sizeof(message), payload,
					   sizeof(payload), &payload_bytes),
			 -EKEYREJECTED);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(an_echo_is_refused, .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;
	struct message message;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	/* As long as an answer would be, at least. */
	memset(message.bytes + message.byte_count, 0,
	       sizeof(message.bytes) - message.byte_count);
	message.byte_count = 96;
	ck_assert_int_eq(consume(pair.initiator, &message), -EKEYREJECTED);
	assert_has_failed(pair.initiator);

	noise_pair_start(&pair);
	noise_pair_pass(&pair, 1);
	ck_assert_int_eq(create(pair.responder, &message), 0);
	ck_assert_int_eq(consume(pair.responder, &message), -EKEYREJECTED);
	assert_has_failed(pair.responder);
	noise_pair_done(&pair);
}
END_TEST

/* The echo of a side that could do all the rest. */
START_TEST(an_own_ephemeral_key_that_comes_back_is_refused,
	   .loop_end = PROTOCOL_COUNT)
{
	uint8_t key[PST_NOISE_KEY_BYTES] = {9};
	struct noise_pair pair;
	struct message message;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	pair.initiator_params.ephemeral_private_key = key;
	pair.responder_params.ephemeral_private_key = key;
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	ck_assert_int_eq(consume(pair.responder, &message), -EKEYREJECTED);
	assert_has_failed(pair.responder);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(the_own_static_key_is_no_peers)
{
	struct pst_noise *noise = NULL;
	uint8_t key[PST_NOISE_KEY_BYTES];
	struct noise_pair pair;

	noise_pair_init(&pair, 5);
	memcpy(key, pair.initiators->public_key, sizeof(key));
	pair.initiator_params.peer_public_key = key;
	ck_assert_int_eq(pst_noise_new(&pair.initiator_params, &noise),
			 -EKEYREJECTED);
	/* The same key in another spelling. */
	key[PST_NOISE_KEY_BYTES - 1] |= 0x80;
	ck_assert_int_eq(pst_noise_new(&pair.initiator_params, &noise),
			 -EKEYREJECTED);
	ck_assert_ptr_null(noise);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(an_initiator_with_the_responders_own_key_is_refused)
{
	struct noise_pair pair;
	struct message message;

	noise_pair_init(&pair, 5);
	noise_pair_start(&pair);
	/* It would not even begin with this, so it gets it afterwards. */
	pst_identity_init(pair.initiators, pair.responders->private_key);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	ck_assert_int_eq(consume(pair.responder, &message), -EKEYREJECTED);
	assert_has_failed(pair.responder);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_message_that_comes_twice_ends_the_handshake,
	   .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 1);
	ck_assert_int_eq(consume(pair.responder, &pair.messages[0]),
			 -EKEYREJECTED);
	assert_has_failed(pair.responder);

	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	ck_assert_int_eq(consume(pair.initiator, &pair.messages[1]),
			 -EKEYREJECTED);
	assert_has_failed(pair.initiator);
	noise_pair_done(&pair);
}
END_TEST

/* Section 7.7: the first message of NK and IK can be, and it helps nobody. */
START_TEST(a_replayed_first_message_gets_an_answer_nobody_can_read,
	   .loop_end = PROTOCOL_COUNT)
{
	uint8_t old_confirmation[PST_NOISE_HASH_BYTES];
	struct pst_noise *again = NULL;
	struct noise_pair pair;
	struct message answer;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	ck_assert_int_eq(pst_noise_confirm(pair.initiator, "go", 2,
					   old_confirmation), 0);

	ck_assert_int_eq(pst_noise_new(&pair.responder_params, &again), 0);
	ck_assert_int_eq(consume(again, &pair.messages[0]), 0);
	ck_assert_int_eq(create(again, &answer), 0);
	ck_assert_int_eq(pst_noise_check_confirmation(again, "go", 2,
						      old_confirmation),
			 -EKEYREJECTED);
	ck_assert_int_eq(consume(pair.initiator, &answer), -EKEYREJECTED);
	again = pst_noise_free(again);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(the_answer_of_another_handshake_is_refused,
	   .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;
	struct message old, message;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	old = pair.messages[1];
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	ck_assert_int_eq(consume(pair.initiator, &old), -EKEYREJECTED);
	assert_has_failed(pair.initiator);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(sides_that_know_different_prologues_do_not_meet,
	   .loop_end = PROTOCOL_COUNT)
{
	struct noise_pair pair;
	struct message message;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	pair.responder_params.prologue = "prologuE";
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	assert_first_message_is_refused(&pair, &message);
	noise_pair_done(&pair);
}
END_TEST

/* The first two protocols, of pattern NN, pin no key. */
START_TEST(a_responder_without_the_pinned_key_is_refused,
	   .loop_start = 2, .loop_end = PROTOCOL_COUNT)
{
	struct pst_identity *other;
	struct noise_pair pair;
	struct message message;

	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	noise_pair_init(&pair, _i);
	other = pst_identity_new();
	ck_assert_ptr_nonnull(other);
	pair.initiator_params.peer_public_key = other->public_key;
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	ck_assert_int_eq(consume(pair.responder, &message), -EKEYREJECTED);
	other = pst_identity_free(other);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_responder_of_nn_refuses_a_point_of_small_order,
	   .loop_end = SMALL_POINT_COUNT)
{
	struct noise_pair pair;
	struct message message = {{0}, PST_NOISE_KEY_BYTES};

	noise_pair_init(&pair, 1);
	noise_pair_start(&pair);
	small_point(_i, message.bytes);
	ck_assert_int_eq(consume(pair.responder, &message), 0);
	ck_assert_int_eq(create(pair.responder, &message), -EKEYREJECTED);
	assert_has_failed(pair.responder);
	noise_pair_done(&pair);
}
END_TEST

/* The rest of a message by who counts on an all-zero shared secret. */
static void forge(struct message *message, const char *protocol_name,
		  const uint8_t *responder_key, const struct message *first,
		  const uint8_t point[static PST_NOISE_KEY_BYTES])
{
	static const uint8_t zero_secret[PST_NOISE_KEY_BYTES];
	struct pst_noise_symmetric *symmetric =
		pst_secret_new(sizeof(*symmetric));

	ck_assert_ptr_nonnull(symmetric);
	pst_noise_symmetric_init(symmetric, PST_CIPHER_CHACHAPOLY,
				 protocol_name);
	pst_noise_mix_hash(symmetric, "prologue", 8);
	if (responder_key)
		pst_noise_mix_hash(symmetric, responder_key,
				   PST_NOISE_KEY_BYTES);
	if (first) {
		pst_noise_mix_hash(symmetric, first->bytes,
				   PST_NOISE_KEY_BYTES);
		pst_noise_mix_hash(symmetric,
				   first->bytes + PST_NOISE_KEY_BYTES,
				   first->byte_count - PST_NOISE_KEY_BYTES);
	}
	memcpy(message->bytes, point, PST_NOISE_KEY_BYTES);
	pst_noise_mix_hash(symmetric, point, PST_NOISE_KEY_BYTES);
	pst_noise_mix_key(symmetric, zero_secret);
	pst_noise_seal(symmetric, PAIR_PAYLOAD, PAIR_PAYLOAD_BYTES,
		       message->bytes + PST_NOISE_KEY_BYTES);
	message->byte_count = PST_NOISE_KEY_BYTES + PAIR_PAYLOAD_BYTES +
			      PST_CIPHER_TAG_BYTES;
	symmetric = pst_secret_free(symmetric);
}

START_TEST(an_initiator_refuses_a_point_of_small_order,
	   .loop_end = SMALL_POINT_COUNT)
{
	uint8_t point[PST_NOISE_KEY_BYTES];
	struct noise_pair pair;
	struct message first, forged;

	noise_pair_init(&pair, 1);
	noise_pair_start(&pair);
	small_point(_i, point);
	ck_assert_int_eq(create(pair.initiator, &first), 0);
	forge(&forged, "Noise_NN_25519_ChaChaPoly_SHA256", NULL, &first, point);
	ck_assert_int_eq(consume(pair.initiator, &forged), -EKEYREJECTED);
	assert_has_failed(pair.initiator);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_responder_of_nk_refuses_a_point_of_small_order,
	   .loop_end = SMALL_POINT_COUNT)
{
	uint8_t point[PST_NOISE_KEY_BYTES];
	struct noise_pair pair;
	struct message forged;

	noise_pair_init(&pair, 3);
	noise_pair_start(&pair);
	small_point(_i, point);
	forge(&forged, "Noise_NK_25519_ChaChaPoly_SHA256",
	      pair.responders->public_key, NULL, point);
	ck_assert_int_eq(consume(pair.responder, &forged), -EKEYREJECTED);
	assert_has_failed(pair.responder);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_pinned_key_of_small_order_is_refused,
	   .loop_end = SMALL_POINT_COUNT)
{
	uint8_t point[PST_NOISE_KEY_BYTES];
	struct noise_pair pair;
	struct message message;

	small_point(_i, point);
	for (int protocol = 3; protocol <= 5; protocol += 2) {
		noise_pair_init(&pair, protocol);
		pair.initiator_params.peer_public_key = point;
		noise_pair_start(&pair);
		ck_assert_int_eq(create(pair.initiator, &message),
				 -EKEYREJECTED);
		assert_has_failed(pair.initiator);
		noise_pair_done(&pair);
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
