/* SPDX-License-Identifier: ISC */
/*
 * A peer that writes anything anywhere, into a ring of sealed records
 *
 * As in test_ring_hostile.c: for any bytes, an oracle knows the result of each
 * call and the content of private memory.  The private record ends at guard
 * pages.  Nothing is sealed here: every record is treated as opened.
 *
 * POSTERN_TEST_CORRUPTIONS sets their number; they are the same in every run.
 */
#include "ring/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring/ring_sealed.h"
#include "support/expect.h"
#include "support/ring_corruption.h"
#include "support/test_case.h"

#define DATA_BYTES RING_CORRUPTION_DATA_BYTES
#define MESSAGE_BYTES RING_CORRUPTION_MESSAGE_BYTES
#define TAG_BYTES 16u
#define RECORD_BYTES_MAX (8 + 8 + MESSAGE_BYTES + TAG_BYTES)
#define CORRUPTIONS_DEFAULT 5000000u
#define CORRUPTIONS_PER_SCENE 24u

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;
static struct pst_ring_consumer *consumer = &pair.consumer;
static struct mirror scratch;
static struct random chance;
static uint8_t *record;

struct counts {
	uint64_t read, timed, faults, padding, ends, written;
};

static void setup(void)
{
	pair.tag_bytes = TAG_BYTES;
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
	mirror_init(&scratch, DATA_BYTES);
	record = scratch.data + 2 * DATA_BYTES - RECORD_BYTES_MAX;
}

static void teardown(void)
{
	mirror_done(&scratch);
	ring_pair_done(&pair);
}

static const uint8_t *data_at(uint64_t pos)
{
	return pair.producer_segment.data + pos % DATA_BYTES;
}

/* The oracle */

/* The next record, or the result of the call without one. */
struct answer {
	int result;
	uint32_t payload_bytes, head_bytes, record_bytes;
	bool is_end;
	enum pst_ring_fault fault;
};

static bool is_padding_zero(const uint8_t *shared, uint32_t used_bytes,
			    uint32_t record_bytes)
{
	for (; used_bytes < record_bytes; used_bytes++)
		if (shared[used_bytes] != 0)
			return false;
	return true;
}

static struct answer fault_answer(enum pst_ring_fault fault)
{
	return (struct answer) {.result = -EBADMSG, .fault = fault};
}

static struct answer oracle_of_record(const uint8_t *shared,
				      uint64_t there_bytes,
				      size_t buffer_bytes)
{
	struct answer answer = {.head_bytes = 8};
	uint64_t record_bytes;

	memcpy(&answer.payload_bytes, shared, 4);
	answer.is_end = shared[4] == 2;
	if ((shared[4] != 1 && shared[4] != 2) || shared[6] || shared[7] ||
	    (shared[5] != 0 && (shared[5] != 2 || answer.is_end)))
		return fault_answer(PST_RING_FAULT_RECORD_KIND);
	answer.head_bytes += shared[5] == 2 ? 8 : 0;
	record_bytes = answer.head_bytes + TAG_BYTES +
		       (answer.payload_bytes + UINT64_C(7)) / 8 * 8;
	if (answer.payload_bytes > (answer.is_end ? 0 : MESSAGE_BYTES) ||
	    record_bytes > there_bytes)
		return fault_answer(PST_RING_FAULT_RECORD_LENGTH);
	answer.record_bytes = (uint32_t)record_bytes;
	if (answer.payload_bytes > buffer_bytes)
		answer.result = -EMSGSIZE;
	else if (!is_padding_zero(shared, answer.head_bytes + TAG_BYTES +
					  answer.payload_bytes,
				  answer.record_bytes))
		return fault_answer(PST_RING_FAULT_PADDING);
	return answer;
}

static struct answer oracle_of_peek(size_t buffer_bytes)
{
	uint64_t there_bytes = consumer->produced_pos - consumer->consumed_pos;
	uint64_t end_pos;

	if (consumer->blocked_error != 0)
		return (struct answer){.result = consumer->blocked_error,
				       .fault = consumer->fault};
	if (there_bytes == 0) {
		end_pos = pst_shared_observe_u64(
			&pair.producer_words->produced_pos);
		there_bytes = end_pos - consumer->consumed_pos;
		if (there_bytes > DATA_BYTES)
			return fault_answer(PST_RING_FAULT_OUT_OF_RANGE);
		if (there_bytes % 8 != 0)
			return fault_answer(PST_RING_FAULT_MISALIGNED);
	}
	if (there_bytes == 0)
		return (struct answer) {.result = -EAGAIN};
	return oracle_of_record(data_at(consumer->consumed_pos), there_bytes,
				buffer_bytes);
}

/* Calls */

static void call_release(const struct answer *expected,
			 const struct pst_ring_record *form,
			 struct counts *counts)
{
	uint64_t before_pos = consumer->consumed_pos, time_ns, stamp_ns = 0;
	uint64_t dropped_count = consumer->dropped_count;
	bool is_dropped = random_below(&chance, 8) == 0;
	bool is_timed = expected->head_bytes == 16;
	int result;

