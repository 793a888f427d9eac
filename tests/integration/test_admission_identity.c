/* SPDX-License-Identifier: ISC */
/*
 * Who is admitted: real processes of real users, judged by what the kernel says
 *
 * Every refusal here is checked three times over: the peer learns "access
 * denied" and no more, nobody gets a slot, and the node has exactly one record,
 * which names the rule where a rule decided.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/peer_credentials.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

static struct scene scene;

/* The line of the policy on which the text first stands. */
static uint32_t line_of(const char *policy, const char *text)
{
	const char *found = strstr(policy, text), *at;
	uint32_t line = 1;

	ck_assert_ptr_nonnull(found);
	for (at = policy; at < found; at++)
		line += *at == '\n';
	return line;
}

static void expect_denied(const struct peer_report *report,
			  enum postern_reason reason, uint32_t rule_line)
{
	ck_assert_int_eq(report->result, -EACCES);
	ck_assert_int_eq(report->reason, POSTERN_REASON_REFUSED);
	ck_assert_str_eq(report->detail, "");
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, reason, rule_line);
	ck_assert_uint_eq(scene.event_count, 0);
}

/* -- admitted -------------------------------------------------------------- */

START_TEST(a_user_that_is_allowed_is_admitted)
{
	struct process peer;
	struct peer_report report;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);

	report = peer_connect(&scene, &peer);
	ck_assert_int_eq(report.result, 0);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_uint_ne(event.peer, 0);
	ck_assert_uint_eq(event.uid, uid_of(ROLE_PEER));
	ck_assert_uint_eq(event.gid, gid_of(ROLE_PEER));
	ck_assert_int_eq(event.pid, peer.pid);
	ck_assert_str_eq(event.peer_name, "friend");
	ck_assert_uint_eq(scene_count_records(&scene, "connected"), 1);
	scene_expect_no_refusal(&scene);

	process_end(&peer);
	scene_close(&scene);
}
END_TEST

static const char GROUP_POLICY[] =
	"policy-version 1\n"
	"peer club {\n"
	"	group 20100\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow club {\n"
	"		direction send\n"
	"	}\n"
	"}\n"
	"end\n";

START_TEST(a_member_of_an_allowed_group_is_admitted_and_others_are_not)
{
	struct process member, outsider;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, GROUP_POLICY);
	process_start_in_group(&member, ROLE_PEER, peer_main, &scene);
	process_start(&outsider, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);

	report = peer_connect(&scene, &outsider);
	expect_denied(&report, POSTERN_REASON_NO_ALLOW,
		      line_of(GROUP_POLICY, "node orders"));
	(void)peer_join(&scene, &member);

	process_end(&member);
	process_end(&outsider);
	scene_close(&scene);
}
END_TEST

static const char PID_POLICY[] =
	"policy-version 1\n"
	"peer chosen {\n"
	"	user $peer\n"
	"	pid $word\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow chosen {\n"
	"		direction send\n"
	"	}\n"
	"}\n"
	"end\n";

START_TEST(only_the_process_on_the_pid_list_is_admitted)
{
	struct process chosen, twin;
	struct peer_report report;
	uint64_t inode;

	skip_unless(test_features() & POSTERN_FEATURE_PIDFS,
		    "needs pidfd inodes (Linux 6.9)");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&chosen, ROLE_PEER, peer_main, &scene);
	process_start(&twin, ROLE_PEER, peer_main, &scene);
	ck_assert_int_eq(pst_process_pidfd_inode(chosen.pid, test_features(),
					      &inode), 0);
	(void)snprintf(scene.pid_word, sizeof(scene.pid_word), "%d:%llu",
		       (int)chosen.pid, (unsigned long long)inode);
	scene_load(&scene, PID_POLICY);
	scene_open(&scene);

	report = peer_connect(&scene, &twin);
	expect_denied(&report, POSTERN_REASON_NO_ALLOW,
		      line_of(PID_POLICY, "node orders"));
	(void)peer_join(&scene, &chosen);

	process_end(&chosen);
	process_end(&twin);
	scene_close(&scene);
}
END_TEST

/* -- refused by the policy ------------------------------------------------- */

