/* SPDX-License-Identifier: ISC */
/*
 * Consuming from a ring whose producer is the test
 *
 * The test writes records itself, so that they can be wrong.  Every test runs
 * from several starting positions, the last ones just below 2^64 and just
 * before the end of the data area.
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
static struct pst_ring_consumer *consumer = &pair.consumer;

/* Must not change when nothing was read. */
static uint8_t buffer[MESSAGE_BYTES];
static size_t byte_count;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
	memset(buffer, 0xaa, sizeof(buffer));
	byte_count = 77;
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static uint64_t consumed_pos(void)
{
	return pst_shared_observe_u64(&pair.consumer_words->consumed_pos);
}

/* Publish a position as the peer, the producer. */
static void set_produced(uint64_t produced_pos)
{
	pst_shared_publish_u64(&pair.producer_words->produced_pos,
			       produced_pos);
}

static void put_header(uint64_t pos, struct pst_record_header header)
{
	memcpy(pair.producer_segment.data + pos % DATA_BYTES, &header,
	       sizeof(header));
}

/* A valid record; returns the position behind it. */
static uint64_t put_record(uint64_t pos, const void *payload,
			   uint32_t payload_bytes)
{
	put_header(pos, (struct pst_record_header) {
		.payload_bytes = payload_bytes,
		.kind = PST_RECORD_DATA,
	});
	memcpy(pair.producer_segment.data + pos % DATA_BYTES + 8, payload,
	       payload_bytes);
	return pos + pst_record_bytes(payload_bytes);
}

static int read_message(void)
{
	return pst_ring_read(consumer, buffer, sizeof(buffer), &byte_count);
}

static void assert_outputs_untouched(void)
{
	static uint8_t untouched[sizeof(buffer)];

	memset(untouched, 0xaa, sizeof(untouched));
	ck_assert_uint_eq(byte_count, 77);
	ck_assert(memcmp(buffer, untouched, sizeof(buffer)) == 0);
}

START_TEST(read_of_an_empty_ring_finds_nothing, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	ck_assert_int_eq(read_message(), -EAGAIN);
	ck_assert_int_eq(pst_ring_has_message(consumer), -EAGAIN);
	assert_outputs_untouched();
	ck_assert_uint_eq(consumed_pos(), starts[_i]);
}
END_TEST

START_TEST(read_copies_the_payload_and_releases_its_space,
	   .loop_end = START_COUNT)
{
	uint64_t end_pos;

	ring_pair_start_at(&pair, starts[_i]);
	end_pos = put_record(starts[_i], "eleven byte", 11);
	set_produced(end_pos);
	ck_assert_int_eq(pst_ring_has_message(consumer), 0);
	ck_assert_uint_eq(consumed_pos(), starts[_i]);

	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(byte_count, 11);
	ck_assert_mem_eq(buffer, "eleven byte", 11);
	ck_assert_uint_eq(buffer[11], 0xaa);
	ck_assert_uint_eq(consumed_pos(), end_pos);
	ck_assert_uint_eq(pst_ring_peer_produced(consumer), end_pos);
}
END_TEST

START_TEST(read_publishes_its_position_before_each_return,
	   .loop_end = START_COUNT)
{
	uint64_t first_pos, second_pos;

	ring_pair_start_at(&pair, starts[_i]);
	first_pos = put_record(starts[_i], "a", 1);
	second_pos = put_record(first_pos, "b", 1);
	set_produced(second_pos);
	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(consumed_pos(), first_pos);
	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(consumed_pos(), second_pos);
	ck_assert_int_eq(read_message(), -EAGAIN);
}
END_TEST

START_TEST(read_delivers_an_empty_message, .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	set_produced(put_record(starts[_i], "", 0));
	ck_assert_int_eq(pst_ring_read(consumer, NULL, 0, &byte_count), 0);
	ck_assert_uint_eq(byte_count, 0);
	ck_assert_uint_eq(consumed_pos(), starts[_i] + 8);
}
END_TEST

