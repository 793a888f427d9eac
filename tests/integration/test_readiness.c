/* SPDX-License-Identifier: ISC */
/*
 * The pollable descriptors, as an event loop sees them
 *
 * Level-triggered: readable as long as anything is left to do, unreadable after
 * -EAGAIN, and readable again when something comes.  Both ends are looked at
 * from outside, through an epoll of the program's own.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

/* Far apart, so that no load on the machine makes one of them the other. */
#define LONG_SPIN_NS (500 * UINT32_C(1000000))
#define SHORT_WAIT_NS (5 * UINT32_C(1000000))

static struct scene scene;
static struct process peer;
static int epoll_fd;
static uint8_t buffer[SCENE_MESSAGE_BYTES_MAX];

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ck_assert_int_ge(epoll_fd, 0);
}

static void tear_down(void)
{
	process_end(&peer);
	ck_assert_int_eq(close(epoll_fd), 0);
	scene_close(&scene);
}

static void nest(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), 0);
}

static bool is_ready(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_fd, &event, 1, 0) == 1;
}

static void await_ready(void)
{
	struct epoll_event event;

	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1,
				    inspect_timeout_ms(test_deadline_ns())), 1);
}

static struct postern_channel *detach_and_nest(void)
{
	struct postern_channel *channel;
	postern_peer handle = peer_join(&scene, &peer);

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	nest(postern_channel_fd(channel));
	return channel;
}

static int receive(struct postern_channel *channel)
{
	size_t bytes;

	return postern_receive(channel, buffer, sizeof(buffer), &bytes);
}

static void drain(struct postern_channel *channel)
{
	int r;

	do
		r = receive(channel);
	while (r == 0);
	ck_assert_int_eq(r, -EAGAIN);
}

/* -- a channel's ----------------------------------------------------------- */

START_TEST(a_channels_descriptor_is_readable_when_first_asked_for)
{
	struct postern_channel *channel = detach_and_nest();

	ck_assert(is_ready());
	drain(channel);
	ck_assert(!is_ready());
	ck_assert_int_eq(postern_channel_fd(channel),
			 postern_channel_fd(channel));
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(a_message_from_before_the_descriptor_is_not_overlooked)
{
	struct postern_channel *channel;
	postern_peer handle = peer_join(&scene, &peer);

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	drain(channel);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	nest(postern_channel_fd(channel));
	ck_assert(is_ready());
	ck_assert_int_eq(receive(channel), 0);
	drain(channel);
	ck_assert(!is_ready());
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(a_channel_stays_readable_until_all_messages_are_received)
{
	struct postern_channel *channel = detach_and_nest();
	int round, i;

	drain(channel);
	for (round = 0; round < 100; round++) {
		ck_assert(!is_ready());
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 3).result,
				 0);
		for (i = 0; i < 3; i++) {
			ck_assert(is_ready());
			ck_assert(is_ready());
			ck_assert_int_eq(receive(channel), 0);
		}
		drain(channel);
	}
	channel = postern_channel_close(channel);
}
END_TEST

/* Enough to bring 20 MB through a ring of 16 KiB. */
START_TEST(an_event_loop_around_a_channel_receives_everything)
{
	const struct peer_order order = {.kind = PEER_SEND, .count = 10000};
	struct postern_channel *channel = detach_and_nest();
	uint64_t number = 0;
	size_t bytes;
	int r;

	peer_order(&peer, &order);
	while (number < order.count) {
		await_ready();
		while ((r = postern_receive(channel, buffer, sizeof(buffer),
					    &bytes)) == 0)
			expect(pattern_is(buffer, bytes, number++));
		ck_assert_int_eq(r, -EAGAIN);
	}
	ck_assert_int_eq(peer_await(&scene, &peer).result, 0);
	channel = postern_channel_close(channel);
}
END_TEST

static int fill(struct postern_channel *channel, uint64_t *number)
{
	int r;

	do {
		pattern_fill(buffer, 1000, *number);
		r = postern_send(channel, buffer, 1000);
		*number += r == 0;
	} while (r == 0);
	return r;
}

