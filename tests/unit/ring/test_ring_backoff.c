/* SPDX-License-Identifier: ISC */
/*
 * Backoff: when, how long, and that no record is missed
 *
 * The tests do not depend on time: the state of a side is private to it, and
 * after a pause the test performs the actions of a peer during it.
 */
#include "ring/ring.h"

#include <errno.h>
#include <stdlib.h>

#include "support/random.h"
#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 65536u
#define PAYLOAD_BYTES 8u
#define RECORD_BYTES 16u
#define RING_COUNT (DATA_BYTES / RECORD_BYTES)

/* More than enough batches for a trial. */
#define MANY 10000u
#define LONG_BATCH 600u
#define PAUSES_LIMIT 512u

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

	pst_ring_backoff_before_read(consumer);
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

/* A stream of single records, until the reader has paused and will poll. */
static void stream_until_pause(void)
{
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		pst_ring_backoff_before_read(consumer);
		if (consumer->backoff.has_paused)
			return;
		write_many(1);
		read_many(1);
	}
	ck_abort_msg("no trial");
}

/* A busy writer; the reader has paused and will poll. */
static void stream_in_long_batches(uint32_t batch_count)
{
	stream_until_pause();
	while (batch_count-- > 0) {
		write_many(LONG_BATCH);
		read_many(LONG_BATCH);
		write_many(1);
		read_many(1);
		pst_ring_backoff_before_read(consumer);
		ck_assert(consumer->backoff.has_paused);
	}
}

START_TEST(read_of_ping_pong_backs_off_for_trials_only)
{
	uint32_t i, paused_count = 0;

	for (i = 0; i < MANY; i++) {
		write_many(1);
		read_many(1);
		pst_ring_backoff_before_read(consumer);
		paused_count += consumer->backoff.has_paused;
		ck_assert_int_eq(read_one(), -EAGAIN);
		ck_assert_uint_eq(consumer->backoff.pauses, 0);
	}
	ck_assert_uint_le(paused_count, MANY / 2000);
}
END_TEST

START_TEST(trial_with_one_record_ends_backoff)
{
	stream_until_pause();
	write_many(1);
	read_many(1);
	pst_ring_backoff_before_read(consumer);
	ck_assert(!consumer->backoff.has_paused);
	ck_assert_uint_eq(consumer->backoff.pauses, 0);
}
END_TEST

START_TEST(backoff_that_pays_grows_to_a_limit)
{
	uint32_t before;

	stream_until_pause();
	before = consumer->backoff.pauses;
	ck_assert_uint_gt(before, 0);
	stream_in_long_batches(1);
	ck_assert_uint_gt(consumer->backoff.pauses, before);
	stream_in_long_batches(20);
	ck_assert_uint_le(consumer->backoff.pauses, PAUSES_LIMIT);
}
END_TEST

START_TEST(empty_poll_after_pause_ends_backoff)
{
	stream_in_long_batches(3);
	ck_assert_uint_gt(consumer->backoff.pauses, 0);
	ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert_uint_eq(consumer->backoff.pauses, 0);
	write_many(1);
	read_many(1);
	ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert(!consumer->backoff.has_paused);
}
END_TEST

START_TEST(empty_poll_without_pause_halves_backoff)
{
	uint32_t before;

	stream_in_long_batches(3);
	write_many(LONG_BATCH);
	read_many(LONG_BATCH);
	before = consumer->backoff.pauses;
	ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert_uint_gt(consumer->backoff.pauses, 0);
	ck_assert_uint_lt(consumer->backoff.pauses, before);
	for (before = 0; before < 20; before++)
		ck_assert_int_eq(read_one(), -EAGAIN);
	ck_assert_uint_eq(consumer->backoff.pauses, 0);
}
END_TEST

START_TEST(long_batch_is_followed_by_poll_without_pause)
{
	stream_in_long_batches(3);
	write_many(LONG_BATCH);
	read_many(LONG_BATCH);
	write_many(1);
	read_many(1);
	ck_assert(!consumer->backoff.has_paused);
}
END_TEST

START_TEST(read_after_pause_returns_all_records)
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

START_TEST(read_without_backoff_returns_all_records)
{
	uint8_t payload[PAYLOAD_BYTES];
	size_t payload_bytes;
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		write_many(1);
		ck_assert_int_eq(pst_ring_read(consumer, payload,
					       sizeof(payload),
					       &payload_bytes), 0);
		ck_assert(!consumer->backoff.has_paused);
	}
}
END_TEST

/* The ring is full, and read as it is written. */
static uint32_t write_into_a_full_ring(uint32_t round_count)
{
	uint32_t i, paused_count = 0;

	for (i = 0; i < round_count; i++) {
		read_many(1);
		ck_assert_int_eq(write_one(), 0);
		paused_count += producer->backoff.has_paused;
	}
	return paused_count;
}

START_TEST(write_to_full_ring_backs_off_for_trials)
{
	write_many(RING_COUNT);
	ck_assert_uint_gt(write_into_a_full_ring(MANY), 0);
	ck_assert_uint_le(producer->backoff.pauses, PAUSES_LIMIT);
}
END_TEST

START_TEST(write_after_pause_finds_released_space)
{
	uint32_t i;

	write_many(RING_COUNT);
	for (i = 0; i < 100; i++) {
		(void)write_into_a_full_ring(MANY / 10);
		read_many(LONG_BATCH);
		write_many(LONG_BATCH);
	}
	ck_assert_int_eq(write_one(), -EAGAIN);
	ck_assert_uint_eq(producer->backoff.pauses, 0);
}
END_TEST

START_TEST(write_with_space_never_backs_off)
{
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		write_many(7);
		read_many(7);
	}
	ck_assert(!producer->backoff.has_paused);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
