/* SPDX-License-Identifier: ISC */
/*
 * Space checks: from half of the ring on, a consumer notifies a producer that
 * waits for space, and refreshes the producer's position
 */
#include "ring/ring_wait.h"

#include <errno.h>
#include <stdlib.h>

#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u
#define MESSAGE_BYTES 1000u

static struct ring_pair pair;
static struct pst_ring_producer *producer = &pair.producer;
static struct pst_ring_consumer *consumer = &pair.consumer;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static uint32_t fill(void)
{
	static const char payload[120];
	uint32_t count = 0;

	while (pst_ring_write(producer, payload, sizeof(payload)) == 0)
		count++;
	return count;
}

/* As a channel does: each is followed by a check, if one is due. */
static uint32_t read_one(void)
{
	char buffer[256];
	size_t byte_count;

	ck_assert_int_eq(pst_ring_read(consumer, buffer, sizeof(buffer),
				       &byte_count), 0);
	return pst_ring_producer_to_wake(consumer);
}

static void read_some(uint32_t count)
{
	for (; count > 0; count--)
		ck_assert_uint_eq(read_one(), 0);
}

static uint32_t discard_one(void)
{
	size_t byte_count;

	ck_assert_int_eq(pst_ring_discard(consumer, &byte_count), 0);
	return pst_ring_producer_to_wake(consumer);
}

START_TEST(producer_is_notified_once_half_the_ring_is_free, .loop_end = 2)
{
	uint32_t sent, received = 0;

	sent = fill();
	pst_ring_arm_producer(producer);
	do
		received++;
	while ((_i == 0 ? read_one() : discard_one()) == 0);
	ck_assert_uint_eq(received, sent / 2);
}
END_TEST

START_TEST(producer_is_not_notified_if_the_ring_is_full_again)
{
	uint32_t filled, sent;

	filled = fill();
	read_some(filled - 1); /* all but one of those it knows of */
	sent = fill();
	ck_assert_uint_eq(sent, filled - 1);
	pst_ring_arm_producer(producer);
	read_some(filled / 2 - 1);
	ck_assert_uint_eq(read_one(), 1);
}
END_TEST

/* So short that several fit a 64th of the ring. */
static void write_short(uint32_t count)
{
	for (; count > 0; count--)
		ck_assert_int_eq(pst_ring_write(producer, "8 bytes", 8), 0);
}

static uint32_t read_until_rung_for(void)
{
	uint32_t count = 1;

	while (read_one() == 0)
		count++;
	return count;
}

START_TEST(producer_is_looked_at_after_each_64th_of_the_ring, .loop_end = 2)
{
	const uint32_t per_step = DATA_BYTES / 64 / 16;

	/* From 0, and from 3 records before 2^64. */
	ring_pair_start_at(&pair, _i == 0 ? 0 : -UINT64_C(48));
	write_short(40);
	read_some(1); /* the first one found: checked there */
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(read_until_rung_for(), per_step);
	pst_ring_producer_notified(consumer, 1);
	read_some(1);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(read_until_rung_for(), per_step - 1);
}
END_TEST

START_TEST(producer_is_looked_at_with_the_last_and_the_next_message)
{
	write_short(3);
	read_some(1);
	pst_ring_arm_producer(producer);
	read_some(1);
	ck_assert_uint_eq(read_one(), 1);
	pst_ring_producer_notified(consumer, 1);
	write_short(3);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(read_one(), 3);
}
END_TEST

START_TEST(unsent_wakeup_is_due_with_each_message)
{
	write_short(5);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(read_one(), 1);
	ck_assert_uint_eq(read_one(), 1);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
	pst_ring_producer_notified(consumer, 1);
	read_some(1);
}
END_TEST

