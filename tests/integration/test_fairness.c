/* SPDX-License-Identifier: ISC */
/*
 * What one peer does holds up no other
 *
 * A peer may send without end, or send what the program has no room for; the
 * program may be slow.  The others still come in, and their messages through.
 */
#include <errno.h>
#include <poll.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

/* What the program makes of each message takes this long. */
#define WORK_NS (3 * UINT64_C(1000000))

/* More than the calls between two turns of a quick program, what it may get too
 * many when it becomes slow, and what it gets in two turns then. */
#define QUICK_MESSAGES 1040
#define SETTLING 32
#define TWO_SLOW_TURNS 16

static struct scene scene;
static struct process peer, other;

/* Connects when it is told to, with the timeout of who gives none. */
static void connect_once(int control_fd, void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	const struct scene *target = user_data;
	struct postern_channel *channel = NULL;
	int order, r;

	options.disable_features = test_disable_features();
	while (process_next_order(control_fd, &order, sizeof(order))) {
		r = postern_connect(target->policy, "orders", &options,
				    test_deadline_ns(), &channel, NULL);
		process_report(control_fd, &r, sizeof(r));
	}
	channel = postern_channel_close(channel);
}

static void set_up(process_main_fn *main_of_other)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_PEER, main_of_other, &scene);
	scene_open(&scene);
}

static bool is_readable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, 0) == 1;
}

static void work(void)
{
	uint64_t end_ns = inspect_cpu_ns() + WORK_NS;

	while (inspect_cpu_ns() < end_ns)
		;
}

/* A program that looks at nothing else as long as it gets messages. */
static void work_until_readable(int fd)
{
	uint64_t deadline_ns = test_deadline_ns();
	postern_peer from;
	size_t bytes;

	while (!is_readable(fd)) {
		ck_assert_int_eq(postern_node_wait(scene.node, deadline_ns),
				 0);
		while (!is_readable(fd) &&
		       postern_node_receive(scene.node, scene.buffer,
					    sizeof(scene.buffer), &bytes,
					    &from) == 0)
			work();
		while (postern_node_next_event(scene.node, &scene.events[0]) ==
		       0)
			;
	}
}

START_TEST(a_peer_whose_ring_is_always_full_does_not_keep_others_out)
{
	const struct peer_order flood = {
		.kind = PEER_SEND_FIXED,
		.count = UINT64_MAX,
		.message_bytes = 1,
	};
	struct peer_report report;
	int order = 0, r;

	set_up(connect_once);
	(void)peer_join(&scene, &peer);
	peer_order(&peer, &flood);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	process_order(&other, &order, sizeof(order));
	work_until_readable(other.control_fd);
	process_read_report(&other, &r, sizeof(r));
	ck_assert_int_eq(r, 0);

	scene.node = postern_node_close(scene.node);
	process_read_report(&peer, &report, sizeof(report));
	ck_assert_int_eq(report.result, -EPIPE);
	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}
END_TEST

/* Both are there before the node looks, the one that is too large first. */
static void send_while_nobody_looks(const struct process *process,
				    uint64_t count, size_t message_bytes)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = count,
		.message_bytes = message_bytes,
	};
	struct peer_report report;

	peer_order(process, &order);
	process_read_report(process, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
}

START_TEST(a_message_too_large_for_the_buffer_does_not_hide_anothers)
{
	postern_peer large, small, from = 0;
	size_t bytes = 0;

	set_up(peer_main);
	large = peer_join(&scene, &peer);
	small = peer_join(&scene, &other);
	scene_serve_what_is_due(&scene);
	send_while_nobody_looks(&peer, 1, 17);
	send_while_nobody_looks(&other, 1, 16);

	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	ck_assert_int_eq(postern_node_receive(scene.node, scene.buffer, 16,
					      &bytes, &from), -EMSGSIZE);
	ck_assert_uint_eq(from, large);
	ck_assert_int_eq(postern_node_receive(scene.node, scene.buffer, 16,
					      &bytes, &from), 0);
	ck_assert_uint_eq(from, small);
	expect(pattern_is(scene.buffer, bytes, 0));
	/* And the first is kept for when there is room. */
	ck_assert_int_eq(postern_node_receive(scene.node, scene.buffer, 17,
					      &bytes, &from), 0);
	ck_assert_uint_eq(from, large);
	expect(pattern_is(scene.buffer, bytes, 0));

	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}
END_TEST

