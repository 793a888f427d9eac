/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes: order, content, sizes and limits
 *
 * Content follows from a message's number, so a message that is lost, doubled,
 * cut, mixed up or changed shows.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "support/expect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define MANY 20000

static struct scene scene;
static struct process peer;
static uint64_t received_count;

static void set_up_with(const char *policy)
{
	scene_init(&scene);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
}

static void set_up(void)
{
	set_up_with(SCENE_POLICY);
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

static struct peer_report obey(enum peer_order_kind kind, uint64_t count,
			       size_t message_bytes)
{
	const struct peer_order order = {
		.kind = kind,
		.count = count,
		.message_bytes = message_bytes,
	};

	return peer_obey(&scene, &peer, &order);
}

static void check_message(struct scene *its_scene, postern_peer from,
			  const uint8_t *bytes, size_t byte_count)
{
	(void)its_scene;
	(void)from;
	expect(pattern_is(bytes, byte_count, received_count));
	received_count++;
}

/* The test's own end of the peer's channel, for sending and receiving. */
static struct postern_channel *detach(void)
{
	struct postern_channel *channel;
	postern_peer handle = peer_join(&scene, &peer);

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	return channel;
}

/* -- both directions ------------------------------------------------------- */

START_TEST(a_node_receives_every_message_in_order_and_unchanged,
	   .set_up = set_up, .tear_down = tear_down)
{
	scene.on_message = check_message;
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(obey(PEER_SEND, MANY, 0).result, 0);
	ck_assert_int_eq(obey(PEER_FLUSH, 0, 0).result, 0);
	ck_assert_uint_eq(received_count, MANY);
	ck_assert_uint_eq(scene.message_count, MANY);
}
END_TEST

START_TEST(a_peer_receives_every_message_in_order_and_unchanged,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {.kind = PEER_RECEIVE, .count = MANY};
	struct postern_channel *channel;
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	struct peer_report report;
	postern_peer handle = peer_join(&scene, &peer);
	uint64_t number;
	size_t bytes;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_channel_get_info(channel, &limits), 0);
	peer_order(&peer, &order);
	for (number = 0; number < MANY; number++) {
		bytes = pattern_size(number, limits.send_message_bytes);
		pattern_fill(scene.buffer, bytes, number);
		expect_equal(postern_send_wait(channel, scene.buffer, bytes,
					       test_deadline_ns()), 0);
	}
	ck_assert_int_eq(postern_flush(channel, test_deadline_ns()), 0);
	channel = postern_channel_close(channel);
	report = peer_await(&scene, &peer);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, MANY);
}
END_TEST

static void send_back(struct scene *its_scene, postern_peer from,
		      const uint8_t *bytes, size_t byte_count)
{
	expect_equal(postern_node_send(its_scene->node, from, bytes,
				       byte_count), 0);
}

START_TEST(an_echo_comes_back_unchanged,
	   .set_up = set_up, .tear_down = tear_down)
{
	scene.on_message = send_back;
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(obey(PEER_EXCHANGE, MANY / 10, 0).result, 0);
}
END_TEST

START_TEST(both_ends_wait_for_each_other_without_a_node_between,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {
		.kind = PEER_EXCHANGE,
		.count = MANY / 10,
	};
	struct postern_channel *channel = detach();
	uint64_t number;
	size_t bytes;

	peer_order(&peer, &order);
	for (number = 0; number < order.count; number++) {
		expect_equal(postern_receive_wait(channel, scene.buffer,
						  sizeof(scene.buffer), &bytes,
						  test_deadline_ns()), 0);
		expect(pattern_is(scene.buffer, bytes, number));
		expect_equal(postern_send_wait(channel, scene.buffer, bytes,
					       test_deadline_ns()), 0);
	}
	ck_assert_int_eq(peer_await(&scene, &peer).result, 0);
	channel = postern_channel_close(channel);
}
END_TEST

static void *stream_to_peer(void *user_data)
{
	struct postern_channel *channel = user_data;
	static uint8_t bytes[SCENE_MESSAGE_BYTES_MAX];
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	uint64_t number;
	size_t count;

	if (postern_channel_get_info(channel, &limits) < 0)
		return NULL;
	for (number = 0; number < MANY; number++) {
		count = pattern_size(number, limits.send_message_bytes);
		pattern_fill(bytes, count, number);
		if (postern_send_wait(channel, bytes, count,
				      test_deadline_ns()) < 0)
			return NULL;
	}
	return channel;
}

