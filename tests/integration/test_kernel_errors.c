/* SPDX-License-Identifier: ISC */
/*
 * Errors of the kernel keep their meaning on the way out
 *
 * A seccomp filter makes one system call fail with an errno that means something
 * else in the library's set of results.  The result is then one for an unexpected
 * failure or for a lack of resources, and the refusal names the call and what the
 * kernel said.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;

/* From now on this call fails with this errno, and no other is concerned. */
static void make_fail(unsigned int call, unsigned int error_number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		process_fail("cannot filter system calls");
}

static const struct injection {
	unsigned int call;
	int error_number;
	const char *name;       /* in the detail; NULL: not named */
	int result;
	enum postern_reason reason;
} injections[] = {
	{SYS_memfd_create, EPERM, "memfd_create", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_memfd_create, EACCES, "memfd_create", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_memfd_create, ENOSYS, "memfd_create", -EOPNOTSUPP,
	 POSTERN_REASON_KERNEL},
	{SYS_memfd_create, EMFILE, NULL, -EMFILE, POSTERN_REASON_RESOURCES},
	{SYS_ftruncate, EPERM, "ftruncate", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_ftruncate, ENOSPC, "ftruncate", -ENOMEM,
	 POSTERN_REASON_RESOURCES},
	{SYS_epoll_create1, EPERM, "epoll_create1", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_epoll_create1, ENOENT, "epoll_create1", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_epoll_ctl, EPERM, "epoll_ctl", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_epoll_ctl, ENOSPC, "epoll_ctl", -ENOMEM,
	 POSTERN_REASON_RESOURCES},
	{SYS_eventfd2, EPERM, "eventfd2", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_timerfd_create, EPERM, "timerfd_create", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_socket, EPERM, "socket", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_socket, EACCES, "socket", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_setsockopt, EPERM, "setsockopt", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_listen, EPERM, "listen", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_bind, EPERM, NULL, -EACCES, POSTERN_REASON_DIRECTORY},
	{SYS_bind, EROFS, NULL, -EACCES, POSTERN_REASON_DIRECTORY},
	{SYS_fchmod, EPERM, "fchmod", -ECANCELED, POSTERN_REASON_KERNEL},
};
#define INJECTIONS ((int)(sizeof(injections) / sizeof(injections[0])))

static void expect(const struct injection *injection, int result,
		   const struct postern_error_info *error)
{
	const char *meaning = strerrordesc_np(injection->error_number);

	ck_assert_msg(result == injection->result &&
			      error->reason == injection->reason &&
			      strstr(error->detail, meaning) != NULL &&
			      (!injection->name ||
			       strstr(error->detail, injection->name)),
		      "%s of %s: %s (%d), %s, '%s'", meaning,
		      injection->name ? injection->name : "a call",
		      postern_strerror(result), result,
		      postern_reason_name(error->reason), error->detail);
}

START_TEST(open_with_a_failing_call_names_it_and_keeps_the_meaning,
	   .loop_end = INJECTIONS)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	int r;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	make_fail(injections[_i].call, (unsigned)injections[_i].error_number);
	r = scene_try_open(&scene, 0, &error);
	expect(&injections[_i], r, &error);
}
END_TEST

/* -- a node whose name another process serves --------------------------------- */

static const struct injection pidfd_injections[] = {
	{SYS_pidfd_open, EPERM, "pidfd_open", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_pidfd_open, ENOENT, "pidfd_open", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_pidfd_open, ENOSYS, "pidfd_open", -EOPNOTSUPP,
	 POSTERN_REASON_KERNEL},
	{SYS_pidfd_open, EMFILE, NULL, -EMFILE, POSTERN_REASON_RESOURCES},
};
#define PIDFD_INJECTIONS \
	((int)(sizeof(pidfd_injections) / sizeof(pidfd_injections[0])))

static void open_when_ordered(int control_fd, void *user_data)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	int order, r;

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		r = scene_try_open(&scene, 0, &error);
		process_report(control_fd, &r, sizeof(r));
	}
	scene_close(&scene);
}

