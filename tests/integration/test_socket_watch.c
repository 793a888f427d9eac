/* SPDX-License-Identifier: ISC */
/*
 * A node without an inotify watch checks its socket from time to time
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define INSTANCES_MAX 900

static struct scene scene;

static unsigned instance_limit(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_user_instances", "re");
	unsigned limit = UINT32_MAX;

	if (file) {
		(void)!fscanf(file, "%u", &limit);
		(void)fclose(file);
	}
	return limit;
}

/* All that the owner may have; they stay until the case is over. */
static void take_all_instances(void)
{
	unsigned count = 0;

	while (inotify_init1(IN_CLOEXEC) >= 0)
		ck_assert_uint_lt(count++, INSTANCES_MAX);
	ck_assert_int_eq(errno, EMFILE);
}

START_TEST(node_without_a_watch_restores_its_socket_in_time)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct pollfd polled = {.events = POLLIN};
	int instance_fd;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(instance_limit() < INSTANCES_MAX,
		    "this host has too many inotify instances");
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	take_all_instances();
	scene_open(&scene);
	/* Without descriptors to spare nothing would be proven. */
	instance_fd = dup(STDIN_FILENO);
	ck_assert_int_ge(instance_fd, 0);
	(void)close(instance_fd);

	ck_assert_int_eq(remove(scene.socket_path), 0);
	polled.fd = postern_node_fd(scene.node);
	while (access(scene.socket_path, F_OK) < 0) {
		ck_assert_int_eq(poll(&polled, 1,
				      inspect_timeout_ms(deadline_ns)), 1);
		scene_serve_what_is_due(&scene);
	}
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
