/* SPDX-License-Identifier: ISC */
/*
 * The descriptors and file names of a node, as SECURITY.md states them
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/test_options.h"

static struct scene scene;
static struct process peer;
static postern_peer handle;
static size_t fds_before;

static const char *set_up(void)
{
	if (!users_are_several())
		return NEEDS_USERS;
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
	handle = peer_join(&scene, &peer);
	return NULL;
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

/* The count includes the pidfd of the peer. */
static void expect_fds(size_t count)
{
	if (count > 0 && !(test_features() & POSTERN_FEATURE_PEERPIDFD))
		count--;
	ck_assert_uint_eq(inspect_fd_count(), fds_before + count);
}

START_TEST(peer_costs_two_descriptors)
{
	skip_for(set_up());
	expect_fds(2);
	ck_assert_int_eq(postern_node_send(scene.node, handle, "x", 1), 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	scene_await_messages(&scene, 1);
	expect_fds(2);
	tear_down();
}
END_TEST

START_TEST(reference_to_a_channel_costs_two_more_and_one_to_poll)
{
	struct postern_channel *channel, *second;

	skip_for(set_up());
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	expect_fds(4);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &second), 0);
	expect_fds(4);
	ck_assert_int_ge(postern_channel_fd(channel), 0);
	expect_fds(5);
	second = postern_channel_close(second);
	channel = postern_channel_close(channel);
	ck_assert_int_eq(postern_node_disconnect(scene.node, handle), 0);
	expect_fds(0);
	tear_down();
}
END_TEST

START_TEST(detached_channel_costs_three_more_and_one_to_poll)
{
	struct postern_channel *channel;

	skip_for(set_up());
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	expect_fds(5);
	ck_assert_int_ge(postern_channel_fd(channel), 0);
	expect_fds(6);
	channel = postern_channel_close(channel);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	expect_fds(0);
	tear_down();
}
END_TEST

/* All names in the directory of the socket, in any order. */
static void expect_names(bool has_socket)
{
	bool has_found_socket = false, has_found_lock = false;
	DIR *directory = opendir(scene.directory);
	const struct dirent *entry;

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (strcmp(entry->d_name, "orders.sock") == 0)
			has_found_socket = true;
		else if (strcmp(entry->d_name, "orders.sock.lock") == 0)
			has_found_lock = true;
		else
			ck_abort_msg("unexpected: %s", entry->d_name);
	}
	ck_assert_int_eq(closedir(directory), 0);
	ck_assert_int_eq(has_found_socket, has_socket);
	ck_assert(has_found_lock);
}

START_TEST(node_has_the_names_of_its_socket_and_lock_file_only)
{
	struct postern_channel *channel;

	skip_for(set_up());
	expect_names(true);
	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	expect_names(true);
	channel = postern_channel_close(channel);
	scene.node = postern_node_close(scene.node);
	expect_names(false);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
