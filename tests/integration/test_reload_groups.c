/* SPDX-License-Identifier: ISC */
/*
 * Peers that are admitted by a supplementary group
 *
 * A process can be in 65536 groups, and in as many of its own making where it
 * was given ids for them.  So the node keeps nobody's, and asks the kernel again
 * when it decides again.
 */
#include <errno.h>
#include <stdio.h>

#include "node/node_internal.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;
static struct process peer;

static void load(unsigned group)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "peer friends {\n	group %u\n}\n"
		       "node orders {\n"
		       "	owner user $owner\n"
		       "	socket $dir/orders.sock mode 0666\n"
		       "	limits {\n	ring 16KiB\n	message 4KiB\n	}\n"
		       "	allow friends {\n	direction both\n	}\n"
		       "}\n"
		       "end\n", group);
	scene_load(&scene, text);
}

static postern_peer set_up_and_join(unsigned next_group)
{
	scene_init(&scene);
	load(next_group);
	scene.next = scene.policy;
	scene.policy = NULL;
	load(SHARED_GID);
	process_start_in_group(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	return peer_join(&scene, &peer);
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

static void expect_nothing_kept(postern_peer handle)
{
	const struct pst_node *node = (const struct pst_node *)scene.node;

	ck_assert_ptr_null(pst_peer_table_at(&node->peer_table, handle)->identity.credentials.groups);
}

START_TEST(groups_are_not_kept_and_a_reload_knows_them)
{
	postern_peer handle;

	skip_unless(users_are_several(), NEEDS_USERS);
	handle = set_up_and_join(SHARED_GID);
	expect_nothing_kept(handle);
	scene_reload(&scene, 0);
	expect_nothing_kept(handle);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	tear_down();
}
END_TEST

START_TEST(who_was_admitted_by_a_group_leaves_with_it)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	(void)set_up_and_join(SHARED_GID + 1);
	scene_reload(&scene, 1);
	tear_down();
}
END_TEST

START_TEST(a_reload_knows_the_groups_of_who_is_gone_and_drained)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	(void)set_up_and_join(SHARED_GID);
	scene_serve_what_is_due(&scene);
	peer_order(&peer, &(const struct peer_order) {.kind = PEER_SEND,
						      .count = 3});
	process_read_report(&peer, &(struct peer_report) {0},
			    sizeof(struct peer_report));
	peer_kill(&peer);
	scene_reload(&scene, 0);
	scene_await_messages(&scene, 3);
	scene_close(&scene);
}
END_TEST

START_TEST(a_reload_knows_the_groups_of_the_detached, .loop_end = 2)
{
	static const unsigned groups[] = {SHARED_GID, SHARED_GID + 1};
	struct postern_channel *channel;
	postern_peer handle;

	skip_unless(users_are_several(), NEEDS_USERS);
	handle = set_up_and_join(groups[_i]);
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	scene_reload(&scene, (uint32_t)_i);
	channel = postern_channel_close(channel);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
