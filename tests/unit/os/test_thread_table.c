/* SPDX-License-Identifier: ISC */
/*
 * Files of /proc lead to the descriptors of the calling thread
 *
 * /proc/self is the main thread.  Here it has other files under the numbers that
 * a thread uses, or it has ended and has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postern/result.h>

#include "os/file.h"
#include "os/listener.h"
#include "os/peer_credentials.h"
#include "os/secret_file.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define VICTIM_COUNT 16
#define VICTIM_MODE 0640

static int (*body)(void);
static bool ends_main_thread;
static int dir_fd;
static int victim_fds[VICTIM_COUNT];

static void setup(void)
{
	test_dir_setup();
	dir_fd = open(test_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
}

static void teardown(void)
{
	(void)close(dir_fd);
	test_dir_teardown();
}

static void close_victims(void)
{
	int i;

	for (i = 0; i < VICTIM_COUNT; i++)
		(void)close(victim_fds[i]);
}

/* 0, or the number of the failed step. */
static void *run_body(void *argument)
{
	int *ret_result = argument;

	if (unshare(CLONE_FILES) < 0) {
		*ret_result = 90;
	} else {
		close_victims();
		*ret_result = body();
	}
	if (ends_main_thread)
		_exit(*ret_result);
	return NULL;
}

static int start_body(void *argument)
{
	static int result;
	pthread_t thread;

	(void)argument;
	if (pthread_create(&thread, NULL, run_body, &result) != 0)
		return 91;
	if (ends_main_thread)
		pthread_exit(NULL);
	return pthread_join(thread, NULL) == 0 ? result : 92;
}

/* The main thread's files under the numbers that the thread will use. */
static void open_victims(void)
{
	const char *path = test_file("victim", "", geteuid(), VICTIM_MODE);
	int i;

	for (i = 0; i < VICTIM_COUNT; i++) {
		victim_fds[i] = open(path, O_RDWR | O_CLOEXEC);
		ck_assert_int_ge(victim_fds[i], 0);
	}
}

static void expect_in_thread(int (*function)(void), bool ends)
{
	struct stat status;

	open_victims();
	body = function;
	ends_main_thread = ends;
	ck_assert_int_eq(other_user_run(NULL, start_body, NULL), 0);
	ck_assert_int_eq(stat(test_path("victim"), &status), 0);
	ck_assert_uint_eq(status.st_mode & ALLPERMS, VICTIM_MODE);
	ck_assert_uint_eq(status.st_nlink, 1);
	close_victims();
}

static int set_mode(void)
{
	struct stat status;
	int fd = open(test_path("mine"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd != victim_fds[0])
		return 1;
	if (pst_file_set_mode(fd, 0644) != 0)
		return 2;
	return fstat(fd, &status) == 0 && (status.st_mode & ALLPERMS) == 0644
		       ? 0
		       : 3;
}

START_TEST(set_mode_in_a_thread_changes_the_threads_file, .loop_end = 2)
{
	expect_in_thread(set_mode, _i == 1);
}
END_TEST

static int create_secret(void)
{
	struct pst_path_fault fault;
	struct stat status;

	if (pst_secret_file_create(test_path("key"), geteuid(), "secret", 6,
				   &fault) != 0)
		return 1;
	return stat(test_path("key"), &status) == 0 && status.st_size == 6 &&
			       (status.st_mode & ALLPERMS) == 0600
		       ? 0
		       : 2;
}

START_TEST(create_secret_file_in_a_thread_links_the_threads_file, .loop_end = 2)
{
	expect_in_thread(create_secret, _i == 1);
}
END_TEST

/* Listens, connects, and asks for the other end, which is this process. */
static int listen_and_connect(void)
{
	const struct pst_listener_options options = {
		.dir_fd = dir_fd,
		.path = test_path("node.sock"),
		.name = "node.sock",
		.mode = 0666,
		.group = (gid_t)-1,
		.features = test_features(),
	};
	struct pst_listener listener = PST_LISTENER_INIT;
	enum pst_listener_fault fault;
	struct pst_peer_credentials peer;
	int fd;

	if (pst_listener_open(&options, &listener, &fault) != 0)
		return 1;
	if (listener.watch_fd < 0)
		return 2;
	if (pst_socket_connect(dir_fd, "node.sock", 0, &fd) != 0)
		return 3;
	if (pst_peer_credentials_read(fd, PST_PEER_WANT_EXE, test_features(),
				      &peer) != 0)
		return 4;
	/* /proc/PID of a process whose main thread has ended has no exe. */
	if ((test_features() & POSTERN_FEATURE_PEERPIDFD) &&
	    !ends_main_thread && peer.exe_fact != POSTERN_FACT_KNOWN)
		return 5;
	pst_peer_credentials_done(&peer);
	pst_listener_close(&listener);
	return 0;
}

START_TEST(listen_and_connect_in_a_thread_uses_the_threads_socket,
	   .loop_end = 2)
{
	expect_in_thread(listen_and_connect, _i == 1);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
