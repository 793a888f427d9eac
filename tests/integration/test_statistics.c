/* SPDX-License-Identifier: ISC */
/*
 * Statistics: the figures are what happened
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define MESSAGE_BYTES 100

#define POLICY(limits_of_the_friend) \
	"policy-version 1\n" \
	"peer friend {\n" \
	"	user $peer\n" \
	"}\n" \
	"tenant acme {\n" \
	"	members friend\n" \
	"}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	limits {\n" \
	"		ring 16KiB\n" \
	"		message 4KiB\n" \
	"	}\n" \
	"	allow friend {\n" \
	"		direction both\n" \
	limits_of_the_friend \
	"	}\n" \
	"}\n" \
	"end\n"

static const char STATISTICS_POLICY[] = POLICY("");
static const char SLOW_POLICY[] = POLICY(
	"		limits {\n"
	"			rate 1/s burst 1\n"
	"		}\n");

static struct scene scene;
static struct process peer;

/* -- the scene ------------------------------------------------------------- */

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, STATISTICS_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

static struct postern_node_statistics node_stats(void)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;

	ck_assert_int_eq(postern_node_stats(scene.node, &stats), 0);
	return stats;
}

static struct postern_peer_statistics peer_stats(postern_peer handle)
{
	struct postern_peer_statistics stats = POSTERN_PEER_STATISTICS_INIT;

	ck_assert_int_eq(postern_node_peer_stats(scene.node, handle, &stats),
			 0);
	return stats;
}

static void send_to_node(const struct process *sender, uint64_t count)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = count,
		.message_bytes = MESSAGE_BYTES,
	};

	uint64_t target_count = scene.message_count + count;

	ck_assert_int_eq(peer_obey(&scene, sender, &order).result, 0);
	scene_await_messages(&scene, target_count);
}

static void send_to_peer(postern_peer handle, uint64_t count)
{
	struct postern_channel *channel;
	uint8_t bytes[MESSAGE_BYTES] = {0};

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel),
			 0);
	while (count-- > 0)
		ck_assert_int_eq(postern_send(channel, bytes, sizeof(bytes)),
				 0);
	(void)postern_channel_close(channel); /* always NULL */
}

/* -- what happened --------------------------------------------------------- */

START_TEST(figures_of_a_peer_and_of_the_node_are_what_was_sent,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_peer_statistics stats;
	struct postern_node_statistics node;
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	send_to_node(&peer, 70);
	send_to_peer(handle, 5);

	stats = peer_stats(handle);
	ck_assert_uint_eq(stats.peer, handle);
	ck_assert_uint_eq(stats.slot_index, 0);
	ck_assert_uint_eq(stats.generation, handle >> 32);
	ck_assert_uint_eq(stats.uid, uid_of(ROLE_PEER));
	ck_assert_int_eq(stats.pid, peer.pid);
	ck_assert_uint_eq(stats.directions, POSTERN_DIRECTION_TO_NODE |
			  POSTERN_DIRECTION_FROM_NODE);
	ck_assert_uint_eq(stats.to_node_ring_bytes, 16384);
	ck_assert_uint_eq(stats.from_node_ring_bytes, 16384);
	ck_assert_str_eq(stats.peer_name, "friend");
	ck_assert_str_eq(stats.tenant, "acme");
	ck_assert_uint_eq(stats.flags, 0);
	ck_assert_uint_eq(stats.channel.received_messages, 70);
	ck_assert_uint_eq(stats.channel.received_bytes, 70 * MESSAGE_BYTES);
	ck_assert_uint_eq(stats.channel.sent_messages, 5);
	ck_assert_uint_eq(stats.channel.sent_bytes, 5 * MESSAGE_BYTES);
	ck_assert_uint_eq(stats.channel.receive_depth_bytes, 0);
	ck_assert_uint_gt(stats.channel.send_depth_bytes, 5 * MESSAGE_BYTES);
	ck_assert_uint_ge(stats.channel.latency.count, 1);

	node = node_stats();
	ck_assert_int_eq(node.pid, getpid());
	ck_assert_uint_eq(node.uid, uid_of(ROLE_OWNER));
	ck_assert_str_eq(node.node_name, "orders");
	ck_assert_uint_eq(node.slot_count, 256);
	ck_assert_uint_eq(node.slots_used, 1);
	ck_assert_uint_eq(node.peer_count, 1);
	ck_assert_uint_eq(node.connected_count, 1);
	ck_assert_uint_eq(node.received_messages, 70);
	ck_assert_uint_eq(node.received_bytes, 70 * MESSAGE_BYTES);
	ck_assert_uint_eq(node.sent_messages, 5);
	ck_assert_uint_eq(node.sent_bytes, 5 * MESSAGE_BYTES);
	ck_assert_uint_eq(node.latency.count, stats.channel.latency.count);
	ck_assert_uint_gt(node.loop_count, 0);
}
END_TEST

