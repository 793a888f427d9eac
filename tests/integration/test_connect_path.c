/* SPDX-License-Identifier: ISC */
/*
 * The way to a node: what a connector demands of the path and of the listener
 *
 * None of this gets as far as a first byte: whoever could have put something
 * else in the node's place is found out before anything is said.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/fake_node.h"
#include "support/host.h"
#include "support/inspect.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static struct scene scene;
static pid_t listener_helper;

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
}

static int listen_as_a_node(int *ret_fd)
{
	return fake_listen(scene.socket_path, SOCK_SEQPACKET, ret_fd);
}

static int try_connect(struct postern_error_info *error)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channel;

	options.disable_features = test_disable_features();
	return postern_connect(scene.policy, "orders", &options,
			       test_deadline_ns(), &channel, error);
}

static void expect_refused(int result, enum postern_reason reason,
			   const char *detail)
{
	size_t fds_before = inspect_fd_count();
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	ck_assert_int_eq(try_connect(&error), result);
	ck_assert_msg(error.reason == reason, "for '%s' (%s), not '%s'",
		      postern_reason_name(error.reason), error.detail,
		      postern_reason_name(reason));
	ck_assert_msg(strstr(error.detail, detail), "does not say '%s': %s",
		      detail, error.detail);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
}

START_TEST(nobody_there_is_no_such_node)
{
	expect_refused(-ENOENT, POSTERN_REASON_NOT_RUNNING, scene.socket_path);
}
END_TEST

START_TEST(a_socket_that_nobody_listens_on_is_no_such_node)
{
	int fd;

	ck_assert_int_eq(listen_as_a_node(&fd), 0);
	ck_assert_int_eq(close(fd), 0);
	expect_refused(-ENOENT, POSTERN_REASON_NOT_RUNNING, scene.socket_path);
}
END_TEST

START_TEST(a_planted_file_is_not_a_node)
{
	int fd = open(scene.socket_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	expect_refused(-EACCES, POSTERN_REASON_NOT_A_SOCKET, scene.socket_path);
}
END_TEST

START_TEST(a_symbolic_link_is_not_followed_to_a_node)
{
	char path[STAGE_PATH_BYTES + 16];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/real", scene.directory);
	ck_assert_int_eq(fake_listen(path, SOCK_SEQPACKET, &fd), 0);
	ck_assert_int_eq(symlink("real", scene.socket_path), 0);
	expect_refused(-EACCES, POSTERN_REASON_NOT_A_SOCKET, scene.socket_path);
	(void)pst_fd_close(fd);
}
END_TEST

START_TEST(a_socket_of_another_kind_is_not_a_node)
{
	int fd;

	ck_assert_int_eq(fake_listen(scene.socket_path, SOCK_STREAM, &fd), 0);
	expect_refused(-EACCES, POSTERN_REASON_NOT_A_SOCKET, scene.socket_path);
	(void)pst_fd_close(fd);
}
END_TEST

START_TEST(a_directory_that_others_can_write_is_not_trusted)
{
	int fd;

	ck_assert_int_eq(listen_as_a_node(&fd), 0);
	ck_assert_int_eq(chmod(scene.directory, 0777), 0);
	expect_refused(-EACCES, POSTERN_REASON_UNTRUSTED_PATH, "chmod");
	ck_assert_int_eq(chmod(scene.directory, 01777), 0);
	expect_refused(-EACCES, POSTERN_REASON_UNTRUSTED_PATH, "chmod");
	ck_assert_int_eq(chmod(scene.directory, 0775), 0);
	expect_refused(-EACCES, POSTERN_REASON_UNTRUSTED_PATH, "chmod");
	(void)pst_fd_close(fd);
}
END_TEST

START_TEST(a_directory_of_another_user_is_not_trusted)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	ck_assert_int_eq(chown(scene.directory, uid_of(ROLE_OTHER),
			       gid_of(ROLE_OTHER)), 0);
	expect_refused(-EACCES, POSTERN_REASON_UNTRUSTED_PATH, "chown");
}
END_TEST

START_TEST(a_directory_behind_a_symbolic_link_is_not_trusted)
{
	char moved[STAGE_PATH_BYTES + 16];

	(void)snprintf(moved, sizeof(moved), "%s-moved", scene.directory);
	ck_assert_int_eq(rename(scene.directory, moved), 0);
	ck_assert_int_eq(symlink(moved, scene.directory), 0);
	expect_refused(-EACCES, POSTERN_REASON_UNTRUSTED_PATH,
		       scene.directory);
}
END_TEST

/* The name is right and so is the directory; who called listen() is not. */
START_TEST(a_listener_that_is_not_the_owner_is_refused)
{
	char wrong[32];
	int fd;

	skip_unless(users_are_several(), NEEDS_USERS);
	ck_assert_int_eq(listen_as_a_node(&fd), 0);
	(void)snprintf(wrong, sizeof(wrong), "listener is uid 0");
	expect_refused(-EACCES, POSTERN_REASON_LISTENER, wrong);

	ck_assert_int_eq(act_as(ROLE_OTHER), 0);
	/* To listen once more is to become the listener. */
	ck_assert_int_eq(listen(fd, 8), 0);
	(void)snprintf(wrong, sizeof(wrong), "listener is uid %u",
		       (unsigned)uid_of(ROLE_OTHER));
	expect_refused(-EACCES, POSTERN_REASON_LISTENER, wrong);
	(void)pst_fd_close(fd);
	ck_assert_int_eq(be_root_again(), 0);
}
END_TEST

