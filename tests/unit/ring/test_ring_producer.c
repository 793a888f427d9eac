/* SPDX-License-Identifier: ISC */
/*
 * Producing into a ring whose consumer is the test
 *
 * Every test runs from several starting positions, the last ones just below
 * 2^64 and just before the end of the data area.
 */
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u
#define MESSAGE_BYTES 1000u

static const uint64_t starts[] = {
	0, 8, DATA_BYTES - 8, 3 * DATA_BYTES - 16, UINT64_MAX - 7,
	UINT64_MAX - 1031, UINT64_MAX - DATA_BYTES + 1,
};

#define START_COUNT ((int)(sizeof(starts) / sizeof(starts[0])))

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static uint64_t published_pos(void)
{
	return pst_shared_observe_u64(&pair.producer_words->produced_pos);
}

/* Publish a position as the peer, the consumer. */
static void set_consumed(uint64_t consumed_pos)
{
	pst_shared_publish_u64(&pair.consumer_words->consumed_pos,
			       consumed_pos);
}

static const uint8_t *data_at(uint64_t pos)
{
	return pair.producer_segment.data + pos % DATA_BYTES;
}

static struct pst_record_header header_at(uint64_t pos)
{
	struct pst_record_header header;

	memcpy(&header, data_at(pos), sizeof(header));
	return header;
}

/* 100 bytes of payload make a record of 112. */
static const uint8_t payload[MESSAGE_BYTES] = { 1, 2, 3 };

static unsigned int fill_with_112(void)
{
	unsigned int record_count = 0;

	while (pst_ring_write(producer, payload, 100) == 0)
		record_count++;
	return record_count;
}

START_TEST(write_publishes_a_header_the_payload_and_zeros,
	   .loop_end = START_COUNT)
{
	uint64_t start_pos = starts[_i];
	static const uint8_t zeros[8];

	memset(pair.producer_segment.data, 0xaa, DATA_BYTES);
	ring_pair_start_at(&pair, start_pos);
	ck_assert_int_eq(pst_ring_write(producer, "eleven byte", 11), 0);

	ck_assert_uint_eq(published_pos(), start_pos + 24);
	ck_assert_uint_eq(header_at(start_pos).payload_bytes, 11);
	ck_assert_uint_eq(header_at(start_pos).kind, PST_RECORD_DATA);
	ck_assert_uint_eq(header_at(start_pos).flags, 0);
	ck_assert_uint_eq(header_at(start_pos).reserved, 0);
	ck_assert_mem_eq(data_at(start_pos + 8), "eleven byte", 11);
	ck_assert_mem_eq(data_at(start_pos + 8) + 11, zeros, 5);
	ck_assert_uint_eq(*data_at(start_pos + 24), 0xaa);
}
END_TEST

START_TEST(write_takes_an_empty_message, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_write(producer, NULL, 0), 0);
	ck_assert_uint_eq(published_pos(), starts[_i] + 8);
	ck_assert_uint_eq(header_at(starts[_i]).payload_bytes, 0);
	ck_assert_uint_eq(header_at(starts[_i]).kind, PST_RECORD_DATA);
}
END_TEST

START_TEST(write_refuses_more_than_the_message_limit, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_write(producer, payload, MESSAGE_BYTES), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload, MESSAGE_BYTES + 1),
			 -EMSGSIZE);
	ck_assert_int_eq(pst_ring_write(producer, payload, UINT32_MAX),
			 -EMSGSIZE);
}
END_TEST

START_TEST(write_refuses_when_ring_is_full_and_changes_nothing,
	   .loop_end = START_COUNT)
{
	uint64_t full_pos;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_uint_eq(fill_with_112(), DATA_BYTES / 112);
	full_pos = published_pos();
	ck_assert_int_eq(pst_ring_write(producer, payload, 100), -EAGAIN);
	ck_assert_uint_eq(published_pos(), full_pos);

	set_consumed(starts[_i] + 112);
	ck_assert_int_eq(pst_ring_write(producer, payload, 100), 0);
	ck_assert_uint_eq(published_pos(), full_pos + 112);
}
END_TEST

