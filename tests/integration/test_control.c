/* SPDX-License-Identifier: ISC */
/*
 * Who may command a node, and what a command does
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/controller.h"
#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

/* The peer may do everything that there is for peers; root, nothing. */
static const char CONTROL_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"peer root {\n"
	"	user 0\n"
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
	"		observe\n"
	"	}\n"
	"	deny root\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process controller, peer, second;
static size_t fds_before;

static struct control_report take_back(const char *peer_text)
{
	struct control_order order = {.deadline_ns = POSTERN_NO_DEADLINE};
	struct control_report report;

	(void)snprintf(order.peer, sizeof(order.peer), "%s", peer_text);
	process_order(&controller, &order, sizeof(order));
	scene_serve_until_readable(&scene, controller.control_fd);
	process_read_report(&controller, &report, sizeof(report));
	ck_assert_uint_eq(report.left_fds, 0);
	if (report.result < 0)
		ck_assert_uint_eq(report.count, CONTROLLER_UNTOUCHED);
	return report;
}

/* As tools show it. */
static struct control_report revoke_handle(postern_peer handle)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%u.%u", (uint32_t)handle - 1,
		       (uint32_t)(handle >> 32));
	return take_back(text);
}

static void start_as(enum role role)
{
	scene_init(&scene);
	scene_load(&scene, CONTROL_POLICY);
	process_start(&controller, role, controller_main, &scene);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&second, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void end(void)
{
	process_end(&second);
	process_end(&peer);
	process_end(&controller);
	/* Less our ends of their orders. */
	scene_serve_until_fd_count(&scene, fds_before - 3);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene_close(&scene);
}

static void expect_revoked(const struct process *process, postern_peer handle)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	ck_assert_int_eq(event.reason, POSTERN_REASON_DISCONNECTED);
	ck_assert_int_eq(peer_do(&scene, process, PEER_RECEIVE_TO_END, 0)
				 .result, -EPIPE);
}

/* -- who may, and what it does --------------------------------------------- */

static const enum role commanders[] = {ROLE_OWNER, ROLE_ROOT};

START_TEST(owner_and_root_revoke_a_peer_by_its_handle, .loop_end = 2)
{
	struct control_report report;
	postern_peer handle, other;

	start_as(commanders[_i]);
	handle = peer_join(&scene, &peer);
	other = peer_join(&scene, &second);
	report = revoke_handle(handle);
	ck_assert_msg(report.result == 0, "%s; %s",
		      postern_strerror(report.result), report.detail);
	ck_assert_uint_eq(report.count, 1);
	expect_revoked(&peer, handle);
	scene_expect_no_refusal(&scene);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 1);

	/* It is gone, and the other is not. */
	report = revoke_handle(handle);
	ck_assert_int_eq(report.result, -ESTALE);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NO_PEER);
	ck_assert_int_eq(peer_do(&scene, &second, PEER_SEND, 1).result, 0);
	report = revoke_handle(other);
	ck_assert_int_eq(report.result, 0);
	end();
}
END_TEST

START_TEST(owner_and_root_revoke_all_peers_of_a_name, .loop_end = 2)
{
	struct control_report report;
	struct postern_channel *channel;
	postern_peer handle;

	start_as(commanders[_i]);
	(void)peer_join(&scene, &peer);
	handle = peer_join(&scene, &second);
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	report = take_back("friend");
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, 2);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	channel = postern_channel_close(channel);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 2);

	report = take_back("friend");
	ck_assert_int_eq(report.result, -ENOENT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NO_PEER);
	ck_assert_ptr_nonnull(strstr(report.detail, "friend"));
	end();
}
END_TEST

START_TEST(what_is_no_peer_is_not_even_said_to_the_node)
{
	static const char *const texts[] = {
		"", ".", "a b", "-x", "4096.1", "4294967296.1", "1.4294967296",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct control_report report;
	size_t i;

	start_as(ROLE_OWNER);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		report = take_back(texts[i]);
		ck_assert_msg(report.result == -EINVAL, "'%s': %s", texts[i],
			      postern_strerror(report.result));
	}
	/* A handle of nobody, and a name that only looks like part of one. */
	ck_assert_int_eq(take_back("0.0").result, -ESTALE);
	ck_assert_int_eq(take_back("4095.4294967295").result, -ESTALE);
	ck_assert_int_eq(take_back("1.2.3").result, -ENOENT);
	ck_assert_int_eq(take_back("7").result, -ENOENT);
	end();
}
END_TEST

static const struct {
	enum role role;
	enum postern_reason reason;
} others[] = {
	{ROLE_PEER, POSTERN_REASON_NOT_PERMITTED},
	{ROLE_OTHER, POSTERN_REASON_NO_ALLOW},
};

START_TEST(nobody_else_commands_the_node_whatever_it_may_do_otherwise,
	   .loop_end = 2)
{
	struct control_report report;
	postern_peer handle;

	skip_unless(users_are_several(), NEEDS_USERS);
	start_as(others[_i].role);
	handle = peer_join(&scene, &peer);
	report = revoke_handle(handle);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, others[_i].reason, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	scene_await_messages(&scene, 1);
	end();
}
END_TEST

START_TEST(where_nobody_listens_nobody_is_commanded)
{
	const struct control_order order = {.peer = "friend"};
	struct control_report report;

	scene_init(&scene);
	scene_load(&scene, CONTROL_POLICY);
	controller_command(scene.policy, &order, &report);
	ck_assert_int_eq(report.result, -ENOENT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NOT_RUNNING);
	ck_assert_ptr_nonnull(strstr(report.detail, "not running"));
	scene_close(&scene);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct postern_control_options options = POSTERN_CONTROL_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	scene_init(&scene);
	scene_load(&scene, CONTROL_POLICY);
	ck_assert_int_eq(postern_control_disconnect(scene.policy, NULL,
						    "friend", NULL, 0, NULL,
						    NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_control_disconnect(scene.policy, "orders",
						    NULL, NULL, 0, NULL, NULL),
			 -EINVAL);
	options.disable_features = POSTERN_FEATURES_ALL + 1;
	ck_assert_int_eq(postern_control_disconnect(scene.policy, "orders",
						    "friend", &options, 0, NULL,
						    NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_control_disconnect(scene.policy, "invoices",
						    "friend", NULL, 0, NULL,
						    &error),
			 -ENOENT);
	ck_assert_int_eq(error.reason, POSTERN_REASON_UNKNOWN_NODE);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