/* The next check is scheduled from the refresh before a notification. */
START_TEST(check_is_scheduled_from_the_last_refresh)
{
	static const char payload[1120];

	producer->message_bytes = consumer->message_bytes = sizeof(payload);
	write_short(60);
	read_some(1);
	consumer->next_check_pos = consumer->consumed_pos + 16;
	ck_assert_int_eq(pst_ring_write(producer, payload, sizeof(payload)),
			 0); /* after the next 8 bytes less than half are free */
	pst_ring_arm_producer(producer);
	read_some(1);
	ck_assert_uint_eq(read_one(), 1);
}
END_TEST

/* A position of long ago would appear to be one in the future. */
START_TEST(next_check_of_an_empty_ring_is_due_at_once)
{
	write_short(1);
	read_some(1);
	ck_assert_uint_eq(consumer->next_check_pos, consumer->consumed_pos);
}
END_TEST

START_TEST(fault_before_notifying_is_returned_by_the_next_read)
{
	char buffer[256];
	size_t byte_count;

	pst_ring_arm_producer(producer);
	pst_shared_publish_u64(&pair.producer_words->produced_pos,
			       consumer->produced_pos + DATA_BYTES + 8);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
	ck_assert_int_eq(consumer->fault, PST_RING_FAULT_OUT_OF_RANGE);
	ck_assert_int_eq(pst_ring_read(consumer, buffer, sizeof(buffer),
				       &byte_count), -EBADMSG);
}
END_TEST

START_TEST(ring_that_is_kept_full_is_known_to_be_at_its_half, .loop_end = 2)
{
	uint32_t filled;

	filled = fill();
	read_some(filled / 2 - 1);
	(void)fill(); /* as much as fits */
	ck_assert(!pst_ring_is_known_half_free(consumer));
	ck_assert_uint_eq(_i == 0 ? read_one() : discard_one(), 0);
	ck_assert(!pst_ring_is_known_half_free(consumer));
	ck_assert_uint_eq(consumer->produced_pos, producer->produced_pos);
}
END_TEST

START_TEST(ring_is_not_looked_at_beside_its_half)
{
	uint64_t seen_pos;
	uint32_t filled;

	filled = fill();
	read_some(1);
	seen_pos = consumer->produced_pos;
	(void)fill(); /* one more, without a notification */
	read_some(filled / 2 - 2);
	ck_assert_uint_eq(consumer->produced_pos, seen_pos);
	read_some(1);
	ck_assert_uint_eq(consumer->produced_pos, seen_pos + 128);
	read_some(1); /* the half again */
	(void)fill();
	read_some(filled / 2 - 1);
	ck_assert_uint_eq(consumer->produced_pos, seen_pos + 128);
}
END_TEST

START_TEST(fault_at_the_half_is_returned_by_the_next_read)
{
	char buffer[256];
	size_t byte_count;
	uint32_t filled;

	filled = fill();
	read_some(filled / 2 - 1);
	pst_shared_publish_u64(&pair.producer_words->produced_pos,
			       consumer->produced_pos + DATA_BYTES + 8);
	read_some(1);
	ck_assert_int_eq(consumer->fault, PST_RING_FAULT_OUT_OF_RANGE);
	ck_assert_int_eq(pst_ring_read(consumer, buffer, sizeof(buffer),
				       &byte_count), -EBADMSG);
}
END_TEST

START_TEST(end_at_the_half_is_the_end)
{
	static const char payload[2040];
	char buffer[2048];
	size_t byte_count;

	producer->message_bytes = consumer->message_bytes = sizeof(payload);
	ck_assert_int_eq(pst_ring_write(producer, payload, 2032), 0);
	ck_assert_int_eq(pst_ring_finish(producer), 0);
	producer->blocked_error = 0; /* an honest peer does not do this */
	ck_assert_int_eq(pst_ring_write(producer, payload, 2040), 0);
	ck_assert_int_eq(pst_ring_read(consumer, buffer, sizeof(buffer),
				       &byte_count), 0);
	pst_shared_publish_u64(&pair.producer_words->produced_pos, 1);
	ck_assert_int_eq(pst_ring_read(consumer, buffer, sizeof(buffer),
				       &byte_count), -ESHUTDOWN);
	ck_assert_int_eq(consumer->fault, PST_RING_FAULT_NONE);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