/* Without SO_PEERPIDFD the number of the listener's process has to do. */
START_TEST(open_of_a_served_name_with_failing_pidfd_open_names_it,
	   .loop_end = PIDFD_INJECTIONS)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct process node;
	const int order = 1;
	int r;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&node, ROLE_OWNER, open_when_ordered, NULL);
	process_order(&node, &order, sizeof(order));
	process_read_report(&node, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	r = scene_try_open(&scene, POSTERN_FEATURE_PEERPIDFD, &error);
	ck_assert_int_eq(r, -EBUSY);
	make_fail(pidfd_injections[_i].call,
		  (unsigned)pidfd_injections[_i].error_number);
	r = scene_try_open(&scene, POSTERN_FEATURE_PEERPIDFD, &error);
	expect(&pidfd_injections[_i], r, &error);
	process_end(&node);
}
END_TEST

/* Only the probes make it: the node does without what it finds missing. */
START_TEST(open_with_failing_pidfd_open_does_without_it)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	make_fail(SYS_pidfd_open, EPERM);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), 0);
	scene_close(&scene);
}
END_TEST

START_TEST(pidfd_inode_with_failing_pidfd_open_is_unexpected)
{
	uint64_t inode;
	int r;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	make_fail(SYS_pidfd_open, EPERM);
	r = postern_pidfd_inode(getpid(), 0, &inode);
	ck_assert_int_eq(r, -ECANCELED);
}
END_TEST

/* -- connecting, observing, commanding ---------------------------------------- */

static const char OBSERVE_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction both\n"
	"		observe\n"
	"	}\n"
	"}\n"
	"end\n";

struct client_report {
	int result;
	enum postern_reason reason;
	char detail[POSTERN_ERROR_DETAIL_BYTES];
};

static const struct injection client_injections[] = {
	{SYS_socket, EPERM, "socket", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_socket, ENOENT, "socket", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_memfd_create, EPERM, "memfd_create", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_memfd_create, ENFILE, NULL, -ENFILE, POSTERN_REASON_RESOURCES},
	{SYS_eventfd2, EPERM, "eventfd2", -ECANCELED, POSTERN_REASON_KERNEL},
};
#define CLIENT_INJECTIONS \
	((int)(sizeof(client_injections) / sizeof(client_injections[0])))

enum client_act {
	CONNECT,
	OBSERVE,
	PROBE,
};

static int act(enum client_act what, struct postern_error_info *error)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_stats_reader_options observe_options =
		POSTERN_STATS_READER_OPTIONS_INIT;
	struct postern_stats_reader *observer;
	struct postern_channel *channel;

	switch (what) {
	case CONNECT:
		options.disable_features = test_disable_features();
		return postern_connect(scene.policy, "orders", &options,
				       postern_deadline_after(2000000000),
				       &channel, error);
	case OBSERVE:
		observe_options.disable_features = test_disable_features();
		return postern_stats_reader_open(
			scene.policy, "orders", &observe_options,
			postern_deadline_after(2000000000), &observer, error);
	case PROBE:
		break;
	}
	return postern_node_probe(scene.policy, "orders",
				  postern_deadline_after(2000000000), error);
}

static void act_with_failing_call(int control_fd, void *user_data)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	const struct injection *injection = user_data;
	struct client_report report = {0};
	enum client_act what;

	while (process_next_order(control_fd, &what, sizeof(what))) {
		make_fail(injection->call, (unsigned)injection->error_number);
		report.result = act(what, &error);
		report.reason = error.reason;
		memcpy(report.detail, error.detail, sizeof(report.detail));
		process_report(control_fd, &report, sizeof(report));
	}
}

static void expect_meaning_of(enum client_act what, struct injection injection)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct client_report report;
	struct process client;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, OBSERVE_POLICY);
	process_start(&client, ROLE_PEER, act_with_failing_call,
		      &injection);
	scene_open(&scene);
	process_order(&client, &what, sizeof(what));
	scene_serve_until_readable(&scene, client.control_fd);
	process_read_report(&client, &report, sizeof(report));
	error.reason = report.reason;
	memcpy(error.detail, report.detail, sizeof(error.detail));
	expect(&injection, report.result, &error);
	process_end(&client);
	scene_close(&scene);
}

