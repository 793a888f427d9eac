/* SPDX-License-Identifier: ISC */
/*
 * Sending to a peer that has ended, with a ring that is not full yet
 *
 * The right end never waits, so it is not armed, and no doorbell reports its
 * end to the left one.  The bounds are those of <postern/channel.h>.
 */
#include "channel/channel.h"

#include <errno.h>

#include "base/fd.h"
#include "os/monotonic.h"
#include "support/expect.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

#define MESSAGE_BYTES 100
#define MOST_MESSAGES 2048      /* after the end, in every case */
#define MOST_WHEN_SLOW 65       /* once a millisecond has passed */
#define BEFORE 1000             /* sent before the end */

static struct channel_pair pair;

static void open_pair(int mode)
{
	const struct channel_pair_options options = {
		.left_ring_bytes = 1048576,
		.right_ring_bytes = 4096,
		.message_bytes = 1024,
		.security = sealed_modes[mode].security,
		.cipher = sealed_modes[mode].cipher,
	};

	channel_pair_open(&pair, &options);
}

static int send_one(bool is_in_place)
{
	static const char message[MESSAGE_BYTES];
	void *bytes;
	int r;

	if (!is_in_place)
		return pst_channel_send(pair.left, message, sizeof(message));
	r = pst_channel_reserve(pair.left, MESSAGE_BYTES, &bytes);
	return r < 0 ? r : pst_channel_commit(pair.left, MESSAGE_BYTES);
}

static void send_before(bool is_in_place)
{
	int i;

	for (i = 0; i < BEFORE; i++)
		expect_equal(send_one(is_in_place), 0);
}

/* How many messages were sent until -EPIPE; a full ring would be -EAGAIN. */
static int sent_until_epipe(bool is_in_place)
{
	int count = 0, r;

	while ((r = send_one(is_in_place)) == 0)
		count++;
	expect_equal(r, -EPIPE);
	return count;
}

static void hang_up(void)
{
	pair.right = pst_channel_unref(pair.right);
}

/* End its process; something else holds its socket open. */
static void die(void)
{
	pair.process_fd = pst_fd_close(pair.process_fd);
}

static void pass_a_millisecond(void)
{
	uint64_t end_ns = pst_monotonic_now_ns() + 1000001;

	while (pst_monotonic_now_ns() < end_ns)
		;
}

/* _i: the mode, and 1 for reserve and commit. */
START_TEST(send_after_hang_up_returns_epipe_within_the_bound,
	   .loop_end = 2 * sealed_mode_count())
{
	open_pair(_i / 2);
	send_before(_i & 1);
	hang_up();
	ck_assert_int_le(sent_until_epipe(_i & 1), MOST_MESSAGES);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_HUNG_UP);
	channel_pair_close(&pair);
}
END_TEST

START_TEST(send_after_death_returns_epipe_within_the_bound,
	   .loop_end = 2 * sealed_mode_count())
{
	open_pair(_i / 2);
	send_before(_i & 1);
	die();
	ck_assert_int_le(sent_until_epipe(_i & 1), MOST_MESSAGES);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_PEER_DIED);
	channel_pair_close(&pair);
}
END_TEST

/* _i: 0 hang-up, 1 death. */
START_TEST(send_after_end_and_time_returns_epipe_with_the_next_sample,
	   .loop_end = 2)
{
	open_pair(0);
	send_before(false);
	if (_i == 0)
		hang_up();
	else
		die();
	pass_a_millisecond();
	ck_assert_int_le(sent_until_epipe(false), MOST_WHEN_SLOW);
	channel_pair_close(&pair);
}
END_TEST

static void receive_one(void)
{
	char buffer[1024];
	size_t bytes;

	expect_equal(pst_channel_receive(pair.right, buffer, sizeof(buffer),
					 &bytes), 0);
}

/* The first check after the end finds that messages were received before. */
START_TEST(send_after_receipt_and_death_returns_epipe_within_the_bound)
{
	open_pair(0);
	send_before(false);
	receive_one();
	die();
	ck_assert_int_le(sent_until_epipe(false), MOST_MESSAGES);
	channel_pair_close(&pair);
}
END_TEST

START_TEST(send_after_receipt_and_time_returns_epipe_with_the_second_check)
{
	int count = 0;

	open_pair(0);
	send_before(false);
	receive_one();
	die();
	pass_a_millisecond();
	while (count < MOST_WHEN_SLOW && send_one(false) == 0)
		count++;
	pass_a_millisecond();
	ck_assert_int_le(sent_until_epipe(false), MOST_WHEN_SLOW);
	channel_pair_close(&pair);
}
END_TEST

/* A peer that exists and receives nothing has not ended. */
START_TEST(send_to_a_peer_that_is_there_fills_the_ring)
{
	int count = 0, r;

	open_pair(0);
	while ((r = send_one(false)) == 0)
		if (++count % 500 == 0)
			pass_a_millisecond();
	expect_equal(r, -EAGAIN);
	ck_assert_int_gt(count, 3 * MOST_MESSAGES);
	channel_pair_close(&pair);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
