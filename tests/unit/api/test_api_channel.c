/* SPDX-License-Identifier: ISC */
/*
 * The public calls on a channel: arguments, and structs of other versions
 */
#include <postern/channel.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

static const struct channel_pair_options both_ways = {
	.left_ring_bytes = 4096,
	.right_ring_bytes = 4096,
	.message_bytes = 1024,
};

static struct channel_pair pair;
static struct postern_channel *left, *right;

static void set_up(void)
{
	channel_pair_open(&pair, &both_ways);
	left = (struct postern_channel *)pair.left;
	right = (struct postern_channel *)pair.right;
}

static void tear_down(void)
{
	channel_pair_close(&pair);
}

START_TEST(statistics_are_those_of_the_channel)
{
	struct postern_channel_statistics stats = POSTERN_CHANNEL_STATISTICS_INIT;

	expect_equal(postern_send(left, "five!", 5), 0);
	expect_equal(postern_channel_stats(left, &stats), 0);
	expect_equal(stats.size_bytes, sizeof(stats));
	expect_equal(stats.sent_messages, 1);
	expect_equal(stats.sent_bytes, 5);
	expect_equal(postern_channel_stats(left, NULL), -EINVAL);
}
END_TEST

START_TEST(statistics_of_another_size_are_understood_or_refused)
{
	struct {
		struct postern_channel_statistics stats;
		unsigned char later[32];
	} newer;
	struct postern_channel_statistics smaller;
	size_t i;

	expect_equal(postern_send(left, "five!", 5), 0);
	memset(&newer, 0xee, sizeof(newer));
	newer.stats.size_bytes = sizeof(newer);
	expect_equal(postern_channel_stats(left, &newer.stats), 0);
	expect_equal(newer.stats.size_bytes, sizeof(newer));
	expect_equal(newer.stats.sent_bytes, 5);
	for (i = 0; i < sizeof(newer.later); i++)
		expect_equal(newer.later[i], 0);

	memset(&smaller, 0xee, sizeof(smaller));
	smaller.size_bytes =
		offsetof(struct postern_channel_statistics, reserved);
	expect_equal(postern_channel_stats(left, &smaller), -EINVAL);
	for (i = sizeof(size_t); i < sizeof(smaller); i++)
		expect_equal(((unsigned char *)&smaller)[i], 0xee);
}
END_TEST

/* An event that cannot be told for its size stays the next one. */
START_TEST(outputs_of_an_impossible_size_are_refused)
{
	static const char message[1000];
	struct postern_channel_event event = POSTERN_CHANNEL_EVENT_INIT;
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	struct postern_channel_statistics stats =
		POSTERN_CHANNEL_STATISTICS_INIT;

	expect_equal(postern_channel_set_watermarks(left, 1000, 100), 0);
	expect_equal(postern_send(left, message, sizeof(message)), 0);
	limits.size_bytes = POSTERN_STRUCT_BYTES_MAX + 1;
	expect_equal(postern_channel_get_info(left, &limits), -EINVAL);
	limits.size_bytes = sizeof(limits) - 8;
	expect_equal(postern_channel_get_info(left, &limits), -EINVAL);
	expect_equal(limits.send_ring_bytes, 0);
	stats.size_bytes = SIZE_MAX;
	expect_equal(postern_channel_stats(left, &stats), -EINVAL);
	event.size_bytes = 0;
	expect_equal(postern_channel_next_event(left, &event), -EINVAL);
	event.size_bytes = sizeof(event);
	expect_equal(postern_channel_next_event(left, &event), 0);
	expect_equal(event.type, POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
}
END_TEST

START_TEST(the_end_is_told_in_both_places)
{
	struct postern_channel_statistics stats = POSTERN_CHANNEL_STATISTICS_INIT;

	expect_equal(postern_channel_end_reason(left), POSTERN_REASON_NONE);
	pst_channel_end(pair.right, POSTERN_REASON_IDLE);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(postern_channel_end_reason(left), POSTERN_REASON_IDLE);
	expect_equal(postern_channel_stats(left, &stats), 0);
	expect_equal(stats.end_reason, POSTERN_REASON_IDLE);
}
END_TEST

START_TEST(watermarks_are_set_asked_for_and_waited_for)
{
	static const char message[1000];
	struct postern_channel_event event = POSTERN_CHANNEL_EVENT_INIT;
	uint32_t ready = 0;

	expect_equal(postern_channel_wait(left, POSTERN_WAIT_LOW_WATERMARK, 0,
					  &ready),
		     -EINVAL);
	expect_equal(postern_channel_wait(left, 8, 0, &ready), -EINVAL);
	expect_equal(postern_channel_set_watermarks(left, 500, 600), -EINVAL);
	expect_equal(postern_channel_set_watermarks(left, 1000, 100), 0);
	expect_equal(postern_channel_next_event(left, NULL), -EINVAL);
	expect_equal(postern_channel_next_event(left, &event), -EAGAIN);
	expect_equal(postern_channel_wait(left, POSTERN_WAIT_LOW_WATERMARK, 0,
					  &ready),
		     0);
	expect_equal(ready, POSTERN_WAIT_LOW_WATERMARK);
	expect_equal(postern_send(left, message, sizeof(message)), 0);
	expect_equal(postern_channel_wait(left, POSTERN_WAIT_LOW_WATERMARK, 0,
					  &ready),
		     -ETIMEDOUT);
	expect_equal(postern_channel_next_event(left, &event), 0);
	expect_equal(event.type, POSTERN_CHANNEL_EVENT_ABOVE_HIGH);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