START_TEST(a_socket_whose_mode_keeps_us_out_says_so)
{
	int fd;

	skip_unless(users_are_several(), NEEDS_USERS);
	ck_assert_int_eq(listen_as_a_node(&fd), 0);
	ck_assert_int_eq(chmod(scene.socket_path, 0600), 0);
	ck_assert_int_eq(become(ROLE_OTHER, NULL, 0), 0);
	expect_refused(-EACCES, POSTERN_REASON_REFUSED, "mode");
	(void)pst_fd_close(fd);
}
END_TEST

START_TEST(a_node_that_the_policy_does_not_know_is_no_such_node)
{
	struct postern_channel *channel;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	ck_assert_int_eq(postern_connect(scene.policy, "invoices", NULL,
					 test_deadline_ns(), &channel,
					 &error),
			 -ENOENT);
	ck_assert_int_eq(error.reason, POSTERN_REASON_UNKNOWN_NODE);
}
END_TEST

START_TEST(a_probe_finds_a_live_node_and_only_that)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct host_report report;
	struct process host;
	size_t fds_before;
	int fd;

	scene_load(&scene, SCENE_OWNER_POLICY);
	ck_assert_int_eq(postern_node_probe(scene.policy, "orders",
					    test_deadline_ns(), &error),
			 -ENOENT);
	fd = open(scene.socket_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(postern_node_probe(scene.policy, "orders",
					    test_deadline_ns(), &error),
			 -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_NOT_A_SOCKET);
	ck_assert_int_eq(unlink(scene.socket_path), 0);

	process_start(&host, ROLE_ROOT, host_main, &scene);
	report = host_obey(&host, HOST_OPEN);
	ck_assert_msg(report.result == 0, "%s", report.detail);
	fds_before = inspect_fd_count();
	ck_assert_int_eq(postern_node_probe(scene.policy, "orders",
					    test_deadline_ns(), NULL),
			 0);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	report = host_obey(&host, HOST_TELL);
	ck_assert_uint_eq(report.refusal_count, 0);
	ck_assert_uint_eq(report.event_count, 0);
	process_end(&host);
}
END_TEST