/*
 * One socket carries the bells of both directions, and either thread may take
 * the one that the other waits for.  Small rings, so that both wait often.
 */
START_TEST(one_thread_sends_while_the_node_receives,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order connect = {
		.kind = PEER_CONNECT,
		.ring_bytes = 4096,
	};
	struct postern_channel *channel;
	postern_peer handle;
	pthread_t thread;
	void *result;

	scene.on_message = check_message;
	ck_assert_int_eq(peer_obey(&scene, &peer, &connect).result, 0);
	handle = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED).peer;
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, stream_to_peer, channel),
			 0);
	ck_assert_int_eq(obey(PEER_EXCHANGE, MANY, 0).result, 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_nonnull(result);
	scene_await_messages(&scene, MANY);
	ck_assert_uint_eq(received_count, MANY);
	channel = postern_channel_close(channel);
}
END_TEST

/* -- sizes ----------------------------------------------------------------- */

START_TEST(the_largest_message_and_the_empty_one_arrive,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct peer_report report = peer_connect(&scene, &peer);
	uint32_t largest = report.limits.send_message_bytes;

	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(largest, 4096);
	ck_assert_int_eq(obey(PEER_SEND_FIXED, 1, largest).result, 0);
	ck_assert_int_eq(obey(PEER_SEND_FIXED, 1, 0).result, 0);
	scene_await_messages(&scene, 2);
	ck_assert_uint_eq(scene.message_bytes, largest);
}
END_TEST

START_TEST(a_message_over_the_limit_is_refused_to_its_sender,
	   .set_up = set_up, .tear_down = tear_down)
{
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(obey(PEER_SEND_AT_ONCE, 1, 4097).result, -EMSGSIZE);
	ck_assert_int_eq(obey(PEER_SEND_AT_ONCE, 1, 8).result, 0);
	scene_await_messages(&scene, 1);
	ck_assert_uint_eq(scene.message_bytes, 8);
}
END_TEST

START_TEST(a_buffer_too_small_for_a_message_keeps_it,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel *channel = detach();
	uint8_t small[16];
	size_t bytes = 0;

	ck_assert_int_eq(obey(PEER_SEND_FIXED, 1, 17).result, 0);
	ck_assert_int_eq(postern_receive(channel, small, sizeof(small), &bytes),
			 -EMSGSIZE);
	ck_assert_uint_eq(bytes, 17);
	ck_assert_int_eq(postern_receive(channel, scene.buffer, 17, &bytes), 0);
	ck_assert_uint_eq(bytes, 17);
	expect(pattern_is(scene.buffer, 17, 0));
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(a_nodes_buffer_too_small_for_a_message_keeps_it,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = 1,
		.message_bytes = 17,
	};
	postern_peer handle = peer_join(&scene, &peer), from = 0;
	uint8_t small[16];
	size_t bytes = 0;
	int r;

	peer_order(&peer, &order);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	r = postern_node_receive(scene.node, small, sizeof(small), &bytes,
				 &from);
	ck_assert_int_eq(r, -EMSGSIZE);
	ck_assert_uint_eq(bytes, 17);
	ck_assert_uint_eq(from, handle);
	r = postern_node_receive(scene.node, scene.buffer, 17, &bytes, &from);
	ck_assert_int_eq(r, 0);
	expect(pattern_is(scene.buffer, bytes, 0));
	ck_assert_int_eq(peer_await(&scene, &peer).result, 0);
}
END_TEST

START_TEST(a_peer_may_request_a_smaller_ring,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.ring_bytes = 4096,
	};
	struct peer_report report = peer_obey(&scene, &peer, &order);

	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.limits.send_ring_bytes, 4096);
	ck_assert_uint_eq(report.limits.receive_ring_bytes, 4096);
	ck_assert_uint_lt(report.limits.send_message_bytes, 4096);
	ck_assert_int_eq(obey(PEER_SEND, MANY / 10, 0).result, 0);
}
END_TEST

/* -- back-pressure --------------------------------------------------------- */

