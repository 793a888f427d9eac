/* SPDX-License-Identifier: ISC */
/*
 * A peer that writes anything anywhere in its segment
 *
 * Words, headers and bytes are corrupted at random, mostly to values near valid
 * ones, and one call is made on each side after every corruption.  An oracle,
 * written independently, knows the result of each call and its permitted
 * effects.  Guard pages around the ring and behind the buffer end the test at
 * the first access outside.  No call contains a loop, so none can be prolonged.
 *
 * POSTERN_TEST_CORRUPTIONS sets their number; they are the same in every run.
 */
#include "ring/ring_wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/ring_corruption.h"
#include "support/test_case.h"

#define DATA_BYTES RING_CORRUPTION_DATA_BYTES
#define MESSAGE_BYTES RING_CORRUPTION_MESSAGE_BYTES
#define BUFFER_BYTES 1200u
#define CORRUPTIONS_DEFAULT 20000000u
#define CORRUPTIONS_PER_SCENE 24u
#define UNTOUCHED 0xabcdefu

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;
static struct pst_ring_consumer *consumer = &pair.consumer;
static struct mirror scratch;
static struct random chance;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
	mirror_init(&scratch, DATA_BYTES);
}

static void teardown(void)
{
	mirror_done(&scratch);
	ring_pair_done(&pair);
}

/* A buffer that ends where the guard pages begin. */
static uint8_t *buffer_of(size_t byte_count)
{
	return scratch.data + 2 * DATA_BYTES - byte_count;
}

/* The oracle */

static uint8_t *data_at(uint64_t pos)
{
	return pair.producer_segment.data + pos % DATA_BYTES;
}

static uint64_t word_at(const void *shared)
{
	uint64_t word;

	memcpy(&word, shared, sizeof(word));
	return word;
}

/* Whether pos is one of first, first + 8, ... last, on a circle of 2^64. */
static bool is_between(uint64_t first, uint64_t pos, uint64_t last)
{
	return (pos - first) % 8 == 0 && pos - first <= last - first;
}

static uint64_t oracle_of_record_bytes(uint32_t payload_bytes, bool is_timed)
{
	return (is_timed ? 16 : 8) + (payload_bytes + UINT64_C(7)) / 8 * 8;
}

static int oracle_of_read(const struct pst_ring_consumer *before,
			  size_t buffer_bytes, uint32_t *ret_payload_bytes,
			  bool *ret_is_timed)
{
	uint64_t start_pos = before->consumed_pos;
	uint64_t end_pos = before->produced_pos;
	uint8_t header[8];
	uint32_t payload_bytes;
	unsigned int i;

	if (before->blocked_error != 0)
		return before->blocked_error;
	if (end_pos == start_pos && !before->frozen) {
		end_pos = word_at(&pair.producer_words->produced_pos);
		if (!is_between(start_pos, end_pos, start_pos + DATA_BYTES))
			return -EBADMSG;
	}
	if (end_pos == start_pos)
		return -EAGAIN;

	for (i = 0; i < 8; i++)
		header[i] = pair.producer_segment.data[(start_pos + i) %
						       DATA_BYTES];
	memcpy(&payload_bytes, header, 4);
	if ((header[5] & ~2) != 0 || header[6] != 0 || header[7] != 0)
		return -EBADMSG;
	if (header[4] == 2)
		return payload_bytes == 0 && header[5] == 0 ? -ESHUTDOWN :
			-EBADMSG;
	if (header[4] != 1 || payload_bytes > MESSAGE_BYTES ||
	    oracle_of_record_bytes(payload_bytes, header[5] == 2) >
		    end_pos - start_pos)
		return -EBADMSG;
	*ret_payload_bytes = payload_bytes;
	*ret_is_timed = header[5] == 2;
	return payload_bytes <= buffer_bytes ? 0 : -EMSGSIZE;
}

