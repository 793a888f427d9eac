/* SPDX-License-Identifier: ISC */
/* Statistics of a channel */
#include "channel/channel.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "channel/channel_state.h"
#include "os/monotonic.h"
#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

#define RING_BYTES 4096

static const struct channel_pair_options both_ways = {
	.left_ring_bytes = RING_BYTES,
	.right_ring_bytes = RING_BYTES,
	.message_bytes = RING_BYTES - 8,
};

static struct channel_pair pair;

static void set_up(void)
{
	channel_pair_open(&pair, &both_ways);
}

static void tear_down(void)
{
	channel_pair_close(&pair);
}

static struct postern_channel_statistics stats_of(struct pst_channel *channel)
{
	struct postern_channel_statistics stats;

	pst_channel_stats(channel, &stats);
	return stats;
}

static void send_right(size_t byte_count)
{
	static const char zeros[RING_BYTES];

	expect_equal(pst_channel_send(pair.right, zeros, (uint32_t)byte_count),
		     0);
}

static void receive_left(void)
{
	char buffer[RING_BYTES];
	size_t bytes;

	expect_equal(pst_channel_receive(pair.left, buffer, sizeof(buffer),
					 &bytes), 0);
}

/* A time stamp that an honest peer would not send. */
static void send_stamped(uint64_t time_ns)
{
	expect_equal(pst_ring_write_timed(&pair.right->producer, "x", 1,
					  time_ns), 0);
}

START_TEST(a_new_channel_has_done_nothing)
{
	struct postern_channel_statistics stats = stats_of(pair.left);

	expect_equal(stats.size_bytes, sizeof(stats));
	expect_equal(stats.sent_messages + stats.received_messages, 0);
	expect_equal(stats.send_peak_bytes + stats.receive_peak_bytes, 0);
	expect_equal(stats.last_activity_ns, 0);
	expect_equal(stats.latency.count, 0);
	expect_equal(stats.end_reason, POSTERN_REASON_NONE);
}
END_TEST

START_TEST(messages_and_bytes_are_counted_on_both_sides)
{
	void *room;

	send_right(100);
	send_right(0);
	expect_equal(pst_channel_reserve(pair.right, 50, &room), 0);
	expect_equal(pst_channel_commit(pair.right, 20), 0);
	expect_equal(pst_channel_reserve(pair.right, 50, &room), 0);
	expect_equal(pst_channel_abort(pair.right), 0);
	receive_left();
	receive_left();

	expect_equal(stats_of(pair.right).sent_messages, 3);
	expect_equal(stats_of(pair.right).sent_bytes, 120);
	expect_equal(stats_of(pair.right).received_messages, 0);
	expect_equal(stats_of(pair.left).received_messages, 2);
	expect_equal(stats_of(pair.left).received_bytes, 100);
	expect_equal(stats_of(pair.left).sent_messages, 0);
}
END_TEST

START_TEST(a_message_that_was_not_received_is_not_counted)
{
	char small[4];
	size_t bytes;

	send_right(5);
	expect_equal(pst_channel_receive(pair.left, small, sizeof(small),
					 &bytes), -EMSGSIZE);
	expect_equal(stats_of(pair.left).received_messages, 0);
	expect_equal(stats_of(pair.left).latency.count, 0);
}
END_TEST

START_TEST(a_send_that_found_the_ring_full_is_counted)
{
	static const char large[2000];
	void *room;

	send_right(2000);
	send_right(2000);
	expect_equal(pst_channel_send(pair.right, large, 2000), -EAGAIN);
	expect_equal(pst_channel_reserve(pair.right, 2000, &room), -EAGAIN);
	expect_equal(stats_of(pair.right).send_full_count, 2);
	expect_equal(stats_of(pair.right).sent_messages, 2);
}
END_TEST

START_TEST(depth_is_the_bytes_in_the_ring)
{
	uint64_t depth_bytes;

	send_right(800);
	send_right(800);
	depth_bytes = stats_of(pair.right).send_depth_bytes;
	/* Two records, of which the first has a stamp. */
	expect_equal(depth_bytes, 2 * 808 + 8);
	expect_equal(stats_of(pair.left).receive_depth_bytes, depth_bytes);
	receive_left();
	expect_equal(stats_of(pair.right).send_depth_bytes, 808);
	expect_equal(stats_of(pair.left).receive_depth_bytes, 808);
	receive_left();
	expect_equal(stats_of(pair.right).send_depth_bytes, 0);
	expect_equal(stats_of(pair.left).receive_depth_bytes, 0);
}
END_TEST

