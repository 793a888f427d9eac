/* SPDX-License-Identifier: ISC */
/*
 * Messages with a time stamp
 *
 * The stamp takes space, so the largest message cannot always have one.  It
 * comes from the peer, so the record that carries it may be false.
 */
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u
#define MESSAGE_BYTES (DATA_BYTES - 8)
#define STAMP_NS UINT64_C(0x0123456789abcdef)

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;
static struct pst_ring_consumer *consumer = &pair.consumer;
static uint8_t buffer[DATA_BYTES];
static size_t byte_count;
static uint64_t time_ns;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
	ring_pair_start_at(&pair, UINT64_MAX - 15);
	byte_count = 77;
	time_ns = 77;
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static int read_message(void)
{
	return pst_ring_read(consumer, buffer, sizeof(buffer), &byte_count);
}

/* A record written by the test, of which shown_bytes are published. */
static void put(struct pst_record_header header, uint64_t shown_bytes)
{
	uint64_t pos = consumer->consumed_pos;
	uint64_t stamp_ns = STAMP_NS;

	memcpy(pair.producer_segment.data + pos % DATA_BYTES, &header, 8);
	memcpy(pair.producer_segment.data + pos % DATA_BYTES + 8, &stamp_ns, 8);
	pst_shared_publish_u64(&pair.producer_words->produced_pos,
			       pos + shown_bytes);
}

START_TEST(a_stamp_arrives_with_its_message_and_is_taken_once)
{
	ck_assert_int_eq(pst_ring_write_timed(producer, "nine byte", 9,
					      STAMP_NS), 0);
	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(byte_count, 9);
	ck_assert_mem_eq(buffer, "nine byte", 9);
	ck_assert(pst_ring_take_time(consumer, &time_ns));
	ck_assert_uint_eq(time_ns, STAMP_NS);
	ck_assert(!pst_ring_take_time(consumer, &time_ns));
}
END_TEST

START_TEST(a_message_without_one_has_none)
{
	ck_assert_int_eq(pst_ring_write(producer, "x", 1), 0);
	ck_assert_int_eq(read_message(), 0);
	ck_assert(!pst_ring_take_time(consumer, &time_ns));
	ck_assert_uint_eq(time_ns, 77);
}
END_TEST

START_TEST(a_stamped_record_is_laid_out_as_specified)
{
	static const uint8_t wanted[] = {
		3, 0, 0, 0, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0, 0,
		0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
		'a', 'b', 'c', 0, 0, 0, 0, 0,
	};
	const uint8_t *data = pair.producer_segment.data;
	uint64_t pos = producer->produced_pos;

	memset(pair.producer_segment.data, 0xee, DATA_BYTES);
	ck_assert_int_eq(pst_ring_write_timed(producer, "abc", 3, STAMP_NS), 0);
	ck_assert_mem_eq(data + pos % DATA_BYTES, wanted, sizeof(wanted));
	ck_assert_uint_eq(producer->produced_pos - pos, sizeof(wanted));
}
END_TEST

START_TEST(a_reservation_is_stamped_when_it_is_committed)
{
	void *payload;

	memset(pair.producer_segment.data, 0xee, DATA_BYTES);
	ck_assert_int_eq(pst_ring_reserve_timed(producer, 20, &payload), 0);
	memcpy(payload, "shorter and more", 16);
	ck_assert_int_eq(pst_ring_commit_timed(producer, 7, STAMP_NS), 0);
	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(byte_count, 7);
	ck_assert_mem_eq(buffer, "shorter", 7);
	ck_assert(pst_ring_take_time(consumer, &time_ns));
	ck_assert_uint_eq(time_ns, STAMP_NS);
	ck_assert_uint_eq(consumer->consumed_pos, producer->produced_pos);
	ck_assert_uint_eq(pair.producer_segment.data[7], 0);
}
END_TEST

START_TEST(the_largest_message_fits_and_then_has_no_stamp)
{
	static uint8_t largest[MESSAGE_BYTES];
	void *payload;

	ck_assert_int_eq(pst_ring_write_timed(producer, largest, MESSAGE_BYTES,
					      STAMP_NS), 0);
	ck_assert_int_eq(read_message(), 0);
	ck_assert(!pst_ring_take_time(consumer, &time_ns));

	ck_assert_int_eq(pst_ring_reserve_timed(producer, MESSAGE_BYTES,
						&payload), 0);
	ck_assert_int_eq(pst_ring_commit_timed(producer, MESSAGE_BYTES,
					       STAMP_NS), 0);
	ck_assert_int_eq(read_message(), 0);
	ck_assert_uint_eq(byte_count, MESSAGE_BYTES);
	ck_assert(!pst_ring_take_time(consumer, &time_ns));
}
END_TEST

