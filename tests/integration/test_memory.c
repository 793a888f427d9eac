/* SPDX-License-Identifier: ISC */
/*
 * Whose memory it is: who may write it, who may open it, who pays for it
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/memory_group.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define WARM_UPS 8
#define RECONNECTS 30
#define NODE_BYTES_PER_RECONNECT_MAX (16 * 1024)
#define RING_BYTES (1024 * 1024)

static struct scene scene;
static struct process peer;

/* -- access ---------------------------------------------------------------- */

static const char GROUP_POLICY[] =
	"policy-version 1\n"
	"peer self {\n"
	"	user $owner\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0640 group 20100\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow self {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

START_TEST(segments_and_socket_have_the_policys_group_and_mode)
{
	struct stranger stranger = STRANGER_INIT;
	struct stat status;
	size_t i;

	skip_unless(users_are_several(), "needs root, to give out a group");
	scene_init(&scene);
	scene_load(&scene, GROUP_POLICY);
	scene_open_in_group(&scene);
	ck_assert_int_eq(stat(scene.socket_path, &status), 0);
	ck_assert(S_ISSOCK(status.st_mode));
	ck_assert_uint_eq(status.st_mode & 07777, 0640);
	ck_assert_uint_eq(status.st_gid, SHARED_GID);

	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(fstat(stranger.segment_fds[i], &status), 0);
		ck_assert_uint_eq(status.st_mode & 07777, 0660);
		ck_assert_uint_eq(status.st_uid, uid_of(ROLE_OWNER));
		ck_assert_uint_eq(status.st_gid, SHARED_GID);
	}
	stranger_close(&stranger);
	scene_close(&scene);
}
END_TEST

static bool is_writable_in(uint64_t inode, const struct inspect_mapping *in,
			   size_t count)
{
	size_t i;
	bool is_writable = false;

	for (i = 0; i < count; i++)
		is_writable |= in[i].inode == inode && in[i].is_writable;
	return is_writable;
}

START_TEST(each_segment_is_writable_on_one_side_only)
{
	struct inspect_mapping here[PEER_SEGMENTS_MAX];
	struct peer_report there;
	size_t count, i;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 10).result, 0);

	/* Words, data, and the data once more, of both segments. */
	count = inspect_segments(here, PEER_SEGMENTS_MAX);
	there = peer_do(&scene, &peer, PEER_SEGMENTS, 0);
	ck_assert_uint_ge(count, 4);
	ck_assert_uint_le(count, PEER_SEGMENTS_MAX);
	ck_assert_uint_eq(there.segment_count, count);
	for (i = 0; i < count; i++) {
		ck_assert(is_writable_in(here[i].inode, here, count) !=
			  is_writable_in(here[i].inode, there.segments,
					 there.segment_count));
		ck_assert(!here[i].is_executable);
		ck_assert(!there.segments[i].is_executable);
	}
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

static size_t count_entries(const char *path)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	if (!directory)
		return 0;
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

START_TEST(nothing_of_a_channel_has_a_name)
{
	size_t shm_before, entries_before;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	shm_before = count_entries("/dev/shm");
	entries_before = count_entries(scene.directory);
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 100).result, 0);
	ck_assert_uint_eq(count_entries("/dev/shm"), shm_before);
	ck_assert_uint_eq(count_entries(scene.directory), entries_before);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

/* -- who pays -------------------------------------------------------------- */

static const char DEFAULT_SIZES_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static void send_back(struct scene *its_scene, postern_peer from,
		      const uint8_t *bytes, size_t byte_count)
{
	struct postern_channel *channel;

	/* Check's assertions would grow a file, at our group's charge. */
	expect_equal(postern_node_channel(its_scene->node, from, &channel), 0);
	expect_equal(postern_send(channel, bytes, byte_count), 0);
	channel = postern_channel_close(channel);
}

/* Made and removed by the process that runs the cases, which stays outside. */
static struct memory_group nodes, peers;
static bool has_groups;

static void make_groups(void)
{
	has_groups = memory_group_make(&nodes, "node") == 0 &&
		     memory_group_make(&peers, "peer") == 0;
}

static void remove_groups(void)
{
	if (!has_groups)
		return;
	memory_group_remove(&nodes);
	memory_group_remove(&peers);
}

/* A session that has both sides touch every page of both rings. */
static void use_and_keep(void)
{
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_EXCHANGE, 100).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE_BUT_KEEP, 0).result,
			 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene.record_count = 0;
}

static void reconnect_and_keep(void)
{
	uint64_t nodes_before, peers_before, bytes_min;
	int i;

	scene.on_message = send_back;
	for (i = 0; i < WARM_UPS; i++) /* what is needed once */
		use_and_keep();
	ck_assert_uint_gt(scene.message_bytes, RING_BYTES);
	nodes_before = memory_group_bytes(&nodes);
	peers_before = memory_group_bytes(&peers);
	for (i = 0; i < RECONNECTS; i++)
		use_and_keep();

	printf("node's group: %lld bytes for each reconnect, peer's: %lld\n",
	       ((long long)memory_group_bytes(&nodes) -
		(long long)nodes_before) / RECONNECTS,
	       ((long long)memory_group_bytes(&peers) -
		(long long)peers_before) / RECONNECTS);
	bytes_min = RECONNECTS * UINT64_C(2) * RING_BYTES;
	ck_assert_uint_ge(memory_group_bytes(&peers), peers_before + bytes_min);
	ck_assert_uint_lt(memory_group_bytes(&nodes),
			  nodes_before + RECONNECTS *
					 NODE_BYTES_PER_RECONNECT_MAX);
}

START_TEST(a_peer_that_keeps_its_mappings_pays_for_them)
{
	skip_unless(users_are_several(), "needs root, for memory cgroups");
	skip_unless(!test_has_runner(),
		    "the runner has memory, and mappings, of its own");
	skip_unless(!test_has_sanitizer(), "a sanitizer has memory of its own");
	skip_unless(has_groups, "needs a memory cgroup controller");
	scene_init(&scene);
	scene_load(&scene, DEFAULT_SIZES_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	memory_group_enter(&peers, peer.pid);
	memory_group_enter(&nodes, getpid());
	scene_open(&scene);

	reconnect_and_keep();

	process_end(&peer);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	int status;

	make_groups();
	status = STAGE_RUN_TESTS();
	remove_groups();
	return status;
}