START_TEST(peaks_stay)
{
	static const char large[2000];

	send_right(2000);
	send_right(2000);
	expect_equal(pst_channel_send(pair.right, large, 2000), -EAGAIN);
	receive_left();
	receive_left();
	expect_equal(stats_of(pair.right).send_depth_bytes, 0);
	expect_equal(stats_of(pair.right).send_peak_bytes, 2 * 2008 + 8);
	expect_equal(stats_of(pair.left).receive_peak_bytes, 2 * 2008 + 8);
}
END_TEST

/* Nothing was refused: the sender refreshes the depth itself. */
START_TEST(a_peak_is_seen_without_a_refusal)
{
	int i;

	for (i = 0; i < 129; i++)
		send_right(8);
	for (i = 0; i < 129; i++)
		receive_left();
	expect_equal(stats_of(pair.right).send_full_count, 0);
	expect(stats_of(pair.right).send_peak_bytes >= 128 * 16);
	expect_equal(stats_of(pair.left).receive_peak_bytes, 129 * 16 + 3 * 8);
}
END_TEST

START_TEST(a_sender_whose_peer_keeps_up_has_a_low_peak)
{
	int i;

	for (i = 0; i < 1000; i++) {
		send_right(100);
		receive_left();
	}
	expect(stats_of(pair.right).send_peak_bytes <= 120);
	expect(stats_of(pair.left).receive_peak_bytes <= 120);
}
END_TEST

/* The first of 64 after the other, in all three ways of sending. */
START_TEST(every_64th_message_is_timed)
{
	void *room;
	int i;

	for (i = 0; i < 129; i++) {
		if (i % 2 == 0) {
			send_right(3);
		} else {
			expect_equal(pst_channel_reserve(pair.right, 9, &room),
				     0);
			expect_equal(pst_channel_commit(pair.right, 3), 0);
		}
		receive_left();
	}
	expect_equal(stats_of(pair.left).latency.count, 3);
	expect_equal(stats_of(pair.left).latency.implausible_count, 0);
}
END_TEST

START_TEST(a_reservation_can_be_the_one_that_is_timed)
{
	void *room;

	expect_equal(pst_channel_reserve(pair.right, 9, &room), 0);
	memcpy(room, "reserved", 8);
	expect_equal(pst_channel_commit(pair.right, 8), 0);
	receive_left();
	expect_equal(stats_of(pair.left).latency.count, 1);
	expect_equal(stats_of(pair.left).latency.implausible_count, 0);
}
END_TEST

START_TEST(message_after_a_notification_is_timed)
{
	int i;

	for (i = 0; i < 10; i++) {
		send_right(3);
		receive_left();
	}
	expect_equal(stats_of(pair.left).latency.count, 1);
	expect(!pst_channel_arm_receive(pair.left));
	send_right(3);
	pst_channel_drain_doorbell(pair.left);
	receive_left();
	expect_equal(stats_of(pair.left).latency.count, 1);
	send_right(3);
	receive_left();
	expect_equal(stats_of(pair.left).latency.count, 2);
}
END_TEST

START_TEST(the_largest_message_fits_when_its_time_is_due)
{
	send_right(RING_BYTES - 8);
	receive_left();
	expect_equal(stats_of(pair.left).received_bytes, RING_BYTES - 8);
	expect_equal(stats_of(pair.left).latency.count, 0);
}
END_TEST

START_TEST(a_time_that_cannot_be_is_only_counted)
{
	send_stamped(UINT64_MAX);
	send_stamped(pst_monotonic_now_ns() + 3600 * UINT64_C(1000000000));
	send_stamped(0);
	send_stamped(1);
	receive_left();
	receive_left();
	receive_left();
	receive_left();
	expect_equal(stats_of(pair.left).latency.implausible_count, 4);
	expect_equal(stats_of(pair.left).latency.count, 0);
	expect_equal(stats_of(pair.left).latency.max_ns, 0);
	send_stamped(pst_monotonic_now_ns());
	receive_left();
	expect_equal(stats_of(pair.left).latency.implausible_count, 4);
	expect_equal(stats_of(pair.left).latency.count, 1);
}
END_TEST

START_TEST(wakeups_are_counted)
{
	expect(!pst_channel_arm_receive(pair.left));
	send_right(3);
	expect_equal(stats_of(pair.right).wakeups_sent, 1);
	expect_equal(stats_of(pair.left).wakeups_received, 0);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(stats_of(pair.left).wakeups_received, 1);
	expect_equal(stats_of(pair.left).wakeups_sent, 0);
}
END_TEST

