/* SPDX-License-Identifier: ISC */
/* Messages that are dropped */
#include "channel/channel.h"

#include <errno.h>

#include "channel/channel_doorbell.h"
#include "channel/channel_state.h"
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

START_TEST(discarded_message_is_counted_and_reported_to_the_peer)
{
	struct postern_channel_statistics stats;
	size_t bytes = 99;

	send_right(100);
	send_right(20);
	send_right(3);
	expect_equal(pst_channel_discard(pair.left, &bytes), 0);
	expect_equal(bytes, 100);
	expect_equal(pst_channel_discard(pair.left, &bytes), 0);
	receive_left();
	expect_equal(pst_channel_discard(pair.left, &bytes), -EAGAIN);
	expect_equal(bytes, 20);

	stats = stats_of(pair.left);
	expect_equal(stats.dropped_messages, 2);
	expect_equal(stats.dropped_bytes, 120);
	expect_equal(stats.received_messages, 1);
	expect_equal(stats.receive_depth_bytes, 0);
	expect_equal(stats.latency.count, 0);
	expect_equal(stats.peer_dropped_messages, 0);
	stats = stats_of(pair.right);
	expect_equal(stats.peer_dropped_messages, 2);
	expect_equal(stats.dropped_messages, 0);
	expect_equal(stats.send_depth_bytes, 0);
}
END_TEST

START_TEST(discarding_ends_as_receiving_does)
{
	size_t bytes;

	send_right(3);
	pst_channel_on_peer_exit(pair.left);
	expect_equal(pst_channel_discard(pair.left, &bytes), 0);
	expect_equal(pst_channel_discard(pair.left, &bytes), -EPIPE);
	pst_channel_end(pair.right, POSTERN_REASON_REVOKED);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EPIPE);
	expect_equal(pst_channel_discard(pair.right, &bytes), -EPIPE);
}
END_TEST

START_TEST(a_sender_is_woken_when_its_message_is_discarded)
{
	static const char large[1000];
	uint32_t ready = 0;
	size_t bytes;

	send_right(4000);
	expect_equal(pst_channel_send(pair.right, large, 1000), -EAGAIN);
	expect(!pst_channel_arm_and_poll(pair.right, PST_CHANNEL_WANT_SPACE));
	expect_equal(pst_channel_discard(pair.left, &bytes), 0);
	expect_equal(stats_of(pair.left).wakeups_sent, 1);
	expect_equal(pst_channel_wait(pair.right, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     0);
}
END_TEST

START_TEST(drop_count_of_the_peer_is_only_displayed)
{
	struct pst_segment_words *words =
		(void *)pair.left->own_mapping.control;

	pst_shared_publish_u64(&words->dropped_count, UINT64_MAX);
	expect_equal(stats_of(pair.right).peer_dropped_messages, UINT64_MAX);
	send_right(3);
	receive_left();
	expect_equal(stats_of(pair.right).end_reason, POSTERN_REASON_NONE);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
