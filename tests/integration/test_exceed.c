/* SPDX-License-Identifier: ISC */
/*
 * Who is over its rate or bandwidth, where the policy does not let it wait
 */
#include "integration/rate_case.h"

#include "support/stage.h"

/* -- drop ------------------------------------------------------------------ */

static uint64_t dropped_messages, dropped_bytes;

static void collect_gaps(void)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	while (postern_node_next_event(scene.node, &event) == 0) {
		if (event.type != POSTERN_NODE_EVENT_DROPPED)
			continue;
		ck_assert_int_eq(event.reason, POSTERN_REASON_EXCEEDED);
		ck_assert_uint_eq(event.peer, handles[0]);
		dropped_messages += event.dropped_messages;
		dropped_bytes += event.dropped_bytes;
	}
}

START_TEST(what_is_dropped_is_told_and_nothing_else_is_lost, .loop_end = 2)
{
	const uint64_t sent = 5000;
	const struct bound bound = {1000, 10, 2};

	set_up(1, limits_at(0, _i, "rate 1000/s burst 10\non-exceed drop"), "",
	       "", limits_at(1, _i, "rate 1000/s burst 10\non-exceed drop"));
	moments[0].before_ns = inspect_now_ns();
	order_messages(0, sent, MESSAGE_BYTES);
	while (message_count + dropped_messages < sent) {
		wait_and_receive();
		collect_gaps();
	}
	moments[0].after_ns = inspect_now_ns();
	moments[0].sum = message_count;
	check_bound(&bound, 0, 1);
	await_sent(0, sent);
	ck_assert_uint_eq(message_count + dropped_messages, sent);
	ck_assert_uint_eq(dropped_bytes, dropped_messages * MESSAGE_BYTES);
	ck_assert_uint_ge(message_count, 10);
	ck_assert_uint_ge(dropped_messages, 1);
	tear_down(1);
}
END_TEST

START_TEST(what_was_dropped_before_the_end_is_told)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	set_up(1, "bandwidth 1B/s burst 1B\non-exceed drop", "", "", "");
	send_now(0, 100, MESSAGE_BYTES);
	peer_kill(&peers[0]);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.undelivered_bytes, 0);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DROPPED);
	ck_assert_uint_eq(event.dropped_messages, 99);
	ck_assert_uint_eq(scene.message_count, 1);
	scene_close(&scene);
}
END_TEST

/*
 * What it costs is looking at every ready peer for tokens to give back, so one
 * call must not do that for each message of each peer.
 */
START_TEST(one_call_drops_no_more_when_many_are_over_their_rate)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;
	uint64_t before = 0;
	size_t i;

	set_up(PEERS, "rate 1/s burst 1\non-exceed drop", "", "", "");
	for (i = 0; i < PEERS; i++)
		send_now(i, 200, MESSAGE_BYTES);
	while (message_count + before < 200 * PEERS) {
		(void)receive();
		ck_assert_int_eq(postern_node_stats(scene.node, &stats), 0);
		ck_assert_uint_le(stats.dropped_messages, before + 64);
		before = stats.dropped_messages;
	}
	tear_down(PEERS);
}
END_TEST

/* -- disconnect ------------------------------------------------------------ */

START_TEST(who_exceeds_is_disconnected_where_the_policy_says_so)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = UINT64_MAX,
		.message_bytes = MESSAGE_BYTES,
	};
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	struct peer_report report;

	set_up(1, "bandwidth 1B/s burst 320B\non-exceed disconnect", "", "",
	       "");
	scene.on_message = note_message;
	peer_order(&peers[0], &order);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handles[0]);
	ck_assert_int_eq(event.reason, POSTERN_REASON_EXCEEDED);
	ck_assert_uint_eq(message_count, 10);
	process_read_report(&peers[0], &report, sizeof(report));
	ck_assert_int_eq(report.result, -EPIPE);
	/* And it may come again. */
	(void)peer_do(&scene, &peers[0], PEER_CLOSE, 0);
	handles[0] = peer_join(&scene, &peers[0]);
	tear_down(1);
}
END_TEST

/*
 * Tokens that one was given and has not used are not used.  The first has more
 * than its turn lasts, so it has some left when the others come.
 */
START_TEST(nobody_is_disconnected_while_there_are_tokens, .loop_end = 3)
{
	static const char *const limits[] = {
		"rate 1/s burst 8\non-exceed disconnect",
		"rate 8000/s burst 8\non-exceed disconnect",
		"bandwidth 1B/s burst 33KiB\non-exceed disconnect",
	};
	size_t i;

	set_up(PEERS, "", "", limits[_i], "");
	send_now(0, 6, 4096);
	for (i = 1; i < PEERS; i++)
		send_now(i, 1, 4096);
	while (message_count < 8)
		wait_and_receive();
	ck_assert_uint_eq(counts[0], 6);
	for (i = 1; i < PEERS; i++)
		ck_assert_uint_eq(counts[i], 1);
	tear_down(PEERS);
}
END_TEST

/* -- detaching ------------------------------------------------------------- */

START_TEST(a_peer_of_limited_rate_cannot_be_detached, .loop_end = 12)
{
	static const char *const limits[] = {
		"rate 1/s", "bandwidth 1B/s", "idle 1h",
	};
	struct postern_channel *channel = NULL;
	int place = _i / 3;
	const char *limit = limits[_i % 3];

	set_up(1, limits_at(place, 0, limit), limits_at(place, 1, limit),
	       limits_at(place, 2, limit), limits_at(place, 3, limit));
	ck_assert_int_eq(postern_node_detach(scene.node, handles[0], &channel),
			 -EOPNOTSUPP);
	ck_assert_ptr_null(channel);
	send_now(0, 1, 1);
	while (message_count < 1)
		wait_and_receive();
	tear_down(1);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
