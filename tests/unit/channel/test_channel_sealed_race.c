/* SPDX-License-Identifier: ISC */
/*
 * A record that changes while it is received, in the modes `mac` and `aead`
 *
 * The writer has the key, as an admitted peer has, and two records for the same
 * position, both sealed correctly.  While the receiver reads, it replaces one
 * by the other.  A receiver that verified some bytes and delivered others would
 * return a mixture of the two.
 */
#include "channel/channel.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "channel/channel_state.h"
#include "support/expect.h"
#include "support/pin.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

#define PAYLOAD_BYTES 1000u
#define RECORD_BYTES (8 + PAYLOAD_BYTES + 16)
#define TRIES 30000u

static struct channel_pair pair;
static uint8_t records[2][RECORD_BYTES];
static atomic_bool receiving_ended;

static void tear_down(void)
{
	channel_pair_close(&pair);
}

/* Two records with the same number, alternating at the same position. */
static void seal_both(void)
{
	const struct pst_ring_producer before = pair.left->producer;
	int i;

	for (i = 0; i < 2; i++) {
		pair.left->producer = before;
		pair.left->sealing.cipher->record_count = 0;
		send_filled(pair.left, (char)('a' + i), PAYLOAD_BYTES);
		memcpy(records[i], ring_at(pair.left, 0), RECORD_BYTES);
	}
}

/*
 * The headers are equal; the rest is written word by word, so that every part
 * tears.
 */
static void *alternate(void *argument)
{
	struct pst_shared_u64 *place = argument;
	uint64_t word;
	unsigned round, i;

	pin_thread(1);
	for (round = 0; !atomic_load(&receiving_ended); round++) {
		for (i = 0; i < RECORD_BYTES / 8; i++) {
			memcpy(&word, records[round % 2] + 8 * i, 8);
			pst_shared_store_relaxed_u64(&place[i], word);
		}
		/* Complete for a while, too. */
		for (i = 0; i < round % 8; i++)
			pst_spin_relax();
		if (round % 256 == 0)
			(void)sched_yield(); /* if there is only one CPU */
	}
	return NULL;
}

static bool is_one_of_both(const char *message)
{
	unsigned i;

	for (i = 1; i < PAYLOAD_BYTES; i++)
		if (message[i] != message[0])
			return false;
	return message[0] == 'a' || message[0] == 'b';
}

START_TEST(delivered_bytes_are_the_verified_ones,
	   .loop_end = sealed_mode_count())
{
	unsigned accepted_count = 0, i;
	struct receiver_state state;
	char message[PAYLOAD_BYTES];
	pthread_t thread;
	size_t bytes;
	int r;

	sealed_pair_open(&pair, _i, 0);
	seal_both();
	state = receiver_state_of(pair.right);
	pin_thread(0);
	expect_equal(pthread_create(&thread, NULL, alternate,
				    ring_at(pair.left, 0)), 0);
	for (i = 0; i < TRIES; i++) {
		r = pst_channel_receive(pair.right, message, sizeof(message),
					&bytes);
		if (r == 0) {
			expect_equal(bytes, PAYLOAD_BYTES);
			expect(is_one_of_both(message));
			accepted_count++;
		} else {
			expect_equal(r, -EKEYREJECTED);
		}
		restore_receiver(pair.right, &state);
		if (i % 64 == 0)
			(void)sched_yield(); /* if there is only one CPU */
	}
	atomic_store(&receiving_ended, true);
	expect_equal(pthread_join(thread, NULL), 0);
	expect(accepted_count > 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.tear_down = tear_down, .timeout_s = 300);
}
