/* SPDX-License-Identifier: ISC */
/*
 * Keys: who is let in by one, who is not, and what a node's own must be
 */
#include <sys/stat.h>

#include "integration/key_case.h"
#include "support/inspect.h"
#include "support/stage.h"

/* -- who is let in --------------------------------------------------------- */

START_TEST(key_lets_in_and_its_record_names_it)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, NULL);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_MAC);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert(names_key("connected", "key", SCENE_KEY_PEER));
	ck_assert_int_eq(peer_do(&scene, &partner, PEER_SEND, 20).result, 0);
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
	report = connect_with(&guest, SCENE_KEY_PEER);
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
	report = connect_with(&partner, SCENE_KEY_OTHER);
	ck_assert(names_key("refused", "claimed_key", SCENE_KEY_OTHER));
	ck_assert(has_record("refused", "rule=\"allow partner\""));
	ck_assert(has_record("refused", "known by its key, and the process "
					"has another one"));
	expect_refused(&report, POSTERN_REASON_KEY, 14);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	tear_down();
}
END_TEST

START_TEST(right_user_without_a_key_is_refused)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(BOTH, NULL);
	report = peer_connect(&scene, &partner);
	ck_assert(has_record("refused", "known by its key, and the process "
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
	report = connect_with(&guest, SCENE_KEY_OTHER);
	ck_assert(!has_record("refused", "claimed_key"));
	expect_refused(&report, POSTERN_REASON_NO_ALLOW, 6);
	tear_down();
}
END_TEST

/* The node's copy of the policy asks for less. */
START_TEST(what_its_own_policy_demands_of_its_key_is_kept)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, HEAD "peer partner {\n	key $peerkey\n}\n" OPEN
		   NODE_KEY LIMITS "	allow partner {\n"
		   "		security aead\n		direction both\n	}\n" CLOSE);
	process_start(&partner, ROLE_PEER, peer_main, &scene);
	process_start(&guest, ROLE_OTHER, peer_main, &scene);
	scene_load(&scene, KEYED);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_AEAD);
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
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_refused(&report, POSTERN_REASON_DENIED, 19);
	report = peer_connect(&scene, &partner);
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
	process_start(&partner, ROLE_PEER, peer_main, &scene);
	process_start(&guest, ROLE_OTHER, peer_main, &scene);
	scene_load(&scene, USER(NEXT_KEY));
	scene.key_file = scene.key_paths[SCENE_KEY_NEXT];
	scene_open(&scene);
	report = peer_connect(&scene, &partner);
	expect_refused(&report, POSTERN_REASON_KEY, 0);
	tear_down();
}
END_TEST

static void expect_not_open(int result, const char *detail, uint32_t line)
{
	size_t fds_before = inspect_fd_count();
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	ck_assert_int_eq(scene_try_open(&scene, 0, &error), result);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KEY);
	ck_assert_msg(strstr(error.detail, detail), "%s", error.detail);
	ck_assert_uint_eq(error.line, line);
	if (line > 0) {
		ck_assert_str_eq(error.file, scene.policy_path);
		ck_assert_msg(strncmp(error.rule, "key x25519:", 11) == 0,
			      "%s", error.rule);
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
	report = connect_with(&partner, SCENE_KEY_OTHER);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_KEY);
	ck_assert_msg(strstr(report.detail,
			     "cannot be opened: Permission denied"),
		      "%s", report.detail);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.record_count, 0);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