START_TEST(departed_peer_leaves_its_share_in_the_totals,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_peer_statistics stats = POSTERN_PEER_STATISTICS_INIT;
	struct postern_node_statistics node;
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	send_to_node(&peer, 10);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);

	ck_assert_int_eq(postern_node_peer_stats(scene.node, handle, &stats),
			 -ESTALE);
	node = node_stats();
	ck_assert_uint_eq(node.peer_count, 0);
	ck_assert_uint_eq(node.slots_used, 0);
	ck_assert_uint_eq(node.disconnected_count, 1);
	ck_assert_uint_eq(node.disconnected_by_reason[POSTERN_REASON_CLOSED],
			  1);
	ck_assert_uint_eq(node.received_messages, 10);
	ck_assert_uint_eq(node.ready_count, 0);
	ck_assert_uint_eq(node.draining_count, 0);
	ck_assert_uint_ge(node.latency.count, 1);
	ck_assert_uint_eq(node.slots_recycled_count, 0);
}
END_TEST

START_TEST(slot_with_another_peer_than_before_is_recycled,
	   .set_up = set_up, .tear_down = tear_down)
{
	const uint32_t slot_count = node_stats().slot_count;
	uint32_t i;

	/* Slots are used in turn: all of them, and the first again. */
	for (i = 0; i <= slot_count; i++) {
		(void)peer_join(&scene, &peer);
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result,
				 0);
		(void)scene_await_event(&scene,
					POSTERN_NODE_EVENT_DISCONNECTED);
		scene.record_count = 0;
	}
	ck_assert_uint_eq(node_stats().slots_recycled_count, 1);
	ck_assert_uint_eq(node_stats().connected_count, slot_count + 1);
}
END_TEST

START_TEST(refusals_are_counted_by_reason)
{
	struct process stranger;
	struct postern_node_statistics node;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, STATISTICS_POLICY);
	process_start(&stranger, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);
	ck_assert_int_eq(peer_connect(&scene, &stranger).result, -EACCES);
	ck_assert_int_eq(peer_connect(&scene, &stranger).result, -EACCES);
	node = node_stats();
	ck_assert_uint_eq(node.refused_count, 2);
	ck_assert_uint_eq(node.refused_by_reason[POSTERN_REASON_NO_ALLOW], 2);
	ck_assert_uint_eq(node.connected_count, 0);
	process_end(&stranger);
	scene_close(&scene);
}
END_TEST

START_TEST(peers_are_met_one_after_the_other,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle, met;

	ck_assert_int_eq(postern_node_next_peer(scene.node, 0, &met), -ENOENT);
	handle = peer_join(&scene, &peer);
	ck_assert_int_eq(postern_node_next_peer(scene.node, 0, &met), 0);
	ck_assert_uint_eq(met, handle);
	ck_assert_int_eq(postern_node_next_peer(scene.node, met, &met),
			 -ENOENT);
}
END_TEST

START_TEST(peer_without_tokens_is_throttled_and_the_time_is_counted)
{
	const struct peer_order two = {
		.kind = PEER_SEND_FIXED,
		.count = 2,
		.message_bytes = MESSAGE_BYTES,
	};
	struct postern_peer_statistics stats;
	postern_peer handle;

	scene_init(&scene);
	scene_load(&scene, SLOW_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	handle = peer_join(&scene, &peer);
	ck_assert_int_eq(peer_obey(&scene, &peer, &two).result, 0);
	scene_await_messages(&scene, 1);
	scene_serve_what_is_due(&scene);
	stats = peer_stats(handle);
	ck_assert_int_eq(stats.state, POSTERN_PEER_THROTTLED);
	ck_assert_uint_eq(stats.throttled_count, 1);
	ck_assert_uint_eq(node_stats().throttled_count, 1);
	scene_await_messages(&scene, 2);
	ck_assert_uint_gt(peer_stats(handle).throttled_ns, 0);
	ck_assert_uint_eq(node_stats().throttled_count, 0);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

START_TEST(detached_peer_keeps_the_figures_of_that_moment,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel *channel;
	struct postern_peer_statistics stats;
	uint8_t bytes[MESSAGE_BYTES] = {0};
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	send_to_node(&peer, 3);
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_send(channel, bytes, sizeof(bytes)), 0);
	stats = peer_stats(handle);
	ck_assert_int_eq(stats.state, POSTERN_PEER_DETACHED);
	ck_assert_uint_eq(stats.channel.received_messages, 3);
	ck_assert_uint_eq(stats.channel.sent_messages, 0);
	ck_assert_uint_eq(node_stats().detached_count, 1);
	(void)postern_channel_close(channel); /* always NULL */
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(node_stats().detached_count, 0);
	ck_assert_uint_eq(node_stats().received_messages, 3);
}
END_TEST

START_TEST(peer_that_does_not_receive_is_stuck_until_it_does,
	   .set_up = set_up, .tear_down = tear_down)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct postern_channel *channel;
	uint8_t bytes[MESSAGE_BYTES];
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel),
			 0);
	pattern_fill(bytes, sizeof(bytes), 0);
	ck_assert_int_eq(postern_send(channel, bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(peer_stats(handle).flags, 0);
	/* The node itself looks again: nothing else happens. */
	while (peer_stats(handle).flags == 0)
		ck_assert_int_eq(postern_node_wait(scene.node, 0),
				 -ETIMEDOUT);
	ck_assert_uint_eq(peer_stats(handle).flags, POSTERN_PEER_STUCK);
	ck_assert_uint_eq(peer_do(&scene, &peer, PEER_RECEIVE, 1).count, 1);
	while (peer_stats(handle).flags != 0)
		ck_assert_uint_lt(inspect_now_ns(), deadline_ns);
	(void)postern_channel_close(channel); /* always NULL */
}
END_TEST

START_TEST(sends_that_find_a_full_ring_are_counted_for_the_node,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel *channel;
	uint8_t bytes[MESSAGE_BYTES] = {0};
	uint64_t sent_count = 0;
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	ck_assert_uint_eq(node_stats().send_full_count, 0);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel),
			 0);
	while (postern_send(channel, bytes, sizeof(bytes)) == 0)
		sent_count++;
	ck_assert_int_eq(postern_send(channel, bytes, sizeof(bytes)), -EAGAIN);
	ck_assert_uint_eq(node_stats().sent_messages, sent_count);
	ck_assert_uint_eq(node_stats().send_full_count, 2);
	ck_assert_uint_eq(peer_stats(handle).channel.send_full_count, 2);
	(void)postern_channel_close(channel); /* always NULL */

	/* A departed peer leaves its share. */
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(node_stats().send_full_count, 2);
}
END_TEST

