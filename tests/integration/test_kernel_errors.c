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
		   const struct postern_refusal *refusal)
{
	const char *meaning = strerrordesc_np(injection->error_number);

	ck_assert_msg(result == injection->result &&
			      refusal->reason == injection->reason &&
			      strstr(refusal->detail, meaning) != NULL &&
			      (!injection->name ||
			       strstr(refusal->detail, injection->name)),
		      "%s of %s: %s (%d), %s, '%s'", meaning,
		      injection->name ? injection->name : "a call",
		      postern_strerror(result), result,
		      postern_reason_word(refusal->reason), refusal->detail);
}

START_TEST(open_with_a_failing_call_names_it_and_keeps_the_meaning)
{
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	int r;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	make_fail(injections[_i].call, (unsigned)injections[_i].error_number);
	r = scene_try_open(&scene, 0, &refusal);
	expect(&injections[_i], r, &refusal);
}
END_TEST

/* -- connecting, observing, commanding ---------------------------------------- */

struct client_report {
	int result;
	enum postern_reason reason;
	char detail[POSTERN_REFUSAL_DETAIL_BYTES];
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

static void connect_with_failing_call(int control_fd, void *user_data)
{
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	const struct injection *injection = user_data;
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct client_report report = {0};
	struct postern_channel *channel;
	int order;

	options.features_off = test_features_off();
	while (process_next_order(control_fd, &order, sizeof(order))) {
		make_fail(injection->call, (unsigned)injection->error_number);
		report.result = postern_connect(scene.policy, "orders",
						&options, &refusal, &channel);
		report.reason = refusal.reason;
		memcpy(report.detail, refusal.detail, sizeof(report.detail));
		process_report(control_fd, &report, sizeof(report));
	}
}

START_TEST(connect_with_a_failing_call_keeps_the_meaning)
{
	struct injection injection = client_injections[_i];
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct client_report report;
	struct process client;
	const int order = 1;

	skip_unless(!test_has_runner(), "it makes these calls itself");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&client, ROLE_PEER, connect_with_failing_call,
		      &injection);
	scene_open(&scene);
	process_order(&client, &order, sizeof(order));
	scene_serve_until_readable(&scene, client.control_fd);
	process_read_report(&client, &report, sizeof(report));
	refusal.reason = report.reason;
	memcpy(refusal.detail, report.detail, sizeof(refusal.detail));
	expect(&injection, report.result, &refusal);
	process_end(&client);
	scene_close(&scene);
}
END_TEST

/* No call of a channel or a node lets a raw code out either. */
START_TEST(descriptor_and_wait_with_a_failing_call_keep_the_meaning)
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
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;

	skip_unless(geteuid() == 0, "needs root");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	/* Of root, and readable: a path that can be trusted. */
	ck_assert_int_eq(chown(scene.directory, 0, 0), 0);
	ck_assert_int_eq(chmod(scene.directory, 0755), 0);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, 0, &refusal), -EACCES);
	ck_assert_int_eq(refusal.reason, POSTERN_REASON_DIRECTORY);
	ck_assert_msg(strstr(refusal.detail, "Permission denied") &&
			      strstr(refusal.detail, "must be able to write"),
		      "%s", refusal.detail);
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
	Suite *suite = suite_create("kernel_errors");
	TCase *t = stage_add_case(suite, "errors");

	tcase_add_loop_test(t,
		open_with_a_failing_call_names_it_and_keeps_the_meaning, 0,
		INJECTIONS);
	tcase_add_loop_test(t,
		descriptor_and_wait_with_a_failing_call_keep_the_meaning, 0, 3);
	tcase_add_loop_test(t, connect_with_a_failing_call_keeps_the_meaning, 0,
			    CLIENT_INJECTIONS);
	tcase_add_test(t,
		directory_that_the_owner_cannot_write_is_named_with_the_reason);
	tcase_add_test(t, without_proc_sys_a_policy_loads_and_a_node_opens);
	return stage_run_suite(suite);
}