/* A deadline that has passed, at a node that does not answer. */
static void expect_no_wait(void)
{
	uint64_t begin_ns = inspect_now_ns();
	struct postern_channel *channel;
	struct postern_stats_reader *observer;

	ck_assert_int_eq(postern_connect(scene.policy, "orders", NULL, 0,
					 &channel, NULL),
			 -ETIMEDOUT);
	ck_assert_int_eq(postern_node_probe(scene.policy, "orders", 0, NULL),
			 -ETIMEDOUT);
	ck_assert_int_eq(postern_stats_reader_open(scene.policy, "orders", NULL,
						   0, &observer, NULL),
			 -ETIMEDOUT);
	ck_assert_int_eq(postern_control_disconnect(scene.policy, "orders",
						"friend", NULL, 0, NULL, NULL),
			 -ETIMEDOUT);
	ck_assert_uint_lt(inspect_now_ns() - begin_ns, 2000000000);
}

/* The kernel still accepts connections for it. */
START_TEST(probe_stopped_node_times_out)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct host_report report;
	struct process host;
	int status;

	scene_load(&scene, SCENE_OWNER_POLICY);
	process_start(&host, ROLE_ROOT, host_main, &scene);
	report = host_obey(&host, HOST_OPEN);
	ck_assert_msg(report.result == 0, "%s", report.detail);
	ck_assert_int_eq(kill(host.pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(host.pid, &status, WUNTRACED), host.pid);
	ck_assert_int_eq(
		postern_node_probe(scene.policy, "orders",
				   postern_deadline_after(100 * 1000 * 1000),
				   &error),
		-ETIMEDOUT);
	ck_assert_int_eq(error.reason, POSTERN_REASON_DEADLINE);
	expect_no_wait();
	ck_assert_int_eq(kill(host.pid, SIGCONT), 0);
	ck_assert_int_eq(postern_node_probe(scene.policy, "orders",
					    test_deadline_ns(), &error),
			 0);
	process_end(&host);
}
END_TEST

/* Listen, leave the socket to a process that sleeps, and exit. */
static void leave_listener_behind(void)
{
	pid_t listener, helper;
	int pipe_fds[2], status, fd;

	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	listener = fork();
	ck_assert_int_ge(listener, 0);
	if (listener == 0) {
		if (act_as(ROLE_OWNER) < 0 || listen_as_a_node(&fd) < 0)
			_exit(1);
		helper = fork();
		if (helper == 0)
			for (;;)
				(void)pause();
		if (write(pipe_fds[1], &helper, sizeof(helper)) !=
		    sizeof(helper))
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(read(pipe_fds[0], &listener_helper,
			      sizeof(listener_helper)),
			 sizeof(listener_helper));
	ck_assert_int_eq(close(pipe_fds[0]), 0);
	ck_assert_int_eq(close(pipe_fds[1]), 0);
	ck_assert_int_eq(waitpid(listener, &status, 0), listener);
	ck_assert_int_eq(status, 0);
}

START_TEST(connect_exited_listener_with_open_socket_is_not_running)
{
	skip_unless(postern_features() & ~test_disable_features() &
			    POSTERN_FEATURE_PEERPIDFD,
		    "needs SO_PEERPIDFD");
	leave_listener_behind();
	expect_refused(-ENOENT, POSTERN_REASON_LISTENER_EXITED, "has exited");
	ck_assert_int_eq(kill(listener_helper, SIGKILL), 0);
}
END_TEST

START_TEST(nonsense_is_an_invalid_argument)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channel;

	ck_assert_int_eq(postern_connect(scene.policy, NULL, NULL,
					 test_deadline_ns(), &channel, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_connect(scene.policy, "orders", NULL,
					 test_deadline_ns(), NULL, NULL),
			 -EINVAL);
	options.directions = 8;
	ck_assert_int_eq(postern_connect(scene.policy, "orders", &options,
					 test_deadline_ns(), &channel, NULL),
			 -EINVAL);
	options.directions = 0;
	options.size_bytes = 1;
	ck_assert_int_eq(postern_connect(scene.policy, "orders", &options,
					 test_deadline_ns(), &channel, NULL),
			 -EINVAL);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up);
}