START_TEST(a_user_that_nobody_allows_is_refused)
{
	struct process other;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);

	report = peer_connect(&scene, &other);
	expect_denied(&report, POSTERN_REASON_NO_ALLOW,
		      line_of(SCENE_POLICY, "node orders"));

	process_end(&other);
	scene_close(&scene);
}
END_TEST

static const char DENY_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"peer outcast {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"	deny outcast\n"
	"}\n"
	"end\n";

START_TEST(a_denied_user_is_refused_and_the_record_names_the_rule)
{
	struct process outcast;
	struct peer_report report;

	scene_init(&scene);
	scene_load(&scene, DENY_POLICY);
	process_start(&outcast, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);

	report = peer_connect(&scene, &outcast);
	expect_denied(&report, POSTERN_REASON_DENIED,
		      line_of(DENY_POLICY, "deny outcast"));

	process_end(&outcast);
	scene_close(&scene);
}
END_TEST

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

START_TEST(request_without_a_granted_direction_is_refused)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.directions = POSTERN_DIRECTION_FROM_NODE,
	};
	struct process peer;
	struct peer_report report;

	scene_init(&scene);
	scene_load(&scene, SEND_ONLY_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);

	report = peer_obey(&scene, &peer, &order);
	expect_denied(&report, POSTERN_REASON_DIRECTION, 0);

	process_end(&peer);
	scene_close(&scene);
}
END_TEST

/* -- another than it seems ------------------------------------------------- */

/* Connects, and has its child say HELLO through the same socket. */
static void lend_the_socket(int control_fd, void *user_data)
{
	const struct scene *target = user_data;
	struct stranger stranger = STRANGER_INIT;
	int order, r;

	if (!process_next_order(control_fd, &order, sizeof(order)))
		return;
	r = stranger_connect(&stranger, target->socket_path);
	process_report(control_fd, &r, sizeof(r));
	if (fork() == 0) {
		(void)stranger_say_hello(&stranger);
		_exit(EXIT_SUCCESS);
	}
	(void)process_next_order(control_fd, &order, sizeof(order));
}

/* Connects as the peer, then becomes another user and says HELLO. */
static void change_the_user(int control_fd, void *user_data)
{
	const struct scene *target = user_data;
	struct stranger stranger = STRANGER_INIT;
	int order, r;

	if (!process_next_order(control_fd, &order, sizeof(order)))
		return;
	r = act_as(ROLE_PEER);
	if (r == 0)
		r = stranger_connect(&stranger, target->socket_path);
	if (r == 0)
		r = act_as(ROLE_OTHER);
	if (r == 0)
		r = stranger_say_hello(&stranger);
	process_report(control_fd, &r, sizeof(r));
	(void)process_next_order(control_fd, &order, sizeof(order));
	(void)be_root_again();
}

static void expect_changed(enum role role, process_main_fn *main_function)
{
	struct process peer;
	int go = 0, r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, role, main_function, &scene);
	scene_open(&scene);
	process_order(&peer, &go, sizeof(go));
	scene_serve_until_readable(&scene, peer.control_fd);
	process_read_report(&peer, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	scene_await_one_refusal(&scene, POSTERN_REASON_CREDENTIALS_CHANGED);
	ck_assert_uint_eq(scene.event_count, 0);
	process_end(&peer);
	scene_close(&scene);
}

START_TEST(a_socket_used_by_another_process_than_connected_it_is_refused)
{
	expect_changed(ROLE_PEER, lend_the_socket);
}
END_TEST

START_TEST(a_process_that_became_another_user_since_it_connected_is_refused)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	expect_changed(ROLE_ROOT, change_the_user);
}
END_TEST

static const char OWNER_DENIED_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"peer itself {\n"
	"	user $owner\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0600\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"	deny itself\n"
	"}\n"
	"end\n";

/* It is let in as far as HELLO, for kinds that need no channel. */
START_TEST(the_owner_gets_no_channel_that_the_policy_denies)
{
	struct stranger stranger = STRANGER_INIT;
	enum pst_refuse_code code;

	scene_init(&scene);
	scene_load(&scene, OWNER_DENIED_POLICY);
	scene_open(&scene);
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_refusal(&stranger, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_DENIED);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, POSTERN_REASON_DENIED,
				 line_of(OWNER_DENIED_POLICY, "deny itself"));
	stranger_close(&stranger);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