START_TEST(ring_is_filled_to_the_last_byte, .loop_end = START_COUNT)
{
	unsigned int i;

	ring_pair_start_at(&pair, starts[_i]);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pst_ring_write(producer, payload,
						MESSAGE_BYTES), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload,
					DATA_BYTES - 4 * 1008 - 8), 0);
	ck_assert_uint_eq(published_pos(), starts[_i] + DATA_BYTES);
	ck_assert_int_eq(pst_ring_write(producer, NULL, 0), -EAGAIN);
	ck_assert_int_eq(pst_ring_has_space(producer, 0), -EAGAIN);
}
END_TEST

START_TEST(reserve_gives_memory_and_publishes_nothing, .loop_end = START_COUNT)
{
	void *reserved = NULL;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	ck_assert_ptr_eq(reserved, data_at(starts[_i]) + 8);
	memset(reserved, 0x55, 100);
	ck_assert_uint_eq(published_pos(), starts[_i]);
}
END_TEST

START_TEST(reserve_refuses_when_ring_is_full, .loop_end = START_COUNT)
{
	void *reserved = &pair;

	ring_pair_start_at(&pair, starts[_i]);
	fill_with_112();
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), -EAGAIN);
	ck_assert_int_eq(pst_ring_reserve(producer, MESSAGE_BYTES + 1,
					  &reserved), -EMSGSIZE);
	ck_assert_ptr_eq(reserved, &pair);
}
END_TEST

START_TEST(one_reservation_at_a_time, .loop_end = START_COUNT)
{
	void *reserved, *second = &pair;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	ck_assert_int_eq(pst_ring_reserve(producer, 8, &second), -EBUSY);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), -EBUSY);
	ck_assert_ptr_eq(second, &pair);
	ck_assert_uint_eq(published_pos(), starts[_i]);
	ck_assert_int_eq(pst_ring_commit(producer, 100), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), 0);
}
END_TEST

START_TEST(commit_may_shorten_and_zeroes_the_padding, .loop_end = START_COUNT)
{
	static const uint8_t zeros[8];
	void *reserved;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	memset(reserved, 0x55, 100);
	ck_assert_int_eq(pst_ring_commit(producer, 9), 0);
	ck_assert_uint_eq(published_pos(), starts[_i] + 24);
	ck_assert_uint_eq(header_at(starts[_i]).payload_bytes, 9);
	ck_assert_uint_eq(data_at(starts[_i] + 8)[8], 0x55);
	ck_assert_mem_eq(data_at(starts[_i] + 8) + 9, zeros, 7);
}
END_TEST

START_TEST(commit_of_more_than_reserved_keeps_the_reservation,
	   .loop_end = START_COUNT)
{
	void *reserved;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	ck_assert_int_eq(pst_ring_commit(producer, 101), -EINVAL);
	ck_assert_uint_eq(published_pos(), starts[_i]);
	ck_assert_int_eq(pst_ring_commit(producer, 100), 0);
}
END_TEST

START_TEST(commit_and_abort_need_a_reservation, .loop_end = START_COUNT)
{
	void *reserved;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_commit(producer, 0), -EINVAL);
	ck_assert_int_eq(pst_ring_abort(producer), -EINVAL);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	ck_assert_int_eq(pst_ring_abort(producer), 0);
	ck_assert_int_eq(pst_ring_commit(producer, 0), -EINVAL);
	ck_assert_uint_eq(published_pos(), starts[_i]);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
}
END_TEST

START_TEST(finish_writes_an_end_record_once, .loop_end = START_COUNT)
{
	void *reserved;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), 0);
	ck_assert_int_eq(pst_ring_finish(producer), 0);
	ck_assert_uint_eq(published_pos(), starts[_i] + 24);
	ck_assert_uint_eq(header_at(starts[_i] + 16).kind, PST_RECORD_END);
	ck_assert_uint_eq(header_at(starts[_i] + 16).payload_bytes, 0);

	ck_assert_int_eq(pst_ring_finish(producer), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), -ESHUTDOWN);
	ck_assert_int_eq(pst_ring_reserve(producer, 8, &reserved), -ESHUTDOWN);
	ck_assert_int_eq(pst_ring_commit(producer, 0), -EINVAL);
	ck_assert_uint_eq(published_pos(), starts[_i] + 24);
}
END_TEST