START_TEST(a_full_ring_is_unreadable_until_there_is_room)
{
	struct postern_channel *channel = detach_and_nest();
	uint64_t number = 0;

	drain(channel);
	ck_assert_int_eq(fill(channel, &number), -EAGAIN);
	ck_assert(!is_ready());
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE, number).result,
			 0);
	ck_assert(is_ready());
	ck_assert_int_eq(fill(channel, &number), -EAGAIN);
	drain(channel);
	ck_assert(!is_ready());
	channel = postern_channel_close(channel);
}
END_TEST

/* A receive that takes a bell must not swallow what a send waits for. */
START_TEST(room_is_reported_though_receiving_goes_on)
{
	struct postern_channel *channel = detach_and_nest();
	uint64_t number = 0, before;
	uint32_t ready;
	int round;

	drain(channel);
	for (round = 0; round < 50; round++) {
		before = number;
		ck_assert_int_eq(fill(channel, &number), -EAGAIN);
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result,
				 0);
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE,
					 number - before).result, 0);
		ck_assert_int_eq(receive(channel), 0);
		drain(channel);
		ck_assert_int_eq(postern_channel_wait(channel,
						      POSTERN_WAIT_SEND,
						      0, &ready), 0);
		ck_assert_uint_eq(ready, POSTERN_WAIT_SEND);
	}
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(a_channel_whose_peer_is_gone_stays_readable)
{
	struct postern_channel *channel = detach_and_nest();

	drain(channel);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	await_ready();
	ck_assert_int_eq(receive(channel), -EPIPE);
	ck_assert(is_ready());
	ck_assert_int_eq(receive(channel), -EPIPE);
	channel = postern_channel_close(channel);
}
END_TEST

/* The node waits for messages of it, but room is its sender's to wait for. */
START_TEST(the_descriptor_of_a_nodes_channel_tells_of_room)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	uint64_t number = 0;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	ck_assert_int_eq(fill(channel, &number), -EAGAIN);
	nest(postern_channel_fd(channel));
	scene_serve_what_is_due(&scene);
	ck_assert(is_ready());
	ck_assert_int_eq(fill(channel, &number), -EAGAIN);
	scene_serve_what_is_due(&scene);
	ck_assert(!is_ready());

	ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE, number).result,
			 0);
	scene_serve_what_is_due(&scene);
	ck_assert(is_ready());
	ck_assert_int_eq(postern_send(channel, buffer, 1), 0);
	channel = postern_channel_close(channel);
}
END_TEST

/* -- a node's -------------------------------------------------------------- */

static void drain_node(void)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer from;
	size_t bytes;
	int r;

	do {
		do
			r = postern_node_next_event(scene.node, &event);
		while (r == 0);
		r = postern_node_receive(scene.node, buffer, sizeof(buffer),
					 &bytes, &from);
	} while (r == 0);
	ck_assert_int_eq(r, -EAGAIN);
}

START_TEST(a_nodes_descriptor_tells_of_events_and_messages)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer from;
	size_t bytes;
	int i;

	nest(postern_node_fd(scene.node));
	drain_node();
	ck_assert(!is_ready());

	(void)peer_connect(&scene, &peer);
	ck_assert_uint_eq(scene.event_count, 1);
	drain_node();
	ck_assert(!is_ready());

	peer_order(&peer, &(struct peer_order){.kind = PEER_SEND, .count = 3});
	for (i = 0; i < 3; i++) {
		await_ready();
		/* The first may be there before the others. */
		while (postern_node_receive(scene.node, buffer, sizeof(buffer),
					    &bytes, &from) == -EAGAIN)
			await_ready();
	}
	ck_assert_int_eq(peer_await(&scene, &peer).result, 0);
	drain_node();
	ck_assert(!is_ready());

	peer_order(&peer, &(struct peer_order){.kind = PEER_CLOSE});
	while (postern_node_next_event(scene.node, &event) == -EAGAIN) {
		await_ready();
		ck_assert_int_eq(postern_node_receive(scene.node, buffer,
						      sizeof(buffer), &bytes,
						      &from), -EAGAIN);
	}
	ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_DISCONNECTED);
	(void)peer_await(&scene, &peer);
	drain_node();
	ck_assert(!is_ready());
}
END_TEST

