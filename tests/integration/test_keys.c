/* SPDX-License-Identifier: ISC */
/*
 * Keys: who is let in by one, who is not, and how a node changes its own
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/test_options.h"

#define HEAD "policy-version 1\n"
#define OPEN \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n"
#define LIMITS "	limits {\n		ring 16KiB\n		message 4KiB\n	}\n"
#define ALLOW(peer) "	allow " peer " {\n		direction both\n	}\n"
#define CLOSE "}\nend\n"
#define NODE_KEY "	key $nodekey\n"
#define NEXT_KEY "	key $nextkey\n"

/* Whoever has the key; line 9 allows it. */
#define KEYED HEAD "peer partner {\n	key $peerkey\n}\n" OPEN NODE_KEY \
	LIMITS ALLOW("partner") CLOSE
/* A user who has the key besides. */
#define BOTH HEAD "peer partner {\n	user $peer\n	key $peerkey\n}\n" OPEN \
	NODE_KEY LIMITS ALLOW("partner") CLOSE
/* A user, with or without a key. */
#define USER(keys) HEAD "peer friend {\n	user $peer\n}\n" OPEN keys LIMITS \
	ALLOW("friend") CLOSE

static struct scene scene;
static struct process peer, other;
static struct postern_policy *next;

static void load_next(const char *text)
{
	scene_load(&scene, text);
	next = scene.policy;
	scene.policy = NULL;
}

static void prepare(const char *policy, const char *later)
{
	scene_init(&scene);
	scene_make_keys(&scene);
	if (later)
		load_next(later);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
}

static void set_up(const char *policy, const char *later)
{
	prepare(policy, later);
	scene_open(&scene);
}

static void tear_down(void)
{
	next = postern_policy_free(next);
	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}

static struct peer_report connect_with(const struct process *process,
				       enum scene_key key)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.has_key = true,
		.key = key,
	};

	return peer_obey(&scene, process, &order);
}

static bool has_record(const char *event, const char *text)
{
	size_t i;

	for (i = 0; i < scene.record_count; i++)
		if (strcmp(scene.records[i].event, event) == 0 &&
		    strstr(scene.records[i].line, text))
			return true;
	return false;
}

static bool names_key(const char *event, const char *field, enum scene_key key)
{
	char text[POSTERN_KEY_TEXT_BYTES + 32];

	(void)snprintf(text, sizeof(text), " %s=%s", field,
		       scene.key_texts[key]);
	return has_record(event, text);
}

static void expect_admitted(const struct peer_report *report)
{
	ck_assert_msg(report->result == 0, "%s: %s",
		      postern_strerror(report->result), report->detail);
}

static void expect_refused(const struct peer_report *report,
			   enum postern_reason reason, uint32_t line)
{
	ck_assert_int_eq(report->result, -EACCES);
	ck_assert_int_eq(report->reason, POSTERN_REASON_REFUSED);
	ck_assert_str_eq(report->detail, "");
	scene_expect_one_refusal(&scene, reason, line);
}

/* -- who is let in --------------------------------------------------------- */

START_TEST(key_lets_in_and_its_record_names_it)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, NULL);
	report = connect_with(&peer, SCENE_KEY_PEER);
	expect_admitted(&report);
	ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_MAC);
	(void)scene_await_event(&scene, POSTERN_EVENT_ADMITTED);
	ck_assert(names_key("admit", "key", SCENE_KEY_PEER));
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 20).result, 0);
	scene_await_messages(&scene, 20);
	tear_down();
}
END_TEST

START_TEST(whoever_has_the_key_is_let_in_whichever_user_it_is)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	prepare(KEYED, NULL);
	/* the same key, handed over */
	ck_assert_int_eq(chown(scene.key_paths[SCENE_KEY_PEER],
			       uid_of(ROLE_OTHER), 0), 0);
	scene_open(&scene);
	report = connect_with(&other, SCENE_KEY_PEER);
	expect_admitted(&report);
	tear_down();
}
END_TEST

START_TEST(right_user_with_another_key_is_refused)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	prepare(BOTH, NULL);
	ck_assert_int_eq(chown(scene.key_paths[SCENE_KEY_OTHER],
			       uid_of(ROLE_PEER), 0), 0);
	scene_open(&scene);
	report = connect_with(&peer, SCENE_KEY_OTHER);
	ck_assert(names_key("refuse", "claimed_key", SCENE_KEY_OTHER));
	ck_assert(has_record("refuse", "rule=\"allow partner\""));
	ck_assert(has_record("refuse", "known by its key, and the process "
				       "has another one"));
	expect_refused(&report, POSTERN_REASON_KEY, 14);
	report = connect_with(&peer, SCENE_KEY_PEER);
	expect_admitted(&report);
	tear_down();
}
END_TEST

START_TEST(right_user_without_a_key_is_refused)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, NULL);
	report = peer_connect(&scene, &peer);
	ck_assert(has_record("refuse", "known by its key, and the process "
				       "proves none"));
	expect_refused(&report, POSTERN_REASON_KEY, 14);
	tear_down();
}
END_TEST