START_TEST(finish_drops_an_open_reservation, .loop_end = START_COUNT)
{
	void *reserved;

	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	ck_assert_int_eq(pst_ring_finish(producer), 0);
	ck_assert_uint_eq(header_at(starts[_i]).kind, PST_RECORD_END);
	ck_assert_int_eq(pst_ring_commit(producer, 100), -EINVAL);
}
END_TEST

START_TEST(finish_without_space_changes_nothing, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	while (pst_ring_write(producer, NULL, 0) == 0)
		;
	ck_assert_int_eq(pst_ring_finish(producer), -EAGAIN);
	set_consumed(starts[_i] + 8);
	ck_assert_int_eq(pst_ring_write(producer, NULL, 0), 0);
}
END_TEST

START_TEST(is_consumed_refreshes, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_is_consumed(producer), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload, 100), 0);
	ck_assert_int_eq(pst_ring_is_consumed(producer), -EAGAIN);
	set_consumed(starts[_i] + 112);
	ck_assert_int_eq(pst_ring_is_consumed(producer), 0);
}
END_TEST

START_TEST(has_space_refreshes, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_has_space(producer, MESSAGE_BYTES), 0);
	ck_assert_int_eq(pst_ring_has_space(producer, MESSAGE_BYTES + 1),
			 -EMSGSIZE);
	fill_with_112();
	ck_assert_int_eq(pst_ring_has_space(producer, 100), -EAGAIN);
	set_consumed(starts[_i] + 112);
	ck_assert_int_eq(pst_ring_has_space(producer, 100), 0);
	ck_assert_int_eq(pst_ring_has_space(producer, 500), -EAGAIN);
}
END_TEST

START_TEST(producer_never_believes_its_own_words, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), 0);
	memset(pair.producer_words, 0xee, sizeof(*pair.producer_words));
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), 0);
	ck_assert_uint_eq(published_pos(), starts[_i] + 32);
	ck_assert_uint_eq(header_at(starts[_i] + 16).payload_bytes, 8);
	ck_assert_int_eq(pst_ring_has_space(producer, 8), 0);
}
END_TEST

/* False positions: 3 records of 112 were written, the first is acknowledged. */
struct lie {
	int64_t consumed_offset; /* from the start */
	enum pst_ring_fault fault;
};

static const struct lie lies[] = {
	{ 344, PST_RING_FAULT_OUT_OF_RANGE },         /* not written yet */
	{ 337, PST_RING_FAULT_OUT_OF_RANGE },
	{ 104, PST_RING_FAULT_OUT_OF_RANGE },         /* moved back */
	{ 0, PST_RING_FAULT_OUT_OF_RANGE },
	{ -8, PST_RING_FAULT_OUT_OF_RANGE },
	{ 336 + DATA_BYTES, PST_RING_FAULT_OUT_OF_RANGE },
	{ INT64_MAX, PST_RING_FAULT_OUT_OF_RANGE },
	{ INT64_MIN, PST_RING_FAULT_OUT_OF_RANGE },
	{ 113, PST_RING_FAULT_MISALIGNED },
	{ 335, PST_RING_FAULT_MISALIGNED },
	{ 116, PST_RING_FAULT_MISALIGNED },
};

#define LIE_COUNT ((int)(sizeof(lies) / sizeof(lies[0])))

static uint64_t prepare_lie(int i)
{
	uint64_t start_pos = starts[i / LIE_COUNT];

	ring_pair_start_at(&pair, start_pos);
	ck_assert_int_eq(pst_ring_write(producer, payload, 100), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload, 100), 0);
	ck_assert_int_eq(pst_ring_write(producer, payload, 100), 0);
	set_consumed(start_pos + 112);
	ck_assert_int_eq(pst_ring_is_consumed(producer), -EAGAIN);
	return start_pos;
}