/* With a stamp the ring may be refreshed earlier; nothing else differs. */
static int oracle_of_write(const struct pst_ring_producer *before,
			   uint32_t payload_bytes, bool is_timed)
{
	uint64_t end_pos = before->produced_pos +
			   oracle_of_record_bytes(payload_bytes, false);
	uint64_t consumed_pos;

	if (before->blocked_error != 0)
		return before->blocked_error;
	if (payload_bytes > MESSAGE_BYTES)
		return -EMSGSIZE;
	if (end_pos + (is_timed ? 8 : 0) - before->consumed_pos <= DATA_BYTES)
		return 0;
	consumed_pos = word_at(&pair.consumer_words->consumed_pos);
	if (!is_between(before->consumed_pos, consumed_pos,
			before->produced_pos))
		return -EBADMSG;
	return end_pos - consumed_pos <= DATA_BYTES ? 0 : -EAGAIN;
}

/* Calls */

struct counts {
	uint64_t read, timed, refused, faults, ends;
};

static void assert_sane(void)
{
	expect(producer->produced_pos - producer->consumed_pos <= DATA_BYTES);
	expect(consumer->produced_pos - consumer->consumed_pos <= DATA_BYTES);
	expect((producer->produced_pos | producer->consumed_pos |
		consumer->produced_pos | consumer->consumed_pos) % 8 == 0);
	expect((producer->blocked_error == -EBADMSG) ==
	       (producer->fault != PST_RING_FAULT_NONE));
	expect((consumer->blocked_error == -EBADMSG) ==
	       (consumer->fault != PST_RING_FAULT_NONE));
}

/* The same checks for any size; nothing is copied. */
static void call_discard(const struct pst_ring_consumer *before, int expected,
			 uint32_t payload_bytes, bool is_timed)
{
	size_t byte_count = UNTOUCHED;
	int result = pst_ring_discard(consumer, &byte_count);

	expect_equal(result, expected == -EMSGSIZE ? 0 : expected);
	expect_equal(byte_count, payload_bytes);
	if (result == 0)
		expect(consumer->consumed_pos - before->consumed_pos ==
		       oracle_of_record_bytes(payload_bytes, is_timed));
	expect(word_at(&pair.consumer_words->dropped_count) ==
	       before->dropped_count + (result == 0));
}

static void call_read(struct counts *counts)
{
	struct pst_ring_consumer before = *consumer;
	size_t buffer_bytes = random_below(&chance, BUFFER_BYTES);
	uint8_t *buffer = buffer_of(buffer_bytes);
	size_t byte_count = UNTOUCHED;
	uint32_t payload_bytes = UNTOUCHED;
	uint64_t time_ns, stamp_ns = word_at(data_at(before.consumed_pos) + 8);
	bool is_timed = false;
	int expected, result;

	expected = oracle_of_read(&before, buffer_bytes, &payload_bytes,
				  &is_timed);
	if (random_below(&chance, 8) == 0) {
		call_discard(&before, expected, payload_bytes, is_timed);
		return;
	}
	result = pst_ring_read(consumer, buffer, buffer_bytes, &byte_count);
	expect_equal(result, expected);
	expect_equal(byte_count, payload_bytes);
	if (result == 0) {
		expect(memcmp(buffer, data_at(before.consumed_pos) +
				      (is_timed ? 16 : 8), byte_count) == 0);
		expect(consumer->consumed_pos - before.consumed_pos ==
		       oracle_of_record_bytes(payload_bytes, is_timed));
		expect(word_at(&pair.consumer_words->consumed_pos) ==
		       consumer->consumed_pos);
		expect(pst_ring_take_time(consumer, &time_ns) == is_timed);
		expect(!is_timed || time_ns == stamp_ns);
		expect(!pst_ring_take_time(consumer, &time_ns));
		counts->read++;
		counts->timed += is_timed;
	} else if (result == -ESHUTDOWN) {
		counts->ends++;
	} else {
		expect(consumer->consumed_pos == before.consumed_pos);
		expect(!pst_ring_take_time(consumer, &time_ns));
		counts->refused++;
		counts->faults += result == -EBADMSG;
	}
}

static int write_either(uint32_t payload_bytes, bool is_timed)
{
	const uint8_t *payload = buffer_of(payload_bytes);

	if (is_timed)
		return pst_ring_write_timed(producer, payload, payload_bytes,
					    random_u64(&chance));
	return pst_ring_write(producer, payload, payload_bytes);
}

