/* SPDX-License-Identifier: ISC */
/*
 * Idle peers: a channel on which nothing moves for too long is ended
 *
 * That it is not ended too soon is compared with the clock; that it is, is
 * waited for.
 */
#include <errno.h>
#include <stdio.h>

#include "ring/ring_layout.h"
#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define IDLE_NS (300 * UINT64_C(1000000))

static struct scene scene;
static struct process peer, other;

/* `place` is where the limit stands: allow, tenant, node, top level. */
static void set_up(int place)
{
	static const char limit[] = "idle 300ms";
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "limits {\n%s\n}\n"
		       "peer friend {\nuser $peer\n}\n"
		       "peer other {\nuser $other\n}\n"
		       "tenant friends {\nmembers friend\n"
		       "limits {\n%s\n}\n}\n"
		       "node orders {\n"
		       "owner user $owner\n"
		       "socket $dir/orders.sock mode 0666\n"
		       "limits {\nring 16KiB\nmessage 4KiB\n%s\n}\n"
		       "allow friend {\ndirection both\nlimits {\n%s\n}\n}\n"
		       "allow other {\ndirection both\n}\n}\n"
		       "end\n",
		       place == 3 ? limit : "", place == 1 ? limit : "",
		       place == 2 ? limit : "", place == 0 ? limit : "");
	scene_init(&scene);
	scene_load(&scene, text);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}

static void await_idle(postern_peer handle)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, POSTERN_REASON_IDLE);
}

START_TEST(a_peer_on_whose_channel_nothing_moves_is_ended, .loop_end = 4)
{
	struct peer_report report;
	postern_peer handle;
	uint64_t before_ns;

	set_up(_i);
	before_ns = inspect_now_ns();
	handle = peer_join(&scene, &peer);
	await_idle(handle);
	ck_assert_uint_ge(inspect_now_ns(), before_ns + IDLE_NS);
	report = peer_do(&scene, &peer, PEER_RECEIVE_TO_END, 0);
	ck_assert_int_eq(report.result, -EPIPE);
	/* It may come again. */
	(void)peer_do(&scene, &peer, PEER_CLOSE, 0);
	(void)peer_join(&scene, &peer);
	tear_down();
}
END_TEST

START_TEST(only_those_are_ended_whom_the_limit_is_for)
{
	postern_peer handle;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(0);
	(void)peer_join(&scene, &other);
	handle = peer_join(&scene, &peer);
	await_idle(handle);
	await_idle((peer_do(&scene, &peer, PEER_CLOSE, 0),
		    peer_join(&scene, &peer)));
	ck_assert_int_eq(peer_do(&scene, &other, PEER_SEND, 1).result, 0);
	ck_assert_uint_eq(scene.event_count, 0);
	tear_down();
}
END_TEST

/* Serve for half of the time. */
static void serve_until(uint64_t end_ns)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer from;
	size_t bytes;

	while (postern_node_wait(scene.node, end_ns) == 0) {
		while (postern_node_receive(scene.node, scene.buffer,
					    sizeof(scene.buffer), &bytes,
					    &from) == 0)
			;
		while (postern_node_next_event(scene.node, &event) == 0)
			scene.events[scene.event_count++] = event;
	}
}

typedef int move_fn(postern_peer handle);

static int peer_sends(postern_peer handle)
{
	(void)handle;
	return peer_do(&scene, &peer, PEER_SEND, 1).result;
}

static int node_sends(postern_peer handle)
{
	struct postern_channel *channel;
	int r;

	r = postern_node_channel(scene.node, handle, &channel);
	if (r < 0)
		return r;
	r = postern_send(channel, "x", 1);
	channel = postern_channel_close(channel);
	return r;
}

/*
 * Something moves half-way: it has the whole time again from there.  Where the
 * machine is so slow that half the time is over first, once more.
 */
static void expect_time_anew(move_fn *move)
{
	uint64_t moved_ns;
	postern_peer handle;
	int r;

	set_up(0);
	for (;;) {
		handle = peer_join(&scene, &peer);
		serve_until(inspect_now_ns() + IDLE_NS / 2);
		moved_ns = inspect_now_ns();
		r = move(handle);
		if (r == 0)
			break;
		ck_assert(r == -EPIPE || r == -ESTALE);
		await_idle(handle);
		(void)peer_do(&scene, &peer, PEER_CLOSE, 0);
	}
	await_idle(handle);
	ck_assert_uint_ge(inspect_now_ns(), moved_ns + IDLE_NS);
	tear_down();
}

START_TEST(a_peer_that_sends_is_not_idle)
{
	expect_time_anew(peer_sends);
}
END_TEST

START_TEST(a_peer_that_is_sent_to_is_not_idle)
{
	expect_time_anew(node_sends);
}
END_TEST

/* The program is what is slow here, not the peer. */
START_TEST(a_peer_whose_messages_nobody_has_received_is_not_idle)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = 2,
		.message_bytes = 16,
	};
	struct peer_report report;
	postern_peer handle;
	uint64_t end_ns;

	set_up(0);
	handle = peer_join(&scene, &peer);
	peer_order(&peer, &order);
	process_read_report(&peer, &report, sizeof(report));
	skip_unless(report.result != -EPIPE, "the machine is too slow");
	ck_assert_int_eq(report.result, 0);
	end_ns = inspect_now_ns() + 2 * IDLE_NS;
	while (inspect_now_ns() < end_ns)
		;
	scene_await_messages(&scene, 2);
	ck_assert_uint_eq(scene.event_count, 0);
	await_idle(handle);
	tear_down();
}
END_TEST

/* -- who says that there is something -------------------------------------- */

static const char STRANGERS_POLICY[] =
	"policy-version 1\n"
	"peer friend {\nuser $owner\n}\n"
	"node orders {\n"
	"owner user $owner\n"
	"socket $dir/orders.sock mode 0600\n"
	"limits {\nring 16KiB\nmessage 4KiB\nidle 300ms\n}\n"
	"allow friend {\ndirection both\n}\n}\n"
	"end\n";

/* Admitted, and then it writes a position by hand and rings no bell. */
static void join_and_claim(struct stranger *stranger, uint32_t directions,
			   uint64_t produced_pos)
{
	struct pst_segment_words *words;
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	hello.requested.directions = directions;
	ck_assert_int_eq(stranger_connect(stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_send_hello(stranger, &hello), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert_int_eq(stranger_take_offer(stranger), 0);
	ck_assert_int_eq(stranger_do_its_part(stranger), 0);
	ck_assert_int_eq(stranger_say_ready(stranger), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert_int_eq(stranger_take_go(stranger), 0);
	scene_serve_what_is_due(&scene);
	words = (struct pst_segment_words *)stranger->own_mapping.control;
	pst_shared_publish_u64(&words->produced_pos, produced_pos);
}

static void set_up_strangers(void)
{
	scene_init(&scene);
	scene_load(&scene, STRANGERS_POLICY);
	scene_open(&scene);
}

START_TEST(who_may_not_send_is_idle_whatever_it_writes)
{
	struct stranger stranger = STRANGER_INIT;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	set_up_strangers();
	join_and_claim(&stranger, POSTERN_DIRECTION_FROM_NODE, 8);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_IDLE);
	stranger_close(&stranger);
	scene_close(&scene);
}
END_TEST

START_TEST(what_was_sent_without_a_bell_is_received_when_it_is_due)
{
	struct stranger stranger = STRANGER_INIT;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	set_up_strangers();
	join_and_claim(&stranger, POSTERN_DIRECTION_TO_NODE, 8);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_POISONED);
	stranger_close(&stranger);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
