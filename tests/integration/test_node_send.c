/* SPDX-License-Identifier: ISC */
/*
 * Sending to a peer by its handle, without a reference to its channel
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define PEERS 3
#define MESSAGES 20

/* More sends to a full ring than a channel makes before it drains a doorbell. */
#define FULL_SENDS 40000

#define POLICY(security, direction) \
	"policy-version 1\n" \
	"peer friend {\n	user $peer\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	limits {\n		ring 16KiB\n		message 4KiB\n	}\n" \
	"	security " security "\n" \
	"	allow friend {\n		direction " direction "\n	}\n" \
	"}\n" \
	"end\n"

static const char *const policies[] = {
	POLICY("none", "both"),
	POLICY("mac", "both"),
	POLICY("aead", "both"),
};

static struct scene scene;
static struct process peers[PEERS];

static const char *set_up(const char *policy)
{
	size_t i;

	if (!users_are_several())
		return NEEDS_USERS;
	scene_init(&scene);
	scene_load(&scene, policy);
	for (i = 0; i < PEERS; i++)
		process_start(&peers[i], ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	return NULL;
}

static void tear_down(void)
{
	size_t i;

	for (i = 0; i < PEERS; i++)
		process_end(&peers[i]);
	scene_close(&scene);
}

static int send_pattern(postern_peer handle, uint64_t number)
{
	size_t bytes = pattern_size(number, 256);

	pattern_fill(scene.buffer, bytes, number);
	return postern_node_send(scene.node, handle, scene.buffer, bytes);
}

START_TEST(messages_arrive_at_the_peer_that_is_named, .loop_end = 3)
{
	const struct peer_order receive = {
		.kind = PEER_RECEIVE,
		.count = MESSAGES,
	};
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;
	postern_peer handles[PEERS];
	struct peer_report report;
	size_t fds_before, i;
	uint64_t number;

	skip_for(set_up(policies[_i]));
	for (i = 0; i < PEERS; i++)
		handles[i] = peer_join(&scene, &peers[i]);
	fds_before = inspect_fd_count();
	for (number = 0; number < MESSAGES; number++)
		for (i = 0; i < PEERS; i++)
			expect_equal(send_pattern(handles[i], number), 0);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	for (i = 0; i < PEERS; i++) {
		report = peer_obey(&scene, &peers[i], &receive);
		ck_assert_int_eq(report.result, 0);
		ck_assert_uint_eq(report.count, MESSAGES);
	}
	ck_assert_int_eq(postern_node_stats(scene.node, &stats), 0);
	ck_assert_uint_eq(stats.sent_messages, PEERS * MESSAGES);
	tear_down();
}
END_TEST

static uint64_t fill_ring(postern_peer handle)
{
	uint64_t number = 0;
	int r;

	while ((r = send_pattern(handle, number)) == 0)
		number++;
	ck_assert_int_eq(r, -EAGAIN);
	return number;
}

static void await_readable(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&polled, 1, inspect_timeout_ms(test_deadline_ns())),
			 1);
}

START_TEST(full_ring_takes_messages_again_once_it_is_read, .loop_end = 3)
{
	struct peer_report report;
	postern_peer handle;
	uint64_t count;

	skip_for(set_up(policies[_i]));
	handle = peer_join(&scene, &peers[0]);
	count = fill_ring(handle);
	report = peer_do(&scene, &peers[0], PEER_RECEIVE, count);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, count);
	expect_equal(send_pattern(handle, count), 0);
	tear_down();
}
END_TEST

/* The sends drain the doorbell of the peer's message. */
START_TEST(sends_to_a_full_ring_lose_no_message_of_the_peer)
{
	const struct peer_order send = {.kind = PEER_SEND, .count = 1};
	struct peer_report report;
	postern_peer handle;
	int i;

	skip_for(set_up(policies[0]));
	handle = peer_join(&scene, &peers[0]);
	scene_serve_what_is_due(&scene);
	ck_assert_int_eq(postern_node_wait(scene.node,
					   postern_deadline_after(1000000)),
			 -ETIMEDOUT);
	while (postern_node_send(scene.node, handle, "x", 1) == 0)
		;
	peer_order(&peers[0], &send);
	await_readable(peers[0].control_fd);
	for (i = 0; i < FULL_SENDS; i++)
		expect_equal(postern_node_send(scene.node, handle, "x", 1),
			     -EAGAIN);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	scene_await_messages(&scene, 1);
	report = peer_await(&scene, &peers[0]);
	ck_assert_int_eq(report.result, 0);
	tear_down();
}
END_TEST

START_TEST(peer_that_is_gone_or_detached_is_stale)
{
	struct postern_channel *channel;
	postern_peer handles[PEERS];
	size_t i;

	skip_for(set_up(policies[0]));
	for (i = 0; i < PEERS; i++)
		handles[i] = peer_join(&scene, &peers[i]);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handles[0]), 0);
	expect_equal(send_pattern(handles[0], 0), -ESTALE);
	expect_equal(postern_node_detach(scene.node, handles[1], &channel), 0);
	expect_equal(send_pattern(handles[1], 0), -ESTALE);
	channel = postern_channel_close(channel);
	peer_kill(&peers[2]);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	expect_equal(send_pattern(handles[2], 0), -ESTALE);
	expect_equal(postern_node_send(scene.node, 0, "x", 1), -ESTALE);
	process_end(&peers[0]);
	process_end(&peers[1]);
	scene_close(&scene);
}
END_TEST

START_TEST(arguments_are_checked)
{
	static uint8_t large[5000];
	postern_peer handle;

	skip_for(set_up(policies[0]));
	handle = peer_join(&scene, &peers[0]);
	expect_equal(postern_node_send(NULL, handle, "x", 1), -EINVAL);
	expect_equal(postern_node_send(scene.node, handle, NULL, 1), -EINVAL);
	expect_equal(postern_node_send(scene.node, handle, NULL, 0), 0);
	expect_equal(postern_node_send(scene.node, handle, large,
				       sizeof(large)), -EMSGSIZE);
	expect_equal(postern_node_send(scene.node, handle, large, SIZE_MAX),
		     -EMSGSIZE);
	tear_down();
}
END_TEST

START_TEST(peer_that_only_sends_gets_no_message)
{
	skip_for(set_up(POLICY("none", "send")));
	expect_equal(send_pattern(peer_join(&scene, &peers[0]), 0), -EPERM);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