START_TEST(connect_with_a_failing_call_keeps_the_meaning,
	   .loop_end = CLIENT_INJECTIONS)
{
	expect_meaning_of(CONNECT, client_injections[_i]);
}
END_TEST

static const struct injection observer_injections[] = {
	{SYS_socket, EPERM, "socket", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_ppoll, EPERM, "ppoll", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_ppoll, ENOMEM, NULL, -ENOMEM, POSTERN_REASON_RESOURCES},
	{SYS_memfd_create, EPERM, "memfd_create", -ECANCELED,
	 POSTERN_REASON_KERNEL},
	{SYS_memfd_create, ENFILE, NULL, -ENFILE, POSTERN_REASON_RESOURCES},
};
#define OBSERVER_INJECTIONS \
	((int)(sizeof(observer_injections) / sizeof(observer_injections[0])))

START_TEST(observe_with_a_failing_call_names_it_and_keeps_the_meaning,
	   .loop_end = OBSERVER_INJECTIONS)
{
	expect_meaning_of(OBSERVE, observer_injections[_i]);
}
END_TEST

static const struct injection probe_injections[] = {
	{SYS_shutdown, EACCES, "shutdown", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_ppoll, ENOENT, "ppoll", -ECANCELED, POSTERN_REASON_KERNEL},
	{SYS_ppoll, ENOMEM, NULL, -ENOMEM, POSTERN_REASON_RESOURCES},
};
#define PROBE_INJECTIONS \
	((int)(sizeof(probe_injections) / sizeof(probe_injections[0])))

START_TEST(probe_with_a_failing_call_names_it_and_keeps_the_meaning,
	   .loop_end = PROBE_INJECTIONS)
{
	expect_meaning_of(PROBE, probe_injections[_i]);
}
END_TEST

/* No call of a channel or a node lets a raw code out either. */
START_TEST(descriptor_and_wait_with_a_failing_call_keep_the_meaning,
	   .loop_end = 3)
{
	static const unsigned int calls[] = {SYS_epoll_create1, SYS_ppoll,
					     SYS_epoll_wait};
	struct postern_channel *channel = NULL;
	struct process peer;
	postern_peer handle;
	size_t bytes;
	int r;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	handle = peer_join(&scene, &peer);
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	make_fail(calls[_i], _i == 0 ? EPERM : EBUSY);
	if (_i == 0)
		r = postern_channel_fd(channel);
	else if (_i == 1)
		r = postern_receive_wait(channel, scene.buffer,
					 sizeof(scene.buffer), &bytes,
					 POSTERN_NO_DEADLINE);
	else
		r = postern_node_wait(scene.node, POSTERN_NO_DEADLINE);
	ck_assert_int_eq(r, -ECANCELED);
	channel = postern_channel_close(channel);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

START_TEST(directory_that_the_owner_cannot_write_is_named_with_the_reason)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	skip_unless(geteuid() == 0, "needs root");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	/* Of root, and readable: a path that can be trusted. */
	ck_assert_int_eq(chown(scene.directory, 0, 0), 0);
	ck_assert_int_eq(chmod(scene.directory, 0755), 0);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_DIRECTORY);
	ck_assert_msg(strstr(error.detail, "Permission denied") &&
			      strstr(error.detail, "must be able to write"),
		      "%s", error.detail);
}
END_TEST

/* In a mount namespace of its own. */
static bool mount_read_only(const char *directory)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(directory, directory, NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, directory, NULL,
		     MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

START_TEST(open_on_a_read_only_mount_names_the_directory_and_the_reason)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	skip_unless(mount_read_only(scene.directory),
		    "cannot mount in a namespace of its own");
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_DIRECTORY);
	ck_assert_msg(strstr(error.detail, "Read-only file system") &&
			      strstr(error.detail, scene.directory),
		      "%s", error.detail);
}
END_TEST

/* As ProcSubset=pid in a unit makes it. */
static bool hide_proc_sys(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("proc", "/proc", "proc", 0, "subset=pid") == 0 &&
	       access("/proc/sys/kernel/overflowuid", F_OK) < 0;
}

START_TEST(without_proc_sys_a_policy_loads_and_a_node_opens)
{
	struct process peer;

	skip_unless(hide_proc_sys(), "cannot mount /proc with subset=pid");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
