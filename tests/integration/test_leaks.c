/* SPDX-License-Identifier: ISC */
/*
 * A thousand peers that were killed leave a node as it was
 *
 * Each connects anew and ends by SIGKILL: as soon as it is admitted, while it
 * sends, with an offer that it never read, or with one that it never answered.
 * Descriptors and mappings of the node are counted before and after.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/process.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define CONNECTS 1000
#define CONNECTS_WITH_RUNNER 100
#define WAYS_TO_END 4

static struct scene scene;

/* Dies where the number says; returns only if it could not get there. */
static void connect_and_die(int number)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct stranger stranger = STRANGER_INIT;
	struct postern_channel *channel;
	uint8_t bytes[1000] = {0};

	if (number % WAYS_TO_END >= 2) {
		if (stranger_connect(&stranger, scene.socket_path) < 0 ||
		    stranger_say_hello(&stranger) < 0)
			return;
		/* The offer may or may not be there yet. */
		if (number % WAYS_TO_END == 3)
			(void)stranger_take_offer(&stranger);
		process_kill_self();
	}
	options.disable_features = test_disable_features();
	if (postern_connect(scene.policy, "orders", &options,
			    POSTERN_NO_DEADLINE, &channel, NULL) < 0)
		return;
	if (number % WAYS_TO_END == 1)
		while (postern_send(channel, bytes, sizeof(bytes)) == 0)
			;
	process_kill_self();
}

static int run_one(int number)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		connect_and_die(number);
		_exit(EXIT_FAILURE);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0
								  : -ECANCELED;
}

static void run_many(int control_fd, void *user_data)
{
	int count, i, r = 0;

	(void)user_data;
	while (process_next_order(control_fd, &count, sizeof(count))) {
		for (i = 0; i < count && r == 0; i++)
			r = run_one(i);
		process_report(control_fd, &r, sizeof(r));
	}
}

/* In portions, so that what was collected can be forgotten in between. */
static void let_die(const struct process *dying, int count)
{
	int portion = 20, r;

	for (; count > 0; count -= portion) {
		process_order(dying, &portion, sizeof(portion));
		scene_serve_until_readable(&scene, dying->control_fd);
		process_read_report(dying, &r, sizeof(r));
		ck_assert_int_eq(r, 0);
		scene.event_count = 0;
		scene.record_count = 0;
	}
}

START_TEST(a_thousand_killed_peers_leave_nothing_behind)
{
	struct process dying, peer;
	size_t fds_before, mappings_before;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&dying, ROLE_PEER, run_many, NULL);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);

	/* What is made once, an allocator's arenas for instance, stays. */
	fds_before = inspect_fd_count();
	let_die(&dying, 20);
	scene_serve_until_fd_count(&scene, fds_before);
	mappings_before = inspect_mapping_count();

	let_die(&dying, test_has_runner() ? CONNECTS_WITH_RUNNER : CONNECTS);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	if (!test_has_sanitizer() && !test_has_runner())
		ck_assert_uint_eq(inspect_mapping_count(), mappings_before);

	/* And every slot can be had again. */
	scene.event_count = 0;
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 10).result, 0);
	process_end(&dying);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

START_TEST(connecting_and_closing_leaves_nothing_behind_on_either_side)
{
	struct process peer;
	size_t fds_before, mappings_before;
	int i;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
	mappings_before = inspect_mapping_count();
	for (i = 0; i < 300; i++) {
		(void)peer_join(&scene, &peer);
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result,
				 0);
		ck_assert_uint_eq(peer_do(&scene, &peer, PEER_SEGMENTS, 0)
					  .segment_count, 0);
		(void)scene_await_event(&scene,
					POSTERN_NODE_EVENT_DISCONNECTED);
		scene.record_count = 0;
	}
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	if (!test_has_sanitizer() && !test_has_runner())
		ck_assert_uint_eq(inspect_mapping_count(), mappings_before);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
