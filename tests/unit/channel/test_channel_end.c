/* SPDX-License-Identifier: ISC */
/*
 * The reason for the end of a channel: reported by the node, and its effect
 *
 * The left end acts as the node and reports the reason; the right one receives
 * it.
 */
#include "channel/channel.h"

#include <errno.h>

#include "channel/channel_state.h"
#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

static const struct channel_pair_options both_ways = {
	.left_ring_bytes = 4096,
	.right_ring_bytes = 4096,
	.message_bytes = 1024,
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

static enum postern_reason told_to_right(enum postern_reason reason)
{
	char buffer[8];
	size_t bytes;

	pst_channel_end(pair.left, reason);
	pst_channel_drain_doorbell(pair.right);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_HUNG_UP);
	expect_equal(pst_channel_receive(pair.right, buffer, 8, &bytes),
		     -EPIPE);
	return pst_channel_reported_reason(pair.right);
}

static const struct {
	enum postern_reason reason;
	enum postern_reason told;
} ends[] = {
	{POSTERN_REASON_REVOKED, POSTERN_REASON_REVOKED},
	{POSTERN_REASON_DISCONNECTED, POSTERN_REASON_DISCONNECTED},
	{POSTERN_REASON_NODE_CLOSED, POSTERN_REASON_NODE_CLOSED},
	{POSTERN_REASON_EXCEEDED, POSTERN_REASON_EXCEEDED},
	{POSTERN_REASON_IDLE, POSTERN_REASON_IDLE},
	{POSTERN_REASON_POISONED, POSTERN_REASON_HUNG_UP},
	{POSTERN_REASON_PEER_DIED, POSTERN_REASON_HUNG_UP},
};

START_TEST(own_reason_is_reported_to_the_peer,
	   .loop_end = sizeof(ends) / sizeof(ends[0]))
{
	expect_equal(told_to_right(ends[_i].reason), ends[_i].told);
	expect_equal(pst_channel_reported_reason(pair.left), ends[_i].reason);
}
END_TEST

static void say_end(struct pst_channel *channel, uint32_t code)
{
	pst_ring_publish_end((void *)channel->own_mapping.control, code);
}

START_TEST(an_unknown_word_for_the_end_is_ignored, .loop_end = 6)
{
	static const uint32_t codes[] = {
		POSTERN_REASON_NO_ALLOW, POSTERN_REASON_POISONED,
		POSTERN_REASON_KEY_REJECTED,
		POSTERN_REASON_KEY_EXHAUSTED, 109, UINT32_MAX,
	};

	say_end(pair.left, codes[_i]);
	expect_equal(told_to_right(POSTERN_REASON_POISONED),
		     POSTERN_REASON_HUNG_UP);
}
END_TEST

START_TEST(a_word_for_the_end_ends_nothing)
{
	char buffer[8];
	size_t bytes;

	say_end(pair.right, POSTERN_REASON_REVOKED);
	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	expect_equal(pst_channel_receive(pair.left, buffer, 8, &bytes), 0);
	expect_equal(pst_channel_reported_reason(pair.left),
		     POSTERN_REASON_NONE);
}
END_TEST

START_TEST(the_first_word_for_the_end_stays)
{
	say_end(pair.right, POSTERN_REASON_REVOKED);
	pst_channel_on_peer_exit(pair.left);
	say_end(pair.right, POSTERN_REASON_IDLE);
	expect_equal(pst_channel_reported_reason(pair.left),
		     POSTERN_REASON_REVOKED);
}
END_TEST

/* It changes the reason, not the delivered messages. */
START_TEST(messages_before_a_reported_end_are_drained)
{
	char buffer[8];
	size_t bytes;

	expect_equal(pst_channel_send(pair.left, "last", 4), 0);
	pst_channel_end(pair.left, POSTERN_REASON_REVOKED);
	pst_channel_drain_doorbell(pair.right);
	expect_equal(pst_channel_receive(pair.right, buffer, 8, &bytes), 0);
	expect_equal(pst_channel_receive(pair.right, buffer, 8, &bytes),
		     -EPIPE);
	expect_equal(pst_channel_send(pair.right, "x", 1), -EPIPE);
	expect_equal(pst_channel_reported_reason(pair.right),
		     POSTERN_REASON_REVOKED);
}
END_TEST

START_TEST(a_node_does_not_ask_its_peer_why)
{
	struct channel_pair_options options = both_ways;
	struct channel_pair nodes;

	options.left_for_node = true;
	channel_pair_open(&nodes, &options);
	pst_channel_end(nodes.right, POSTERN_REASON_REVOKED);
	pst_channel_drain_doorbell(nodes.left);
	expect_equal(pst_channel_reported_reason(nodes.left),
		     POSTERN_REASON_HUNG_UP);
	channel_pair_close(&nodes);
}
END_TEST

START_TEST(an_unshared_channel_that_is_let_go_says_why)
{
	char buffer[8];
	size_t bytes;

	pair.left = pst_channel_release(pair.left, POSTERN_REASON_NODE_CLOSED);
	expect_equal(pst_channel_receive(pair.right, buffer, 8, &bytes),
		     -EPIPE);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_CLOSED);
	expect_equal(pst_channel_reported_reason(pair.right),
		     POSTERN_REASON_NODE_CLOSED);
}
END_TEST

START_TEST(release_does_not_change_the_reported_reason)
{
	pst_channel_end(pair.left, POSTERN_REASON_EXCEEDED);
	pair.left = pst_channel_release(pair.left, POSTERN_REASON_NODE_CLOSED);
	pst_channel_drain_doorbell(pair.right);
	expect_equal(pst_channel_reported_reason(pair.right),
		     POSTERN_REASON_EXCEEDED);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