static void call_write(struct counts *counts)
{
	struct pst_ring_producer before = *producer;
	uint32_t payload_bytes = random_below(&chance, MESSAGE_BYTES + 2);
	bool is_written = random_below(&chance, 2) == 0;
	bool is_timed = random_below(&chance, 3) == 0;
	void *payload = &chance;
	uint64_t moved_bytes;
	int expected, result;

	expected = oracle_of_write(&before, payload_bytes, is_timed);
	if (is_written) {
		result = write_either(payload_bytes, is_timed);
	} else {
		result = is_timed ?
			pst_ring_reserve_timed(producer, payload_bytes,
					       &payload) :
			pst_ring_reserve(producer, payload_bytes, &payload);
		expect((result == 0) == (payload != &chance));
	}
	expect_equal(result, expected);
	if (!is_written && result == 0) {
		memset(payload, 0x5a, payload_bytes);
		result = is_timed ?
			pst_ring_commit_timed(producer, payload_bytes, 1) :
			pst_ring_commit(producer, payload_bytes);
		expect_equal(result, 0);
	}
	if (result == 0) {
		moved_bytes = producer->produced_pos - before.produced_pos;
		expect(moved_bytes ==
			       oracle_of_record_bytes(payload_bytes, false) ||
		       (is_timed && moved_bytes ==
			       oracle_of_record_bytes(payload_bytes, true)));
		expect(word_at(&pair.producer_words->produced_pos) ==
		       producer->produced_pos);
		counts->read++;
	} else {
		expect(producer->produced_pos == before.produced_pos);
		counts->refused++;
		counts->faults += result == -EBADMSG;
	}
}

static void call_others(void)
{
	uint32_t armed;

	switch (random_below(&chance, 16)) {
	case 0:
		(void)pst_ring_has_message(consumer); /* sanity is the test */
		break;
	case 1:
		(void)pst_ring_has_space(producer, 100); /* likewise */
		break;
	case 2:
		(void)pst_ring_is_consumed(producer); /* likewise */
		break;
	case 3:
		armed = pst_ring_consumer_to_wake(producer);
		expect(armed == 0 || armed % 2 == 1);
		pst_ring_consumer_notified(producer, armed);
		break;
	case 4:
		armed = pst_ring_producer_to_wake(consumer);
		expect(armed == 0 || armed % 2 == 1);
		pst_ring_producer_notified(consumer, armed);
		break;
	case 5:
		if (random_below(&chance, 16) == 0)
			(void)pst_ring_freeze(consumer); /* likewise */
		break;
	default:
		break;
	}
}

/*
 * Producer and consumer on the two ends of one segment, each with a hostile
 * peer; a few valid records are in between.
 */
static void set_up_rings(void)
{
	uint64_t start_pos = random_u64(&chance);
	uint32_t records = random_below(&chance, 4);

	if (random_below(&chance, 2) == 0)
		start_pos = UINT64_MAX - random_below(&chance, 2 * DATA_BYTES);
	ring_pair_start_at(&pair, start_pos & ~UINT64_C(7));
	while (records-- > 0)
		(void)pst_ring_write(producer, buffer_of(100), 100); /* fits */
}

static uint64_t corruption_count(void)
{
	const char *text = getenv("POSTERN_TEST_CORRUPTIONS");

	return text != NULL ? strtoull(text, NULL, 10) : CORRUPTIONS_DEFAULT;
}

START_TEST(no_corruption_is_believed)
{
	uint64_t left_count = corruption_count();
	struct counts counts = { 0 };
	struct random scenes = { 1 };

	while (left_count > 0) {
		unsigned int i;

		chance.state = random_u64(&scenes);
		set_up_rings();
		for (i = 0; i < CORRUPTIONS_PER_SCENE && left_count > 0; i++) {
			corrupt(&pair, &chance);
			call_read(&counts);
			call_write(&counts);
			call_others();
			assert_sane();
			left_count--;
		}
	}

	/* Many corruptions passed the first check. */
	ck_assert_uint_gt(counts.read, corruption_count() / 20);
	ck_assert_uint_gt(counts.faults, corruption_count() / 20);
	ck_assert_uint_gt(counts.ends, corruption_count() / 1000);
	ck_assert_uint_gt(counts.timed, corruption_count() / 1000);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown,
			 .timeout_s = 600);
}
