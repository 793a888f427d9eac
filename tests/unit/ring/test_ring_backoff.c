/* SPDX-License-Identifier: ISC */
/*
 * Resting: when, how long, and that it hides nothing
 *
 * Time plays no part: what a side has learnt about its traffic is in its private
 * half, and what a peer did during a rest is done here after it.
 */
#include "ring/ring.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "support/random.h"
#include "support/ring_pair.h"

#define DATA_BYTES 65536u
#define PAYLOAD_BYTES 8u
#define RECORD_BYTES 16u
#define RING_COUNT (DATA_BYTES / RECORD_BYTES)

/* More than enough for any trial to have been made. */
#define MANY 10000u
#define LONG_BATCH 600u
#define REST_PAUSES_LIMIT 512u

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;
static struct pst_ring_consumer *consumer = &pair.consumer;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, PAYLOAD_BYTES);
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static int write_one(void)
{
	return pst_ring_write(producer, "8 bytes", PAYLOAD_BYTES);
}

/* As a channel does. */
static int read_one(void)
{
	uint8_t payload[PAYLOAD_BYTES];
	size_t payload_bytes;

	pst_ring_rest(consumer);
	return pst_ring_read(consumer, payload, sizeof(payload),
			     &payload_bytes);
}

static void write_many(uint32_t count)
{
	while (count-- > 0)
		ck_assert_int_eq(write_one(), 0);
}

static void read_many(uint32_t count)
{
	while (count-- > 0)
		ck_assert_int_eq(read_one(), 0);
}

/* A stream in lock step, until the reader has rested and will look. */
static void stream_until_rest(void)
{
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		pst_ring_rest(consumer);
		if (consumer->pace.has_rested)
			return;
		write_many(1);
		read_many(1);
	}
	ck_abort_msg("no trial was made");
}

/* A writer at work all the time; the reader has rested and will look. */
static void stream_in_long_batches(uint32_t batch_count)
{
	stream_until_rest();
	while (batch_count-- > 0) {
		write_many(LONG_BATCH);
		read_many(LONG_BATCH);
		write_many(1);
		read_many(1);
		pst_ring_rest(consumer);
		ck_assert(consumer->pace.has_rested);
	}
}

START_TEST(reader_of_a_ping_pong_rests_for_a_trial_and_no_more)
{
	uint32_t i, rested_count = 0;

	for (i = 0; i < MANY; i++) {
		write_many(1);
		read_many(1);
		pst_ring_rest(consumer);
		rested_count += consumer->pace.has_rested;
		ck_assert_int_eq(read_one(), -EAGAIN);
		ck_assert_uint_eq(consumer->pace.rest_pauses, 0);
	}
	ck_assert_uint_le(rested_count, MANY / 2000);
}
END_TEST

START_TEST(trial_that_finds_one_record_is_the_last_rest)
{
	stream_until_rest();
	write_many(1);
	read_many(1);
	pst_ring_rest(consumer);
	ck_assert(!consumer->pace.has_rested);
	ck_assert_uint_eq(consumer->pace.rest_pauses, 0);
}
END_TEST

START_TEST(rests_that_pay_become_longer_up_to_a_limit)
{
	uint32_t before;

	stream_until_rest();
	before = consumer->pace.rest_pauses;
	ck_assert_uint_gt(before, 0);
	stream_in_long_batches(1);
	ck_assert_uint_gt(consumer->pace.rest_pauses, before);
	stream_in_long_batches(20);
	ck_assert_uint_le(consumer->pace.rest_pauses, REST_PAUSES_LIMIT);
}
END_TEST

START_TEST(look_that_finds_nothing_after_a_rest_ends_the_resting)
{
	stream_in_long_batches(3);
	ck_assert_uint_gt(consumer->pace.rest_pauses, 0);
	ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert_uint_eq(consumer->pace.rest_pauses, 0);
	write_many(1);
	read_many(1);
	ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert(!consumer->pace.has_rested);
}
END_TEST

