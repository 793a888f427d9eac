/* SPDX-License-Identifier: ISC */
/*
 * A peer that changes bytes while they are read
 *
 * A second thread alternates between valid and false headers and positions, at
 * the place that is being read.  If a value were fetched twice, it would be
 * checked in one state and used in another: the message would have a wrong
 * size, the position would move by another amount, or the copy would reach a
 * guard page.
 */
#include "ring/ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "ring/ring_sealed.h"
#include "support/expect.h"
#include "support/pin.h"
#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u
#define MESSAGE_BYTES 1000u
#define READ_COUNT 300000u
#define UNTOUCHED 0xabcdefu

static struct ring_pair pair;
static struct pst_ring_consumer *consumer = &pair.consumer;
static struct mirror scratch;

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

static atomic_bool reading_ended;

static void scribble_on_header(uint64_t pos, uint32_t i)
{
	struct pst_record_header header = {
		.payload_bytes = i % 2 == 0 ? 8 : UINT32_MAX - 16,
		.kind = PST_RECORD_DATA,
	};
	uint64_t word;

	memcpy(&word, &header, sizeof(word));
	pst_shared_store_relaxed_u64((void *)(pair.producer_segment.data +
					      pos % DATA_BYTES), word);
}

/* Alternates between valid and false values at the position of the read. */
static void *scribble(void *argument)
{
	struct pst_segment_words *words = argument;
	uint32_t i;

	pin_thread(1);
	for (i = 0; !atomic_load(&reading_ended); i++) {
		uint64_t pos = pst_shared_observe_u64(
			&pair.consumer_words->consumed_pos);

		scribble_on_header(pos, i);
		pst_shared_publish_u64(&words->produced_pos,
				       pos + (i % 3 == 0 ? DATA_BYTES + 8 :
					      16 + i % 7 * 8));
		if (i % 256 == 0)
			(void)sched_yield(); /* if there is only one CPU */
	}
	return NULL;
}

START_TEST(value_is_never_fetched_twice)
{
	uint32_t read_count = 0, fault_count = 0;
	pthread_t thread;

	pin_thread(0);
	ck_assert_int_eq(pthread_create(&thread, NULL, scribble,
					pair.producer_words), 0);
	while (read_count + fault_count < READ_COUNT) {
		struct pst_ring_consumer before = *consumer;
		size_t byte_count = UNTOUCHED;
		int result = pst_ring_read(consumer, buffer_of(MESSAGE_BYTES),
					   MESSAGE_BYTES, &byte_count);

		if (result == 0) {
			expect_equal(byte_count, 8);
			expect(consumer->consumed_pos ==
			       before.consumed_pos + 16);
			expect(consumer->produced_pos -
			       consumer->consumed_pos <= DATA_BYTES);
			read_count++;
		} else if (result == -EBADMSG) {
			expect(consumer->consumed_pos == before.consumed_pos);
			expect_equal(byte_count, UNTOUCHED);
			ring_pair_start_at(&pair, before.consumed_pos);
			fault_count++;
		} else {
			expect_equal(result, -EAGAIN);
			(void)sched_yield(); /* if there is only one CPU */
		}
	}
	atomic_store(&reading_ended, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_gt(read_count, READ_COUNT / 100);
	ck_assert_uint_gt(fault_count, READ_COUNT / 100);
}
END_TEST

/* The header in the private record is the one that was checked. */
START_TEST(value_of_a_sealed_record_is_never_fetched_twice)
{
	uint32_t read_count = 0, fault_count = 0;
	uint64_t record_words[129];
	pthread_t thread;

	pin_thread(0);
	ck_assert_int_eq(pthread_create(&thread, NULL, scribble,
					pair.producer_words), 0);
	while (read_count + fault_count < READ_COUNT) {
		struct pst_ring_record form = {.payload_bytes = UNTOUCHED};
		struct pst_record_header header;
		uint64_t before_pos = consumer->consumed_pos;
		int result = pst_ring_peek_sealed(consumer, record_words,
						  MESSAGE_BYTES, &form);

		if (result == 0) {
			expect_equal(form.payload_bytes, 8);
			memcpy(&header, record_words, sizeof(header));
			expect_equal(header.payload_bytes, 8);
			expect_equal(pst_ring_release_sealed(consumer,
							     record_words,
							     &form), 0);
			expect(consumer->consumed_pos == before_pos + 32);
			read_count++;
		} else if (result == -EBADMSG) {
			expect_equal(form.payload_bytes, UNTOUCHED);
			ring_pair_start_at(&pair, before_pos);
			fault_count++;
		} else {
			expect_equal(result, -EAGAIN);
			(void)sched_yield(); /* if there is only one CPU */
		}
	}
	atomic_store(&reading_ended, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_gt(read_count, READ_COUNT / 100);
	ck_assert_uint_gt(fault_count, READ_COUNT / 100);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown,
			 .timeout_s = 600);
}
