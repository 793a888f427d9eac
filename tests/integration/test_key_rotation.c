/* SPDX-License-Identifier: ISC */
/*
 * How a node changes its key while it lives, and what another policy makes of
 * the keys of those who are there
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include "integration/key_case.h"
#include "node/node_internal.h"
#include "support/stage.h"
#include "support/stranger.h"

/* -- rotation -------------------------------------------------------------- */

/* Under the name that the node was opened with stands another key now. */
static void put_next_key_in_place(void)
{
	ck_assert_int_eq(rename(scene.key_paths[SCENE_KEY_NEXT],
				scene.key_paths[SCENE_KEY_NODE]), 0);
}

static int reload(struct postern_error_info *error)
{
	uint32_t lost;

	return postern_node_reload(scene.node, scene.next, &lost,
				   error);
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
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	/* The first try was with the other one. */
	scene_expect_one_refusal(&scene, POSTERN_REASON_KEY, 0);
	tear_down();
}
END_TEST

START_TEST(node_changes_to_its_next_key_while_it_lives)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	prepare(USER(NODE_KEY NEXT_KEY), USER(NODE_KEY NEXT_KEY));
	own_key_directory();
	scene_open(&scene);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	put_next_key_in_place();
	ck_assert_int_eq(reload(&error), 0);
	/* Who was there stays, and who comes finds the next key. */
	ck_assert_int_eq(peer_do(&scene, &partner, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	ck_assert_int_eq(peer_do(&scene, &partner, PEER_CLOSE, 0).result, 0);
	scene.record_count = 0;
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	scene_expect_one_refusal(&scene, POSTERN_REASON_KEY, 0);
	tear_down();
}
END_TEST

/* A connector that has not said a word yet, when the node changes its key. */
START_TEST(handshake_that_has_not_begun_is_with_the_next_key)
{
	struct stranger early = STRANGER_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	const struct pst_half_open *entry;
	const struct pst_node *node;

	skip_unless(users_are_several(), NEEDS_USERS);
	prepare(OWNERS, OWNERS);
	own_key_directory();
	scene_open(&scene);
	ck_assert_int_eq(stranger_connect(&early, scene.socket_path), 0);
	scene_serve_what_is_due(&scene);
	put_next_key_in_place();
	ck_assert_int_eq(reload(&error), 0);
	node = (const struct pst_node *)scene.node;
	entry = &node->admission.half_open.entries[0];
	ck_assert(entry->is_taken);
	ck_assert_ptr_eq(entry->key, node->binding.key);
	ck_assert_ptr_eq(entry->responder.params.borrow_identity,
			 pst_node_key_identity(entry->key));
	stranger_close(&early);
	tear_down();
}
END_TEST

START_TEST(key_that_the_next_policy_does_not_list_changes_nothing)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(USER(NODE_KEY), USER(NEXT_KEY));
	ck_assert_int_eq(reload(&error), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KEY);
	ck_assert_uint_eq(error.line, 8);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	ck_assert(has_record("reload", "outcome=failed"));
	tear_down();
}
END_TEST

START_TEST(key_file_that_became_unfit_changes_nothing)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(USER(NODE_KEY), USER(NODE_KEY));
	ck_assert_int_eq(chmod(scene.key_file, 0640), 0);
	ck_assert_int_eq(reload(&error), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KEY);
	ck_assert(strstr(error.detail, "chmod 600 "));
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	ck_assert_int_eq(chmod(scene.key_file, 0600), 0);
	ck_assert_int_eq(reload(&error), 0);
	tear_down();
}
END_TEST

/* Secured peers and handshakes take locked memory, and may take all there is. */
static void use_up_memory_for_secrets(void)
{
	const struct rlimit none = {0, 0};

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
}

START_TEST(peers_who_took_all_memory_for_secrets_can_still_be_cut)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct peer_report report;

	skip_unless(users_are_several() && !test_has_sanitizer(),
		    NEEDS_USERS ", and no sanitizer that pretends to lock");
	set_up(KEYED, HEAD "peer partner {\n	key $otherkey\n}\n" OPEN
	       NODE_KEY LIMITS ALLOW("partner") CLOSE);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	use_up_memory_for_secrets();
	ck_assert_int_eq(reload(&error), 0);
	ck_assert_int_eq(scene_await_event(&scene,
					   POSTERN_NODE_EVENT_DISCONNECTED)
				 .reason,
			 POSTERN_REASON_REVOKED);
	ck_assert_ptr_nonnull(((struct pst_node *)scene.node)->binding.key);
	tear_down();
}
END_TEST

START_TEST(without_memory_for_secrets_a_key_that_is_not_listed_is_not_kept)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	skip_unless(users_are_several() && !test_has_sanitizer(),
		    NEEDS_USERS ", and no sanitizer that pretends to lock");
	set_up(USER(NODE_KEY), USER(NEXT_KEY));
	use_up_memory_for_secrets();
	ck_assert_int_eq(reload(&error), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KEY);
	tear_down();
}
END_TEST

START_TEST(reload_without_a_peers_key_cuts_it)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, HEAD "peer partner {\n	key $otherkey\n}\n" OPEN
	       NODE_KEY LIMITS ALLOW("partner") CLOSE);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_int_eq(reload(&error), 0);
	ck_assert_int_eq(scene_await_event(&scene,
					   POSTERN_NODE_EVENT_DISCONNECTED)
				 .reason,
			 POSTERN_REASON_REVOKED);
	ck_assert(has_record("revoked", " reason=key "));
	ck_assert(names_key("revoked", "key", SCENE_KEY_PEER));
	tear_down();
}
END_TEST

START_TEST(reload_with_a_peers_key_keeps_it)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(KEYED, KEYED);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	ck_assert_int_eq(reload(&error), 0);
	ck_assert_int_eq(peer_do(&scene, &partner, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
