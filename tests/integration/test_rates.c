/* SPDX-License-Identifier: ISC */
/*
 * Rates and bandwidths: what a node receives from whom, and who waits
 */
#include <errno.h>
#include <poll.h>

#include "integration/rate_case.h"
#include "support/stage.h"

START_TEST(rate_bounds_messages_in_every_place_and_nothing_is_lost,
	   .loop_end = 4)
{
	static const char limits[] = "rate 1000/s burst 40";
	const struct bound bound = {1000, 40, 2};

	set_up(1, limits_at(0, _i, limits), limits_at(1, _i, limits),
	       limits_at(2, _i, limits), limits_at(3, _i, limits));
	order_messages(0, 200, MESSAGE_BYTES);
	receive_within(&bound, 200, false);
	await_sent(0, 200);
	ck_assert_uint_eq(next_number[0], 200); /* without a gap */
	tear_down(1);
}
END_TEST

START_TEST(bandwidth_bounds_bytes_in_every_place_and_nothing_is_lost,
	   .loop_end = 4)
{
	static const char limits[] = "bandwidth 100KiB/s burst 8KiB";
	const struct bound bound = {102400, 8192, 2 * 1000};

	set_up(1, limits_at(0, _i, limits), limits_at(1, _i, limits),
	       limits_at(2, _i, limits), limits_at(3, _i, limits));
	order_messages(0, 30, 1000);
	receive_within(&bound, 30, true);
	await_sent(0, 30);
	ck_assert_uint_eq(next_number[0], 30);
	tear_down(1);
}
END_TEST

/* The allow bounds each channel, the other places their sum. */
START_TEST(a_sum_is_bounded_as_a_sum, .loop_start = 1, .loop_end = 4)
{
	static const char limits[] = "rate 1000/s burst 20";
	const struct bound bound = {1000, 20, 2 + PEERS};
	size_t i;

	set_up(PEERS, "", limits_at(1, _i, limits), limits_at(2, _i, limits),
	       limits_at(3, _i, limits));
	for (i = 0; i < PEERS; i++)
		order_messages(i, 60, MESSAGE_BYTES);
	receive_within(&bound, PEERS * 60, false);
	for (i = 0; i < PEERS; i++)
		await_sent(i, 60);
	tear_down(PEERS);
}
END_TEST

START_TEST(channels_of_an_allow_have_a_rate_each)
{
	size_t i;

	set_up(PEERS, "rate 1/s burst 40", "", "", "");
	for (i = 0; i < PEERS; i++)
		send_now(i, 40, MESSAGE_BYTES);
	while (message_count < PEERS * 40)
		wait_and_receive();
	tear_down(PEERS);
}
END_TEST

/* -- one channel after the other ------------------------------------------- */

static void reconnect(size_t peer)
{
	const struct peer_report report =
		peer_do(&scene, &peers[peer], PEER_CLOSE, 0);

	ck_assert_int_eq(report.result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	handles[peer] = peer_join(&scene, &peers[peer]);
	next_number[peer] = 0;
}

/* All that the node hands out now. */
static void receive_what_it_can(void)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	do
		while (receive() == 0)
			;
	while (postern_node_wait(scene.node, 0) == 0 &&
	       postern_node_next_event(scene.node, &event) == 0);
}

START_TEST(rate_of_an_allow_holds_over_channels_that_follow_on_each_other)
{
	uint64_t start_ns, elapsed_ns, i;

	set_up(1, "rate 10/s burst 40", "", "", "");
	start_ns = inspect_now_ns();
	for (i = 0; i < 5; i++) {
		send_now(0, i == 0 ? 40 : 1, MESSAGE_BYTES);
		/* Each channel is empty when it ends: nothing is drained. */
		while (message_count < 40 + i)
			wait_and_receive();
		reconnect(0);
	}
	elapsed_ns = inspect_now_ns() - start_ns;
	/* Four messages beyond the burst took what four tokens take. */
	ck_assert_uint_ge(elapsed_ns, 390 * UINT64_C(1000000));

	/* A burst into the last one is throttled from its first message. */
	send_now(0, 40, MESSAGE_BYTES);
	start_ns = inspect_now_ns();
	message_count = 0;
	receive_what_it_can();
	elapsed_ns = inspect_now_ns() - start_ns;
	ck_assert_uint_le(message_count, 2 + 10 * elapsed_ns / 1000000000);
	tear_down(1);
}
END_TEST

static uint64_t count_what_comes(void)
{
	postern_peer from;
	uint64_t count = 0;
	size_t bytes;

	scene_serve_what_is_due(&scene);
	count += scene.message_count;
	scene.message_count = 0;
	while (postern_node_receive(scene.node, scene.buffer,
				    sizeof(scene.buffer), &bytes, &from) == 0)
		count++;
	return count;
}

/* What it leaves behind is drained, beside the channels that follow. */
START_TEST(rate_of_an_allow_holds_over_channels_that_are_closed_full)
{
	uint64_t start_ns, elapsed_ns, count = 0;
	int i;

	set_up(1, "rate 1/s burst 40", "", "", "");
	start_ns = inspect_now_ns();
	for (i = 0; i < 10; i++) {
		send_now(0, 60, MESSAGE_BYTES);
		/* In turn, the node has seen something of it or nothing. */
		if (i % 2 == 0)
			count += count_what_comes();
		ck_assert_int_eq(peer_do(&scene, &peers[0], PEER_CLOSE,
					 0).result, 0);
		(void)peer_join(&scene, &peers[0]);
		count += count_what_comes();
	}
	elapsed_ns = inspect_now_ns() - start_ns;
	/* The last one may hold a message of its own. */
	ck_assert_uint_ge(count, 40);
	ck_assert_uint_le(count, 40 + 2 * (2 + elapsed_ns / 1000000000));
	tear_down(1);
}
END_TEST

