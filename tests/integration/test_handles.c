/* SPDX-License-Identifier: ISC */
/*
 * Misuse: nonsense, handles after a fork, and nodes that cannot be opened
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;
static struct process peer;

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

/* -- nonsense -------------------------------------------------------------- */

START_TEST(no_channel_is_an_invalid_argument,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	uint8_t byte;
	uint32_t ready;
	size_t bytes;
	void *room;

	ck_assert_ptr_null(postern_channel_close(NULL));
	ck_assert_int_eq(postern_channel_get_info(NULL, &limits), -EINVAL);
	ck_assert_int_eq(postern_send(NULL, "x", 1), -EINVAL);
	ck_assert_int_eq(postern_send_wait(NULL, "x", 1, 0), -EINVAL);
	ck_assert_int_eq(postern_reserve(NULL, 1, &room), -EINVAL);
	ck_assert_int_eq(postern_commit(NULL, 1), -EINVAL);
	ck_assert_int_eq(postern_abort(NULL), -EINVAL);
	ck_assert_int_eq(postern_flush(NULL, 0), -EINVAL);
	ck_assert_int_eq(postern_receive(NULL, &byte, 1, &bytes), -EINVAL);
	ck_assert_int_eq(postern_receive_wait(NULL, &byte, 1, &bytes, 0),
			 -EINVAL);
	ck_assert_int_eq(postern_channel_fd(NULL), -EINVAL);
	ck_assert_int_eq(postern_channel_wait(NULL, POSTERN_WAIT_SEND, 0,
					      &ready), -EINVAL);
}
END_TEST

START_TEST(no_node_is_an_invalid_argument,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_channel *channel;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer from;
	uint8_t byte;
	size_t bytes;

	ck_assert_ptr_null(postern_node_close(NULL));
	ck_assert_int_eq(postern_node_fd(NULL), -EINVAL);
	ck_assert_int_eq(postern_node_wait(NULL, 0), -EINVAL);
	ck_assert_int_eq(postern_node_receive(NULL, &byte, 1, &bytes, &from),
			 -EINVAL);
	ck_assert_int_eq(postern_node_next_event(NULL, &event), -EINVAL);
	ck_assert_int_eq(postern_node_channel(NULL, 1, &channel), -EINVAL);
	ck_assert_int_eq(postern_node_detach(NULL, 1, &channel), -EINVAL);
	ck_assert_int_eq(postern_node_probe(NULL, NULL, 0, NULL), -EINVAL);
}
END_TEST

START_TEST(arguments_that_make_no_sense_are_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	uint8_t byte;
	uint32_t ready;
	size_t bytes;

	ck_assert_int_eq(postern_node_receive(scene.node, NULL, 1, &bytes,
					      &handle), -EINVAL);
	ck_assert_int_eq(postern_node_receive(scene.node, &byte, 1, NULL,
					      &handle), -EINVAL);
	ck_assert_int_eq(postern_node_next_event(scene.node, NULL), -EINVAL);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_node_channel(scene.node, 0, &channel),
			 -ESTALE);
	ck_assert_int_eq(postern_node_channel(scene.node, UINT64_MAX,
					      &channel), -ESTALE);

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_send(channel, NULL, 1), -EINVAL);
	ck_assert_int_eq(postern_send(channel, NULL, 0), 0);
	ck_assert_int_eq(postern_send(channel, &byte, SIZE_MAX), -EMSGSIZE);
	ck_assert_int_eq(postern_receive(channel, NULL, 1, &bytes), -EINVAL);
	ck_assert_int_eq(postern_receive(channel, &byte, 1, NULL), -EINVAL);
	ck_assert_int_eq(postern_reserve(channel, 1, NULL), -EINVAL);
	ck_assert_int_eq(postern_channel_wait(channel, 0, 0, &ready), -EINVAL);
	ck_assert_int_eq(postern_channel_wait(channel, 8, 0, &ready), -EINVAL);
	ck_assert_int_eq(postern_channel_wait(channel, POSTERN_WAIT_SEND,
					      0, NULL), -EINVAL);
	channel = postern_channel_close(channel);
}
END_TEST

START_TEST(what_the_node_receives_nobody_else_can,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	uint8_t byte;
	uint32_t ready;
	size_t bytes;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	ck_assert_int_eq(postern_receive(channel, &byte, 1, &bytes), -EBUSY);
	ck_assert_int_eq(postern_receive_wait(channel, &byte, 1, &bytes, 0),
			 -EBUSY);
	ck_assert_int_eq(postern_channel_wait(channel,
					      POSTERN_WAIT_RECEIVE, 0,
					      &ready), -EBUSY);
	channel = postern_channel_close(channel);
}
END_TEST

/* -- after a fork ---------------------------------------------------------- */

/* How many of these calls do not say -ESTALE. */
static int count_usable(struct postern_channel *channel)
{
	struct postern_channel *other;
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer from;
	uint8_t byte;
	uint32_t ready;
	size_t bytes;
	void *room;
	const int results[] = {
		postern_channel_get_info(channel, &limits),
		postern_send(channel, "x", 1),
		postern_send_wait(channel, "x", 1, 0),
		postern_reserve(channel, 1, &room),
		postern_commit(channel, 1),
		postern_abort(channel),
		postern_flush(channel, 0),
		postern_receive(channel, &byte, 1, &bytes),
		postern_receive_wait(channel, &byte, 1, &bytes, 0),
		postern_channel_fd(channel),
		postern_channel_wait(channel, POSTERN_WAIT_SEND, 0,
				     &ready),
		postern_node_fd(scene.node),
		postern_node_wait(scene.node, 0),
		postern_node_receive(scene.node, &byte, 1, &bytes, &from),
		postern_node_next_event(scene.node, &event),
		postern_node_channel(scene.node, 1, &other),
		postern_node_detach(scene.node, 1, &other),
		postern_node_disconnect(scene.node, 1),
		postern_node_disconnect_named(scene.node, "friend", NULL),
	};
	size_t i;
	int count = 0;

	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		count += results[i] != -ESTALE;
	return count;
}