START_TEST(the_largest_message_but_a_stamp_has_one)
{
	static uint8_t large[MESSAGE_BYTES - 8];

	ck_assert_int_eq(pst_ring_write_timed(producer, large, sizeof(large),
					      STAMP_NS), 0);
	ck_assert_int_eq(read_message(), 0);
	ck_assert(pst_ring_take_time(consumer, &time_ns));
}
END_TEST

START_TEST(a_full_ring_refuses_with_a_stamp_as_without)
{
	static uint8_t half[DATA_BYTES / 2 - 8];
	void *payload;

	ck_assert_int_eq(pst_ring_write(producer, half, sizeof(half)), 0);
	ck_assert_int_eq(pst_ring_write_timed(producer, half, sizeof(half), 1),
			 0);
	ck_assert_int_eq(pst_ring_write_timed(producer, "", 0, 1), -EAGAIN);
	ck_assert_int_eq(pst_ring_reserve_timed(producer, 0, &payload),
			 -EAGAIN);
	ck_assert_int_eq(pst_ring_write_timed(producer, half, MESSAGE_BYTES + 1,
					      1), -EMSGSIZE);
	ck_assert_int_eq(pst_ring_reserve_timed(producer, MESSAGE_BYTES + 1,
						&payload), -EMSGSIZE);
}
END_TEST

START_TEST(a_message_that_is_kept_keeps_its_stamp)
{
	ck_assert_int_eq(pst_ring_write_timed(producer, "12345678", 8,
					      STAMP_NS), 0);
	ck_assert_int_eq(pst_ring_read(consumer, buffer, 7, &byte_count),
			 -EMSGSIZE);
	ck_assert(!pst_ring_take_time(consumer, &time_ns));
	ck_assert_int_eq(read_message(), 0);
	ck_assert(pst_ring_take_time(consumer, &time_ns));
}
END_TEST

/* False records, and the expected result. */
static const struct {
	struct pst_record_header header;
	uint64_t shown_bytes;
	int result;
	enum pst_ring_fault fault;
} liars[] = {
	/* Only the header is published, with the flag of a stamp. */
	{{0, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 8, -EBADMSG,
	 PST_RING_FAULT_RECORD_LENGTH},
	/* The stamp is published, and the payload is not. */
	{{1, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 16, -EBADMSG,
	 PST_RING_FAULT_RECORD_LENGTH},
	{{8, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 16, -EBADMSG,
	 PST_RING_FAULT_RECORD_LENGTH},
	/* More than the whole ring. */
	{{MESSAGE_BYTES, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, DATA_BYTES,
	 -EBADMSG, PST_RING_FAULT_RECORD_LENGTH},
	{{UINT32_MAX, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, DATA_BYTES,
	 -EBADMSG, PST_RING_FAULT_RECORD_LENGTH},
	/*
	 * With other flags, with reserved bits, or in a record that has no
	 * stamp.
	 */
	{{0, PST_RECORD_DATA, PST_RECORD_FLAG_TIME | PST_RECORD_FLAG_IDENTITY,
	  0}, 32, -EBADMSG, PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_DATA, PST_RECORD_FLAG_IDENTITY, 0}, 32, -EBADMSG,
	 PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_DATA, 4, 0}, 16, -EBADMSG, PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_DATA, 0x80 | PST_RECORD_FLAG_TIME, 0}, 16, -EBADMSG,
	 PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 1}, 16, -EBADMSG,
	 PST_RING_FAULT_RECORD_KIND},
	{{0, PST_RECORD_END, PST_RECORD_FLAG_TIME, 0}, 16, -EBADMSG,
	 PST_RING_FAULT_RECORD_KIND},
	/* A valid record. */
	{{0, PST_RECORD_DATA, PST_RECORD_FLAG_TIME, 0}, 16, 0,
	 PST_RING_FAULT_NONE},
};

START_TEST(a_stamp_that_is_not_as_agreed_poisons,
	   .loop_end = sizeof(liars) / sizeof(liars[0]))
{
	put(liars[_i].header, liars[_i].shown_bytes);
	ck_assert_int_eq(read_message(), liars[_i].result);
	ck_assert_int_eq(consumer->fault, liars[_i].fault);
	ck_assert(pst_ring_take_time(consumer, &time_ns) ==
		  (liars[_i].result == 0));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