START_TEST(meter_that_a_channel_left_is_not_another_users)
{
	static const enum role roles[] = {ROLE_PEER, ROLE_OTHER};

	skip_unless(users_are_several(), NEEDS_USERS);
	load("rate 1/s burst 40", "", "", "");
	start(2, roles);
	send_now(0, 40, MESSAGE_BYTES);
	while (message_count < 40)
		wait_and_receive();
	reconnect(0);
	reconnect(1);
	send_now(1, 40, MESSAGE_BYTES);
	while (message_count < 80)
		wait_and_receive();
	tear_down(2);
}
END_TEST

/* However the buckets are shared, nobody waits for ever for the others. */
START_TEST(those_who_wait_for_one_bucket_are_served_in_turn,
	   .loop_start = 1, .loop_end = 4)
{
	static const char limits[] = "rate 500/s burst 1";
	size_t i;

	set_up(PEERS, "", limits_at(1, _i, limits), limits_at(2, _i, limits),
	       limits_at(3, _i, limits));
	for (i = 0; i < PEERS; i++)
		send_now(i, 100, MESSAGE_BYTES);
	while (message_count < 90)
		wait_and_receive();
	for (i = 0; i < PEERS; i++)
		ck_assert_uint_ge(counts[i], 25);
	tear_down(PEERS);
}
END_TEST

/* -- block ----------------------------------------------------------------- */

START_TEST(a_sender_over_its_rate_feels_it_and_loses_nothing)
{
	const struct peer_order order = {
		.kind = PEER_SEND_AT_ONCE,
		.count = 1000000,
		.message_bytes = 100,
	};
	struct peer_report report;

	set_up(1, "rate 2000/s burst 10", "", "", "");
	scene.on_message = note_message;
	report = peer_obey(&scene, &peers[0], &order);
	ck_assert_int_eq(report.result, -EAGAIN);
	while (message_count < report.count)
		wait_and_receive();
	ck_assert_uint_eq(next_number[0], report.count);
	tear_down(1);
}
END_TEST

static bool is_readable(int timeout_ms)
{
	struct pollfd wait = {
		.fd = postern_node_fd(scene.node),
		.events = POLLIN,
	};

	return poll(&wait, 1, timeout_ms) == 1;
}

static void serve_until_quiet(void)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	while (is_readable(0)) {
		while (receive() == 0)
			;
		while (postern_node_next_event(scene.node, &event) == 0)
			;
	}
}

/* Its tokens come in half an hour: whoever polls sleeps until then. */
static void throttle_for_long(void)
{
	set_up(1, "bandwidth 1B/s burst 1B", "", "", "");
	ck_assert_int_ge(postern_node_fd(scene.node), 0);
	send_now(0, 4, 2000);
	while (message_count < 1)
		wait_and_receive();
	serve_until_quiet();
	ck_assert_uint_eq(message_count, 1);
	expect(!is_readable(0));
}

START_TEST(a_throttled_peer_keeps_nobody_awake)
{
	throttle_for_long();
	/* What it sends then wakes nobody either. */
	send_now(0, 1, 2000);
	expect(!is_readable(0));
	tear_down(1);
}
END_TEST

/* By the pidfd; without, it is seen when there are tokens. */
START_TEST(the_death_of_a_throttled_peer_is_noticed_once)
{
	skip_unless(test_features() & POSTERN_FEATURE_PEERPIDFD,
		    "needs SO_PEERPIDFD (Linux 6.5)");
	throttle_for_long();
	peer_kill(&peers[0]);
	expect(is_readable(inspect_timeout_ms(test_deadline_ns())));
	serve_until_quiet();
	expect(!is_readable(0));
	ck_assert_uint_eq(message_count, 1);
	scene_close(&scene);
}
END_TEST

START_TEST(a_throttled_peer_that_is_killed_is_drained_by_its_rate_and_departs)
{
	static const struct bound bound = {1000, 10, 2};
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	set_up(1, "rate 1000/s burst 10", "", "", "");
	send_now(0, 150, MESSAGE_BYTES);
	while (message_count < 10)
		wait_and_receive();
	peer_kill(&peers[0]);
	receive_within(&bound, 150, false);
	ck_assert_uint_eq(next_number[0], 150);
	scene.on_message = note_message;
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handles[0]);
	ck_assert_uint_eq(event.undelivered_bytes, 0);
	ck_assert_uint_eq(message_count, 150);
	scene_close(&scene);
}
END_TEST

/* The one is throttled on the way to the message of the other. */
START_TEST(who_takes_one_message_at_a_time_is_woken_for_the_throttled)
{
	static const enum role roles[] = {ROLE_PEER, ROLE_FOURTH};

	load("rate 20/s burst 1", "", "", "");
	start_without_descriptor(2, roles);
	/* Nor does the deadline of a handshake that ended wake it. */
	ck_assert_int_eq(postern_node_wait(scene.node, inspect_now_ns() +
					   HANDSHAKE_NS), -ETIMEDOUT);
	send_now(0, 3, MESSAGE_BYTES);
	send_now(1, 1, MESSAGE_BYTES);
	while (message_count < 4) {
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		(void)receive();
	}
	tear_down(2);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