START_TEST(read_into_too_small_a_buffer_keeps_the_message,
	   .loop_end = START_COUNT)
{
	ring_pair_start_at(&pair, starts[_i]);
	set_produced(put_record(starts[_i], "eleven byte", 11));
	ck_assert_int_eq(pst_ring_read(consumer, buffer, 10, &byte_count),
			 -EMSGSIZE);
	ck_assert_uint_eq(byte_count, 11);
	ck_assert_uint_eq(buffer[0], 0xaa);
	ck_assert_uint_eq(consumed_pos(), starts[_i]);

	ck_assert_int_eq(pst_ring_read(consumer, buffer, 11, &byte_count), 0);
	ck_assert_mem_eq(buffer, "eleven byte", 11);
}
END_TEST

START_TEST(full_ring_is_read_to_the_last_byte, .loop_end = START_COUNT)
{
	uint64_t pos = starts[_i];
	static const uint8_t payload[MESSAGE_BYTES];
	int i;

	ring_pair_start_at(&pair, starts[_i]);
	for (i = 0; i < 4; i++)
		pos = put_record(pos, payload, MESSAGE_BYTES);
	pos = put_record(pos, payload, DATA_BYTES - 4 * 1008 - 8);
	ck_assert_uint_eq(pos, starts[_i] + DATA_BYTES);
	set_produced(pos);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(read_message(), 0);
	ck_assert_int_eq(read_message(), -EAGAIN);
	ck_assert_uint_eq(consumed_pos(), pos);
}
END_TEST

START_TEST(end_record_is_an_orderly_end_for_good, .loop_end = START_COUNT)
{
	uint64_t pos;

	ring_pair_start_at(&pair, starts[_i]);
	pos = put_record(starts[_i], "last", 4);
	put_header(pos, (struct pst_record_header) { .kind = PST_RECORD_END });
	set_produced(pos + 8);
	ck_assert_int_eq(read_message(), 0);
	ck_assert_int_eq(pst_ring_has_message(consumer), 0);
	ck_assert_int_eq(read_message(), -ESHUTDOWN);
	ck_assert_uint_eq(byte_count, 4);
	ck_assert_uint_eq(consumed_pos(), pos + 8);

	/* Nothing behind it is read. */
	set_produced(put_record(pos + 8, "more", 4));
	ck_assert_int_eq(read_message(), -ESHUTDOWN);
	ck_assert_int_eq(pst_ring_has_message(consumer), -ESHUTDOWN);
	ck_assert_int_eq(pst_ring_freeze(consumer), -ESHUTDOWN);
	ck_assert_uint_eq(consumed_pos(), pos + 8);
	ck_assert_int_eq(consumer->fault, PST_RING_FAULT_NONE);
}
END_TEST

START_TEST(frozen_ring_is_drained_and_never_grows, .loop_end = START_COUNT)
{
	uint64_t pos;

	ring_pair_start_at(&pair, starts[_i]);
	pos = put_record(starts[_i], "a", 1);
	set_produced(pos);
	ck_assert_int_eq(pst_ring_freeze(consumer), 0);
	set_produced(put_record(pos, "b", 1));
	ck_assert_int_eq(read_message(), 0);
	ck_assert_int_eq(read_message(), -EAGAIN);
	ck_assert_int_eq(pst_ring_has_message(consumer), -EAGAIN);

	/* Not even a false position is detected any more. */
	set_produced(starts[_i] + 3);
	ck_assert_int_eq(read_message(), -EAGAIN);
}
END_TEST

START_TEST(consumer_never_believes_its_own_words, .loop_end = START_COUNT)
{
	uint64_t pos;

	ring_pair_start_at(&pair, starts[_i]);
	pos = put_record(starts[_i], "a", 1);
	set_produced(put_record(pos, "b", 1));
	ck_assert_int_eq(read_message(), 0);
	memset(pair.consumer_words, 0xee, sizeof(*pair.consumer_words));
	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(buffer[0], 'b');
	ck_assert_uint_eq(consumed_pos(), pos + 16);
}
END_TEST

/* Two records of 16 were published and the first was read, from start_pos. */
static void prepare_lie(uint64_t start_pos)
{
	uint64_t pos;

	ring_pair_start_at(&pair, start_pos);
	pos = put_record(start_pos, "first", 5);
	set_produced(put_record(pos, "second", 6));
	ck_assert_int_eq(read_message(), 0);
	memset(buffer, 0xaa, sizeof(buffer));
	byte_count = 77;
}

