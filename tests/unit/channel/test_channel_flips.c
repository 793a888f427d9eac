/* SPDX-License-Identifier: ISC */
/*
 * Every bit of a record, flipped in the ring
 */
#include "channel/channel.h"

#include <errno.h>

#include "channel/channel_sealed.h"
#include "channel/channel_state.h"
#include "support/expect.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

#define FLIPPED_RECORDS 1000

static struct channel_pair pair;

static void tear_down(void)
{
	channel_pair_close(&pair);
}

static void flip_each_bit(uint64_t pos, uint64_t end_pos)
{
	const struct receiver_state state = receiver_state_of(pair.right);
	char buffer[SEALED_LARGEST_BYTES];
	size_t bytes = 0, bit;
	int r;

	for (bit = 0; bit < 8 * (end_pos - pos); bit++) {
		uint8_t *byte = ring_at(pair.left, pos + bit / 8);
		uint8_t mask = (uint8_t)(1u << bit % 8);

		*byte ^= mask;
		r = pst_channel_receive(pair.right, buffer, sizeof(buffer),
					&bytes);
		if (r != -EKEYREJECTED)
			expect_equal(r, -EBADMSG);
		*byte ^= mask;
		/* Restoring the bit is too late. */
		expect_none(pair.right, r);
		if (bit % 61 == 0)
			expect_dead(pair.right, r);
		restore_receiver(pair.right, &state);
	}
}

START_TEST(no_bit_of_a_record_can_be_flipped, .loop_end = sealed_mode_count())
{
	const int count = FLIPPED_RECORDS / sealed_mode_count();
	int i;

	sealed_pair_open(&pair, _i, 0);
	for (i = 0; i < count; i++) {
		uint64_t pos = pair.left->producer.produced_pos, end_pos;
		uint32_t size = (uint32_t)(i % 50 == 49 ? 300 + i : i % 67);
		char fill = (char)i;

		set_stamped(pair.left, i % 3 == 0);
		send_filled(pair.left, fill, size);
		end_pos = pair.left->producer.produced_pos;
		/* So that a longer record would exist, too. */
		set_stamped(pair.left, false);
		send_filled(pair.left, 'z', 1000);
		flip_each_bit(pos, end_pos);
		expect_filled(pair.right, fill, size);
		expect_filled(pair.right, 'z', 1000);
	}
}
END_TEST

/* An END record is 24 bytes, none of which can be changed. */
START_TEST(no_bit_of_the_end_can_be_flipped, .loop_end = sealed_mode_count())
{
	uint64_t pos;

	sealed_pair_open(&pair, _i, 0);
	pos = pair.left->producer.produced_pos;
	expect_equal(pst_channel_finish_sealed(pair.left), 0);
	expect_equal(pair.left->producer.produced_pos - pos, 24);
	flip_each_bit(pos, pos + 24);
	expect_none(pair.right, -EPIPE);
	expect_equal(pst_channel_end_reason(pair.right), POSTERN_REASON_CLOSED);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.tear_down = tear_down, .timeout_s = 300);
}
