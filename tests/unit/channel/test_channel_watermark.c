/* SPDX-License-Identifier: ISC */
/*
 * Watermarks: events for the sender, and readiness of its descriptor
 *
 * A message of 1000 bytes takes 1008 of the ring, or 8 more with the time.
 */
#include "channel/channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "channel/channel_state.h"
#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

#define RING_BYTES 8192
#define HIGH_BYTES 5000
#define LOW_BYTES 2100

static const struct channel_pair_options both_ways = {
	.left_ring_bytes = RING_BYTES,
	.right_ring_bytes = RING_BYTES,
	.message_bytes = RING_BYTES - 8,
};

static struct channel_pair pair;

static void set_up(void)
{
	channel_pair_open(&pair, &both_ways);
	expect_equal(pst_channel_set_watermarks(pair.right, HIGH_BYTES,
						LOW_BYTES), 0);
}

static void tear_down(void)
{
	channel_pair_close(&pair);
}

static int send_right(uint32_t byte_count)
{
	static const char zeros[RING_BYTES];

	return pst_channel_send(pair.right, zeros, byte_count);
}

static void send_many(int count)
{
	while (count-- > 0)
		expect_equal(send_right(1000), 0);
}

static void receive_many(int count)
{
	static char buffer[RING_BYTES];
	size_t bytes;

	while (count-- > 0)
		expect_equal(pst_channel_receive(pair.left, buffer,
						 sizeof(buffer), &bytes), 0);
}

static uint64_t expect_event(enum postern_channel_event_type type)
{
	struct postern_channel_event event;

	expect_equal(pst_channel_next_event(pair.right, &event), 0);
	expect_equal(event.type, type);
	return event.depth_bytes;
}

static void expect_no_event(void)
{
	struct postern_channel_event event;

	expect_equal(pst_channel_next_event(pair.right, &event), -EAGAIN);
}

/*
 * A doorbell may have been for the other direction too, so the descriptor is
 * readable until a receive has found the ring empty.
 */
static bool is_readable(void)
{
	struct pollfd entry = {
		.fd = pst_channel_fd(pair.right),
		.events = POLLIN,
	};
	char buffer[8];
	size_t bytes;

	expect_equal(pst_channel_receive(pair.right, buffer, sizeof(buffer),
					 &bytes), -EAGAIN);
	return poll(&entry, 1, 0) == 1;
}

static uint64_t high_count(void)
{
	struct postern_channel_statistics stats;

	pst_channel_stats(pair.right, &stats);
	return stats.high_watermark_count;
}

START_TEST(above_and_below_take_turns)
{
	int i;

	for (i = 0; i < 3; i++) {
		send_many(4);
		expect_no_event();
		send_many(1);
		expect(expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH) >=
		       5 * 1008);
		expect_no_event();
		receive_many(2);
		expect_no_event();
		receive_many(1);
		expect(expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW) <=
		       LOW_BYTES);
		expect_no_event();
		receive_many(2);
		expect_no_event();
	}
	expect_equal(high_count(), 3);
}
END_TEST

START_TEST(a_depth_that_wavers_around_a_level_brings_one_event)
{
	int i;

	send_many(5);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	for (i = 0; i < 5; i++) {
		receive_many(1);
		send_many(1);
		expect_no_event();
	}
	expect_equal(high_count(), 1);
}
END_TEST

START_TEST(unreported_peak_returns_both_events)
{
	send_many(5);
	receive_many(5);
	expect(expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH) >= HIGH_BYTES);
	expect_equal(expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW), 0);
	expect_no_event();
}
END_TEST

START_TEST(above_high_is_not_reported_twice_in_a_row)
{
	send_many(5);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	receive_many(5);
	send_many(5);
	expect_no_event();
	expect_equal(high_count(), 2);
	receive_many(5);
	expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW);
}
END_TEST

START_TEST(next_event_after_two_unreported_peaks_returns_one_pair)
{
	send_many(5);
	receive_many(5);
	send_many(6);
	expect_equal(high_count(), 2);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	expect_no_event();
	receive_many(6);
	expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW);
	expect_no_event();
}
END_TEST

/* Its copy of the position is one ring old, so it refreshes the copy. */
START_TEST(a_sender_whose_peer_keeps_up_has_no_event)
{
	int i;

	for (i = 0; i < 100; i++) {
		send_many(1);
		receive_many(1);
	}
	expect_no_event();
	expect_equal(high_count(), 0);
}
END_TEST

START_TEST(reserved_messages_count_too)
{
	void *room;

	send_many(4);
	expect_equal(pst_channel_reserve(pair.right, 1000, &room), 0);
	expect_no_event();
	expect_equal(pst_channel_commit(pair.right, 1000), 0);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
}
END_TEST

