/* SPDX-License-Identifier: ISC */
/*
 * Peers whose identity does not reach into the node's namespaces
 *
 * A node in a pid namespace of its own sees pid 0 for whoever is outside, and
 * one in a user namespace of its own sees the overflow uid for whom it does not
 * map.  Neither is an identity: no allow matches it, and every deny does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/host.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;

static void expect_refused(const struct process *host,
			   const struct process *peer, const char *reason)
{
	struct peer_report report = peer_connect(&scene, peer);
	struct host_report told;

	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	told = host_obey(host, HOST_TELL);
	ck_assert_uint_eq(told.refusal_count, 1);
	ck_assert_msg(strstr(told.error, reason), "no '%s': %s", reason,
		      told.error);
	ck_assert_uint_eq(told.event_count, 0);
}

static void open_node(const struct process *host)
{
	struct host_report report = host_obey(host, HOST_OPEN);

	ck_assert_msg(report.result == 0, "%s; %s",
		      postern_strerror(report.result), report.detail);
}

/* -- pid namespaces -------------------------------------------------------- */

static const char ANY_PIDNS_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"	pidns any\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static const char ANY_PIDNS_DENIED_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"	pidns any\n"
	"}\n"
	"peer outcast {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"	deny outcast\n"
	"}\n"
	"end\n";

/* The host is the first of a new pid namespace; its maker waits for it. */
static void host_in_new_pid_namespace(int control_fd, void *user_data)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		_exit(EXIT_FAILURE);
	pid = fork();
	if (pid == 0) {
		host_main(control_fd, user_data);
		exit(EXIT_SUCCESS);
	}
	(void)close(control_fd);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(EXIT_FAILURE);
	_exit(WEXITSTATUS(status));
}

static void start_apart(struct process *host, struct process *peer,
			const char *policy)
{
	scene_init(&scene);
	scene_load(&scene, policy);
	process_start(peer, ROLE_PEER, peer_main, &scene);
	process_start(host, ROLE_ROOT, host_in_new_pid_namespace, &scene);
	open_node(host);
}

static void end_apart(struct process *host, struct process *peer)
{
	process_end(peer);
	process_end(host);
	scene_close(&scene);
}

START_TEST(a_peer_outside_the_pid_namespace_is_refused)
{
	struct process host, peer;

	skip_unless(users_are_several(), "needs root, for a pid namespace");
	start_apart(&host, &peer, SCENE_POLICY);
	expect_refused(&host, &peer, " reason=no-allow ");
	end_apart(&host, &peer);
}
END_TEST

START_TEST(a_peer_outside_the_pid_namespace_can_be_allowed_explicitly)
{
	struct process host, peer;
	const struct peer_order order = {
		.kind = PEER_SEND,
		.count = 100,
	};

	skip_unless(users_are_several(), "needs root, for a pid namespace");
	start_apart(&host, &peer, ANY_PIDNS_POLICY);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
	ck_assert_int_eq(peer_obey(&scene, &peer, &order).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_FLUSH, 0).result, 0);
	ck_assert_uint_eq(host_obey(&host, HOST_TELL).message_count, 100);
	end_apart(&host, &peer);
}
END_TEST

START_TEST(a_deny_reaches_a_peer_outside_the_pid_namespace)
{
	struct process host, peer;

	skip_unless(users_are_several(), "needs root, for a pid namespace");
	start_apart(&host, &peer, ANY_PIDNS_DENIED_POLICY);
	expect_refused(&host, &peer, " reason=denied ");
	end_apart(&host, &peer);
}
END_TEST

/* -- user namespaces ------------------------------------------------------- */

static const char EVERYONE_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static const char EVERYONE_BUT_ONE_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"peer outcast {\n"
	"	user $other\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"	deny outcast\n"
	"}\n"
	"end\n";

static void host_in_new_user_namespace(int control_fd, void *user_data)
{
	int r = unshare(CLONE_NEWUSER) < 0 ? -errno : 0;

	process_report(control_fd, &r, sizeof(r));
	if (r == 0)
		host_main(control_fd, user_data);
}

/* Root and the node's owner exist there, nobody else does. */
static void write_map(const struct process *process, const char *name)
{
	char path[64], map[64];
	int fd, length;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)process->pid,
		       name);
	length = snprintf(map, sizeof(map), "0 0 1\n%u %u 1\n",
			  (unsigned)uid_of(ROLE_OWNER),
			  (unsigned)uid_of(ROLE_OWNER));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, map, (size_t)length), length);
	ck_assert_int_eq(close(fd), 0);
}

static void expect_refused_unmapped(const char *policy, const char *reason)
{
	struct process host, peer;
	int r;

	scene_init(&scene);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&host, ROLE_ROOT, host_in_new_user_namespace, &scene);
	process_read_report(&host, &r, sizeof(r));
	if (r == 0) {
		write_map(&host, "uid_map");
		write_map(&host, "gid_map");
		open_node(&host);
		expect_refused(&host, &peer, reason);
	}
	process_end(&peer);
	process_end(&host);
	scene_close(&scene);
	skip_unless(r == 0, "this host allows no user namespaces");
}

START_TEST(not_even_everyone_is_an_unmapped_user)
{
	skip_unless(users_are_several(), "needs root, for a user namespace");
	expect_refused_unmapped(EVERYONE_POLICY, " reason=no-allow ");
}
END_TEST

START_TEST(every_deny_reaches_an_unmapped_user)
{
	skip_unless(users_are_several(), "needs root, for a user namespace");
	expect_refused_unmapped(EVERYONE_BUT_ONE_POLICY, " reason=denied ");
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