START_TEST(look_that_finds_nothing_at_once_shortens_the_next_rest)
{
	uint32_t before;

	stream_in_long_batches(3);
	write_many(LONG_BATCH);
	read_many(LONG_BATCH);
	before = consumer->pace.rest_pauses;
	ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert_uint_gt(consumer->pace.rest_pauses, 0);
	ck_assert_uint_lt(consumer->pace.rest_pauses, before);
	for (before = 0; before < 20; before++)
		ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert_uint_eq(consumer->pace.rest_pauses, 0);
}
END_TEST

START_TEST(long_batch_is_followed_by_a_look_at_once)
{
	stream_in_long_batches(3);
	write_many(LONG_BATCH);
	read_many(LONG_BATCH);
	write_many(1);
	read_many(1);
	ck_assert(!consumer->pace.has_rested);
}
END_TEST

START_TEST(read_that_has_rested_finds_what_was_written)
{
	struct random random = {.state = 7};
	uint32_t i, count;

	stream_in_long_batches(3);
	for (i = 0; i < MANY; i++) {
		count = 1 + random_below(&random, i % 3 == 0 ? 300 : 4);
		write_many(count);
		read_many(count);
		if (i % 100 == 0)
			ck_assert_int_eq(read_one(), -EAGAIN);
	}
}
END_TEST

START_TEST(reader_that_never_rests_reads_the_same)
{
	uint8_t payload[PAYLOAD_BYTES];
	size_t payload_bytes;
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		write_many(1);
		ck_assert_int_eq(pst_ring_read(consumer, payload,
					       sizeof(payload),
					       &payload_bytes), 0);
		ck_assert(!consumer->pace.has_rested);
	}
}
END_TEST

/* The ring is full, and read as it is written. */
static uint32_t write_into_a_full_ring(uint32_t round_count)
{
	uint32_t i, rested_count = 0;

	for (i = 0; i < round_count; i++) {
		read_many(1);
		ck_assert_int_eq(write_one(), 0);
		rested_count += producer->pace.has_rested;
	}
	return rested_count;
}

START_TEST(writer_into_a_full_ring_rests_for_a_trial)
{
	write_many(RING_COUNT);
	ck_assert_uint_gt(write_into_a_full_ring(MANY), 0);
	ck_assert_uint_le(producer->pace.rest_pauses, REST_PAUSES_LIMIT);
}
END_TEST

START_TEST(write_that_has_rested_finds_the_room_given_back)
{
	uint32_t i;

	write_many(RING_COUNT);
	for (i = 0; i < 100; i++) {
		(void)write_into_a_full_ring(MANY / 10);
		read_many(LONG_BATCH);
		write_many(LONG_BATCH);
	}
	ck_assert_int_eq(write_one(), -EAGAIN);
	ck_assert_uint_eq(producer->pace.rest_pauses, 0);
}
END_TEST

START_TEST(writer_with_room_never_rests)
{
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		write_many(7);
		read_many(7);
	}
	ck_assert(!producer->pace.has_rested);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ring_rest");
	TCase *reading = tcase_create("reading");
	TCase *writing = tcase_create("writing");
	SRunner *runner = srunner_create(suite);
	int failed_count;

	tcase_add_checked_fixture(reading, setup, teardown);
	tcase_add_test(reading,
		       reader_of_a_ping_pong_rests_for_a_trial_and_no_more);
	tcase_add_test(reading, trial_that_finds_one_record_is_the_last_rest);
	tcase_add_test(reading, rests_that_pay_become_longer_up_to_a_limit);
	tcase_add_test(reading,
		       look_that_finds_nothing_after_a_rest_ends_the_resting);
	tcase_add_test(reading,
		       look_that_finds_nothing_at_once_shortens_the_next_rest);
	tcase_add_test(reading, long_batch_is_followed_by_a_look_at_once);
	tcase_add_test(reading, read_that_has_rested_finds_what_was_written);
	tcase_add_test(reading, reader_that_never_rests_reads_the_same);
	suite_add_tcase(suite, reading);

	tcase_add_checked_fixture(writing, setup, teardown);
	tcase_add_test(writing, writer_into_a_full_ring_rests_for_a_trial);
	tcase_add_test(writing,
		       write_that_has_rested_finds_the_room_given_back);
	tcase_add_test(writing, writer_with_room_never_rests);
	suite_add_tcase(suite, writing);

	srunner_run_all(runner, CK_NORMAL);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