/* A program that has no more room, and looks at nothing else. */
START_TEST(a_message_too_large_for_the_buffer_does_not_keep_others_out)
{
	uint64_t deadline_ns = test_deadline_ns();
	postern_peer from;
	size_t bytes;
	int order = 0, r;

	set_up(connect_once);
	(void)peer_join(&scene, &peer);
	scene_serve_what_is_due(&scene);
	send_while_nobody_looks(&peer, 1, 16);
	send_while_nobody_looks(&peer, 1, 17);
	ck_assert_int_eq(postern_node_wait(scene.node, deadline_ns), 0);
	ck_assert_int_eq(postern_node_receive(scene.node, scene.buffer, 16,
					      &bytes, &from), 0);
	process_order(&other, &order, sizeof(order));
	while (!is_readable(other.control_fd)) {
		ck_assert_int_eq(postern_node_wait(scene.node, deadline_ns),
				 0);
		ck_assert_int_eq(postern_node_receive(scene.node, scene.buffer,
						      16, &bytes, &from),
				 -EMSGSIZE);
		ck_assert_uint_lt(inspect_now_ns(), deadline_ns);
	}
	process_read_report(&other, &r, sizeof(r));
	ck_assert_int_eq(r, 0);

	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}
END_TEST

/* -- who comes and goes ----------------------------------------------------- */

#define STRANGERS 4

static const char STRANGERS_POLICY[] =
	"policy-version 1\n"
	"peer friend {\nuser $owner\n}\n"
	"node orders {\n"
	"owner user $owner\n"
	"socket $dir/orders.sock mode 0600\n"
	"limits {\nring 16KiB\nmessage 4KiB\n}\n"
	"allow friend {\ndirection receive\n}\n}\n"
	"end\n";

static void join(struct stranger *stranger)
{
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	hello.requested.directions = POSTERN_DIRECTION_FROM_NODE;
	ck_assert_int_eq(stranger_connect(stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_send_hello(stranger, &hello), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert_int_eq(stranger_take_offer(stranger), 0);
	ck_assert_int_eq(stranger_do_its_part(stranger), 0);
	ck_assert_int_eq(stranger_say_ready(stranger), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert_int_eq(stranger_take_go(stranger), 0);
}

static size_t taken_count;

/* With each event that is taken, there is cause for the next. */
static void take_events(struct stranger *strangers)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	while (postern_node_next_event(scene.node, &event) == 0) {
		ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_DISCONNECTED);
		taken_count++;
		if (taken_count < STRANGERS)
			stranger_close(&strangers[taken_count]);
	}
}

START_TEST(peers_that_come_and_go_do_not_keep_the_program_from_its_messages)
{
	struct stranger strangers[STRANGERS];
	size_t i;

	scene_init(&scene);
	scene_load(&scene, STRANGERS_POLICY);
	scene_open(&scene);
	for (i = 0; i < STRANGERS; i++) {
		strangers[i] = (struct stranger)STRANGER_INIT;
		join(&strangers[i]);
	}
	scene_serve_what_is_due(&scene);
	stranger_close(&strangers[0]);
	take_events(strangers);
	ck_assert_uint_lt(taken_count, STRANGERS);
	while (taken_count < STRANGERS) {
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		take_events(strangers);
	}
	scene_close(&scene);
}
END_TEST

/* How often the node looked at everything that it watches. */
static uint64_t loop_count(void)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;

	ck_assert_int_eq(postern_node_stats(scene.node, &stats), 0);
	return stats.loop_count;
}

/* The program takes its time for each, or none. */
static void receive_some(int count, bool is_slow)
{
	postern_peer from;
	size_t bytes;
	int r = 0;

	/* An assertion for each would be slow. */
	for (; r == 0 && count > 0; count--) {
		r = postern_node_receive(scene.node, scene.buffer, 1, &bytes,
					 &from);
		if (is_slow)
			work();
	}
	ck_assert_int_eq(r, 0);
}

START_TEST(a_program_that_becomes_slow_does_not_keep_the_node_from_its_turns)
{
	uint64_t before;

	set_up(peer_main);
	(void)peer_join(&scene, &peer);
	(void)peer_join(&scene, &other);
	scene_serve_what_is_due(&scene);
	send_while_nobody_looks(&peer, 800, 1);
	send_while_nobody_looks(&other, 800, 1);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	receive_some(QUICK_MESSAGES, false);
	before = loop_count();
	receive_some(SETTLING, true);
	ck_assert_uint_gt(loop_count(), before);
	before = loop_count();
	receive_some(TWO_SLOW_TURNS, true);
	ck_assert_uint_ge(loop_count() - before, 2);

	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
