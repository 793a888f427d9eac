/* SPDX-License-Identifier: ISC */
/*
 * How channels end: closing, dying, and the node's own end
 *
 * What was committed is delivered before the end is reported, whoever ended it
 * and how; and afterwards the slot is somebody else's.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "support/expect.h"
#include "support/host.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;
static struct process peer;
static size_t fds_before;
static uint64_t received_count;

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void tear_down(void)
{
	if (peer.pid > 0)
		process_end(&peer);
	scene_close(&scene);
}

static void check_message(struct scene *its_scene, postern_peer from,
			  const uint8_t *bytes, size_t byte_count)
{
	(void)its_scene;
	(void)from;
	expect(pattern_is(bytes, byte_count, received_count));
	received_count++;
}

static struct postern_node_event await_departure(void)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 1);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), 0);
	return event;
}

static bool is_death(enum postern_reason reason)
{
	return reason == POSTERN_REASON_PEER_DIED ||
	       reason == POSTERN_REASON_HUNG_UP;
}

/* As many messages as fit, so that none is taken before the end. */
static uint64_t fill_from_peer(void)
{
	const struct peer_order order = {
		.kind = PEER_SEND_AT_ONCE,
		.count = UINT64_MAX,
		.message_bytes = 100,
	};
	struct peer_report report;

	/* Nobody serves the node meanwhile. */
	peer_order(&peer, &order);
	process_read_report(&peer, &report, sizeof(report));
	ck_assert_int_eq(report.result, -EAGAIN);
	ck_assert_uint_gt(report.count, 100);
	return report.count;
}

/* -- the peer's end, seen by the node -------------------------------------- */

START_TEST(an_orderly_close_is_reported_after_the_last_message,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {.kind = PEER_CLOSE};
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer handle = peer_join(&scene, &peer);
	struct peer_report report;

	scene.on_message = check_message;
	/* Not quite full: there is room to say that it is the end. */
	peer_order(&peer, &(struct peer_order){.kind = PEER_SEND_FIXED,
					       .count = 100,
					       .message_bytes = 100});
	process_read_report(&peer, &report, sizeof(report));
	peer_order(&peer, &order);
	process_read_report(&peer, &report, sizeof(report));

	event = await_departure();
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, POSTERN_REASON_CLOSED);
	ck_assert_uint_eq(event.undelivered_bytes, 0);
	ck_assert_uint_eq(received_count, 100);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

START_TEST(what_a_killed_peer_had_committed_is_delivered_before_its_departure,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer handle = peer_join(&scene, &peer);
	uint64_t count = fill_from_peer();

	scene.on_message = check_message;
	peer_kill(&peer);
	event = await_departure();
	ck_assert_uint_eq(event.peer, handle);
	ck_assert(is_death(event.reason));
	ck_assert_uint_eq(event.undelivered_bytes, 0);
	ck_assert_uint_eq(received_count, count);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

START_TEST(a_peer_that_may_only_receive_departs_when_it_dies,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.directions = POSTERN_DIRECTION_FROM_NODE,
	};

	ck_assert_int_eq(peer_obey(&scene, &peer, &order).result, 0);
	peer_kill(&peer);
	ck_assert(is_death(await_departure().reason));
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

/* Five seconds after its death at the latest; what is left is counted. */
START_TEST(what_nobody_receives_of_a_dead_peer_is_counted,
	   .set_up = set_up, .tear_down = tear_down)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer handle = peer_join(&scene, &peer);
	uint64_t count = fill_from_peer();
	int r;

	peer_kill(&peer);
	/* The node is readable all the while, so it is looked at in turns. */
	while ((r = postern_node_next_event(scene.node, &event)) == -EAGAIN) {
		ck_assert_int_gt(inspect_timeout_ms(deadline_ns), 0);
		ck_assert_int_eq(poll(NULL, 0, 100), 0);
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_uint_ge(event.undelivered_bytes, count * 100);
	ck_assert_ptr_nonnull(strstr(scene.records[1].line,
				     " undelivered_bytes="));
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

/* The socket stays open in the child, so only the pidfd can tell. */
START_TEST(a_child_with_the_socket_does_not_hide_its_parents_death,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	skip_unless(test_features() & POSTERN_FEATURE_PEERPIDFD,
		    "needs SO_PEERPIDFD (Linux 6.5)");
	(void)peer_join(&scene, &peer);
	scene.on_message = check_message;
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 10).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_LEAVE_A_CHILD, 0).result,
			 0);
	peer_kill(&peer);
	event = await_departure();
	ck_assert_int_eq(event.reason, POSTERN_REASON_PEER_DIED);
	ck_assert_uint_eq(received_count, 10);
}
END_TEST

/* To close is to hang up, whoever else holds the socket and lives on. */
START_TEST(a_child_with_the_socket_does_not_hide_an_orderly_close,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	ck_assert_int_eq(peer_do(&scene, &peer, PEER_LEAVE_A_CHILD, 0).result,
			 0);
	/* The child stays until the test closes the peer's control socket. */
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	event = await_departure();
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, POSTERN_REASON_CLOSED);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

