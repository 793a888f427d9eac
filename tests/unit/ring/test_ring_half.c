/* SPDX-License-Identifier: ISC */
/*
 * A producer that waits for room is rung for once half of the ring is free
 */
#include "ring/ring.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "support/ring_pair.h"

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

static void read_some(uint32_t count)
{
	char buffer[256];
	size_t byte_count;

	for (; count > 0; count--)
		ck_assert_int_eq(pst_ring_read(consumer, buffer,
					       sizeof(buffer), &byte_count), 0);
}

START_TEST(producer_is_rung_for_once_half_the_ring_is_free)
{
	uint32_t sent, received = 0;

	sent = fill();
	pst_ring_arm_producer(producer);
	do {
		read_some(1);
		received++;
	} while (pst_ring_producer_to_wake(consumer) == 0);
	ck_assert_uint_eq(received, sent / 2);
}
END_TEST

START_TEST(producer_is_not_rung_for_if_the_ring_is_full_again)
{
	uint32_t filled, sent;

	filled = fill();
	read_some(filled - 1); /* all but one of those it knows of */
	sent = fill();
	ck_assert_uint_eq(sent, filled - 1);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 0);
	read_some(filled / 2 - 1);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 0);
	read_some(1);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
}
END_TEST

START_TEST(lie_seen_before_a_bell_is_told_by_the_next_read)
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

int main(void)
{
	Suite *suite = suite_create("ring_half");
	TCase *half = tcase_create("half");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(half, setup, teardown);
	tcase_add_test(half, producer_is_rung_for_once_half_the_ring_is_free);
	tcase_add_test(half, producer_is_not_rung_for_if_the_ring_is_full_again);
	tcase_add_test(half, lie_seen_before_a_bell_is_told_by_the_next_read);
	suite_add_tcase(suite, half);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
