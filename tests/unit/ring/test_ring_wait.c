/* SPDX-License-Identifier: ISC */
/*
 * Arming and notifications
 *
 * First the counters, step by step.  Then two threads that really sleep: with a
 * ring of one page, so that either side is often at its end, and a doorbell for
 * each, sent only when the ring requires it.  A lost wake-up leaves a thread
 * asleep until its deadline, and the test fails.
 */
#include "ring/ring_wait.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/pin.h"
#include "support/random.h"
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

static uint32_t consumer_armed(void)
{
	return pst_shared_observe_u32(&pair.consumer_words->consumer_armed);
}

static uint32_t producer_armed(void)
{
	return pst_shared_observe_u32(&pair.producer_words->producer_armed);
}

START_TEST(side_that_is_not_armed_is_not_notified)
{
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 0);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 0);
}
END_TEST

START_TEST(arming_publishes_the_next_odd_value)
{
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 1);
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 3);
	pst_ring_disarm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 4);
	pst_ring_disarm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 4);
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 5);

	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(producer_armed(), 1);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(producer_armed(), 3);
	pst_ring_disarm_producer(producer);
	ck_assert_uint_eq(producer_armed(), 4);
	pst_ring_disarm_producer(producer);
	ck_assert_uint_eq(producer_armed(), 4);
}
END_TEST

START_TEST(each_arming_is_notified_once)
{
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 1);
	pst_ring_consumer_notified(producer, 1);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 0);
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 3);

	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
	pst_ring_producer_notified(consumer, 1);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 0);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 3);
}
END_TEST

START_TEST(bell_that_could_not_be_sent_is_due_again)
{
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 1);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 1);

	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
}
END_TEST

START_TEST(disarmed_side_is_not_notified)
{
	pst_ring_arm_consumer(consumer);
	pst_ring_disarm_consumer(consumer);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 0);
	pst_ring_arm_producer(producer);
	pst_ring_disarm_producer(producer);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 0);
}
END_TEST

START_TEST(directions_do_not_mix)
{
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(producer_armed(), 0);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 0);
	pst_ring_disarm_consumer(consumer);
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 0);
}
END_TEST

START_TEST(counter_survives_its_wrap)
{
	consumer->armed = UINT32_MAX - 1;
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), UINT32_MAX);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), UINT32_MAX);
	pst_ring_disarm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 0);
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 1);

	producer->armed = UINT32_MAX;
	pst_ring_arm_producer(producer);
	ck_assert_uint_eq(pst_ring_producer_to_wake(consumer), 1);
}
END_TEST

START_TEST(side_never_believes_its_own_counter)
{
	pst_ring_arm_consumer(consumer);
	memset(pair.consumer_words, 0xee, sizeof(*pair.consumer_words));
	pst_ring_arm_consumer(consumer);
	ck_assert_uint_eq(consumer_armed(), 3);
}
END_TEST

START_TEST(any_value_of_the_peer_costs_at_most_one_doorbell)
{
	static const uint32_t values[] = { 7, 5, 0, UINT32_MAX, 2, 1 };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint32_t value = values[i];

		pst_shared_publish_u32(&pair.consumer_words->consumer_armed,
				       value);
		ck_assert_uint_eq(pst_ring_consumer_to_wake(producer),
				  value % 2 == 1 ? value : 0);
		pst_ring_consumer_notified(producer, value);
		ck_assert_uint_eq(pst_ring_consumer_to_wake(producer), 0);
	}
}
END_TEST

/* Two threads */

#define DEADLINE_MS 20000

/*
 * One thread and its doorbell: an eventfd or, to run a million times rather
 * than a hundred thousand, a word that is polled.
 */
struct side {
	int doorbell_fd; /* -1: the word */
	_Atomic uint32_t bell_word;
	struct random random;
	uint32_t message_count;
	uint32_t payload_bytes_max;
	unsigned int sleep_count;    /* both are read after the end */
	unsigned int notified_count;
	struct side *other;
};

static void ring_bell(struct side *side)
{
	static const uint64_t one = 1;
	struct side *other = side->other;

	if (other->doorbell_fd < 0)
		atomic_store(&other->bell_word, 1);
	else
		expect(write(other->doorbell_fd, &one, sizeof(one)) ==
		       sizeof(one));
	side->notified_count++;
}