START_TEST(a_full_ring_is_felt_by_its_sender_and_nothing_is_lost,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel *channel = detach();
	uint8_t bytes[1000];
	uint64_t sent = 0;
	uint32_t ready;
	int r;

	memset(bytes, 0, sizeof(bytes));
	for (;;) {
		pattern_fill(bytes, sizeof(bytes), sent);
		r = postern_send(channel, bytes, sizeof(bytes));
		if (r != 0)
			break;
		sent++;
	}
	ck_assert_int_eq(r, -EAGAIN);
	ck_assert_uint_ge(sent, 14);
	ck_assert_int_eq(postern_send_wait(channel, bytes, sizeof(bytes), 0),
			 -ETIMEDOUT);
	ck_assert_int_eq(postern_flush(channel, 0), -ETIMEDOUT);
	ck_assert_int_eq(postern_channel_wait(channel, POSTERN_WAIT_SEND,
					      0, &ready), -ETIMEDOUT);

	ck_assert_int_eq(obey(PEER_RECEIVE, sent, 0).result, 0);
	ck_assert_int_eq(postern_channel_wait(channel, POSTERN_WAIT_SEND,
					      test_deadline_ns(), &ready), 0);
	ck_assert_uint_eq(ready, POSTERN_WAIT_SEND);
	ck_assert_int_eq(postern_flush(channel, test_deadline_ns()), 0);
	ck_assert_int_eq(postern_send(channel, bytes, sizeof(bytes)), 0);
	channel = postern_channel_close(channel);
}
END_TEST

/* -- without a copy -------------------------------------------------------- */

START_TEST(what_is_written_into_a_reservation_arrives_on_commit,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel *channel = detach();
	void *bytes;

	ck_assert_int_eq(postern_reserve(channel, 4096, &bytes), 0);
	ck_assert_int_eq(postern_reserve(channel, 1, &bytes), -EBUSY);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EBUSY);
	ck_assert_int_eq(postern_commit(channel, 4097), -EINVAL);
	pattern_fill(bytes, 3000, 0);
	ck_assert_int_eq(postern_commit(channel, 3000), 0);
	ck_assert_int_eq(postern_commit(channel, 1), -EINVAL);

	ck_assert_int_eq(postern_reserve(channel, 100, &bytes), 0);
	memset(bytes, 0xff, 100);
	ck_assert_int_eq(postern_abort(channel), 0);
	ck_assert_int_eq(postern_abort(channel), -EINVAL);

	ck_assert_int_eq(postern_reserve(channel, 100, &bytes), 0);
	pattern_fill(bytes, 100, 1);
	ck_assert_int_eq(postern_commit(channel, 100), 0);
	ck_assert_int_eq(postern_reserve(channel, 4097, &bytes), -EMSGSIZE);

	ck_assert_int_eq(obey(PEER_RECEIVE, 2, 0).result, 0);
	channel = postern_channel_close(channel);
}
END_TEST

/* -- what was not granted -------------------------------------------------- */

static const char SEND_ONLY_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction send\n"
	"	}\n"
	"}\n"
	"end\n";

START_TEST(a_direction_that_is_not_granted_is_not_permitted)
{
	struct postern_channel *channel;
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	struct peer_report report;
	uint32_t ready;

	set_up_with(SEND_ONLY_POLICY);
	channel = detach();
	ck_assert_int_eq(postern_channel_get_info(channel, &limits), 0);
	ck_assert_uint_eq(limits.can_send, 0);
	ck_assert_uint_eq(limits.can_receive, 1);
	ck_assert_uint_eq(limits.send_ring_bytes, 0);
	ck_assert_uint_eq(limits.send_message_bytes, 0);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPERM);
	ck_assert_int_eq(postern_send_wait(channel, "x", 1, 0), -EPERM);
	ck_assert_int_eq(postern_flush(channel, 0), -EPERM);
	ck_assert_int_eq(postern_channel_wait(channel, POSTERN_WAIT_SEND,
					      0, &ready), -EPERM);
	channel = postern_channel_close(channel);

	report = obey(PEER_RECEIVE, 1, 0);
	ck_assert_int_eq(report.result, -EPERM);
	tear_down();
}
END_TEST

START_TEST(a_peer_that_requests_one_direction_gets_no_more)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.directions = POSTERN_DIRECTION_FROM_NODE,
	};
	struct peer_report report;

	set_up_with(SCENE_POLICY);
	report = peer_obey(&scene, &peer, &order);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.limits.can_send, 0);
	ck_assert_uint_eq(report.limits.can_receive, 1);
	ck_assert_int_eq(obey(PEER_SEND_AT_ONCE, 1, 1).result, -EPERM);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
