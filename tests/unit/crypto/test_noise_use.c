/* SPDX-License-Identifier: ISC */
/*
 * Noise handshakes: parameters, turns, room, and what a complete one leaves
 */
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/noise_state.h"
#include "unit/crypto/noise_pair.h"
#include "support/test_case.h"

#define CHACHAPOLY 1    /* of the two protocols of a pattern, the second */

static void assert_new_refuses(struct pst_noise_params params)
{
	struct pst_noise *noise = NULL;

	ck_assert_int_eq(pst_noise_new(&params, &noise), -EINVAL);
	ck_assert_ptr_null(noise);
}

START_TEST(new_wants_the_keys_of_the_pattern_and_no_others, .loop_end = 3)
{
	struct noise_pair pair;
	struct pst_noise_params changed;

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	for (int side = 0; side < 2; side++) {
		const struct pst_noise_params *params =
			side ? &pair.responder_params : &pair.initiator_params;

		changed = *params;
		changed.borrow_own = params->borrow_own ? NULL
							: pair.initiators;
		assert_new_refuses(changed);
		changed = *params;
		changed.peer_public_key = params->peer_public_key
						  ? NULL
						  : pair.responders->public_key;
		assert_new_refuses(changed);
	}
	noise_pair_done(&pair);
}
END_TEST