static void assert_poisoned(enum pst_ring_fault fault, uint64_t honest_pos)
{
	uint64_t own_pos = consumed_pos();

	ck_assert_int_eq(consumer->fault, fault);
	set_produced(honest_pos);
	ck_assert_int_eq(read_message(), -EBADMSG);
	ck_assert_int_eq(pst_ring_has_message(consumer), -EBADMSG);
	ck_assert_int_eq(pst_ring_freeze(consumer), -EBADMSG);
	ck_assert_uint_eq(consumed_pos(), own_pos);
	assert_outputs_untouched();
}

struct position_lie {
	int64_t produced_offset; /* from the start */
	enum pst_ring_fault fault;
};

static const struct position_lie position_lies[] = {
	{ 40 + DATA_BYTES, PST_RING_FAULT_OUT_OF_RANGE },  /* more than fits */
	{ 33 + DATA_BYTES, PST_RING_FAULT_OUT_OF_RANGE },
	{ 24, PST_RING_FAULT_OUT_OF_RANGE },               /* moved back */
	{ 0, PST_RING_FAULT_OUT_OF_RANGE },
	{ -8, PST_RING_FAULT_OUT_OF_RANGE },
	{ -(int64_t)DATA_BYTES, PST_RING_FAULT_OUT_OF_RANGE },
	{ INT64_MAX, PST_RING_FAULT_OUT_OF_RANGE },
	{ INT64_MIN, PST_RING_FAULT_OUT_OF_RANGE },
	{ 33, PST_RING_FAULT_MISALIGNED },
	{ 36, PST_RING_FAULT_MISALIGNED },
	{ 31 + DATA_BYTES, PST_RING_FAULT_MISALIGNED },
};

#define POSITION_LIE_COUNT \
	((int)(sizeof(position_lies) / sizeof(position_lies[0])))

START_TEST(false_position_poisons_a_refreshing_read,
	   .loop_end = START_COUNT * POSITION_LIE_COUNT)
{
	uint64_t start_pos = starts[_i / POSITION_LIE_COUNT];
	const struct position_lie *lie =
		&position_lies[_i % POSITION_LIE_COUNT];

	prepare_lie(start_pos);
	/*
	 * The second record is known already, so the position is not refreshed
	 * yet.
	 */
	set_produced(start_pos + (uint64_t)lie->produced_offset);
	ck_assert_int_eq(pst_ring_read(consumer, buffer, 0, &byte_count),
			 -EMSGSIZE);
	consumer->consumed_pos += 16;
	byte_count = 77;

	ck_assert_int_eq(read_message(), -EBADMSG);
	assert_poisoned(lie->fault, start_pos + 32);
}
END_TEST

START_TEST(lying_position_poisons_freeze,
	   .loop_end = START_COUNT * POSITION_LIE_COUNT)
{
	uint64_t start_pos = starts[_i / POSITION_LIE_COUNT];
	const struct position_lie *lie =
		&position_lies[_i % POSITION_LIE_COUNT];

	prepare_lie(start_pos);
	set_produced(start_pos + (uint64_t)lie->produced_offset);
	/*
	 * One record is unread still: there is less space for valid positions
	 * than above.
	 */
	ck_assert_int_eq(pst_ring_freeze(consumer), -EBADMSG);
	if (lie->produced_offset < (int64_t)DATA_BYTES)
		ck_assert_int_eq(consumer->fault, lie->fault);
	assert_poisoned(consumer->fault, start_pos + 32);
}
END_TEST

START_TEST(position_over_unread_bytes_poisons, .loop_end = START_COUNT)
{
	uint64_t start_pos = starts[_i];

	prepare_lie(start_pos);
	set_produced(start_pos + 16 + DATA_BYTES + 8);
	ck_assert_int_eq(pst_ring_freeze(consumer), -EBADMSG);
	assert_poisoned(PST_RING_FAULT_OUT_OF_RANGE, start_pos + 32);

	prepare_lie(start_pos);
	set_produced(start_pos + 16 + DATA_BYTES);
	ck_assert_int_eq(pst_ring_freeze(consumer), 0);
}
END_TEST

/* A false header, with 32 bytes published. */
struct header_lie {
	struct pst_record_header header;
	enum pst_ring_fault fault;
};