START_TEST(wrong_user_with_its_own_key_is_refused_before_it_says_so)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, NULL);
	report = connect_with(&other, SCENE_KEY_OTHER);
	ck_assert(!has_record("refuse", "claimed_key"));
	expect_refused(&report, POSTERN_REASON_NO_ALLOW, 6);
	tear_down();
}
END_TEST

START_TEST(key_can_be_denied_to_a_user_who_is_allowed)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(HEAD "peer friend {\n	user $peer\n}\n"
		    "peer lost {\n	key $peerkey\n}\n" OPEN NODE_KEY LIMITS
		    ALLOW("friend") "	deny lost\n" CLOSE, NULL);
	report = connect_with(&peer, SCENE_KEY_PEER);
	expect_refused(&report, POSTERN_REASON_DENIED, 19);
	report = peer_connect(&scene, &peer);
	expect_admitted(&report);
	tear_down();
}
END_TEST

/* -- the node's own -------------------------------------------------------- */

START_TEST(node_with_another_key_than_it_should_is_not_believed)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, USER(NODE_KEY));
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_load(&scene, USER(NEXT_KEY));
	scene.key_file = scene.key_paths[SCENE_KEY_NEXT];
	scene_open(&scene);
	report = peer_connect(&scene, &peer);
	expect_refused(&report, POSTERN_REASON_KEY, 0);
	tear_down();
}
END_TEST

static void expect_not_open(int result, const char *detail, uint32_t line)
{
	size_t fds_before = inspect_fd_count();
	struct postern_refusal refusal;

	ck_assert_int_eq(scene_try_open(&scene, 0, &refusal), result);
	ck_assert_int_eq(refusal.reason, POSTERN_REASON_KEY);
	ck_assert_msg(strstr(refusal.detail, detail), "%s", refusal.detail);
	ck_assert_uint_eq(refusal.line, line);
	if (line > 0) {
		ck_assert_str_eq(refusal.file, scene.policy_path);
		ck_assert_msg(strncmp(refusal.rule, "key x25519:", 11) == 0,
			      "%s", refusal.rule);
	}
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
}

START_TEST(node_opens_with_a_key_that_is_listed_and_not_without)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, USER(NODE_KEY));
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	expect_not_open(-EACCES, "(key_file, --key)", 8);
	scene.key_file = scene.key_paths[SCENE_KEY_NEXT];
	expect_not_open(-EACCES, scene.key_texts[SCENE_KEY_NEXT], 8);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
	scene_close(&scene);
}
END_TEST

START_TEST(node_does_not_open_with_a_key_that_nobody_was_told_of)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, USER(""));
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	expect_not_open(-EACCES, "does not list the key", 0);
}
END_TEST

START_TEST(unfit_key_file_keeps_a_node_closed_and_says_why)
{
	char missing[STAGE_PATH_BYTES + 32];

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, USER(NODE_KEY));
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	ck_assert_int_eq(chmod(scene.key_file, 0644), 0);
	expect_not_open(-EACCES, "chmod 600 ", 0);
	ck_assert_int_eq(chmod(scene.key_file, 0400), 0);
	(void)snprintf(missing, sizeof(missing), "%s/none",
		       scene.policy_directory);
	scene.key_file = missing;
	expect_not_open(-EACCES, "does not exist", 0);
	scene.key_file = scene.key_paths[SCENE_KEY_PEER];
	expect_not_open(-EACCES, "cannot be opened: Permission denied", 0);
}
END_TEST

START_TEST(unfit_key_file_keeps_a_connector_from_connecting)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, NULL);
	/* another user's */
	report = connect_with(&peer, SCENE_KEY_OTHER);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_KEY);
	ck_assert_msg(strstr(report.detail, "cannot be opened: Permission denied"), "%s",
		      report.detail);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.record_count, 0);
	tear_down();
}
END_TEST

/* -- rotation -------------------------------------------------------------- */

/* Under the name that the node was opened with stands another key now. */
static void put_next_key_in_place(void)
{
	ck_assert_int_eq(rename(scene.key_paths[SCENE_KEY_NEXT],
				scene.key_paths[SCENE_KEY_NODE]), 0);
}

static int reload(struct postern_refusal *ret_refusal)
{
	uint32_t lost;

	return postern_node_reload(scene.node, next, ret_refusal, &lost);
}

static void own_key_directory(void)
{
	ck_assert_int_eq(chown(scene.policy_directory, uid_of(ROLE_OWNER), 0),
			 0);
}

START_TEST(of_two_listed_keys_the_one_that_the_node_has_is_found)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(USER(NEXT_KEY NODE_KEY), NULL);
	report = peer_connect(&scene, &peer);
	expect_admitted(&report);
	/* The first try was with the other one. */
	scene_expect_one_refusal(&scene, POSTERN_REASON_KEY, 0);
	tear_down();
}
END_TEST