static time_t now_seconds(void)
{
	struct timespec now;

	expect(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return now.tv_sec;
}

static void spin_until_bell(struct side *side)
{
	time_t deadline_seconds = now_seconds() + DEADLINE_MS / 1000;
	unsigned int polls = 0;

	while (atomic_load_explicit(&side->bell_word,
				    memory_order_relaxed) == 0) {
		if (++polls % 4096 != 0)
			continue;
		if (now_seconds() > deadline_seconds)
			ck_abort_msg("a wake-up was lost");
		(void)sched_yield(); /* if there is only one CPU */
	}
	atomic_store(&side->bell_word, 0);
}

/* The caller has armed, polled again, and found nothing. */
static void sleep_until_doorbell(struct side *side)
{
	struct pollfd poll_entry = {
		.fd = side->doorbell_fd,
		.events = POLLIN,
	};
	uint64_t count;

	side->sleep_count++;
	if (side->doorbell_fd < 0) {
		spin_until_bell(side);
		return;
	}
	if (poll(&poll_entry, 1, DEADLINE_MS) != 1)
		ck_abort_msg("a wake-up was lost");
	expect(read(side->doorbell_fd, &count, sizeof(count)) == sizeof(count));
}

/*
 * The number of polls before arming: of every order of magnitude up to a few
 * microseconds, so that arming meets the other side's publishing at every
 * moment.
 */
static uint32_t some_polls(struct side *side)
{
	return random_below(&side->random,
			    1u << random_below(&side->random, 13));
}

static void wait_for_room(struct side *side, uint32_t payload_bytes)
{
	uint32_t polls = some_polls(side);
	int result;

	while (polls-- > 0) {
		if (pst_ring_has_space(producer, payload_bytes) != -EAGAIN)
			return;
	}
	pst_ring_arm_producer(producer);
	result = pst_ring_has_space(producer, payload_bytes);
	if (result == -EAGAIN)
		sleep_until_doorbell(side);
	else
		expect_equal(result, 0);
	pst_ring_disarm_producer(producer);
}

static void wait_for_message(struct side *side)
{
	uint32_t polls = some_polls(side);
	int result;

	while (polls-- > 0) {
		if (pst_ring_has_message(consumer) != -EAGAIN)
			return;
	}
	pst_ring_arm_consumer(consumer);
	result = pst_ring_has_message(consumer);
	if (result == -EAGAIN)
		sleep_until_doorbell(side);
	else
		expect_equal(result, 0);
	pst_ring_disarm_consumer(consumer);
}

static void *produce(void *argument)
{
	struct side *side = argument;
	uint8_t payload[MESSAGE_BYTES] = { 0 };
	uint32_t i, armed, payload_bytes;
	int result;

	pin_thread(1);
	for (i = 0; i < side->message_count; i++) {
		payload_bytes = 4 + random_below(&side->random,
						 side->payload_bytes_max - 3);
		memcpy(payload, &i, sizeof(i));
		while ((result = pst_ring_write(producer, payload,
						payload_bytes)) == -EAGAIN)
			wait_for_room(side, payload_bytes);
		expect_equal(result, 0);
		armed = pst_ring_consumer_to_wake(producer);
		if (armed != 0) {
			ring_bell(side);
			pst_ring_consumer_notified(producer, armed);
		}
	}
	return NULL;
}

static void consume(struct side *side)
{
	uint8_t payload[MESSAGE_BYTES];
	uint32_t i, number, armed;
	size_t byte_count = 0;
	int result;

	pin_thread(0);
	for (i = 0; i < side->message_count; i++) {
		while ((result = pst_ring_read(consumer, payload,
					       sizeof(payload),
					       &byte_count)) == -EAGAIN)
			wait_for_message(side);
		expect_equal(result, 0);
		memcpy(&number, payload, sizeof(number));
		expect_equal(number, i);
		armed = pst_ring_producer_to_wake(consumer);
		if (armed != 0) {
			ring_bell(side);
			pst_ring_producer_notified(consumer, armed);
		}
	}
}

static void run_two_threads(struct side side)
{
	struct side producing = side, consuming = side;
	pthread_t thread;

	producing.random.state = 1;
	producing.other = &consuming;
	consuming.other = &producing;
	if (side.doorbell_fd == 0) {
		producing.doorbell_fd = eventfd(0, EFD_CLOEXEC);
		consuming.doorbell_fd = eventfd(0, EFD_CLOEXEC);
	}
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &producing), 0);
	consume(&consuming);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);

	/*
	 * The test is about sleeping, so there must have been some; and a
	 * doorbell belongs to one arming.
	 */
	ck_assert_uint_gt(producing.sleep_count + consuming.sleep_count, 100);
	ck_assert_uint_le(producing.notified_count, consumer->armed / 2);
	ck_assert_uint_le(consuming.notified_count, producer->armed / 2);
	if (side.doorbell_fd == 0) {
		ck_assert_int_eq(close(producing.doorbell_fd), 0);
		ck_assert_int_eq(close(consuming.doorbell_fd), 0);
	}
}

START_TEST(no_wake_up_is_lost_between_two_threads, .timeout_s = 300)
{
	run_two_threads((struct side) {
		.message_count = 200000,
		.payload_bytes_max = MESSAGE_BYTES,
	});
}
END_TEST

/*
 * With many messages in the ring, the next one would replace a lost doorbell.
 * Here there is no next one: every record fills the ring.  (So small a ring
 * cannot be mapped twice, but a record that fills it never wraps either.)
 */
START_TEST(no_wake_up_is_lost_when_every_message_fills_the_ring,
	   .timeout_s = 300)
{
	producer->data_bytes = 16;
	consumer->data_bytes = 16;
	run_two_threads((struct side) {
		.doorbell_fd = -1,
		.message_count = 1000000,
		.payload_bytes_max = 8,
	});
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
