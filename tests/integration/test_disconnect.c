/* SPDX-License-Identifier: ISC */
/*
 * Revoking peers, whatever they are doing at the moment
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring/ring_layout.h"
#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

/* Two names, and room for one peer of the first. */
static const char NAMED_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"peer other {\n"
	"	user $other\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"		limits {\n"
	"			peers 2\n"
	"		}\n"
	"	}\n"
	"	allow other {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process peer, second, third;
static size_t fds_before;

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, NAMED_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&second, ROLE_PEER, peer_main, &scene);
	process_start(&third, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void tear_down(void)
{
	process_end(&third);
	process_end(&second);
	/* Less our ends of their orders; a killed one's stays. */
	if (peer.pid > 0) {
		process_end(&peer);
		fds_before--;
	}
	scene_serve_until_fd_count(&scene, fds_before - 2);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene_close(&scene);
}

static struct postern_node_event expect_departure(postern_peer handle)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, POSTERN_REASON_DISCONNECTED);
	return event;
}

static void expect_cut_off(const struct process *process)
{
	struct peer_report report;

	report = peer_do(&scene, process, PEER_RECEIVE_TO_END, 0);
	ck_assert_int_eq(report.result, -EPIPE);
	report = peer_do(&scene, process, PEER_SEND_AT_ONCE, 1);
	ck_assert_int_eq(report.result, -EPIPE);
}

/* Without serving the node: nobody receives what it sends. */
static void send_unreceived(const struct process *process, uint64_t count)
{
	const struct peer_order order = {.kind = PEER_SEND, .count = count};
	struct peer_report report;

	peer_order(process, &order);
	process_read_report(process, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, count);
}

START_TEST(a_revoked_peer_is_cut_off_and_its_slot_free_within_the_call,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	size_t segment_count = inspect_segment_count();

	ck_assert_uint_gt(segment_count, 0);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel),
			 -ESTALE);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), -ESTALE);
	(void)expect_departure(handle);
	expect_cut_off(&peer);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 1);
}
END_TEST

START_TEST(a_peer_that_sleeps_is_woken_by_its_revocation,
	   .set_up = set_up, .tear_down = tear_down)
{
	const struct peer_order order = {.kind = PEER_RECEIVE_TO_END};
	postern_peer handle = peer_join(&scene, &peer);
	struct peer_report report;

	peer_order(&peer, &order);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	report = peer_await(&scene, &peer);
	ck_assert_int_eq(report.result, -EPIPE);
	ck_assert_uint_eq(report.count, 0);
}
END_TEST

START_TEST(what_a_revoked_peer_had_sent_is_not_received_any_more,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);

	send_unreceived(&peer, 5);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	(void)expect_departure(handle);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.message_count, 0);
}
END_TEST

START_TEST(a_peer_that_is_gone_and_being_drained_is_revoked_too,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	int i;

	send_unreceived(&peer, 5);
	peer_kill(&peer);
	/* The node hears bells, then notices, and begins to drain. */
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(postern_node_next_event(scene.node, &event),
				 -EAGAIN);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	event = expect_departure(handle);
	ck_assert_uint_gt(event.undelivered_bytes, 0);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.message_count, 0);
}
END_TEST

START_TEST(who_holds_a_revoked_peers_channel_gets_an_end,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_send(channel, "x", 1), 0);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	ck_assert_int_eq(postern_flush(channel, POSTERN_NO_DEADLINE), -EPIPE);
	(void)expect_departure(handle);
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(a_detached_peer_is_revoked_before_its_holder_closes,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	postern_peer other = peer_join(&scene, &second);
	struct postern_channel *channel;
	uint8_t byte;
	size_t bytes;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	(void)expect_departure(handle);
	expect_cut_off(&peer);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	ck_assert_int_eq(postern_receive(channel, &byte, 1, &bytes), -EPIPE);
	/* It is charged to nobody any more: there is room for one. */
	(void)peer_do(&scene, &peer, PEER_CLOSE, 0);
	ck_assert_uint_ne(peer_join(&scene, &peer), other);
	channel = postern_channel_close(channel);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 1);
}
END_TEST

