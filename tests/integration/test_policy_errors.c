/* SPDX-License-Identifier: ISC */
/*
 * A policy with errors: nodes that open or not, clients that connect or not
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"

#define PEERS \
	"policy-version 1\n" \
	"peer friend {\n	user $peer\n}\n" \
	"peer ghost {\n	user no-such-user-here\n}\n"
#define ORDERS(security, rules) \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	security rules \
	"}\n"
#define ALLOW \
	"	limits {\n	ring 16KiB\n	message 4KiB\n	}\n" \
	"	allow friend {\n		direction both\n	}\n"

static const char GOOD[] =
	"policy-version 1\n"
	"peer friend {\n	user $peer\n}\n"
	ORDERS("", ALLOW) "end\n";
static const char GOOD_MAC[] =
	"policy-version 1\n"
	"peer friend {\n	user $peer\n}\n"
	ORDERS("	security mac\n", ALLOW) "end\n";
static const char GHOST_UNUSED[] = PEERS ORDERS("", ALLOW) "end\n";
static const char GHOST_DENIED[] =
	PEERS ORDERS("", ALLOW "	deny ghost\n") "end\n";
static const char GHOST_ALLOWED_ALONE[] =
	PEERS ORDERS("", "	allow ghost {\n		direction both\n	}\n")
	"end\n";
static const char NO_RULES[] =
	PEERS "limits {\n	memory 4MB\n}\n" ORDERS("", "") "end\n";
static const char OWNER_UNKNOWN[] =
	PEERS "node orders {\n	owner user no-such-user-here\n"
	"	socket $dir/orders.sock mode 0666\n" ALLOW "}\nend\n";

#define GHOST_ERROR ":6:7: unknown user 'no-such-user-here'"

static struct scene scene;
static struct process friend_;

/* The client reads its_policy, the node the other one. */
static void set_up(const char *node_policy, const char *client_policy)
{
	scene_init(&scene);
	scene_load_next(&scene, node_policy);
	scene_load(&scene, client_policy);
	process_start(&friend_, ROLE_PEER, peer_main, &scene);
	postern_policy_free(scene.policy);
	scene.policy = scene.next;
	scene.next = NULL;
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&friend_);
	scene_close(&scene);
}

static void expect_error(const struct postern_error_info *error,
			 const char *text)
{
	ck_assert_int_eq(error->reason, POSTERN_REASON_POLICY);
	ck_assert_str_eq(error->file, scene.policy_path);
	ck_assert_msg(strstr(error->detail, text), "%s", error->detail);
	ck_assert(strncmp(error->detail, scene.policy_path,
			  strlen(scene.policy_path)) == 0);
}

START_TEST(node_open_with_an_error_in_a_deny_fails_and_says_where)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	scene_init(&scene);
	scene_load(&scene, GHOST_DENIED);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -EINVAL);
	expect_error(&error, GHOST_ERROR);
	ck_assert_uint_eq(error.line, 6);
	scene_load(&scene, NO_RULES);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -EINVAL);
	expect_error(&error, "unknown unit 'MB'");
	ck_assert_ptr_null(scene.node);
	scene_close(&scene);
}
END_TEST

START_TEST(node_open_with_an_error_elsewhere_works)
{
	struct postern_subject subject = POSTERN_SUBJECT_INIT;
	struct postern_decision decision = POSTERN_DECISION_INIT;

	set_up(GHOST_UNUSED, GHOST_UNUSED);
	(void)peer_join(&scene, &friend_);
	subject.uid_fact = POSTERN_FACT_KNOWN;
	subject.uid = uid_of(ROLE_OTHER) + 1000;
	ck_assert_int_eq(postern_policy_decide(scene.policy, "orders",
					       &subject, &decision), 0);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_NO_ALLOW);
	tear_down();
}
END_TEST

/* A client needs neither the allows nor anything beyond the node's block. */
START_TEST(connect_works_whatever_else_has_an_error, .loop_end = 3)
{
	static const char *const clients[] = {GHOST_DENIED, GHOST_ALLOWED_ALONE,
					      NO_RULES};

	set_up(GOOD, clients[_i]);
	(void)peer_join(&scene, &friend_);
	ck_assert_int_eq(peer_do(&scene, &friend_, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	tear_down();
}
END_TEST

/* The line that demands it may be what the client cannot read. */
START_TEST(connect_with_an_error_elsewhere_offers_every_security_mode)
{
	struct peer_report report;

	set_up(GOOD_MAC, NO_RULES);
	report = peer_connect(&scene, &friend_);
	ck_assert_msg(report.result == 0, "%s", report.detail);
	ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_MAC);
	tear_down();
}
END_TEST

START_TEST(connect_with_an_error_in_the_nodes_own_block_fails)
{
	struct peer_report report;

	set_up(GOOD, OWNER_UNKNOWN);
	report = peer_connect(&scene, &friend_);
	ck_assert_int_eq(report.result, -EINVAL);
	ck_assert_int_eq(report.reason, POSTERN_REASON_POLICY);
	ck_assert_msg(strstr(report.detail, "unknown user"), "%s",
		      report.detail);
	tear_down();
}
END_TEST

START_TEST(reload_with_an_error_keeps_policy_and_peers, .loop_end = 2)
{
	static const char *const next[] = {GHOST_DENIED, NO_RULES};
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	scene_init(&scene);
	scene_load_next(&scene, next[_i]);
	scene_load(&scene, GOOD);
	process_start(&friend_, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	(void)peer_join(&scene, &friend_);
	ck_assert_int_eq(postern_node_reload(scene.node, scene.next, NULL,
					     &error), -EINVAL);
	expect_error(&error, _i ? "unknown unit 'MB'" : GHOST_ERROR);
	ck_assert(scene_has_record(&scene, "reload", "outcome=failed"));
	ck_assert_int_eq(peer_do(&scene, &friend_, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	ck_assert_int_eq(peer_do(&scene, &friend_, PEER_CLOSE, 0).result, 0);
	(void)peer_join(&scene, &friend_);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
