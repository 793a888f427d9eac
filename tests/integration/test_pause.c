/* SPDX-License-Identifier: ISC */
/*
 * A paused node: no message is taken, and everything else goes on
 *
 * The descriptor is looked at from outside, through poll().
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

/* More than the 5 s that a node gives to the messages of an exited peer. */
#define DRAIN_IS_OVER_NS (5500 * UINT64_C(1000000))

static struct scene scene;
static struct process peer, second_peer;
static uint8_t buffer[SCENE_MESSAGE_BYTES_MAX];

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&second_peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&second_peer);
	if (peer.pid > 0)
		process_end(&peer);
	scene_close(&scene);
}

static int receive(size_t *ret_bytes)
{
	postern_peer from;

	return postern_node_receive(scene.node, buffer, sizeof(buffer),
				    ret_bytes, &from);
}

static bool is_readable(void)
{
	struct pollfd fd = {.fd = postern_node_fd(scene.node),
			    .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void do_what_is_due(void)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	size_t bytes;

	ck_assert_int_eq(receive(&bytes), -EAGAIN);
	while (postern_node_next_event(scene.node, &event) == 0)
		;
}

/* The peer reports that it has sent them, with nothing served meanwhile. */
static void send_messages(uint64_t count)
{
	struct peer_report report;

	peer_order(&peer, &(struct peer_order){.kind = PEER_SEND,
					       .count = count});
	process_read_report(&peer, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
}

static void expect_messages(uint64_t count)
{
	uint64_t number;
	size_t bytes;

	for (number = 0; number < count; number++) {
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		ck_assert_int_eq(receive(&bytes), 0);
		ck_assert(pattern_is(buffer, bytes, number));
	}
}

START_TEST(pause_keeps_the_messages_for_later)
{
	(void)peer_join(&scene, &peer);
	do_what_is_due();
	ck_assert_int_eq(postern_node_pause(scene.node), 0);
	send_messages(3);
	do_what_is_due();
	ck_assert(!is_readable());
	ck_assert_int_eq(postern_node_wait(scene.node, 0), -ETIMEDOUT);

	ck_assert_int_eq(postern_node_resume(scene.node), 0);
	ck_assert(is_readable());
	expect_messages(3);
}
END_TEST

/* The peer is ready when the pause begins: it sends no doorbell for these. */
START_TEST(pause_with_messages_seen_is_not_readable)
{
	size_t bytes;

	(void)peer_join(&scene, &peer);
	send_messages(3);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	ck_assert_int_eq(receive(&bytes), 0);
	ck_assert(is_readable());
	ck_assert_int_eq(postern_node_pause(scene.node), 0);
	do_what_is_due();
	ck_assert(!is_readable());

	ck_assert_int_eq(postern_node_resume(scene.node), 0);
	ck_assert(is_readable());
	ck_assert_int_eq(receive(&bytes), 0);
	ck_assert_int_eq(receive(&bytes), 0);
	ck_assert(pattern_is(buffer, bytes, 2));
	ck_assert_int_eq(receive(&bytes), -EAGAIN);
}
END_TEST

START_TEST(pause_with_messages_waiting_still_admits_and_disconnects)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	send_messages(3);
	ck_assert_int_eq(postern_node_pause(scene.node), 0);
	do_what_is_due();
	peer_order(&second_peer, &(struct peer_order){.kind = PEER_CONNECT});
	do
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
	while (postern_node_next_event(scene.node, &event) < 0);
	ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_CONNECTED);
	process_read_report(&second_peer, &(struct peer_report){0},
			    sizeof(struct peer_report));

	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	ck_assert_int_eq(postern_node_next_event(scene.node, &event), 0);
	ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_DISCONNECTED);
}
END_TEST

START_TEST(pause_longer_than_a_drain_keeps_messages_of_an_exited_peer)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	(void)peer_join(&scene, &peer);
	do_what_is_due();
	ck_assert_int_eq(postern_node_pause(scene.node), 0);
	send_messages(3);
	peer_kill(&peer);
	ck_assert_int_eq(postern_node_wait(scene.node, inspect_now_ns() +
					   DRAIN_IS_OVER_NS), -ETIMEDOUT);
	ck_assert_int_eq(postern_node_resume(scene.node), 0);
	expect_messages(3);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	ck_assert_int_eq(receive(&(size_t){0}), -EAGAIN);
	ck_assert_int_eq(postern_node_next_event(scene.node, &event), 0);
	ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.undelivered_bytes, 0);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