START_TEST(a_forked_child_can_use_nothing_and_harms_nothing,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;
	int pair[2], usable_count = -1;
	pid_t pid;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		usable_count = count_usable(channel);
		channel = postern_channel_close(channel);
		scene.node = postern_node_close(scene.node);
		if (write(pair[1], &usable_count, sizeof(usable_count)) < 0)
			_exit(EXIT_FAILURE);
		/* A leak checker would miss what the kernel has wiped here. */
		process_kill_self();
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(close(pair[1]), 0);
	ck_assert_int_eq(read(pair[0], &usable_count, sizeof(usable_count)),
			 sizeof(usable_count));
	ck_assert_int_eq(close(pair[0]), 0);
	ck_assert_int_eq(usable_count, 0);

	/* All is as before: the channel, the node, and its name. */
	pattern_fill(scene.buffer, 100, 0);
	ck_assert_int_eq(postern_send(channel, scene.buffer, 100), 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE, 1).result, 0);
	channel = postern_channel_close(channel);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)peer_join(&scene, &peer);
}
END_TEST

/* -- nodes that cannot be opened ------------------------------------------- */

static void expect_no_node(int result, enum postern_reason reason,
			   const char *detail)
{
	size_t fds_before = inspect_fd_count();
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	ck_assert_int_eq(scene_try_open(&scene, 0, &error), result);
	ck_assert_msg(error.reason == reason, "for '%s' (%s), not '%s'",
		      postern_reason_name(error.reason), error.detail,
		      postern_reason_name(reason));
	ck_assert_msg(strstr(error.detail, detail), "does not say '%s': %s",
		      detail, error.detail);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
}

START_TEST(a_node_that_is_open_cannot_be_opened_again,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_node *second;

	ck_assert_int_eq(postern_node_open(scene.policy, "orders", &options,
					   &second, &error), -EBUSY);
	ck_assert_int_eq(error.reason, POSTERN_REASON_IN_USE);
	/* The first has neither lost its name nor its lock. */
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(postern_node_open(scene.policy, "orders", &options,
					   &second, &error), -EBUSY);
}
END_TEST

START_TEST(a_closed_node_can_be_opened_again,
	   .set_up = set_up, .tear_down = tear_down)
{
	int i;

	for (i = 0; i < 10; i++) {
		scene.node = postern_node_close(scene.node);
		ck_assert_int_ne(access(scene.socket_path, F_OK), 0);
		ck_assert_int_eq(scene_try_open(&scene, 0, NULL), 0);
	}
	(void)peer_join(&scene, &peer);
}
END_TEST

START_TEST(a_node_that_the_policy_lacks_cannot_be_opened,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_node *node;

	ck_assert_int_eq(postern_node_open(scene.policy, "invoices", NULL,
					   &node, &error), -ENOENT);
	ck_assert_int_eq(error.reason, POSTERN_REASON_UNKNOWN_NODE);
	ck_assert_int_eq(postern_node_open(scene.policy, NULL, NULL, &node,
					   NULL), -EINVAL);
	ck_assert_int_eq(postern_node_open(scene.policy, "orders", NULL, NULL,
					   NULL), -EINVAL);
}
END_TEST

START_TEST(who_is_not_the_owner_cannot_open_the_node)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	expect_no_node(-EACCES, POSTERN_REASON_OWNER, "owner is uid 20001");
	/* Nor who could become somebody else again. */
	ck_assert_int_eq(setresuid(uid_of(ROLE_OWNER), uid_of(ROLE_OWNER), 0),
			 0);
	expect_no_node(-EACCES, POSTERN_REASON_OWNER, "owner is uid 20001");
	ck_assert_int_eq(be_root_again(), 0);
	ck_assert_int_eq(setresuid(0, uid_of(ROLE_OWNER), uid_of(ROLE_OWNER)),
			 0);
	expect_no_node(-EACCES, POSTERN_REASON_OWNER, "owner is uid 20001");
	ck_assert_int_eq(be_root_again(), 0);
}
END_TEST

START_TEST(a_directory_that_others_can_write_is_unfit_for_a_node)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(chmod(scene.directory, 0777), 0);
	expect_no_node(-EACCES, POSTERN_REASON_DIRECTORY, "chmod");
}
END_TEST

START_TEST(a_missing_directory_is_not_made_but_the_command_is_named)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(rmdir(scene.directory), 0);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	expect_no_node(-EACCES, POSTERN_REASON_DIRECTORY, scene.directory);
	ck_assert_int_ne(access(scene.directory, F_OK), 0);
}
END_TEST

START_TEST(what_others_put_in_the_sockets_place_is_left_alone)
{
	FILE *file;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	file = fopen(scene.socket_path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fclose(file), 0);
	expect_no_node(-EACCES, POSTERN_REASON_DIRECTORY, scene.socket_path);
	ck_assert_int_eq(access(scene.socket_path, F_OK), 0);
}
END_TEST

static const char GROUP_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0660 group 20100\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

START_TEST(a_group_that_the_owner_cannot_give_is_named)
{
	scene_init(&scene);
	scene_load(&scene, GROUP_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	expect_no_node(-EACCES, POSTERN_REASON_GROUP, "group 20100");
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