START_TEST(the_handle_of_a_departed_peer_is_nobodys,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer first = peer_join(&scene, &peer), second;
	struct postern_channel *channel;

	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)await_departure();
	second = peer_join(&scene, &peer);
	ck_assert_uint_ne(first, second);
	ck_assert_int_eq(postern_node_channel(scene.node, first, &channel),
			 -ESTALE);
	ck_assert_int_eq(postern_node_detach(scene.node, first, &channel),
			 -ESTALE);
	ck_assert_int_eq(postern_node_channel(scene.node, second, &channel), 0);
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(a_reference_outlives_the_peer_and_says_so,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	peer_kill(&peer);
	(void)await_departure();
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	ck_assert_int_eq(postern_flush(channel, test_deadline_ns()), 0);
	channel = postern_channel_close(channel);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

/* -- detached -------------------------------------------------------------- */

START_TEST(closing_a_detached_channel_gives_the_slot_back,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel, *other;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &other),
			 -ESTALE);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &other),
			 -ESTALE);
	channel = postern_channel_close(channel);
	event = await_departure();
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, POSTERN_REASON_CLOSED);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE_TO_END, 0).result,
			 -EPIPE);
}
END_TEST

START_TEST(a_detached_channel_delivers_all_before_it_ends,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	uint64_t count, number;
	size_t bytes;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	count = fill_from_peer();
	peer_kill(&peer);
	for (number = 0; number < count; number++) {
		ck_assert_int_eq(postern_receive_wait(channel, scene.buffer,
						      sizeof(scene.buffer),
						      &bytes,
						      test_deadline_ns()), 0);
		expect(pattern_is(scene.buffer, bytes, number));
	}
	ck_assert_int_eq(postern_receive_wait(channel, scene.buffer,
					      sizeof(scene.buffer), &bytes,
					      test_deadline_ns()), -EPIPE);
	channel = postern_channel_close(channel);
	(void)await_departure();
}
END_TEST

START_TEST(a_detached_channel_outlives_its_node,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	size_t bytes;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND_FIXED, 1).result, 0);
	ck_assert_int_eq(postern_receive_wait(channel, scene.buffer,
					      sizeof(scene.buffer), &bytes,
					      test_deadline_ns()), 0);
	channel = postern_channel_close(channel);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

/* -- the node's end, seen by its peers ------------------------------------- */

START_TEST(closing_a_node_ends_its_channels_after_their_last_message,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	struct peer_report report;
	uint64_t number;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	for (number = 0; number < 10; number++) {
		pattern_fill(scene.buffer, 100, number);
		ck_assert_int_eq(postern_send(channel, scene.buffer, 100), 0);
	}
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	channel = postern_channel_close(channel);

	report = peer_do(&scene, &peer, PEER_RECEIVE_TO_END, 0);
	ck_assert_int_eq(report.result, -EPIPE);
	ck_assert_uint_eq(report.count, 10);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, -EPIPE);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}
END_TEST

/* The test is the peer here, and kills its node. */
START_TEST(a_killed_node_is_noticed_by_sender_and_receiver)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channel;
	struct process host;
	size_t bytes;
	int r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&host, ROLE_ROOT, host_main, &scene);
	ck_assert_int_eq(host_obey(&host, HOST_OPEN).result, 0);
	ck_assert_int_eq(become(ROLE_PEER, NULL, 0), 0);
	fds_before = inspect_fd_count();

	options.disable_features = test_disable_features();
	ck_assert_int_eq(postern_connect(scene.policy, "orders", &options,
					 test_deadline_ns(), &channel, NULL),
			 0);
	ck_assert_int_eq(postern_send(channel, "x", 1), 0);
	ck_assert_int_eq(postern_flush(channel, test_deadline_ns()), 0);
	(void)host_obey(&host, HOST_DIE);
	(void)process_wait(&host);

	ck_assert_int_eq(postern_receive_wait(channel, scene.buffer,
					      sizeof(scene.buffer), &bytes,
					      test_deadline_ns()), -EPIPE);
	r = postern_send(channel, "x", 1);
	ck_assert_int_eq(r, -EPIPE);
	ck_assert_int_eq(postern_send_wait(channel, "x", 1,
					   test_deadline_ns()), -EPIPE);
	channel = postern_channel_close(channel);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene_close(&scene);
}
END_TEST

START_TEST(a_full_ring_does_not_keep_a_sender_waiting_for_a_dead_node)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channel;
	struct process host;
	int r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&host, ROLE_ROOT, host_main, &scene);
	ck_assert_int_eq(host_obey(&host, HOST_OPEN).result, 0);
	ck_assert_int_eq(become(ROLE_PEER, NULL, 0), 0);
	options.disable_features = test_disable_features();
	ck_assert_int_eq(postern_connect(scene.policy, "orders", &options,
					 test_deadline_ns(), &channel, NULL),
			 0);
	(void)host_obey(&host, HOST_DIE);
	(void)process_wait(&host);
	do
		r = postern_send_wait(channel, scene.buffer, 1000,
				      test_deadline_ns());
	while (r == 0);
	ck_assert_int_eq(r, -EPIPE);
	ck_assert_int_eq(postern_flush(channel, test_deadline_ns()), -EPIPE);
	channel = postern_channel_close(channel);
	scene_close(&scene);
}
END_TEST

START_TEST(a_new_node_takes_the_place_of_a_killed_one)
{
	struct process first, second;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&first, ROLE_ROOT, host_main, &scene);
	process_start(&second, ROLE_ROOT, host_main, &scene);
	ck_assert_int_eq(host_obey(&first, HOST_OPEN).result, 0);
	ck_assert_int_eq(host_obey(&second, HOST_OPEN).result, -EBUSY);
	(void)host_obey(&first, HOST_DIE);
	(void)process_wait(&first);
	ck_assert_int_eq(host_obey(&second, HOST_OPEN).result, 0);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
	process_end(&peer);
	process_end(&second);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