static void assert_poisoned(enum pst_ring_fault fault, uint64_t honest_pos)
{
	void *reserved = &pair;
	uint64_t produced_pos = published_pos();

	ck_assert_int_eq(producer->fault, fault);
	set_consumed(honest_pos);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), -EBADMSG);
	ck_assert_int_eq(pst_ring_reserve(producer, 8, &reserved), -EBADMSG);
	ck_assert_int_eq(pst_ring_commit(producer, 8), -EBADMSG);
	ck_assert_int_eq(pst_ring_abort(producer), -EBADMSG);
	ck_assert_int_eq(pst_ring_finish(producer), -EBADMSG);
	ck_assert_int_eq(pst_ring_is_consumed(producer), -EBADMSG);
	ck_assert_int_eq(pst_ring_has_space(producer, 8), -EBADMSG);
	ck_assert_ptr_eq(reserved, &pair);
	ck_assert_uint_eq(published_pos(), produced_pos);
}

START_TEST(lying_consumer_poisons_is_consumed,
	   .loop_end = START_COUNT * LIE_COUNT)
{
	const struct lie *lie = &lies[_i % LIE_COUNT];
	uint64_t start_pos = prepare_lie(_i);

	set_consumed(start_pos + (uint64_t)lie->consumed_offset);
	ck_assert_int_eq(pst_ring_is_consumed(producer), -EBADMSG);
	assert_poisoned(lie->fault, start_pos + 112);
}
END_TEST

START_TEST(false_position_poisons_has_space,
	   .loop_end = START_COUNT * LIE_COUNT)
{
	const struct lie *lie = &lies[_i % LIE_COUNT];
	uint64_t start_pos = prepare_lie(_i);

	set_consumed(start_pos + (uint64_t)lie->consumed_offset);
	ck_assert_int_eq(pst_ring_has_space(producer, 0), -EBADMSG);
	assert_poisoned(lie->fault, start_pos + 112);
}
END_TEST

START_TEST(false_position_poisons_a_write_that_needs_space,
	   .loop_end = START_COUNT * LIE_COUNT)
{
	const struct lie *lie = &lies[_i % LIE_COUNT];
	uint64_t start_pos = prepare_lie(_i);
	uint64_t free_bytes = DATA_BYTES - 224;

	/* While there appears to be space, no false position is detected. */
	set_consumed(start_pos + (uint64_t)lie->consumed_offset);
	for (; free_bytes >= 16; free_bytes -= 16)
		ck_assert_int_eq(pst_ring_write(producer, payload, 8), 0);
	/* The positions that were "not written yet" are valid by now. */
	if (lie->consumed_offset > 336 && lie->consumed_offset < DATA_BYTES)
		set_consumed(start_pos + DATA_BYTES + 112 + 8);
	ck_assert_int_eq(pst_ring_write(producer, payload, 8), -EBADMSG);
	if (lie->fault == PST_RING_FAULT_OUT_OF_RANGE)
		ck_assert_int_eq(producer->fault, PST_RING_FAULT_OUT_OF_RANGE);
	assert_poisoned(producer->fault, start_pos + 112);
}
END_TEST

START_TEST(poison_during_a_reservation_refuses_the_commit,
	   .loop_end = START_COUNT)
{
	uint64_t start_pos = prepare_lie(_i * LIE_COUNT);
	uint64_t produced_pos = published_pos();
	void *reserved;

	ck_assert_int_eq(pst_ring_reserve(producer, 100, &reserved), 0);
	set_consumed(start_pos);
	ck_assert_int_eq(pst_ring_is_consumed(producer), -EBADMSG);
	ck_assert_int_eq(pst_ring_commit(producer, 100), -EBADMSG);
	ck_assert_uint_eq(published_pos(), produced_pos);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