START_TEST(activity_is_recorded_with_samples_and_doorbells)
{
	uint64_t before_ns = pst_monotonic_now_ns(), first_ns;

	send_right(3);
	receive_left();
	first_ns = stats_of(pair.left).last_activity_ns;
	expect(first_ns >= before_ns);
	expect(stats_of(pair.right).last_activity_ns >= before_ns);
	expect(first_ns <= pst_monotonic_now_ns());

	/* Not a sample: nothing is recorded until a doorbell arrives. */
	send_right(3);
	receive_left();
	expect_equal(stats_of(pair.left).last_activity_ns, first_ns);
	expect(!pst_channel_arm_receive(pair.left));
	before_ns = pst_monotonic_now_ns();
	send_right(3);
	expect(stats_of(pair.right).last_activity_ns >= before_ns);
	pst_channel_drain_doorbell(pair.left);
	expect(stats_of(pair.left).last_activity_ns >= before_ns);
}
END_TEST

START_TEST(false_positions_give_a_depth_within_the_ring)
{
	struct pst_segment_words *words =
		(void *)pair.right->own_mapping.control;

	send_right(3);
	pst_shared_publish_u64(&words->produced_pos, UINT64_C(1) << 40);
	expect_equal(stats_of(pair.left).receive_depth_bytes, RING_BYTES);
	expect_equal(stats_of(pair.left).receive_peak_bytes, RING_BYTES);
	pst_shared_publish_u64(&words->produced_pos, UINT64_MAX);
	expect_equal(stats_of(pair.left).receive_depth_bytes, 0);
	pst_shared_publish_u64(&words->consumed_pos, UINT64_C(1) << 40);
	expect_equal(stats_of(pair.left).send_depth_bytes, 0);
	pst_shared_publish_u64(&words->consumed_pos, UINT64_MAX / 2 + 2);
	expect_equal(stats_of(pair.left).send_depth_bytes, RING_BYTES);
	expect_equal(stats_of(pair.left).end_reason, POSTERN_REASON_NONE);
}
END_TEST

START_TEST(end_reason_is_in_the_statistics)
{
	pst_channel_on_peer_exit(pair.left);
	expect_equal(stats_of(pair.left).end_reason, POSTERN_REASON_PEER_DIED);
}
END_TEST

/* -- three threads --------------------------------------------------------- */

#define MESSAGES 100000

static void *send_many(void *user_data)
{
	uint64_t deadline_ns = channel_pair_deadline();
	uint32_t ready;
	int i, r = 0;

	(void)user_data;
	for (i = 0; i < MESSAGES; i++) {
		while ((r = pst_channel_send(pair.right, &i, sizeof(i))) ==
		       -EAGAIN)
			expect_equal(pst_channel_wait(pair.right,
						      PST_CHANNEL_WANT_SPACE,
						      deadline_ns, &ready),
				     0);
		expect_equal(r, 0);
	}
	return NULL;
}

static void *receive_many(void *user_data)
{
	uint64_t deadline_ns = channel_pair_deadline();
	uint32_t ready;
	size_t bytes;
	int i, seen, r;

	(void)user_data;
	for (i = 0; i < MESSAGES; i++) {
		while ((r = pst_channel_receive(pair.left, &seen, sizeof(seen),
						&bytes)) == -EAGAIN)
			expect_equal(pst_channel_wait(pair.left,
						      PST_CHANNEL_WANT_MESSAGE,
						      deadline_ns, &ready), 0);
		expect_equal(r, 0);
	}
	return NULL;
}

START_TEST(any_thread_may_ask_at_any_time)
{
	struct postern_channel_statistics sent, received, before = {0};
	pthread_t threads[2];
	int i;

	expect_equal(pthread_create(&threads[0], NULL, send_many, NULL), 0);
	expect_equal(pthread_create(&threads[1], NULL, receive_many, NULL), 0);
	do {
		received = stats_of(pair.left);
		sent = stats_of(pair.right);
		expect(received.received_messages >= before.received_messages);
		expect(sent.send_depth_bytes <= RING_BYTES);
		expect(received.receive_depth_bytes <= RING_BYTES);
		expect(received.latency.count >= before.latency.count);
		before = received;
	} while (received.received_messages < MESSAGES);
	for (i = 0; i < 2; i++)
		expect_equal(pthread_join(threads[i], NULL), 0);
	received = stats_of(pair.left);
	sent = stats_of(pair.right);
	expect_equal(sent.sent_messages, MESSAGES);
	expect_equal(sent.sent_bytes, received.received_bytes);
	expect_equal(received.receive_depth_bytes, 0);
	expect(received.latency.count >= MESSAGES / 64);
	expect_equal(received.latency.implausible_count, 0);
	expect(received.receive_peak_bytes > 0);
	expect(sent.send_peak_bytes <= RING_BYTES);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
