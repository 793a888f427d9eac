/* SPDX-License-Identifier: ISC */
/*
 * Who never waits is told of the end all the same
 *
 * A program may poll its channel with postern_send() or postern_receive() alone,
 * again and again.  It arms nothing, so no bell and no hang-up ever wakes it.
 */
#include <errno.h>

#include "support/expect.h"
#include "support/host.h"
#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

/* Room for more messages than may be sent in vain. */
static const char LARGE_RING_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		ring 1MiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;

/* -- sending: another process fills its ring, then the node closes ---------- */

enum step { STEP_CONNECT, STEP_FILL, STEP_POLL };

static int fill(struct postern_channel *channel)
{
	const uint8_t bytes[1000] = {0};
	int r;

	do
		r = postern_send(channel, bytes, sizeof(bytes));
	while (r == 0);
	return r;
}

static int fill_to_the_end(struct postern_channel *channel)
{
	uint64_t deadline_ns = test_deadline_ns();
	int r;

	do
		r = fill(channel);
	while (r == -EAGAIN && inspect_now_ns() < deadline_ns);
	return r;
}

static int connect_to_node(struct postern_channel **ret_channel)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;

	options.disable_features = test_disable_features();
	return postern_connect(scene.policy, "orders", &options,
			       test_deadline_ns(), ret_channel, NULL);
}

static void obey(int control_fd, void *user_data)
{
	struct postern_channel *channel = NULL;
	enum step step;
	int r = 0;

	(void)user_data;
	while (process_next_order(control_fd, &step, sizeof(step))) {
		if (step == STEP_CONNECT)
			r = connect_to_node(&channel);
		else if (step == STEP_FILL)
			r = fill(channel);
		else
			r = fill_to_the_end(channel);
		process_report(control_fd, &r, sizeof(r));
	}
	channel = postern_channel_close(channel);
}

static int do_step(const struct process *process, enum step step)
{
	int r;

	process_order(process, &step, sizeof(step));
	if (step == STEP_CONNECT)
		scene_serve_until_readable(&scene, process->control_fd);
	process_read_report(process, &r, sizeof(r));
	return r;
}

START_TEST(a_sender_that_never_waits_is_told_that_its_node_is_gone)
{
	struct process sender;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&sender, ROLE_PEER, obey, NULL);
	scene_open(&scene);
	ck_assert_int_eq(do_step(&sender, STEP_CONNECT), 0);
	/* The bell that the node asked for is rung here, and no other is. */
	ck_assert_int_eq(do_step(&sender, STEP_FILL), -EAGAIN);
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(do_step(&sender, STEP_POLL), -EPIPE);
	process_end(&sender);
	scene_close(&scene);
}
END_TEST

/* -- receiving: the test is the peer, and kills its node -------------------- */

START_TEST(a_receiver_that_never_waits_is_told_that_its_node_is_gone)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct postern_channel *channel = NULL;
	struct process host;
	size_t bytes;
	int r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&host, ROLE_ROOT, host_main, &scene);
	ck_assert_int_eq(host_obey(&host, HOST_OPEN).result, 0);
	ck_assert_int_eq(become(ROLE_PEER, NULL, 0), 0);
	ck_assert_int_eq(connect_to_node(&channel), 0);
	(void)host_obey(&host, HOST_DIE);
	(void)process_wait(&host);
	do
		r = postern_receive(channel, scene.buffer,
				    sizeof(scene.buffer), &bytes);
	while (r == -EAGAIN && inspect_now_ns() < deadline_ns);
	ck_assert_int_eq(r, -EPIPE);
	channel = postern_channel_close(channel);
	scene_close(&scene);
}
END_TEST

/* -- sending from a node, to a peer that is killed --------------------------- */

/* The node is not served meanwhile.  _i: a child of the peer has its socket. */
START_TEST(send_from_a_node_to_a_killed_peer_returns_epipe, .loop_end = 2)
{
	static const uint8_t bytes[16];
	struct postern_channel *channel = NULL;
	struct process peer;
	postern_peer handle;
	int count = 0, r;

	skip_unless(_i == 0 || (test_features() & POSTERN_FEATURE_PEERPIDFD),
		    "only a pidfd tells of a process whose socket lives on");
	scene_init(&scene);
	scene_load(&scene, LARGE_RING_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	handle = peer_join(&scene, &peer);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	if (_i == 1)
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_LEAVE_A_CHILD,
					 0).result, 0);
	peer_kill(&peer);
	while ((r = postern_send(channel, bytes, sizeof(bytes))) == 0)
		count++;
	ck_assert_int_eq(r, -EPIPE);
	ck_assert_int_le(count, 2048);
	channel = postern_channel_close(channel);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
