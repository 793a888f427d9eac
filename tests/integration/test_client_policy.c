/* SPDX-License-Identifier: ISC */
/*
 * A policy for clients only: it names the node and allows no peer
 *
 * The node decides by its own policy.  What the client's policy requires of the
 * node holds: its owner, its key and the minimum security.
 */
#include <errno.h>
#include <stdint.h>

#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"
#include "support/users.h"

#define KIB 1024u

#define CLIENT_POLICY(owner, lines) \
	"policy-version 1\n" \
	"node orders {\n" \
	"	owner user " owner "\n" \
	"	socket $dir/orders.sock\n" \
	lines "}\n" \
	"end\n"

#define NODE_POLICY(lines) \
	"policy-version 1\n" \
	"peer friend {\n" \
	"	user $peer\n" \
	"}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	lines \
	"	limits {\n		ring 4MiB\n		message 4KiB\n	}\n" \
	"	allow friend {\n		direction both\n	}\n" \
	"}\n" \
	"end\n"

static struct scene scene;
static struct process peer;

static const char *set_up(const char *client_policy, const char *node_policy)
{
	if (!users_are_several())
		return NEEDS_USERS;
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, client_policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_load(&scene, node_policy);
	return NULL;
}

static struct peer_report connect_for(uint32_t ring_bytes)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.ring_bytes = ring_bytes,
	};

	return peer_obey(&scene, &peer, &order);
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

START_TEST(policy_of_owner_and_socket_connects)
{
	struct peer_report report;

	skip_for(set_up(CLIENT_POLICY("$owner", ""), NODE_POLICY("")));
	scene_open(&scene);
	report = connect_for(0);
	ck_assert_msg(report.result == 0, "%s", report.detail);
	ck_assert_uint_eq(report.limits.send_ring_bytes, 1024 * KIB);
	ck_assert_uint_eq(report.limits.send_message_bytes, 4 * KIB);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 3).result, 0);
	scene_await_messages(&scene, 3);
	(void)peer_do(&scene, &peer, PEER_CLOSE, 0);

	report = connect_for(4 * 1024 * KIB);
	ck_assert_uint_eq(report.limits.send_ring_bytes, 4 * 1024 * KIB);
	(void)peer_do(&scene, &peer, PEER_CLOSE, 0);
	report = connect_for(8 * KIB);
	ck_assert_uint_eq(report.limits.send_ring_bytes, 8 * KIB);
	tear_down();
}
END_TEST

START_TEST(node_that_does_not_allow_the_client_refuses_it)
{
	struct peer_report report;

	skip_for(set_up(CLIENT_POLICY("$owner", ""), SCENE_OWNER_POLICY));
	scene_open(&scene);
	report = connect_for(0);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	tear_down();
}
END_TEST

START_TEST(another_owner_is_refused_by_the_client)
{
	struct peer_report report;

	skip_for(set_up(CLIENT_POLICY("$other", ""), NODE_POLICY("")));
	scene_open(&scene);
	report = connect_for(0);
	ck_assert_int_eq(report.result, -EACCES);
	scene_expect_no_refusal(&scene);
	tear_down();
}
END_TEST

START_TEST(minimum_security_of_the_client_holds)
{
	struct peer_report report;

	skip_for(set_up(CLIENT_POLICY("$owner", "	security aead\n"),
	       NODE_POLICY("")));
	scene_open(&scene);
	report = connect_for(0);
	ck_assert_msg(report.result == 0, "%s", report.detail);
	ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_AEAD);
	tear_down();
}
END_TEST

/* The second key is not the node's. */
START_TEST(key_of_the_node_is_required, .loop_end = 2)
{
	static const char *const policies[] = {
		CLIENT_POLICY("$owner", "	key $nodekey\n"),
		CLIENT_POLICY("$owner", "	key $nextkey\n"),
	};
	struct peer_report report;

	skip_for(set_up(policies[_i], NODE_POLICY("	key $nodekey\n")));
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
	report = connect_for(0);
	if (_i == 0) {
		ck_assert_int_eq(report.result, 0);
		ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_MAC);
	} else {
		ck_assert_int_lt(report.result, 0);
	}
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
