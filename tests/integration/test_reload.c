/* SPDX-License-Identifier: ISC */
/*
 * Another policy for a node that lives: who goes, who stays, and by what limits
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

/* Who may come, in which direction, and by what limits. */
#define POLICY(peer_limits, other_rules) \
	"policy-version 1\n" \
	"peer friend {\n	user $peer\n}\n" \
	"peer guest {\n	user $other\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	limits {\n	ring 16KiB\n	message 4KiB\n	}\n" \
	"	allow friend {\n		direction both\n" \
	"		limits {\n" peer_limits "\n}\n	}\n" \
	other_rules "\n" \
	"}\n" \
	"end\n"

#define GUEST "	allow guest {\n		direction both\n	}\n"

static const char BOTH[] = POLICY("", GUEST);
static const char FRIEND_ONLY[] = POLICY("", "");
static const char GUEST_DENIED[] = POLICY("", GUEST "	deny guest");
static const char NO_TOKENS[] = POLICY("bandwidth 1B/s burst 1B", GUEST);

static struct scene scene;
static struct process friend_, guest;
static postern_peer friends, guests;

static void set_up(const char *first, const char *second)
{
	scene_init(&scene);
	if (second)
		scene_load_next(&scene, second);
	scene_load(&scene, first);
	process_start(&friend_, ROLE_PEER, peer_main, &scene);
	process_start(&guest, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);
}

static void join_both(void)
{
	friends = peer_join(&scene, &friend_);
	guests = peer_join(&scene, &guest);
	scene_serve_what_is_due(&scene);
	scene.record_count = 0;
}

static void tear_down(void)
{
	process_end(&friend_);
	process_end(&guest);
	scene_close(&scene);
}

/* It is in the queue, nothing had to be waited for. */
static void expect_departed_now(postern_peer handle,
				enum postern_reason reason)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	ck_assert_int_eq(postern_node_next_event(scene.node, &event), 0);
	ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, reason);
}

static void await_departed(postern_peer handle, enum postern_reason reason)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, reason);
}

static void expect_cut_off(const struct process *peer)
{
	struct peer_report report;

	report = peer_do(&scene, peer, PEER_RECEIVE_TO_END, 0);
	ck_assert_int_eq(report.result, -EPIPE);
	report = peer_do(&scene, peer, PEER_SEND, 1);
	ck_assert_int_eq(report.result, -EPIPE);
}

static void expect_works(const struct process *peer)
{
	uint64_t before = scene.message_count;

	ck_assert_int_eq(peer_do(&scene, peer, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, before + 5);
}

/* Into its ring, while nobody looks. */
static void send_unseen(const struct process *peer, uint64_t count,
			size_t message_bytes)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = count,
		.message_bytes = message_bytes,
	};
	struct peer_report report;

	peer_order(peer, &order);
	process_read_report(peer, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
}

/* -- who goes, who stays --------------------------------------------------- */

START_TEST(who_is_admitted_no_more_is_disconnected_within_the_call,
	   .loop_end = 2)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, _i ? GUEST_DENIED : FRIEND_ONLY);
	join_both();
	send_unseen(&guest, 3, 16);
	scene_reload(&scene, 1);
	expect_departed_now(guests, POSTERN_REASON_REVOKED);
	expect_works(&friend_);
	/* What it had sent is not delivered. */
	ck_assert_uint_eq(scene.message_count, 5);
	expect_cut_off(&guest);

	(void)peer_do(&scene, &guest, PEER_CLOSE, 0);
	report = peer_connect(&scene, &guest);
	ck_assert_int_eq(report.result, -EACCES);
	tear_down();
}
END_TEST

START_TEST(the_same_policy_again_changes_nothing)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, BOTH);
	join_both();
	scene_reload(&scene, 0);
	scene_reload(&scene, 0);
	expect_works(&friend_);
	expect_works(&guest);
	ck_assert_uint_eq(scene.event_count, 0);
	tear_down();
}
END_TEST

START_TEST(a_reload_lets_in_whom_the_old_policy_did_not)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(FRIEND_ONLY, BOTH);
	friends = peer_join(&scene, &friend_);
	ck_assert_int_eq(peer_connect(&scene, &guest).result, -EACCES);
	scene_reload(&scene, 0);
	guests = peer_join(&scene, &guest);
	expect_works(&friend_);
	expect_works(&guest);
	tear_down();
}
END_TEST