START_TEST(node_changes_to_its_next_key_while_it_lives)
{
	struct postern_refusal refusal;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	prepare(USER(NODE_KEY NEXT_KEY), USER(NODE_KEY NEXT_KEY));
	own_key_directory();
	scene_open(&scene);
	report = peer_connect(&scene, &peer);
	expect_admitted(&report);
	put_next_key_in_place();
	ck_assert_int_eq(reload(&refusal), 0);
	/* Who was there stays, and who comes finds the next key. */
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	scene.record_count = 0;
	report = peer_connect(&scene, &peer);
	expect_admitted(&report);
	scene_expect_one_refusal(&scene, POSTERN_REASON_KEY, 0);
	tear_down();
}
END_TEST

START_TEST(key_that_the_next_policy_does_not_list_changes_nothing)
{
	struct postern_refusal refusal;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(USER(NODE_KEY), USER(NEXT_KEY));
	ck_assert_int_eq(reload(&refusal), -EACCES);
	ck_assert_int_eq(refusal.reason, POSTERN_REASON_KEY);
	ck_assert_uint_eq(refusal.line, 8);
	report = peer_connect(&scene, &peer);
	expect_admitted(&report);
	ck_assert(has_record("reload", "outcome=failed"));
	tear_down();
}
END_TEST

START_TEST(key_file_that_became_unfit_changes_nothing)
{
	struct postern_refusal refusal;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(USER(NODE_KEY), USER(NODE_KEY));
	ck_assert_int_eq(chmod(scene.key_file, 0640), 0);
	ck_assert_int_eq(reload(&refusal), -EACCES);
	ck_assert_int_eq(refusal.reason, POSTERN_REASON_KEY);
	ck_assert(strstr(refusal.detail, "chmod 600 "));
	report = peer_connect(&scene, &peer);
	expect_admitted(&report);
	ck_assert_int_eq(chmod(scene.key_file, 0600), 0);
	ck_assert_int_eq(reload(&refusal), 0);
	tear_down();
}
END_TEST

START_TEST(reload_without_a_peers_key_cuts_it)
{
	struct postern_refusal refusal;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, HEAD "peer partner {\n	key $otherkey\n}\n" OPEN
	       NODE_KEY LIMITS ALLOW("partner") CLOSE);
	report = connect_with(&peer, SCENE_KEY_PEER);
	expect_admitted(&report);
	(void)scene_await_event(&scene, POSTERN_EVENT_ADMITTED);
	ck_assert_int_eq(reload(&refusal), 0);
	ck_assert_int_eq(scene_await_event(&scene, POSTERN_EVENT_DEPARTED)
				 .reason, POSTERN_REASON_REVOKED);
	ck_assert(has_record("revoke", " reason=key "));
	ck_assert(names_key("revoke", "key", SCENE_KEY_PEER));
	tear_down();
}
END_TEST

START_TEST(reload_with_a_peers_key_keeps_it)
{
	struct postern_refusal refusal;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, KEYED);
	report = connect_with(&peer, SCENE_KEY_PEER);
	expect_admitted(&report);
	ck_assert_int_eq(reload(&refusal), 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	tear_down();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keys");
	TCase *peers = stage_add_case(suite, "peers");
	TCase *nodes = stage_add_case(suite, "nodes");
	TCase *rotation = stage_add_case(suite, "rotation");

	tcase_add_test(peers, key_lets_in_and_its_record_names_it);
	tcase_add_test(peers,
		       whoever_has_the_key_is_let_in_whichever_user_it_is);
	tcase_add_test(peers, right_user_with_another_key_is_refused);
	tcase_add_test(peers, right_user_without_a_key_is_refused);
	tcase_add_test(peers,
		       wrong_user_with_its_own_key_is_refused_before_it_says_so);
	tcase_add_test(peers, key_can_be_denied_to_a_user_who_is_allowed);
	tcase_add_test(nodes,
		       node_with_another_key_than_it_should_is_not_believed);
	tcase_add_test(nodes,
		       node_opens_with_a_key_that_is_listed_and_not_without);
	tcase_add_test(nodes,
		       node_does_not_open_with_a_key_that_nobody_was_told_of);
	tcase_add_test(nodes, unfit_key_file_keeps_a_node_closed_and_says_why);
	tcase_add_test(nodes, unfit_key_file_keeps_a_connector_from_connecting);
	tcase_add_test(rotation,
		       of_two_listed_keys_the_one_that_the_node_has_is_found);
	tcase_add_test(rotation, node_changes_to_its_next_key_while_it_lives);
	tcase_add_test(rotation,
		       key_that_the_next_policy_does_not_list_changes_nothing);
	tcase_add_test(rotation, key_file_that_became_unfit_changes_nothing);
	tcase_add_test(rotation, reload_without_a_peers_key_cuts_it);
	tcase_add_test(rotation, reload_with_a_peers_key_keeps_it);
	return stage_run_suite(suite);
}