START_TEST(without_watermarks_there_are_no_events)
{
	send_many(5);
	expect_equal(pst_channel_set_watermarks(pair.right, 0, 0), 0);
	expect_no_event();
	send_many(1);
	expect_no_event();
	expect(!pst_channel_has_watermarks(pair.right));
	expect_equal(high_count(), 1);
}
END_TEST

START_TEST(watermarks_must_lie_in_the_ring_and_apart)
{
	expect_equal(pst_channel_set_watermarks(pair.right, 10, 10), -EINVAL);
	expect_equal(pst_channel_set_watermarks(pair.right, 0, 10), -EINVAL);
	expect_equal(pst_channel_set_watermarks(pair.right, RING_BYTES + 1, 0),
		     -EINVAL);
	expect_equal(pst_channel_set_watermarks(pair.right, RING_BYTES,
						RING_BYTES - 1), 0);
}
END_TEST

START_TEST(watermarks_need_the_permission_to_send)
{
	struct channel_pair_options options = both_ways;
	struct postern_channel_event event;
	struct channel_pair one_way;

	options.right_ring_bytes = 0;
	channel_pair_open(&one_way, &options);
	expect_equal(pst_channel_set_watermarks(one_way.right, 0, 0), -EPERM);
	expect_equal(pst_channel_next_event(one_way.right, &event), -EPERM);
	channel_pair_close(&one_way);
}
END_TEST

START_TEST(wait_for_low_refreshes_the_depth)
{
	uint32_t ready = 0;

	send_many(3);
	expect_equal(pst_channel_wait(pair.right, PST_CHANNEL_WANT_LOW, 0,
				      &ready), -ETIMEDOUT);
	receive_many(1);
	expect_equal(pst_channel_wait(pair.right, PST_CHANNEL_WANT_LOW, 0,
				      &ready), 0);
	expect_equal(ready, PST_CHANNEL_WANT_LOW);
}
END_TEST

static void *receive_in_thread(void *user_data)
{
	(void)user_data;
	receive_many(4);
	return NULL;
}

/* With a descriptor (_i is 1), and without one. */
START_TEST(sleep_until_low_is_woken, .loop_end = 2)
{
	pthread_t thread;
	uint32_t ready = 0;

	if (_i == 1)
		expect(pst_channel_fd(pair.right) >= 0);
	send_many(6);
	expect_equal(pthread_create(&thread, NULL, receive_in_thread, NULL),
		     0);
	expect_equal(pst_channel_wait(pair.right, PST_CHANNEL_WANT_LOW,
				      channel_pair_deadline(), &ready), 0);
	expect_equal(pthread_join(thread, NULL), 0);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW);
}
END_TEST

START_TEST(the_descriptor_is_readable_when_the_depth_is_low)
{
	expect(pst_channel_fd(pair.right) >= 0);
	send_many(5);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	expect_no_event();
	expect(!is_readable());
	receive_many(3);
	expect(is_readable());
	expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW);
	expect_no_event();
	expect(!is_readable());
}
END_TEST

START_TEST(descriptor_is_readable_at_low_without_another_call)
{
	expect(pst_channel_fd(pair.right) >= 0);
	expect_no_event();
	send_many(5);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	receive_many(3);
	expect(is_readable());
}
END_TEST

/* The depth is low, but there is no space for a large message. */
START_TEST(a_refused_message_does_not_hide_that_it_is_low)
{
	expect_equal(pst_channel_set_watermarks(pair.right, HIGH_BYTES,
						HIGH_BYTES - 1), 0);
	expect(pst_channel_fd(pair.right) >= 0);
	send_many(5);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	receive_many(1);
	expect_equal(send_right(6000), -EAGAIN);
	expect(is_readable());
	expect_event(POSTERN_CHANNEL_EVENT_BELOW_LOW);
	expect_no_event();
	expect(!is_readable());
}
END_TEST

/* There is space again, but the depth is not low. */
START_TEST(next_event_does_not_hide_free_space)
{
	expect(pst_channel_fd(pair.right) >= 0);
	send_many(8);
	expect_equal(send_right(1000), -EAGAIN);
	expect_event(POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
	expect_no_event();
	expect(!is_readable());
	receive_many(2);
	expect_no_event();
	expect(is_readable());
	expect_equal(send_right(1000), 0);
	expect_no_event();
	expect(!is_readable());
}
END_TEST

START_TEST(false_position_of_the_peer_poisons)
{
	struct pst_segment_words *words =
		(void *)pair.left->own_mapping.control;

	send_many(4);
	pst_shared_publish_u64(&words->consumed_pos, UINT64_C(1) << 40);
	send_many(1);
	expect_equal(send_right(1000), -EBADMSG);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_POISONED);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