START_TEST(all_peers_of_a_name_are_revoked_and_nobody_else,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer first_handle, second_handle, third_handle;
	struct postern_channel *channel;
	uint32_t count = 77;

	skip_unless(users_are_several(), NEEDS_USERS);
	first_handle = peer_join(&scene, &peer);
	second_handle = peer_join(&scene, &second);
	third_handle = peer_join(&scene, &third);
	ck_assert_int_eq(postern_node_detach(scene.node, second_handle,
					     &channel), 0);
	ck_assert_int_eq(postern_node_disconnect_named(scene.node, "nobody",
						   &count), -ENOENT);
	ck_assert_uint_eq(count, 77);
	ck_assert_int_eq(postern_node_disconnect_named(scene.node, "friend",
						   &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(postern_node_disconnect(scene.node, first_handle),
			 -ESTALE);
	expect_cut_off(&peer);
	expect_cut_off(&second);
	channel = postern_channel_close(channel);
	ck_assert_int_eq(peer_do(&scene, &third, PEER_SEND, 3).result, 0);
	scene_await_messages(&scene, 3);
	ck_assert_int_eq(postern_node_disconnect(scene.node, third_handle), 0);
}
END_TEST

START_TEST(revocation_leaves_the_policy_as_it_is,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);

	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	(void)expect_departure(handle);
	(void)peer_do(&scene, &peer, PEER_CLOSE, 0);
	ck_assert_uint_ne(peer_join(&scene, &peer), handle);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	scene_await_messages(&scene, 1);
}
END_TEST

START_TEST(revoking_nonsense_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	ck_assert_int_eq(postern_node_disconnect(NULL, 1), -EINVAL);
	ck_assert_int_eq(postern_node_disconnect(scene.node, 0), -ESTALE);
	ck_assert_int_eq(postern_node_disconnect(scene.node, UINT64_MAX),
			 -ESTALE);
	ck_assert_int_eq(postern_node_disconnect_named(NULL, "friend", NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_node_disconnect_named(scene.node, NULL, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_node_disconnect_named(scene.node, "", NULL),
			 -ENOENT);
}
END_TEST

/* -- handshakes ------------------------------------------------------------ */

static struct stranger stranger;

static void set_up_stranger(void)
{
	stranger = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	fds_before = inspect_fd_count();
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
}

static void tear_down_stranger(void)
{
	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}

START_TEST(a_handshake_of_that_name_is_refused,
	   .set_up = set_up_stranger, .tear_down = tear_down_stranger)
{
	enum pst_refuse_code code;
	uint32_t count;

	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
	ck_assert_int_eq(stranger_do_its_part(&stranger), 0);
	ck_assert_int_eq(postern_node_disconnect_named(scene.node, "self",
						       &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(stranger_say_ready(&stranger), -EPIPE);
	ck_assert_int_eq(stranger_take_refusal(&stranger, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_DENIED);
	scene_expect_one_refusal(&scene, POSTERN_REASON_DISCONNECTED, 0);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.event_count, 0);
}
END_TEST

START_TEST(a_handshake_that_is_not_decided_yet_goes_on,
	   .set_up = set_up_stranger, .tear_down = tear_down_stranger)
{
	ck_assert_int_eq(postern_node_disconnect_named(scene.node, "self",
						       NULL), -ENOENT);
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
}
END_TEST

START_TEST(a_revoked_peer_is_told_why_and_not_one_byte_more,
	   .set_up = set_up_stranger, .tear_down = tear_down_stranger)
{
	const struct pst_segment_mapping *mapping = &stranger.node_mapping;
	size_t mapped_bytes;
	uint32_t end_code;
	uint8_t *before;

	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
	ck_assert_int_eq(stranger_do_its_part(&stranger), 0);
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	scene_serve_what_is_due(&scene);
	mapped_bytes = mapping->control_bytes + mapping->data_bytes;
	before = malloc(mapped_bytes);
	ck_assert_ptr_nonnull(before);
	memcpy(before, mapping->control, mapped_bytes);

	ck_assert_int_eq(postern_node_disconnect_named(scene.node, "self",
						       NULL), 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	end_code = POSTERN_REASON_DISCONNECTED;
	memcpy(before + offsetof(struct pst_segment_words, end_code),
	       &end_code, sizeof(end_code));
	ck_assert_mem_eq(before, mapping->control, mapped_bytes);
	free(before);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