static const struct header_lie header_lies[] = {
	{ { 0, 0, 0, 0 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, 0, 0, 0 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, 3, 0, 0 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, 255, 0, 0 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, PST_RECORD_DATA, PST_RECORD_FLAG_IDENTITY, 0 },
	  PST_RING_FAULT_RECORD_KIND },
	{ { 8, PST_RECORD_DATA, 128, 0 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, PST_RECORD_DATA, 0, 1 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, PST_RECORD_DATA, 0, 0x8000 }, PST_RING_FAULT_RECORD_KIND },
	{ { 0, PST_RECORD_END, 1, 0 }, PST_RING_FAULT_RECORD_KIND },
	{ { 0, PST_RECORD_END, 0, 256 }, PST_RING_FAULT_RECORD_KIND },
	{ { 8, PST_RECORD_END, 0, 0 }, PST_RING_FAULT_RECORD_LENGTH },
	{ { UINT32_MAX, PST_RECORD_END, 0, 0 }, PST_RING_FAULT_RECORD_LENGTH },
	{ { 25, PST_RECORD_DATA, 0, 0 }, PST_RING_FAULT_RECORD_LENGTH },
	{ { 32, PST_RECORD_DATA, 0, 0 }, PST_RING_FAULT_RECORD_LENGTH },
	{ { MESSAGE_BYTES, PST_RECORD_DATA, 0, 0 },
	  PST_RING_FAULT_RECORD_LENGTH },
	{ { DATA_BYTES - 8, PST_RECORD_DATA, 0, 0 },
	  PST_RING_FAULT_RECORD_LENGTH },
	{ { INT32_MAX, PST_RECORD_DATA, 0, 0 }, PST_RING_FAULT_RECORD_LENGTH },
	{ { UINT32_MAX - 15, PST_RECORD_DATA, 0, 0 },
	  PST_RING_FAULT_RECORD_LENGTH },
	{ { UINT32_MAX - 7, PST_RECORD_DATA, 0, 0 },
	  PST_RING_FAULT_RECORD_LENGTH },
	{ { UINT32_MAX, PST_RECORD_DATA, 0, 0 }, PST_RING_FAULT_RECORD_LENGTH },
};

#define HEADER_LIE_COUNT ((int)(sizeof(header_lies) / sizeof(header_lies[0])))

START_TEST(lying_header_poisons_read,
	   .loop_end = START_COUNT * HEADER_LIE_COUNT)
{
	uint64_t start_pos = starts[_i / HEADER_LIE_COUNT];
	const struct header_lie *lie = &header_lies[_i % HEADER_LIE_COUNT];

	ring_pair_start_at(&pair, start_pos);
	put_header(start_pos, lie->header);
	set_produced(start_pos + 32);
	ck_assert_int_eq(read_message(), -EBADMSG);
	ck_assert_uint_eq(consumed_pos(), start_pos);
	put_record(start_pos, "honest now", 10);
	assert_poisoned(lie->fault, start_pos + 32);
}
END_TEST

START_TEST(record_larger_than_agreed_poisons_even_when_it_is_all_there,
	   .loop_end = START_COUNT)
{
	uint64_t start_pos = starts[_i];

	ring_pair_start_at(&pair, start_pos);
	put_header(start_pos, (struct pst_record_header) {
		.payload_bytes = MESSAGE_BYTES + 1,
		.kind = PST_RECORD_DATA,
	});
	set_produced(start_pos + DATA_BYTES);
	/* Not -EMSGSIZE, though the buffer is too small as well. */
	ck_assert_int_eq(read_message(), -EBADMSG);
	assert_poisoned(PST_RING_FAULT_RECORD_LENGTH, start_pos + DATA_BYTES);
}
END_TEST

START_TEST(record_cut_by_the_published_position_poisons,
	   .loop_end = START_COUNT)
{
	uint64_t start_pos = starts[_i];

	ring_pair_start_at(&pair, start_pos);
	put_record(start_pos, "eleven byte", 11);
	set_produced(start_pos + 16);
	ck_assert_int_eq(read_message(), -EBADMSG);
	assert_poisoned(PST_RING_FAULT_RECORD_LENGTH, start_pos + 24);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
