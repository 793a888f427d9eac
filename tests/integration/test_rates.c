/* SPDX-License-Identifier: ISC */
/*
 * Rates and bandwidths: what a node receives from whom, and what becomes of more
 *
 * A count is compared with what the bucket holds at most by the clock, from
 * before the first message was sent to after the last was received; so nothing
 * depends on how fast anything is.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/test_options.h"

#define PEERS 3
#define MESSAGE_BYTES 32

/* Longer than a handshake may take. */
#define HANDSHAKE_NS (2100 * UINT64_C(1000000))

static struct scene scene;
static struct process peers[PEERS];
static postern_peer handles[PEERS];
static uint64_t counts[PEERS], next_number[PEERS];
static uint64_t message_count, message_bytes;

/* -- the scene ------------------------------------------------------------- */

/* The texts are limits of the four places.  Everybody is of one tenant; only
 * the first three are of the allow with limits. */
static void load(const char *of_allow, const char *of_tenant,
		 const char *of_node, const char *of_top)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "limits {\n%s\n}\n"
		       "peer friend {\nuser $peer $other $third\n}\n"
		       "peer free {\nuser $fourth\n}\n"
		       "tenant friends {\nmembers friend\n"
		       "limits {\n%s\n}\n}\n"
		       "node orders {\n"
		       "owner user $owner\n"
		       "socket $dir/orders.sock mode 0666\n"
		       "limits {\nring 64KiB\nmessage 4KiB\n%s\n}\n"
		       "allow friend {\ndirection send\nlimits {\n%s\n}\n}\n"
		       "allow free {\ndirection send\n}\n}\n"
		       "end\n",
		       of_top, of_tenant, of_node, of_allow);
	scene_init(&scene);
	scene_load(&scene, text);
}

static void start(size_t peer_count, const enum role *roles)
{
	size_t i;

	for (i = 0; i < peer_count; i++)
		process_start(&peers[i], roles[i], peer_main, &scene);
	scene_open(&scene);
	for (i = 0; i < peer_count; i++)
		handles[i] = peer_join(&scene, &peers[i]);
	scene_serve_what_is_due(&scene);
}

/* Whoever has asked for the node's descriptor is woken by it even where a wait
 * alone would sleep on: here nobody asks. */
static void start_without_descriptor(size_t peer_count, const enum role *roles)
{
	const struct peer_order order = {.kind = PEER_CONNECT};
	struct postern_refusal refusal;
	struct postern_event event;
	struct peer_report report;
	size_t i;
	int r;

	for (i = 0; i < peer_count; i++)
		process_start(&peers[i], roles[i], peer_main, &scene);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, 0, &refusal), 0);
	for (i = 0; i < peer_count; i++) {
		peer_order(&peers[i], &order);
		do {
			r = postern_node_wait(scene.node, test_deadline_ns());
			ck_assert_int_eq(r, 0);
			r = postern_node_next_event(scene.node, &event);
		} while (r == -EAGAIN);
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(event.type, POSTERN_EVENT_ADMITTED);
		handles[i] = event.peer;
		process_read_report(&peers[i], &report, sizeof(report));
		ck_assert_int_eq(report.result, 0);
	}
}

static void set_up(size_t peer_count, const char *of_allow,
		   const char *of_tenant, const char *of_node,
		   const char *of_top)
{
	static const enum role roles[] = {ROLE_PEER, ROLE_PEER, ROLE_PEER};

	load(of_allow, of_tenant, of_node, of_top);
	start(peer_count, roles);
}

static void tear_down(size_t peer_count)
{
	size_t i;

	for (i = 0; i < peer_count; i++)
		process_end(&peers[i]);
	scene_close(&scene);
}

static void order_messages(size_t peer, uint64_t count, size_t bytes)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = count,
		.message_bytes = bytes,
	};

	peer_order(&peers[peer], &order);
}

static void await_sent(size_t peer, uint64_t count)
{
	struct peer_report report;

	process_read_report(&peers[peer], &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, count);
}