START_TEST(who_loses_a_direction_is_disconnected_and_who_gains_one_stays)
{
	static const char both[] = POLICY("", "allow guest {\n"
					      "direction send\n}\n");
	static const char changed[] =
		"policy-version 1\n"
		"peer friend {\n	user $peer\n}\n"
		"peer guest {\n	user $other\n}\n"
		"node orders {\n"
		"	owner user $owner\n"
		"	socket $dir/orders.sock mode 0666\n"
		"	allow friend {\n		direction send\n	}\n"
		"	allow guest {\n		direction both\n	}\n"
		"}\n"
		"end\n";

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(both, changed);
	join_both();
	scene_reload(&scene, 1);
	expect_departed_now(friends, POSTERN_REASON_REVOKED);
	expect_cut_off(&friend_);
	expect_works(&guest);
	tear_down();
}
END_TEST

/* -- new limits ------------------------------------------------------------ */

START_TEST(a_new_rate_is_in_force_at_once_and_its_end_too)
{
	struct postern_policy *without;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, NO_TOKENS);
	without = scene.policy;
	join_both();
	expect_works(&friend_);
	scene_reload(&scene, 0);
	send_unseen(&friend_, 4, 100);
	scene_await_messages(&scene, 6);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.message_count, 6);
	expect_works(&guest);

	/* Throttled for minutes: but not when the limit goes. */
	ck_assert_int_eq(postern_node_reload(scene.node, without, NULL, NULL),
			 0);
	scene_await_messages(&scene, 6 + 5 + 3);
	expect_works(&friend_);
	tear_down();
}
END_TEST

static const char DROP[] = POLICY("bandwidth 1B/s burst 1B\n"
				  "on-exceed drop", GUEST);
static const char DISCONNECT[] = POLICY("bandwidth 1B/s burst 1B\n"
					"on-exceed disconnect", GUEST);

static void throttle_friend(void)
{
	join_both();
	send_unseen(&friend_, 4, 100);
	scene_await_messages(&scene, 1);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.message_count, 1);
}

START_TEST(who_waits_for_tokens_is_dropped_from_when_the_policy_says_so)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(NO_TOKENS, DROP);
	throttle_friend();
	scene_reload(&scene, 0);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DROPPED);
	ck_assert_uint_eq(event.peer, friends);
	ck_assert_uint_eq(event.dropped_messages, 3);
	ck_assert_uint_eq(scene.message_count, 1);
	expect_works(&guest);
	tear_down();
}
END_TEST

START_TEST(who_waits_for_tokens_is_disconnected_when_the_policy_says_so)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(NO_TOKENS, DISCONNECT);
	throttle_friend();
	scene_reload(&scene, 0);
	await_departed(friends, POSTERN_REASON_EXCEEDED);
	ck_assert_uint_eq(scene.message_count, 1);
	expect_works(&guest);
	tear_down();
}
END_TEST

START_TEST(a_new_idle_time_is_in_force_at_once)
{
	set_up(BOTH, POLICY("idle 50ms", GUEST));
	join_both();
	scene_reload(&scene, 0);
	await_departed(friends, POSTERN_REASON_IDLE);
	expect_works(&guest);
	tear_down();
}
END_TEST

START_TEST(rings_and_messages_keep_their_size)
{
	static const char small[] =
		"policy-version 1\n"
		"peer friend {\n	user $peer\n}\n"
		"node orders {\n"
		"	owner user $owner\n"
		"	socket $dir/orders.sock mode 0666\n"
		"	limits {\n	ring 4KiB\n	message 64B\n	}\n"
		"	allow friend {\n		direction both\n	}\n"
		"}\n"
		"end\n";
	struct peer_report report;

	set_up(FRIEND_ONLY, small);
	friends = peer_join(&scene, &friend_);
	scene_reload(&scene, 0);
	send_unseen(&friend_, 3, 4096);
	scene_await_messages(&scene, 3);
	/* Who comes anew gets the new ones. */
	(void)peer_do(&scene, &friend_, PEER_CLOSE, 0);
	report = peer_connect(&scene, &friend_);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.limits.send_message_bytes, 64);
	tear_down();
}
END_TEST

