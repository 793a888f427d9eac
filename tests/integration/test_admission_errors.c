/* SPDX-License-Identifier: ISC */
/*
 * System calls that fail in the middle of admission
 *
 * Whatever the kernel cannot do reads as a refusal: one system call of the node
 * is made to fail for good, by a filter, and nobody gets in; there is one record
 * with a reason, and the peer learns one code.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "support/expect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;

/* From here on, for this process and for good. */
static void fail_system_call(long number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
}

static const struct {
	long number;
	enum postern_reason reason;     /* in the node's record */
	int result;                     /* what the peer sees */
	enum postern_reason told;
} failures[] = {
	{SYS_getsockopt, POSTERN_REASON_CREDENTIALS, -EACCES,
	 POSTERN_REASON_REFUSED},
	{SYS_recvmsg, POSTERN_REASON_PROTOCOL, -EACCES,
	 POSTERN_REASON_REFUSED},
	{SYS_memfd_create, POSTERN_REASON_RESOURCES, -EDQUOT,
	 POSTERN_REASON_NODE_BUSY},
	{SYS_ftruncate, POSTERN_REASON_RESOURCES, -EDQUOT,
	 POSTERN_REASON_NODE_BUSY},
	{SYS_fchmod, POSTERN_REASON_RESOURCES, -EDQUOT,
	 POSTERN_REASON_NODE_BUSY},
	{SYS_getrandom, POSTERN_REASON_RESOURCES, -EDQUOT,
	 POSTERN_REASON_NODE_BUSY},
	{SYS_setsockopt, POSTERN_REASON_RESOURCES, -EDQUOT,
	 POSTERN_REASON_NODE_BUSY},
};

#define FAILURE_COUNT (int)(sizeof(failures) / sizeof(failures[0]))

START_TEST(an_error_of_the_kernel_lets_nobody_in, .loop_end = FAILURE_COUNT)
{
	struct peer_report report;
	struct process peer;

	skip_unless(!test_has_runner(), "the runner makes calls of its own");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	fail_system_call(failures[_i].number);

	report = peer_connect(&scene, &peer);
	ck_assert_int_eq(report.result, failures[_i].result);
	ck_assert_int_eq(report.reason, failures[_i].told);
	scene_expect_one_refusal(&scene, failures[_i].reason, 0);
	ck_assert_uint_eq(scene.event_count, 0);

	process_end(&peer);
	scene_close(&scene);
}
END_TEST

START_TEST(an_error_of_the_kernel_opens_no_node)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	skip_unless(!test_has_runner(), "the runner makes calls of its own");
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	fail_system_call(SYS_epoll_create1);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -ECANCELED);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KERNEL);
	ck_assert_str_ne(error.detail, "");
	ck_assert_int_eq(access(scene.socket_path, F_OK), -1);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
