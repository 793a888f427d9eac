/* SPDX-License-Identifier: ISC */
/*
 * Both sides of a Noise handshake, with somebody in between
 *
 * The input says which protocol it is and what becomes of the two messages.
 * Whoever gets another message than was sent refuses it; but for the first one
 * of NN, which proves nothing, and then the initiator refuses the answer.
 */
#include "crypto/noise.h"

#include <errno.h>
#include <stdbool.h>

#include "crypto/secret.h"
#include "fuzz/fuzz_input.h"

#define ROOM_BYTES 512

/* The first three bits of a key count for nothing. */
static const uint8_t private_keys[4][PST_NOISE_KEY_BYTES] = {
	{8}, {16}, {24}, {32},
};

struct sides {
	struct pst_identity *own[2];
	struct pst_noise *noise[2];
	enum pst_noise_pattern pattern;
	bool is_spoilt;
};

static void start(struct sides *sides, struct input *input)
{
	uint8_t plan = take_byte(input);
	struct pst_noise_params params[2] = {{
		.pattern = (enum pst_noise_pattern)(PST_NOISE_NN + plan % 3),
		.cipher = plan & 0x80 ? PST_CIPHER_AESGCM
				      : PST_CIPHER_CHACHAPOLY,
		.prologue = "prologue",
		.prologue_bytes = 8,
	}};

	if (!pst_cipher_is_available(params[0].cipher))
		params[0].cipher = PST_CIPHER_CHACHAPOLY;
	params[1] = params[0];
	for (int i = 0; i < 2; i++) {
		sides->own[i] = pst_secret_new(sizeof(*sides->own[i]));
		require(sides->own[i] != NULL);
		pst_identity_init(sides->own[i], private_keys[i]);
		params[i].role = (enum pst_noise_role)i;
		params[i].ephemeral_private_key = private_keys[2 + i];
	}
	if (params[0].pattern != PST_NOISE_NN) {
		params[0].peer_public_key = sides->own[1]->public_key;
		params[1].borrow_own = sides->own[1];
	}
	if (params[0].pattern == PST_NOISE_IK)
		params[0].borrow_own = sides->own[0];
	for (int i = 0; i < 2; i++)
		require(pst_noise_new(&params[i], &sides->noise[i]) == 0);
	sides->pattern = params[0].pattern;
}

/* Returns whether the handshake goes on. */
static bool pass(struct sides *sides, int from, struct input *input)
{
	uint8_t message[ROOM_BYTES], payload[ROOM_BYTES] = {0};
	size_t payload_bytes = take_byte(input), byte_count, other_count;
	uint8_t *other;
	bool must_be_refused;
	int r;

	r = pst_noise_create(sides->noise[from], payload, payload_bytes,
			     message, sizeof(message), &byte_count);
	/* A point of small order is noticed here at the latest. */
	require(r == 0 || (r == -EKEYREJECTED && sides->is_spoilt));
	if (r < 0)
		return false;
	other = spoil(message, byte_count, input, &other_count);
	if (other_count != byte_count ||
	    memcmp(other, message, byte_count) != 0)
		sides->is_spoilt = true;
	r = pst_noise_consume(sides->noise[1 - from], other, other_count,
			      payload, sizeof(payload), &payload_bytes);
	free(other);
	must_be_refused = sides->is_spoilt &&
			  !(from == 0 && sides->pattern == PST_NOISE_NN);
	require(r == 0 || (r == -EKEYREJECTED && sides->is_spoilt));
	require(r < 0 || !must_be_refused);
	return r == 0;
}

static void require_same_end(const struct sides *sides)
{
	uint8_t confirmation[PST_NOISE_HASH_BYTES];

	require(pst_noise_confirm(sides->noise[0], "end", 3, confirmation) ==
		0);
	require(pst_noise_check_confirmation(sides->noise[1], "end", 3,
					     confirmation) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct input input = {bytes, byte_count};
	struct sides sides = {0};

	start(&sides, &input);
	if (pass(&sides, 0, &input) && pass(&sides, 1, &input))
		require_same_end(&sides);
	for (int i = 0; i < 2; i++) {
		sides.noise[i] = pst_noise_free(sides.noise[i]);
		sides.own[i] = pst_identity_free(sides.own[i]);
	}
	return 0;
}
