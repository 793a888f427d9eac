/* SPDX-License-Identifier: ISC */
/*
 * Sealed records, whole, between a ring and private memory
 *
 * The ring has no keys, so any 16 bytes are a tag here.
 */
#include "ring/ring_sealed.h"

#include <errno.h>
#include <string.h>

#include "ring/ring_wait.h"
#include "support/expect.h"
#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u
#define MESSAGE_BYTES 1000u
#define TAG_BYTES 16u
#define HOUR_NS UINT64_C(3600000000000)

static const uint64_t starts[] = {
	0, 4040, UINT64_C(1) << 32, UINT64_MAX - 31,
};
#define START_COUNT 4

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;
static struct pst_ring_consumer *consumer = &pair.consumer;
static uint64_t record_words[2][129];
static uint8_t *record = (uint8_t *)record_words[0];
static uint8_t *copy = (uint8_t *)record_words[1];

static void setup(void)
{
	pair.tag_bytes = TAG_BYTES;
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
	memset(record_words, 0xee, sizeof(record_words));
	expect_equal(pst_ring_sealed_bytes(MESSAGE_BYTES),
		     sizeof(record_words[0]));
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static const uint8_t *ring_at(uint64_t pos)
{
	return pair.producer_segment.data + pos % DATA_BYTES;
}

static int reserve(uint32_t payload_bytes, bool is_timed)
{
	uint32_t head_bytes;

	return pst_ring_reserve_sealed(producer, payload_bytes, is_timed,
				       &head_bytes);
}

/* "Seal" a record behind its head: payload of 'p', tag of 't'. */
static void fill(const struct pst_ring_record *form)
{
	memset(record + form->head_bytes, 'p', form->payload_bytes);
	memset(record + form->head_bytes + form->payload_bytes, 't', TAG_BYTES);
}

static int write_one(uint32_t payload_bytes, bool is_timed)
{
	struct pst_ring_record form = {0};
	int result = reserve(payload_bytes, is_timed);

	if (result < 0)
		return result;
	expect_equal(pst_ring_create_head(producer, payload_bytes, HOUR_NS,
					  record, &form), 0);
	fill(&form);
	pst_ring_write_sealed(producer, record, &form);
	return 0;
}

static int peek(struct pst_ring_record *ret_form)
{
	return pst_ring_peek_sealed(consumer, copy, MESSAGE_BYTES, ret_form);
}

/* Producing */

START_TEST(sealed_record_has_the_specified_layout, .loop_end = START_COUNT)
{
	static const uint8_t bare[] = {
		5, 0, 0, 0, 1, 0, 0, 0,
		'p', 'p', 'p', 'p', 'p',
		't', 't', 't', 't', 't', 't', 't', 't',
		't', 't', 't', 't', 't', 't', 't', 't', 0, 0, 0,
	};
	static const uint8_t timed[] = {
		0, 0, 0, 0, 1, 2, 0, 0,
		0x00, 0xa0, 0xb8, 0x30, 0x46, 0x03, 0, 0,
		't', 't', 't', 't', 't', 't', 't', 't',
		't', 't', 't', 't', 't', 't', 't', 't',
	};

	ring_pair_start_at(&pair, starts[_i]);
	expect_equal(write_one(5, false), 0);
	expect(producer->produced_pos == starts[_i] + sizeof(bare));
	expect(memcmp(ring_at(starts[_i]), bare, sizeof(bare)) == 0);
	expect_equal(write_one(0, true), 0);
	expect(producer->produced_pos == starts[_i] + sizeof(bare) +
					 sizeof(timed));
	expect(memcmp(ring_at(starts[_i] + sizeof(bare)), timed,
		      sizeof(timed)) == 0);
	expect(pst_shared_observe_u64(&pair.producer_words->produced_pos) ==
	       producer->produced_pos);
}
END_TEST

START_TEST(room_for_the_tag_is_looked_for_too)
{
	/* 3 records of 1024 and one of 8 + 960 + 16 leave 40 bytes. */
	expect_equal(write_one(1000, false), 0);
	expect_equal(write_one(1000, false), 0);
	expect_equal(write_one(1000, false), 0);
	expect_equal(write_one(960, false), 0);
	expect_equal(pst_ring_has_space(producer, 17), -EAGAIN);
	expect_equal(pst_ring_has_space(producer, 16), 0);
	expect_equal(write_one(17, false), -EAGAIN);
	expect_equal(write_one(16, false), 0);
	expect_equal(pst_ring_depth_bytes(producer), DATA_BYTES);
	expect_equal(write_one(0, false), -EAGAIN);
	expect_equal(write_one(MESSAGE_BYTES + 1, false), -EMSGSIZE);
}
END_TEST

START_TEST(a_stamp_is_left_out_where_only_the_rest_fits)
{
	struct pst_ring_record form;
	int i;

	for (i = 0; i < 3; i++)
		expect_equal(write_one(1000, false), 0);
	expect_equal(write_one(1000, true), 0);
	expect_equal(pst_ring_depth_bytes(producer), DATA_BYTES);
	for (i = 0; i < 4; i++) {
		expect_equal(peek(&form), 0);
		expect_equal(form.head_bytes, 8);
		expect_equal(pst_ring_release_sealed(consumer, copy, &form), 0);
	}
}
END_TEST

START_TEST(a_reservation_touches_nothing_and_is_the_only_one)
{
	static const uint8_t zeros[DATA_BYTES];
	struct pst_ring_record form = {0};
	uint32_t head_bytes = 0;

	expect_equal(pst_ring_create_head(producer, 0, 0, record, &form),
		     -EINVAL);
	expect_equal(pst_ring_reserve_sealed(producer, 20, true, &head_bytes),
		     0);
	expect_equal(head_bytes, 16);
	expect_equal(reserve(1, false), -EBUSY);
	expect_equal(pst_ring_create_head(producer, 21, 0, record, &form),
		     -EINVAL);
	expect_equal(pst_ring_create_head(producer, 20, 0, record, &form), 0);
	expect_equal(pst_ring_create_head(producer, 7, 0, record, &form), 0);
	expect_equal(form.payload_bytes, 7);
	expect_equal(form.head_bytes, 16);
	expect(memcmp(ring_at(0), zeros, DATA_BYTES) == 0);
	expect_equal(pst_ring_abort(producer), 0);
	expect_equal(pst_ring_abort(producer), -EINVAL);
	expect(memcmp(ring_at(0), zeros, DATA_BYTES) == 0);
	expect_equal(write_one(1, false), 0);
}
END_TEST

START_TEST(the_end_takes_a_tag_and_comes_last, .loop_end = START_COUNT)
{
	struct pst_ring_record form = {0};

	ring_pair_start_at(&pair, starts[_i]);
	expect_equal(reserve(20, false), 0); /* is dropped */
	expect_equal(pst_ring_create_end(producer, record, &form), 0);
	expect(form.is_end);
	fill(&form);
	pst_ring_write_sealed(producer, record, &form);
	expect(producer->produced_pos == starts[_i] + 24);
	expect_equal(ring_at(starts[_i])[4], PST_RECORD_END);
	expect_equal(reserve(0, false), -ESHUTDOWN);
	expect_equal(pst_ring_create_end(producer, record, &form), -ESHUTDOWN);

	/* Reading END has no effect before it is opened. */
	expect_equal(peek(&form), 0);
	expect_equal(peek(&form), 0);
	expect(form.is_end);
	expect_equal(pst_ring_release_sealed(consumer, copy, &form),
		     -ESHUTDOWN);
	expect(consumer->consumed_pos == starts[_i] + 24);
	expect_equal(peek(&form), -ESHUTDOWN);
}
END_TEST

START_TEST(end_record_needs_space_like_others)
{
	struct pst_ring_record form = {0};
	int i;

	for (i = 0; i < 3; i++)
		expect_equal(write_one(1000, false), 0);
	expect_equal(write_one(984, false), 0); /* leaves 16 */
	expect_equal(pst_ring_create_end(producer, record, &form), -EAGAIN);
	expect_equal(reserve(0, false), -EAGAIN); /* and nothing changed */
}
END_TEST

/* Consuming */

START_TEST(a_record_is_copied_whole_and_stays_until_it_is_released,
	   .loop_end = START_COUNT)
{
	struct pst_ring_record form = {0};
	uint64_t time_ns = 0;

	ring_pair_start_at(&pair, starts[_i]);
	expect_equal(write_one(5, true), 0);
	expect_equal(write_one(6, false), 0);
	expect_equal(peek(&form), 0);
	expect_equal(form.head_bytes, 16);
	expect_equal(form.payload_bytes, 5);
	expect(!form.is_end);
	expect(memcmp(copy, ring_at(starts[_i]), 40) == 0);
	expect(consumer->consumed_pos == starts[_i]);
	expect(!pst_ring_take_time(consumer, &time_ns));
	expect_equal(pst_ring_release_sealed(consumer, copy, &form), 0);
	expect(consumer->consumed_pos == starts[_i] + 40);
	expect(pst_shared_observe_u64(&pair.consumer_words->consumed_pos) ==
	       starts[_i] + 40);
	expect(pst_ring_take_time(consumer, &time_ns));
	expect(time_ns == HOUR_NS);

	expect_equal(pst_ring_peek_sealed(consumer, copy, 5, &form), -EMSGSIZE);
	expect_equal(form.payload_bytes, 6);
	expect_equal(peek(&form), 0);
	expect_equal(pst_ring_discard_sealed(consumer, &form), 0);
	expect_equal(peek(&form), -EAGAIN);
	expect_equal(pst_ring_dropped_unchecked(pair.consumer_words), 1);
	expect(!pst_ring_take_time(consumer, &time_ns));
}
END_TEST

/* The bytes in the ring, how many are published, and the expected fault. */
static const struct {
	struct pst_record_header header;
	uint32_t published_bytes;
	enum pst_ring_fault fault;
} headers[] = {
	{{8, PST_RECORD_DATA, 0, 0}, 32, PST_RING_FAULT_NONE},
	{{8, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 40,
	 PST_RING_FAULT_NONE},
	{{0, PST_RECORD_END, 0, 0}, 24, PST_RING_FAULT_NONE},
	{{1000, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 1032,
	 PST_RING_FAULT_NONE},
	{{8, PST_RECORD_DATA, 0, 0}, 24, PST_RING_FAULT_RECORD_LENGTH},
	{{9, PST_RECORD_DATA, 0, 0}, 32, PST_RING_FAULT_RECORD_LENGTH},
	{{8, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 32,
	 PST_RING_FAULT_RECORD_LENGTH},
	{{0, PST_RECORD_DATA, 0, 0}, 8, PST_RING_FAULT_RECORD_LENGTH},
	{{0, PST_RECORD_END, 0, 0}, 8, PST_RING_FAULT_RECORD_LENGTH},
	{{0, PST_RECORD_END, 0, 0}, 16, PST_RING_FAULT_RECORD_LENGTH},
	{{8, PST_RECORD_END, 0, 0}, 32, PST_RING_FAULT_RECORD_LENGTH},
	{{1001, PST_RECORD_DATA, 0, 0}, 4096, PST_RING_FAULT_RECORD_LENGTH},
	{{UINT32_MAX, PST_RECORD_DATA, 0, 0}, 4096,
	 PST_RING_FAULT_RECORD_LENGTH},
	{{UINT32_MAX - 15, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 4096,
	 PST_RING_FAULT_RECORD_LENGTH},
	{{8, 0, 0, 0}, 32, PST_RING_FAULT_RECORD_KIND},
	{{8, 3, 0, 0}, 32, PST_RING_FAULT_RECORD_KIND},
	{{8, PST_RECORD_DATA, PST_RECORD_FLAG_IDENTITY, 0}, 64,
	 PST_RING_FAULT_RECORD_KIND},
	{{8, PST_RECORD_DATA, 3, 0}, 64, PST_RING_FAULT_RECORD_KIND},
	{{8, PST_RECORD_DATA, 128, 0}, 64, PST_RING_FAULT_RECORD_KIND},
	{{8, PST_RECORD_DATA, 0, 1}, 64, PST_RING_FAULT_RECORD_KIND},
	{{8, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 256}, 64,
	 PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_END, PST_RECORD_FLAG_TIME, 0}, 64,
	 PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_END, 0, 1}, 64, PST_RING_FAULT_RECORD_KIND},
};
#define HEADER_COUNT (int)(sizeof(headers) / sizeof(headers[0]))

START_TEST(record_beyond_the_published_bytes_poisons,
	   .loop_end = HEADER_COUNT * START_COUNT)
{
	struct pst_ring_record form = {.payload_bytes = 7};
	uint64_t pos = starts[_i % START_COUNT];
	uint32_t published_bytes = headers[_i / START_COUNT].published_bytes;
	enum pst_ring_fault fault = headers[_i / START_COUNT].fault;

	ring_pair_start_at(&pair, pos);
	memset(pair.producer_segment.data, 0, DATA_BYTES);
	memcpy(pair.producer_segment.data + pos % DATA_BYTES,
	       &headers[_i / START_COUNT].header, 8);
	pst_shared_publish_u64(&pair.producer_words->produced_pos,
			       pos + published_bytes);
	expect_equal(peek(&form), fault == PST_RING_FAULT_NONE ? 0 : -EBADMSG);
	expect_equal(consumer->fault, fault);
	expect(consumer->consumed_pos == pos);
	if (fault != PST_RING_FAULT_NONE) {
		expect_equal(form.payload_bytes, 7);
		expect_equal(peek(&form), -EBADMSG);
	}
}
END_TEST

START_TEST(padding_is_zero_or_a_fault, .loop_start = 1, .loop_end = 8)
{
	const uint32_t padding_bytes = 8 - (uint32_t)_i;
	struct pst_ring_record form = {0};
	uint32_t i;

	for (i = 0; i < padding_bytes; i++) {
		uint8_t *byte;

		ring_pair_start_at(&pair, 8 * i);
		expect_equal(write_one((uint32_t)_i, false), 0);
		byte = pair.producer_segment.data + 8 * i + 8 + _i + 16 + i;
		expect_equal(*byte, 0);
		*byte = 1;
		expect_equal(peek(&form), -EBADMSG);
		expect_equal(consumer->fault, PST_RING_FAULT_PADDING);
	}
}
END_TEST

/* As with other records: the ring is known to be full if it is kept full. */
START_TEST(the_half_of_the_ring_is_looked_at, .loop_end = 2)
{
	struct pst_ring_record form = {0};
	uint64_t known_pos;
	int i;

	for (i = 0; i < 4; i++)
		expect_equal(write_one(1000, false), 0);
	expect_equal(peek(&form), 0);
	expect_equal(pst_ring_release_sealed(consumer, copy, &form), 0);
	expect_equal(pst_ring_producer_to_wake(consumer), 0);
	expect_equal(write_one(1000, false), 0);
	known_pos = consumer->produced_pos;
	expect_equal(peek(&form), 0);
	expect_equal(_i == 0 ?
			     pst_ring_release_sealed(consumer, copy, &form) :
			     pst_ring_discard_sealed(consumer, &form), 0);
	expect(consumer->produced_pos == known_pos + 1024);
	expect_equal(pst_ring_producer_to_wake(consumer), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