/* As many as fit into the ring: that takes nobody who receives. */
static void send_now(size_t peer, uint64_t count, size_t bytes)
{
	order_messages(peer, count, bytes);
	await_sent(peer, count);
}

static size_t index_of(postern_peer handle)
{
	size_t i;

	for (i = 0; i < PEERS; i++)
		if (handles[i] == handle)
			return i;
	ck_abort_msg("a message of nobody");
}

/* In order, with gaps where something was dropped. */
static void note_message(struct scene *of, postern_peer handle,
			 const uint8_t *bytes, size_t byte_count)
{
	size_t peer = index_of(handle);

	(void)of;
	while (!pattern_is(bytes, byte_count, next_number[peer])) {
		next_number[peer]++;
		expect(next_number[peer] < 1000000);
	}
	next_number[peer]++;
	counts[peer]++;
	message_count++;
	message_bytes += byte_count;
}

static int receive(void)
{
	postern_peer from;
	size_t bytes;
	int r;

	r = postern_node_receive(scene.node, scene.buffer,
				 sizeof(scene.buffer), &bytes, &from);
	if (r == 0)
		note_message(&scene, from, scene.buffer, bytes);
	return r;
}

static void wait_and_receive(void)
{
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	while (receive() == 0)
		;
}

/* -- every place ----------------------------------------------------------- */

/*
 * At each moment as much as a bucket lets through: since the first moment, and
 * in any stretch of time.  A grant of up to a millisecond, or one message, may be
 * older than the stretch.
 */
struct bound {
	uint64_t per_second;
	uint64_t burst;
	uint64_t slack;
};

#define MOMENTS 4096

static struct moment {
	uint64_t before_ns, after_ns, sum;
} moments[MOMENTS];

static void check_bound(const struct bound *bound, uint64_t sum_before,
			size_t moment_count)
{
	uint64_t passed, elapsed_ns;
	size_t from, to;

	for (from = 0; from < moment_count; from++)
		for (to = from; to < moment_count; to++) {
			passed = moments[to].sum -
				 (from > 0 ? moments[from - 1].sum
					   : sum_before);
			elapsed_ns = moments[to].after_ns -
				     moments[from].before_ns;
			expect(passed <= bound->burst + bound->slack +
					 bound->per_second * elapsed_ns /
						 1000000000);
		}
}

static void receive_within(const struct bound *bound, uint64_t count,
			   bool counts_bytes)
{
	uint64_t sum_before = counts_bytes ? message_bytes : message_count;
	uint64_t before_ns;
	size_t moment = 0;

	while (message_count < count) {
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		for (;;) {
			before_ns = inspect_now_ns();
			if (receive() < 0)
				break;
			expect(moment < MOMENTS);
			moments[moment++] = (struct moment) {
				.before_ns = before_ns,
				.after_ns = inspect_now_ns(),
				.sum = counts_bytes ? message_bytes
						    : message_count,
			};
		}
	}
	check_bound(bound, sum_before, moment);
}

static const char *limits_at(int place, int here, const char *limits)
{
	return place == here ? limits : "";
}

START_TEST(rate_bounds_messages_in_every_place_and_nothing_is_lost)
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

START_TEST(bandwidth_bounds_bytes_in_every_place_and_nothing_is_lost)
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
START_TEST(a_sum_is_bounded_as_a_sum)
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

/* However the buckets are shared, nobody waits for ever for the others. */
START_TEST(those_who_wait_for_one_bucket_are_served_in_turn)
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
	struct postern_event event;

	while (is_readable(0)) {
		while (receive() == 0)
			;
		while (postern_node_next_event(scene.node, &event) == 0)
			;
	}
}