/* -- misuse ---------------------------------------------------------------- */

static void share(postern_peer handle)
{
	send_to_peer(handle, 0);
}

static void ask(postern_peer handle)
{
	(void)peer_stats(handle);
}

static struct postern_channel *detached;

static void detach(postern_peer handle)
{
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &detached), 0);
}

typedef void news_fn(postern_peer handle);

static news_fn *const news[] = {share, ask, detach};

/* Who sleeps on the descriptor is woken to show it to the observers. */
START_TEST(what_the_program_itself_does_is_shown_without_another_cause,
	   .loop_end = 3, .set_up = set_up, .tear_down = tear_down)
{
	struct pollfd wait = {.events = POLLIN};
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	scene_serve_what_is_due(&scene);
	(void)node_stats(); /* shows all that there is */
	wait.fd = postern_node_fd(scene.node);
	news[_i](handle);
	ck_assert_int_eq(poll(&wait, 1, 5000), 1);
	detached = postern_channel_close(detached);
}
END_TEST

START_TEST(no_node_and_no_observer_are_invalid_arguments,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_node_statistics node = POSTERN_NODE_STATISTICS_INIT;
	struct postern_peer_statistics stats = POSTERN_PEER_STATISTICS_INIT;
	struct postern_stats_reader_options options =
		POSTERN_STATS_READER_OPTIONS_INIT;
	struct postern_stats_reader *observer;
	postern_peer handle;

	ck_assert_int_eq(postern_node_stats(NULL, &node), -EINVAL);
	ck_assert_int_eq(postern_node_stats(scene.node, NULL), -EINVAL);
	ck_assert_int_eq(postern_node_peer_stats(NULL, 1, &stats), -EINVAL);
	ck_assert_int_eq(postern_node_peer_stats(scene.node, 1, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_node_peer_stats(scene.node, 1, &stats),
			 -ESTALE);
	ck_assert_int_eq(postern_node_next_peer(NULL, 0, &handle), -EINVAL);
	ck_assert_int_eq(postern_node_next_peer(scene.node, 0, NULL), -EINVAL);
	ck_assert_int_eq(postern_stats_reader_read_node(NULL, &node), -EINVAL);
	ck_assert_int_eq(postern_stats_reader_read_peer(NULL, 0, &stats),
			 -EINVAL);
	ck_assert_ptr_null(postern_stats_reader_close(NULL));
	ck_assert_int_eq(postern_stats_reader_open(scene.policy, NULL, NULL, 0,
						   &observer, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_stats_reader_open(scene.policy, "orders", NULL,
						   0, NULL, NULL),
			 -EINVAL);
	options.disable_features = UINT32_MAX;
	ck_assert_int_eq(postern_stats_reader_open(scene.policy, "orders",
						   &options, 0, &observer,
						   NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_stats_reader_open(scene.policy, "invoices",
						   NULL, 0, &observer, NULL),
			 -ENOENT);
}
END_TEST

START_TEST(statistics_of_an_impossible_size_are_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_node_statistics node;
	struct postern_peer_statistics peer_stats =
		POSTERN_PEER_STATISTICS_INIT;
	postern_peer handle;

	memset(&node, 0x55, sizeof(node));
	node.size_bytes = offsetof(struct postern_node_statistics, node_name);
	ck_assert_int_eq(postern_node_stats(scene.node, &node), -EINVAL);
	node.size_bytes = POSTERN_STRUCT_BYTES_MAX + 1;
	ck_assert_int_eq(postern_node_stats(scene.node, &node), -EINVAL);
	ck_assert_uint_eq(node.slot_count, 0x55555555);
	handle = peer_join(&scene, &peer);
	peer_stats.size_bytes = 1;
	ck_assert_int_eq(postern_node_peer_stats(scene.node, handle,
						 &peer_stats), -EINVAL);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