/* -- states ---------------------------------------------------------------- */

START_TEST(who_is_being_drained_is_drained_on_or_cut_off, .loop_end = 2)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, _i ? FRIEND_ONLY : BOTH);
	join_both();
	send_unseen(&guest, 5, 100);
	peer_kill(&guest);
	/* The death is seen, the messages are not looked at. */
	while (postern_node_next_event(scene.node, &event) == 0)
		;
	scene_reload(&scene, _i ? 1 : 0);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, guests);
	if (_i) {
		ck_assert_int_eq(event.reason, POSTERN_REASON_REVOKED);
		ck_assert_uint_eq(scene.message_count, 0);
		ck_assert_uint_gt(event.undelivered_bytes, 0);
	} else {
		ck_assert_int_ne(event.reason, POSTERN_REASON_REVOKED);
		ck_assert_uint_eq(scene.message_count, 5);
		ck_assert_uint_eq(event.undelivered_bytes, 0);
	}
	process_end(&friend_);
	scene_close(&scene);
}
END_TEST

START_TEST(who_is_throttled_can_be_cut_off)
{
	static const char guest_only[] = POLICY("", GUEST "deny friend");

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(NO_TOKENS, guest_only);
	throttle_friend();
	scene_reload(&scene, 1);
	expect_departed_now(friends, POSTERN_REASON_REVOKED);
	expect_cut_off(&friend_);
	expect_works(&guest);
	ck_assert_uint_eq(scene.message_count, 6);
	tear_down();
}
END_TEST

static struct postern_channel *detach(postern_peer handle)
{
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	return channel;
}

START_TEST(a_detached_peer_stays_as_long_as_it_is_admitted)
{
	struct postern_channel *channel;
	size_t bytes;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, FRIEND_ONLY);
	join_both();
	channel = detach(friends);
	scene_reload(&scene, 1);
	expect_departed_now(guests, POSTERN_REASON_REVOKED);
	send_unseen(&friend_, 1, 10);
	ck_assert_int_eq(postern_receive(channel, scene.buffer,
					 sizeof(scene.buffer), &bytes), 0);
	channel = postern_channel_close(channel);
	await_departed(friends, POSTERN_REASON_CLOSED);
	tear_down();
}
END_TEST

/* Whoever has its channel, and whatever is in the ring. */
START_TEST(a_detached_peer_that_loses_is_cut_off, .loop_end = 3)
{
	static const char *const seconds[] = {
		FRIEND_ONLY,
		POLICY("", "allow guest {\ndirection both\n"
			   "limits {\nrate 1000/s\n}\n}\n"),
		POLICY("", "allow guest {\ndirection both\n"
			   "limits {\nidle 10min\n}\n}\n"),
	};
	struct postern_channel *channel;
	size_t bytes;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, seconds[_i]);
	join_both();
	channel = detach(guests);
	send_unseen(&guest, 2, 10);
	ck_assert_int_eq(postern_receive(channel, scene.buffer,
					 sizeof(scene.buffer), &bytes), 0);
	scene_reload(&scene, 1);
	expect_departed_now(guests, POSTERN_REASON_REVOKED);
	ck_assert_int_eq(postern_receive(channel, scene.buffer,
					 sizeof(scene.buffer), &bytes), -EPIPE);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	expect_cut_off(&guest);
	channel = postern_channel_close(channel);
	expect_works(&friend_);
	tear_down();
}
END_TEST

START_TEST(many_reloads_leave_nothing_behind)
{
	struct postern_policy *policies[2];
	size_t fds, i;

	set_up(NO_TOKENS, BOTH);
	policies[0] = scene.policy;
	policies[1] = scene.next;
	throttle_friend();
	fds = inspect_fd_count();
	for (i = 0; i < 500; i++) {
		scene.record_count = 0; /* there is no room for all */
		ck_assert_int_eq(postern_node_reload(scene.node,
						     policies[i % 2], NULL,
						     NULL), 0);
	}
	ck_assert_uint_eq(inspect_fd_count(), fds);
	expect_works(&friend_);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