/* Its tokens come in half an hour: whoever polls sleeps until then. */
START_TEST(a_throttled_peer_keeps_nobody_awake_dead_or_alive)
{
	set_up(1, "bandwidth 1B/s burst 1B", "", "", "");
	(void)postern_node_fd(scene.node);
	send_now(0, 4, 2000);
	while (message_count < 1)
		wait_and_receive();
	serve_until_quiet();
	ck_assert_uint_eq(message_count, 1);
	expect(!is_readable(0));
	/* What it sends then wakes nobody either. */
	send_now(0, 1, 2000);
	expect(!is_readable(0));

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
	struct postern_event event;

	set_up(1, "rate 1000/s burst 10", "", "", "");
	send_now(0, 150, MESSAGE_BYTES);
	while (message_count < 10)
		wait_and_receive();
	peer_kill(&peers[0]);
	receive_within(&bound, 150, false);
	ck_assert_uint_eq(next_number[0], 150);
	scene.on_message = note_message;
	event = scene_await_event(&scene, POSTERN_EVENT_DEPARTED);
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

/* -- drop ------------------------------------------------------------------ */

static uint64_t dropped_messages, dropped_bytes;

static void collect_gaps(void)
{
	struct postern_event event;

	while (postern_node_next_event(scene.node, &event) == 0) {
		if (event.type != POSTERN_EVENT_GAP)
			continue;
		ck_assert_int_eq(event.reason, POSTERN_REASON_EXCEEDED);
		ck_assert_uint_eq(event.peer, handles[0]);
		dropped_messages += event.dropped_messages;
		dropped_bytes += event.dropped_bytes;
	}
}

START_TEST(what_is_dropped_is_told_and_nothing_else_is_lost)
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
	struct postern_event event;

	set_up(1, "bandwidth 1B/s burst 1B\non-exceed drop", "", "", "");
	send_now(0, 100, MESSAGE_BYTES);
	peer_kill(&peers[0]);
	event = scene_await_event(&scene, POSTERN_EVENT_DEPARTED);
	ck_assert_uint_eq(event.undelivered_bytes, 0);
	event = scene_await_event(&scene, POSTERN_EVENT_GAP);
	ck_assert_uint_eq(event.dropped_messages, 99);
	ck_assert_uint_eq(scene.message_count, 1);
	scene_close(&scene);
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
	struct postern_event event;
	struct peer_report report;

	set_up(1, "bandwidth 1B/s burst 320B\non-exceed disconnect", "", "",
	       "");
	scene.on_message = note_message;
	peer_order(&peers[0], &order);
	event = scene_await_event(&scene, POSTERN_EVENT_DEPARTED);
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
START_TEST(nobody_is_disconnected_while_there_are_tokens)
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

START_TEST(a_peer_of_limited_rate_cannot_be_detached)
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
	Suite *suite = suite_create("rates");
	TCase *tcase = stage_add_case(suite, "rates");

	tcase_add_loop_test(tcase,
		rate_bounds_messages_in_every_place_and_nothing_is_lost, 0, 4);
	tcase_add_loop_test(tcase,
		bandwidth_bounds_bytes_in_every_place_and_nothing_is_lost,
		0, 4);
	tcase_add_loop_test(tcase, a_sum_is_bounded_as_a_sum, 1, 4);
	tcase_add_test(tcase, channels_of_an_allow_have_a_rate_each);
	tcase_add_loop_test(tcase,
		those_who_wait_for_one_bucket_are_served_in_turn, 1, 4);
	tcase_add_test(tcase,
		a_sender_over_its_rate_feels_it_and_loses_nothing);
	tcase_add_test(tcase,
		a_throttled_peer_keeps_nobody_awake_dead_or_alive);
	tcase_add_test(tcase,
		a_throttled_peer_that_is_killed_is_drained_by_its_rate_and_departs);
	tcase_add_test(tcase,
		who_takes_one_message_at_a_time_is_woken_for_the_throttled);
	tcase_add_loop_test(tcase,
		what_is_dropped_is_told_and_nothing_else_is_lost, 0, 2);
	tcase_add_test(tcase,
		what_was_dropped_before_the_end_is_told);
	tcase_add_test(tcase,
		who_exceeds_is_disconnected_where_the_policy_says_so);
	tcase_add_loop_test(tcase,
		nobody_is_disconnected_while_there_are_tokens, 0, 3);
	tcase_add_loop_test(tcase, a_peer_of_limited_rate_cannot_be_detached,
			    0, 12);
	return stage_run_suite(suite);
}
