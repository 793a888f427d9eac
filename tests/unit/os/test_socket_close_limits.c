/* SPDX-License-Identifier: ISC */
/*
 * The thread that closes a connection, where the program has restricted itself
 *
 * Much thread-local data, filters of system calls, large descriptor tables, and
 * threads with a descriptor table of their own.
 */
#include "os/socket_close.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/monotonic.h"
#include "support/lingering.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "support/test_options.h"
#include "unit/os/os_test.h"

#define LINGER_SECONDS 15
#define PROMPT_NS (10 * PST_NS_PER_SECOND)
#define HIGH_FD 700

/* More than fits a stack of 64 KiB. */
static _Thread_local volatile char thread_local_data[60000];

/* The action for each of two system calls. */
struct call_filter {
	uint32_t on_unshare;
	uint32_t on_close_range;
};

static int set_filter(const struct call_filter *filter)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, filter->on_unshare),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, filter->on_close_range),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
				     &program) < 0
		       ? -errno
		       : 0;
}

/* A socket whose close lingers, with the number fd or a low one. */
static int make_lingering(int fd, int linger_seconds)
{
	int pair[2], other_fd;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    lingering_socket_send(pair[0], "x", 1, linger_seconds,
				  &other_fd) != 0)
		return -1;
	if (fd < 0)
		return pair[1];
	if (dup3(pair[1], fd, O_CLOEXEC) < 0)
		return -1;
	(void)close(pair[1]);
	return fd;
}

/* How long the close takes, or never if the socket could not be made. */
static uint64_t close_lingering(int fd, int linger_seconds)
{
	int socket_fd = make_lingering(fd, linger_seconds);
	uint64_t started_ns = pst_monotonic_now_ns();

	if (socket_fd < 0 || pst_socket_close(socket_fd) != -1 ||
	    fcntl(socket_fd, F_GETFD) >= 0)
		return PST_DEADLINE_NEVER;
	return pst_monotonic_now_ns() - started_ns;
}

/* -- thread-local data ------------------------------------------------------ */

START_TEST(close_with_much_thread_local_data_does_not_wait)
{
	thread_local_data[0] = 1;
	ck_assert_uint_lt(close_lingering(-1, LINGER_SECONDS), PROMPT_NS);
	ck_assert_int_eq(pst_socket_close_try(), 0);
}
END_TEST

/* -- filters ---------------------------------------------------------------- */

static int close_within_filter(void *argument)
{
	if (set_filter(argument) < 0)
		return 1;
	if (pst_socket_close_try() != 0)
		return 2;
	if (close_lingering(-1, LINGER_SECONDS) >= PROMPT_NS)
		return 3;
	return close_lingering(HIGH_FD, LINGER_SECONDS) < PROMPT_NS ? 0 : 4;
}

START_TEST(close_needs_only_one_of_unshare_and_close_range, .loop_end = 4)
{
	static struct call_filter filters[] = {
		{SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW},
		{SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW},
		{SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | ENOSYS},
		{SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM},
	};

	ck_assert_int_eq(other_user_run(NULL, close_within_filter,
					&filters[_i]), 0);
}
END_TEST

static int close_without_table(void *argument)
{
	if (set_filter(argument) < 0)
		return 1;
	if (pst_socket_close_try() != -EPERM)
		return 2;
	return close_lingering(-1, 1) < PROMPT_NS ? 0 : 3;
}

START_TEST(close_without_a_table_of_its_own_closes_in_place)
{
	struct call_filter filter = {SECCOMP_RET_ERRNO | EPERM,
				     SECCOMP_RET_ERRNO | EPERM};

	ck_assert_int_eq(other_user_run(NULL, close_without_table, &filter), 0);
}
END_TEST

/* A killed thread is noticed at once, each time. */
static int close_with_killed_threads(void *argument)
{
	uint64_t started_ns;
	int i;

	if (set_filter(argument) < 0)
		return 1;
	if (close_lingering(-1, 1) >= PROMPT_NS)
		return 2;
	if (pst_socket_close_try() != -ECANCELED)
		return 3;
	started_ns = pst_monotonic_now_ns();
	for (i = 0; i < 200; i++) {
		if (pst_socket_close_try() != -ECANCELED)
			return 4;
	}
	return pst_monotonic_now_ns() - started_ns < PROMPT_NS ? 0 : 5;
}

START_TEST(close_goes_on_when_a_filter_kills_the_thread)
{
	struct call_filter filter = {SECCOMP_RET_KILL_THREAD,
				     SECCOMP_RET_KILL_THREAD};

	skip_unless(!test_has_sanitizer(),
		    "a sanitizer keeps data of the killed thread on its stack");
	ck_assert_int_eq(other_user_run(NULL, close_with_killed_threads,
					&filter), 0);
}
END_TEST

static int try_and_be_killed(void *argument)
{
	const struct rlimit no_core = {0, 0};

	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || set_filter(argument) < 0)
		return 1;
	return pst_socket_close_try() == 0 ? 2 : 3;
}

START_TEST(try_shows_a_filter_that_kills_the_process)
{
	struct call_filter filter = {SECCOMP_RET_KILL_PROCESS,
				     SECCOMP_RET_KILL_PROCESS};

	ck_assert_int_eq(other_user_run(NULL, try_and_be_killed, &filter),
			 -SIGSYS);
}
END_TEST

/* -- descriptor tables ------------------------------------------------------ */

START_TEST(close_of_a_high_descriptor_does_not_wait, .loop_end = 6)
{
	static const int fds[] = {63, 64, 65, 127, 128, HIGH_FD};

	ck_assert_uint_lt(close_lingering(fds[_i], LINGER_SECONDS), PROMPT_NS);
}
END_TEST

static void *close_in_own_table(void *argument)
{
	uint64_t *ret_ns = argument;

	if (unshare(CLONE_FILES) == 0)
		*ret_ns = close_lingering(HIGH_FD, LINGER_SECONDS);
	return NULL;
}

/* The main thread has a pipe under the same number. */
START_TEST(close_in_a_thread_with_its_own_table_does_not_wait)
{
	uint64_t ns = PST_DEADLINE_NEVER;
	pthread_t thread;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[0], HIGH_FD), HIGH_FD);
	ck_assert_int_eq(pthread_create(&thread, NULL, close_in_own_table, &ns),
			 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_lt(ns, PROMPT_NS);
	ck_assert_int_ge(fcntl(HIGH_FD, F_GETFD), 0);
}
END_TEST

static void *close_after_main_thread(void *argument)
{
	(void)argument;
	_exit(close_lingering(HIGH_FD, LINGER_SECONDS) < PROMPT_NS ? 0 : 1);
}

static int leave_main_thread(void *argument)
{
	pthread_t thread;

	(void)argument;
	if (pthread_create(&thread, NULL, close_after_main_thread, NULL) != 0)
		return 2;
	pthread_exit(NULL);
}

START_TEST(close_after_the_main_thread_has_ended_does_not_wait)
{
	ck_assert_int_eq(other_user_run(NULL, leave_main_thread, NULL), 0);
}
END_TEST

START_TEST(close_counts_those_that_went_to_a_thread)
{
	unsigned count = 0;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
	ck_assert_int_eq(pst_socket_close_counted(pair[0], &count), -1);
	ck_assert_int_eq(pst_socket_close_counted(pair[1], &count), -1);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(pst_socket_close_counted(
				 make_lingering(-1, LINGER_SECONDS), &count), -1);
	ck_assert_uint_eq(count, 1);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 120);
}