START_TEST(new_refuses_what_it_does_not_know)
{
	struct noise_pair pair;
	struct pst_noise_params changed;

	noise_pair_init(&pair, CHACHAPOLY);
	changed = pair.initiator_params;
	changed.pattern = PST_NOISE_NONE;
	assert_new_refuses(changed);
	changed.pattern = (enum pst_noise_pattern)(PST_NOISE_IK + 1);
	assert_new_refuses(changed);
	changed.pattern = (enum pst_noise_pattern)255;
	assert_new_refuses(changed);
	changed = pair.initiator_params;
	changed.cipher = PST_CIPHER_NONE;
	assert_new_refuses(changed);
	changed.cipher = (enum pst_cipher_kind)(PST_CIPHER_CHACHAPOLY + 1);
	assert_new_refuses(changed);
	changed = pair.initiator_params;
	changed.role = (enum pst_noise_role)2;
	assert_new_refuses(changed);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(messages_have_the_sizes_of_the_protocol, .loop_end = 3)
{
	static const size_t first_bytes[] = {32, 48, 96};
	struct noise_pair pair;

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	noise_pair_start(&pair);
	ck_assert_uint_eq(pst_noise_message_bytes(pair.initiator, 0),
			  first_bytes[_i]);
	noise_pair_pass(&pair, 1);
	ck_assert_uint_eq(pst_noise_message_bytes(pair.initiator, 32), 80);
	ck_assert_uint_eq(pst_noise_message_bytes(pair.responder, 32), 80);
	ck_assert_int_eq(create(pair.responder, &pair.messages[1]), 0);
	ck_assert_uint_eq(pst_noise_message_bytes(pair.responder, 32), 0);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(nothing_is_created_out_of_turn, .loop_end = 3)
{
	struct noise_pair pair;
	struct message message = {{0}, 5};

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.responder, &message), -EINVAL);
	ck_assert_int_eq(create(pair.initiator, &pair.messages[0]), 0);
	ck_assert_int_eq(create(pair.initiator, &message), -EINVAL);
	ck_assert_int_eq(consume(pair.responder, &pair.messages[0]), 0);
	ck_assert_int_eq(create(pair.responder, &pair.messages[1]), 0);
	ck_assert_int_eq(create(pair.responder, &message), -EINVAL);
	/* None of that has changed anything. */
	ck_assert_int_eq(consume(pair.initiator, &pair.messages[1]), 0);
	ck_assert_int_eq(create(pair.initiator, &message), -EINVAL);
	ck_assert_int_eq(create(pair.responder, &message), -EINVAL);
	ck_assert_uint_eq(message.byte_count, 5);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_message_out_of_turn_ends_the_handshake, .loop_end = 3)
{
	struct noise_pair pair;

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	noise_pair_start(&pair);
	ck_assert_int_eq(consume(pair.initiator, &pair.messages[1]),
			 -EKEYREJECTED);
	assert_has_failed(pair.initiator);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_failed_handshake_is_wiped)
{
	static const uint8_t nothing[sizeof(struct pst_noise)];
	struct noise_pair pair;

	noise_pair_init(&pair, 4 + CHACHAPOLY);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	ck_assert_mem_ne(pair.initiator, nothing, sizeof(nothing));
	ck_assert_int_eq(consume(pair.initiator, &pair.messages[1]),
			 -EKEYREJECTED);
	ck_assert_mem_eq(pair.initiator, nothing, sizeof(nothing));
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_message_without_room_is_not_created)
{
	static uint8_t large[65536];
	struct noise_pair pair;
	uint8_t message[64];
	size_t byte_count = 5;

	noise_pair_init(&pair, CHACHAPOLY);
	noise_pair_start(&pair);
	ck_assert_int_eq(pst_noise_create(pair.initiator, "abc", 3, message, 34,
					  &byte_count), -EINVAL);
	ck_assert_int_eq(pst_noise_create(pair.initiator, large, 65535, large,
					  sizeof(large), &byte_count), -EINVAL);
	ck_assert_int_eq(pst_noise_create(pair.initiator, large, SIZE_MAX,
					  large, SIZE_MAX, &byte_count),
			 -EINVAL);
	ck_assert_uint_eq(byte_count, 5);
	ck_assert_int_eq(pst_noise_create(pair.initiator, "abc", 3, message, 35,
					  &byte_count), 0);
	ck_assert_uint_eq(byte_count, 35);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_payload_without_room_ends_the_handshake)
{
	struct noise_pair pair;
	struct message message;
	uint8_t payload[PAIR_PAYLOAD_BYTES] = {0};
	static const uint8_t untouched[PAIR_PAYLOAD_BYTES];
	size_t byte_count = 5;

	noise_pair_init(&pair, CHACHAPOLY);
	noise_pair_start(&pair);
	ck_assert_int_eq(create(pair.initiator, &message), 0);
	ck_assert_int_eq(pst_noise_consume(pair.responder, message.bytes,
					   message.byte_count, payload,
					   sizeof(payload) - 1, &byte_count),
			 -EKEYREJECTED);
	ck_assert_mem_eq(payload, untouched, sizeof(payload));
	ck_assert_uint_eq(byte_count, 5);
	assert_has_failed(pair.responder);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(only_a_responder_of_ik_learns_a_key, .loop_end = 3)
{
	struct noise_pair pair;

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	noise_pair_start(&pair);
	ck_assert_ptr_null(pst_noise_initiator_key(pair.responder));
	noise_pair_pass(&pair, 2);
	ck_assert_ptr_null(pst_noise_initiator_key(pair.initiator));
	if (pattern_of(_i * 2) == PST_NOISE_IK)
		ck_assert_mem_eq(pst_noise_initiator_key(pair.responder),
				 pair.initiators->public_key,
				 PST_NOISE_KEY_BYTES);
	else
		ck_assert_ptr_null(pst_noise_initiator_key(pair.responder));
	noise_pair_done(&pair);
}
END_TEST

START_TEST(a_handshake_leaves_nothing_before_its_end, .loop_end = 3)
{
	struct pst_record_keys *keys = NULL;
	uint8_t hash[PST_NOISE_HASH_BYTES], other[PST_NOISE_HASH_BYTES];
	struct noise_pair pair;

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 1);
	ck_assert_int_eq(pst_noise_handshake_hash(pair.responder, hash),
			 -EINVAL);
	ck_assert_int_eq(pst_noise_confirm(pair.responder, "", 0, hash),
			 -EINVAL);
	ck_assert_int_eq(pst_noise_split_raw(pair.responder, hash, other),
			 -EINVAL);
	ck_assert_int_eq(pst_noise_split(pair.responder, POSTERN_SECURITY_MAC,
					 &keys), -EINVAL);
	ck_assert_ptr_null(keys);
	noise_pair_done(&pair);
}
END_TEST

