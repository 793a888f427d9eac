/* SPDX-License-Identifier: ISC */
/*
 * One node of a name at a time: in this process, in another, after a crash, and
 * when another program removes its socket or lock file
 */
#include "os/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/monotonic.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define PATIENCE_NS (30 * UINT64_C(1000000000))

static int dir_fd = -1;
static struct pst_listener listener;
static enum pst_listener_fault fault;

static void setup(void)
{
	test_dir_setup();
	dir_fd = open(test_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
	listener = (struct pst_listener) PST_LISTENER_INIT;
}

static void teardown(void)
{
	pst_listener_close(&listener);
	(void)close(dir_fd);
	test_dir_teardown();
}

static int open_listener(void)
{
	const struct pst_listener_options options = {
		.dir_fd = dir_fd,
		.path = test_path("node.sock"),
		.name = "node.sock",
		.mode = 0666,
		.group = (gid_t)-1,
		.features = test_features(),
	};

	return pst_listener_open(&options, &listener, &fault);
}

static int connect_now(int *ret_fd)
{
	return pst_socket_connect(dir_fd, "node.sock", 0, ret_fd);
}

static int expect_busy(void *argument)
{
	(void)argument;
	return open_listener() == -EBUSY && fault == PST_LISTENER_FAULT_IN_USE
		       ? 0 : 1;
}

static int expect_open(void *argument)
{
	(void)argument;
	return open_listener() == 0 ? 0 : 1;
}

START_TEST(second_node_of_the_name_in_another_process_is_refused)
{
	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(other_user_run(NULL, expect_busy, NULL), 0);
	pst_listener_close(&listener);
	ck_assert_int_eq(other_user_run(NULL, expect_open, NULL), 0);
}
END_TEST

START_TEST(second_node_in_this_process_is_refused_and_costs_no_lock)
{
	struct pst_listener first;
	int connected_fd;

	ck_assert_int_eq(open_listener(), 0);
	first = listener;
	ck_assert_int_eq(expect_busy(NULL), 0);
	/* Had the lock been lost, another process could get it now. */
	ck_assert_int_eq(other_user_run(NULL, expect_busy, NULL), 0);
	ck_assert_int_eq(connect_now(&connected_fd), 0);
	(void)close(connected_fd);
	listener = first;
}
END_TEST

/* As a cleaner of temporary files does; the first node has not seen it yet. */
START_TEST(second_node_is_refused_when_the_lock_file_was_removed)
{
	struct pst_listener first;
	struct stat status;

	ck_assert_int_eq(open_listener(), 0);
	first = listener;
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ck_assert_int_eq(expect_busy(NULL), 0);
	ck_assert_int_eq(other_user_run(NULL, expect_busy, NULL), 0);
	ck_assert_int_eq(stat(test_path("node.sock.lock"), &status), -1);
	listener = first;
}
END_TEST

START_TEST(second_node_is_refused_when_the_socket_was_removed)
{
	struct stat status;

	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ck_assert_int_eq(other_user_run(NULL, expect_busy, NULL), 0);
	ck_assert_int_eq(stat(test_path("node.sock"), &status), -1);
}
END_TEST

START_TEST(second_node_is_refused_while_the_backlog_is_full)
{
	struct pst_listener first;
	int connected_fd, r;

	ck_assert_int_eq(open_listener(), 0);
	first = listener;
	while ((r = connect_now(&connected_fd)) == 0)
		(void)close(connected_fd);
	ck_assert_int_eq(r, -ETIMEDOUT);
	ck_assert_int_eq(expect_busy(NULL), 0);
	ck_assert_int_eq(other_user_run(NULL, expect_busy, NULL), 0);
	listener = first;
}
END_TEST

/* Opens a node, reports that, and runs until it is killed. */
static int hold_listener(void *argument)
{
	const int *ready_fds = argument;

	if (open_listener() != 0 || write(ready_fds[1], "x", 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

static void start_holder(struct other_user_process *holder,
			 other_user_function *function)
{
	int ready_fds[2];
	char byte;

	ck_assert_int_eq(pipe2(ready_fds, O_CLOEXEC), 0);
	other_user_start(NULL, function, ready_fds, holder);
	(void)close(ready_fds[1]);
	ck_assert_int_eq(read(ready_fds[0], &byte, 1), 1);
	(void)close(ready_fds[0]);
}

START_TEST(socket_of_a_killed_node_is_replaced)
{
	struct other_user_process holder;
	struct stat status;
	int connected_fd;

	start_holder(&holder, hold_listener);
	ck_assert_int_eq(expect_busy(NULL), 0);
	other_user_kill(&holder);
	ck_assert_int_eq(lstat(test_path("node.sock"), &status), 0);
	ck_assert_int_eq(connect_now(&connected_fd), -ECONNREFUSED);
	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(connect_now(&connected_fd), 0);
	(void)close(connected_fd);
}
END_TEST

#define STARTERS 4
#define START_ROUNDS 25

/* Waits for the start, reports the result, and keeps its lock. */
static int start_at_once(void *argument)
{
	const int (*pipes)[2] = argument;
	char byte, answer;
	int r;

	(void)close(pipes[0][1]);
	if (read(pipes[0][0], &byte, 1) != 0)
		return 1;
	r = open_listener();
	answer = r == 0 ? 'o' : r == -EBUSY ? 'b' : 'x';
	if (write(pipes[1][1], &answer, 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

START_TEST(one_of_several_starters_gets_the_name_over_a_stale_socket)
{
	struct other_user_process starters[STARTERS];
	int pipes[2][2], round, i, open_count;
	char answer;

	for (round = 0; round < START_ROUNDS; round++) {
		open_count = 0;
		ck_assert_int_eq(pipe2(pipes[0], O_CLOEXEC), 0);
		ck_assert_int_eq(pipe2(pipes[1], O_CLOEXEC), 0);
		for (i = 0; i < STARTERS; i++)
			other_user_start(NULL, start_at_once, pipes,
					 &starters[i]);
		(void)close(pipes[0][0]);
		(void)close(pipes[0][1]);
		for (i = 0; i < STARTERS; i++) {
			ck_assert_int_eq(read(pipes[1][0], &answer, 1), 1);
			ck_assert_int_ne(answer, 'x');
			open_count += answer == 'o';
		}
		ck_assert_int_eq(open_count, 1);
		for (i = 0; i < STARTERS; i++)
			other_user_kill(&starters[i]);
		(void)close(pipes[1][0]);
		(void)close(pipes[1][1]);
	}
}
END_TEST

static void close_all_but_the_listener(void)
{
	int fd;

	for (fd = STDERR_FILENO + 1; fd < 1024; fd++) {
		if (fd != listener.socket_fd && fd != listener.lock_fd &&
		    fd != listener.dir_fd && fd != listener.watch_fd)
			(void)close(fd);
	}
}

/* Leaves behind a child that has inherited socket and lock file. */
static int leave_child_behind(void *argument)
{
	const int *ready_fds = argument;
	pid_t pid;

	if (open_listener() != 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		/* Above all the pipes that report the end of our parent. */
		close_all_but_the_listener();
		for (;;)
			(void)pause();
	}
	if (dprintf(ready_fds[1], "%d", (int)pid) < 0)
		return 1;
	for (;;)
		(void)pause();
}

START_TEST(child_of_a_dead_node_does_not_lock_out_its_successor)
{
	struct other_user_process holder;
	int ready_fds[2];
	char number[16] = "";

	ck_assert_int_eq(pipe2(ready_fds, O_CLOEXEC), 0);
	other_user_start(NULL, leave_child_behind, ready_fds, &holder);
	(void)close(ready_fds[1]);
	ck_assert_int_gt(read(ready_fds[0], number, sizeof(number) - 1), 0);
	(void)close(ready_fds[0]);
	ck_assert_int_eq(expect_busy(NULL), 0);
	other_user_kill(&holder);
	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(kill((pid_t)atoi(number), SIGKILL), 0);
}
END_TEST

/* -- names that are removed ------------------------------------------------ */

static void ensure_watch_is_readable(void)
{
	struct pollfd polled = {.fd = listener.watch_fd, .events = POLLIN};

	ck_assert_int_ge(listener.watch_fd, 0);
	ck_assert_int_eq(poll(&polled, 1, 10000), 1);
	pst_listener_drain_watch(&listener);
	ck_assert_int_eq(poll(&polled, 1, 0), 0);
	ck_assert(!pst_listener_is_in_place(&listener, dir_fd));
}

static int restore(void)
{
	const struct pst_listener_options options = {
		.dir_fd = dir_fd,
		.path = test_path("node.sock"),
		.name = "node.sock",
		.mode = 0666,
		.group = (gid_t)-1,
		.features = test_features(),
	};

	return pst_listener_restore(&options, &listener, &fault);
}

static void assert_is_whole(size_t fd_count)
{
	struct pollfd polled = {.fd = listener.watch_fd, .events = POLLIN};
	uint64_t deadline_ns = pst_monotonic_now_ns() + PATIENCE_NS;
	int connected_fd;

	ck_assert(pst_listener_is_in_place(&listener, dir_fd));
	ck_assert_uint_eq(test_entry_count(), 2);
	ck_assert_uint_eq(test_fd_count(), fd_count);
	/*
	 * A thread may close the socket before this one.  Where that file is
	 * hidden, the connection has to do.
	 */
	while (access("/proc/net/unix", R_OK) == 0 &&
	       test_bound_count(test_path("node.sock")) != 1)
		ck_assert_uint_lt(pst_monotonic_now_ns(), deadline_ns);
	ck_assert_int_eq(connect_now(&connected_fd), 0);
	(void)close(connected_fd);
	/* Files of our own making are no reason to check again. */
	ck_assert_int_eq(poll(&polled, 1, 0), 0);
}

START_TEST(restore_makes_a_removed_socket_anew)
{
	size_t fd_count;

	ck_assert_int_eq(open_listener(), 0);
	fd_count = test_fd_count();
	ck_assert(pst_listener_is_in_place(&listener, dir_fd));
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ensure_watch_is_readable();
	ck_assert_int_eq(restore(), 0);
	assert_is_whole(fd_count);
}
END_TEST

START_TEST(restore_makes_a_removed_lock_file_anew)
{
	size_t fd_count;
	struct stat status;

	ck_assert_int_eq(open_listener(), 0);
	fd_count = test_fd_count();
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ensure_watch_is_readable();
	ck_assert_int_eq(restore(), 0);
	assert_is_whole(fd_count);
	ck_assert_int_eq(stat(test_path("node.sock.lock"), &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFREG | S_ISVTX | 0600);
}
END_TEST

START_TEST(restore_makes_both_anew_in_a_directory_that_was_made_anew)
{
	size_t fd_count;

	ck_assert_int_eq(open_listener(), 0);
	fd_count = test_fd_count();
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ck_assert_int_eq(rmdir(test_dir), 0);
	ensure_watch_is_readable();
	ck_assert_int_eq(restore(), -ENOENT);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_DIRECTORY);
	ck_assert_uint_eq(test_fd_count(), fd_count);

	ck_assert_int_eq(mkdir(test_dir, 0755), 0);
	(void)close(dir_fd);
	dir_fd = open(test_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(restore(), 0);
	assert_is_whole(fd_count);
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ensure_watch_is_readable();
}
END_TEST

START_TEST(restore_makes_a_socket_anew_that_another_file_replaced)
{
	ck_assert_int_eq(open_listener(), 0);
	(void)test_file("other", "", geteuid(), 0600);
	ck_assert_int_eq(rename(test_path("other"), test_path("node.sock")), 0);
	ensure_watch_is_readable();
	ck_assert_int_eq(restore(), -EEXIST);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_OCCUPIED);
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ensure_watch_is_readable();
	ck_assert_int_eq(restore(), 0);
	ck_assert(pst_listener_is_in_place(&listener, dir_fd));
}
END_TEST

/* The first node learns of it later than the second begins. */
START_TEST(restore_takes_no_name_from_a_node_that_has_it)
{
	struct pst_listener first, second;

	ck_assert_int_eq(open_listener(), 0);
	first = listener;
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ck_assert_int_eq(open_listener(), 0);
	second = listener;
	listener = first;
	ensure_watch_is_readable();
	ck_assert_int_eq(restore(), -EBUSY);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_IN_USE);
	ck_assert_int_eq(listener.socket_fd, first.socket_fd);
	ck_assert(pst_listener_is_in_place(&second, dir_fd));
	pst_listener_close(&second);
	ck_assert_int_eq(restore(), 0);
	ck_assert(pst_listener_is_in_place(&listener, dir_fd));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