START_TEST(a_node_stays_readable_while_a_message_is_left)
{
	postern_peer from;
	size_t bytes;
	int round, i;

	nest(postern_node_fd(scene.node));
	(void)peer_join(&scene, &peer);
	for (round = 0; round < 100; round++) {
		drain_node();
		ck_assert(!is_ready());
		peer_order(&peer, &(struct peer_order){.kind = PEER_SEND,
						       .count = 3});
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		/* Three are there when the peer says so, and none is taken. */
		ck_assert_int_eq(poll(&(struct pollfd){.fd = peer.control_fd,
						       .events = POLLIN},
				      1, 20000), 1);
		for (i = 0; i < 3; i++) {
			ck_assert(is_ready());
			ck_assert_int_eq(postern_node_receive(scene.node,
							      buffer,
							      sizeof(buffer),
							      &bytes, &from),
					 0);
		}
		ck_assert_int_eq(peer_await(&scene, &peer).result, 0);
	}
}
END_TEST

START_TEST(waiting_on_a_node_needs_no_descriptor)
{
	const struct peer_order order = {.kind = PEER_SEND, .count = 10000};
	uint64_t number = 0;
	postern_peer from;
	size_t bytes;
	int r;

	/* Opened anew, so that nobody has asked for its descriptor. */
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(scene_try_open(&scene, 0, NULL), 0);
	peer_order(&peer, &(struct peer_order){.kind = PEER_CONNECT});
	while (postern_node_next_event(scene.node, &scene.events[0]) == -EAGAIN)
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
	process_read_report(&peer, &(struct peer_report){0},
			    sizeof(struct peer_report));

	peer_order(&peer, &order);
	while (number < order.count) {
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		while ((r = postern_node_receive(scene.node, buffer,
						 sizeof(buffer), &bytes,
						 &from)) == 0)
			expect(pattern_is(buffer, bytes, number++));
		ck_assert_int_eq(r, -EAGAIN);
	}
	ck_assert_int_eq(postern_node_wait(scene.node, 0), -ETIMEDOUT);
	ck_assert_int_eq(peer_await(&scene, &peer).result, 0);
}
END_TEST

/* Looking for longer than one may wait is a waste, not a wait. */
START_TEST(a_node_does_not_spin_beyond_the_deadline)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;
	uint64_t started_ns;

	options.disable_features = test_disable_features();
	options.spin_ns = LONG_SPIN_NS;
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(postern_node_open(scene.policy, "orders", &options,
					   &scene.node, NULL), 0);
	peer_order(&peer, &(struct peer_order){.kind = PEER_CONNECT});
	while (postern_node_next_event(scene.node, &scene.events[0]) == -EAGAIN)
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
	process_read_report(&peer, &(struct peer_report){0},
			    sizeof(struct peer_report));

	started_ns = inspect_now_ns();
	ck_assert_int_eq(postern_node_wait(scene.node,
					   started_ns + SHORT_WAIT_NS),
			 -ETIMEDOUT);
	ck_assert_uint_lt(inspect_now_ns() - started_ns, LONG_SPIN_NS / 2);
}
END_TEST

START_TEST(a_channel_does_not_spin_beyond_the_deadline, .loop_end = 2)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;
	struct postern_channel *channel;
	uint64_t started_ns;
	uint32_t ready;
	size_t bytes;

	options.disable_features = test_disable_features();
	options.spin_ns = LONG_SPIN_NS;
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(postern_node_open(scene.policy, "orders", &options,
					   &scene.node, NULL), 0);
	ck_assert_int_eq(postern_node_detach(scene.node,
					     peer_join(&scene, &peer),
					     &channel), 0);
	/* Half as long each time that it does not pay: the first counts. */
	started_ns = inspect_now_ns();
	if (_i == 0)
		ck_assert_int_eq(postern_channel_wait(
					 channel, POSTERN_WAIT_RECEIVE,
					 started_ns + SHORT_WAIT_NS, &ready),
				 -ETIMEDOUT);
	else
		ck_assert_int_eq(postern_receive_wait(
					 channel, buffer, sizeof(buffer),
					 &bytes, started_ns + SHORT_WAIT_NS),
				 -ETIMEDOUT);
	ck_assert_uint_lt(inspect_now_ns() - started_ns, LONG_SPIN_NS / 2);
	channel = postern_channel_close(channel);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