START_TEST(both_sides_confirm_the_same_bytes_and_no_others, .loop_end = 3)
{
	uint8_t confirmation[PST_NOISE_HASH_BYTES];
	struct noise_pair pair;

	noise_pair_init(&pair, _i * 2 + CHACHAPOLY);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	ck_assert_int_eq(pst_noise_confirm(pair.initiator, "bytes", 5,
					   confirmation), 0);
	ck_assert_int_eq(pst_noise_check_confirmation(pair.responder, "bytes",
						      5, confirmation), 0);
	ck_assert_int_eq(pst_noise_check_confirmation(pair.responder, "byteS",
						      5, confirmation),
			 -EKEYREJECTED);
	ck_assert_int_eq(pst_noise_check_confirmation(pair.responder, "bytes",
						      4, confirmation),
			 -EKEYREJECTED);
	for (size_t bit = 0; bit < sizeof(confirmation) * 8; bit++) {
		confirmation[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(pst_noise_check_confirmation(pair.responder,
							      "bytes", 5,
							      confirmation),
				 -EKEYREJECTED);
		confirmation[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	noise_pair_done(&pair);
}
END_TEST

/* What one of the two seals, only the other one opens. */
static void assert_one_way(struct pst_record_keys *from,
			   struct pst_record_keys *to)
{
	uint8_t record[8 + 5 + PST_CIPHER_TAG_BYTES] = "header..";
	uint8_t payload[5];

	ck_assert_int_eq(pst_record_seal(&from->send, record, 8, "hello", 5),
			 0);
	ck_assert_int_eq(pst_record_open(&to->receive, record, 8, 5, payload),
			 0);
	ck_assert_mem_eq(payload, "hello", 5);
	ck_assert_int_eq(pst_record_seal(&from->send, record, 8, "hello", 5),
			 0);
	ck_assert_int_eq(pst_record_open(&from->receive, record, 8, 5, payload),
			 -EKEYREJECTED);
}

START_TEST(split_gives_a_key_to_each_direction, .loop_end = 2 * PROTOCOL_COUNT)
{
	enum postern_security mode = _i % 2 ? POSTERN_SECURITY_AEAD
					    : POSTERN_SECURITY_MAC;
	struct pst_record_keys *initiators = NULL, *responders = NULL;
	struct noise_pair pair;

	SKIP_WITHOUT_CIPHER(cipher_of(_i / 2));
	noise_pair_init(&pair, _i / 2);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	for (int direction = 0; direction < 2; direction++) {
		ck_assert_int_eq(pst_noise_split(pair.initiator, mode,
						 &initiators), 0);
		ck_assert_int_eq(pst_noise_split(pair.responder, mode,
						 &responders), 0);
		if (direction)
			assert_one_way(responders, initiators);
		else
			assert_one_way(initiators, responders);
		initiators = pst_record_keys_free(initiators);
		responders = pst_record_keys_free(responders);
	}
	noise_pair_done(&pair);
}
END_TEST

START_TEST(split_wants_a_mode_with_keys)
{
	struct pst_record_keys *keys = NULL;
	struct noise_pair pair;

	noise_pair_init(&pair, CHACHAPOLY);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	ck_assert_int_eq(pst_noise_split(pair.initiator, POSTERN_SECURITY_NONE,
					 &keys), -EINVAL);
	ck_assert_int_eq(pst_noise_split(pair.initiator,
					 (enum postern_security)9, &keys),
			 -EINVAL);
	ck_assert_ptr_null(keys);
	noise_pair_done(&pair);
}
END_TEST

/* SHA-256 of "abc": FIPS 180-4's own example. */
START_TEST(hash_is_sha256)
{
	static const uint8_t expected[PST_NOISE_HASH_BYTES] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	uint8_t hash[PST_NOISE_HASH_BYTES];

	pst_noise_hash("abc", 3, hash);
	ck_assert_mem_eq(hash, expected, sizeof(hash));
}
END_TEST

START_TEST(a_forked_child_finds_a_failed_handshake)
{
	struct noise_pair pair;
	pid_t child;
	int status;

	noise_pair_init(&pair, 4 + CHACHAPOLY);
	noise_pair_start(&pair);
	noise_pair_pass(&pair, 2);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct message message = {{0}, 0};

		_exit(create(pair.initiator, &message) == -EKEYREJECTED &&
			      !pst_noise_initiator_key(pair.responder)
			      ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	noise_pair_done(&pair);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
