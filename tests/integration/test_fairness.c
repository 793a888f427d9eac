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
#include "support/test_options.h"

/* What the program makes of each message takes this long. */
#define WORK_NS (3 * UINT64_C(1000000))

static struct scene scene;
static struct process peer, other;

/* Connects when it is told to, with the timeout of who gives none. */
static void connect_once(int control_fd, void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	const struct scene *target = user_data;
	struct postern_channel *channel = NULL;
	int order, r;

	options.features_off = test_features_off();
	while (process_next_order(control_fd, &order, sizeof(order))) {
		r = postern_connect(target->policy, "orders", &options, NULL,
				    &channel);
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

int main(void)
{
	Suite *suite = suite_create("fairness");
	TCase *tcase = stage_add_case(suite, "others");

	tcase_add_test(tcase,
		       a_peer_whose_ring_is_always_full_does_not_keep_others_out);
	tcase_add_test(tcase,
		       a_message_too_large_for_the_buffer_does_not_hide_anothers);
	tcase_add_test(tcase,
		a_message_too_large_for_the_buffer_does_not_keep_others_out);
	return stage_run_suite(suite);
}