	if (is_timed)
		memcpy(&stamp_ns, record + 8, 8);
	result = is_dropped ? pst_ring_discard_sealed(consumer, form)
			    : pst_ring_release_sealed(consumer, record, form);
	expect_equal(result, expected->is_end ? -ESHUTDOWN : 0);
	expect(consumer->consumed_pos - before_pos == expected->record_bytes);
	expect(consumer->dropped_count - dropped_count ==
	       (is_dropped && !expected->is_end));
	expect(pst_ring_take_time(consumer, &time_ns) ==
	       (is_timed && !is_dropped));
	expect(!is_timed || is_dropped || time_ns == stamp_ns);
	counts->read++;
	counts->timed += is_timed;
	counts->ends += expected->is_end;
}

static void call_peek(struct counts *counts)
{
	size_t buffer_bytes = random_below(&chance, MESSAGE_BYTES + 100);
	struct answer expected = oracle_of_peek(buffer_bytes);
	struct pst_ring_record form = {.payload_bytes = 12345};
	uint64_t before_pos = consumer->consumed_pos;

	expect_equal(pst_ring_peek_sealed(consumer, record, buffer_bytes,
					  &form), expected.result);
	expect_equal(consumer->fault, expected.fault);
	expect(consumer->consumed_pos == before_pos);
	counts->faults += expected.result == -EBADMSG;
	counts->padding += expected.fault == PST_RING_FAULT_PADDING;
	if (expected.result != 0 && expected.result != -EMSGSIZE) {
		expect_equal(form.payload_bytes, 12345);
		return;
	}
	expect_equal(form.payload_bytes, expected.payload_bytes);
	expect_equal(form.head_bytes, expected.head_bytes);
	expect_equal(form.is_end, expected.is_end);
	if (expected.result != 0)
		return;
	expect(memcmp(record, data_at(before_pos), expected.record_bytes) == 0);
	if (random_below(&chance, 4) != 0)
		call_release(&expected, &form, counts);
}

/* test_ring_hostile.c tests the consumer's position. */
static void call_write(struct counts *counts)
{
	uint32_t payload_bytes = random_below(&chance, MESSAGE_BYTES + 2);
	uint64_t before_pos = producer->produced_pos, moved_bytes;
	struct pst_ring_record form;
	uint32_t head_bytes = 0;

	if (pst_ring_reserve_sealed(producer, payload_bytes,
				    random_below(&chance, 3) == 0,
				    &head_bytes) < 0) {
		expect(producer->produced_pos == before_pos);
		return;
	}
	expect_equal(pst_ring_create_head(producer, payload_bytes, 1, record,
					  &form), 0);
	expect_equal(form.head_bytes, head_bytes);
	pst_ring_write_sealed(producer, record, &form);
	moved_bytes = producer->produced_pos - before_pos;
	expect(moved_bytes == head_bytes + TAG_BYTES +
			      (payload_bytes + UINT64_C(7)) / 8 * 8);
	expect(memcmp(record, data_at(before_pos), moved_bytes) == 0);
	counts->written++;
}

static void assert_sane(void)
{
	expect(producer->produced_pos - producer->consumed_pos <= DATA_BYTES);
	expect(consumer->produced_pos - consumer->consumed_pos <= DATA_BYTES);
	expect((consumer->blocked_error == -EBADMSG) ==
	       (consumer->fault != PST_RING_FAULT_NONE));
}

static void set_up_rings(struct counts *counts)
{
	uint64_t start_pos = random_u64(&chance);
	uint32_t records = random_below(&chance, 4);

	if (random_below(&chance, 2) == 0)
		start_pos = UINT64_MAX - random_below(&chance, 2 * DATA_BYTES);
	ring_pair_start_at(&pair, start_pos & ~UINT64_C(7));
	memset(pair.producer_segment.data, 0, DATA_BYTES);
	while (records-- > 0)
		call_write(counts);
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
		set_up_rings(&counts);
		for (i = 0; i < CORRUPTIONS_PER_SCENE && left_count > 0; i++) {
			corrupt(&pair, &chance);
			call_peek(&counts);
			call_write(&counts);
			assert_sane();
			left_count--;
		}
	}

	/* Many corruptions passed the first check. */
	ck_assert_uint_gt(counts.read, corruption_count() / 50);
	ck_assert_uint_gt(counts.faults, corruption_count() / 20);
	ck_assert_uint_gt(counts.padding, corruption_count() / 1000);
	ck_assert_uint_gt(counts.ends, corruption_count() / 2000);
	ck_assert_uint_gt(counts.timed, corruption_count() / 1000);
	ck_assert_uint_gt(counts.written, corruption_count() / 20);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown,
			 .timeout_s = 600);
}
