/* SPDX-License-Identifier: ISC */
/*
 * Connecting: to the socket that was checked, and only when the backlog has
 * space
 */
#include "os/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/monotonic.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

static int dir_fd = -1;
static struct pst_listener listener;

static const struct other_user user_a = {OTHER_UID_A, OTHER_UID_A, NULL, 0};
static const struct other_user user_b = {OTHER_UID_B, OTHER_UID_B, NULL, 0};

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

static void open_listener(mode_t mode, gid_t group)
{
	const struct pst_listener_options options = {
		.dir_fd = dir_fd,
		.path = test_path("node.sock"),
		.name = "node.sock",
		.mode = mode,
		.group = group,
		.features = test_features(),
	};
	enum pst_listener_fault fault;

	ck_assert_int_eq(pst_listener_open(&options, &listener, &fault), 0);
}

static int connect_now(int *ret_fd)
{
	return pst_socket_connect(dir_fd, "node.sock", 0, ret_fd);
}

/* A socket that is bound and perhaps listens, without a lock. */
static int plain_socket(const char *name, bool listens)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_lt(snprintf(address.sun_path, sizeof(address.sun_path),
				  "/proc/self/fd/%d/%s", dir_fd, name),
			 (int)sizeof(address.sun_path));
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
			      sizeof(address)), 0);
	if (listens)
		ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

START_TEST(connect_tells_why_it_cannot)
{
	int fd = -7;

	ck_assert_int_eq(connect_now(&fd), -ENOENT);
	(void)close(plain_socket("node.sock", false));
	ck_assert_int_eq(connect_now(&fd), -ECONNREFUSED);
	ck_assert_int_eq(rename(test_path("node.sock"), test_path("real")), 0);
	(void)test_file("node.sock", "", geteuid(), 0666);
	ck_assert_int_eq(connect_now(&fd), -ENOTSOCK);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(connect_follows_no_symbolic_link)
{
	int fd, listening_fd = plain_socket("real", true);

	ck_assert_int_eq(symlink("real", test_path("node.sock")), 0);
	ck_assert_int_eq(connect_now(&fd), -ENOTSOCK);
	ck_assert_int_eq(pst_socket_connect(dir_fd, "real", 0, &fd), 0);
	(void)close(fd);
	(void)close(listening_fd);
}
END_TEST

static int expect_no_access(void *argument)
{
	int fd;

	(void)argument;
	return connect_now(&fd) == -EACCES ? 0 : 1;
}

START_TEST(mode_of_the_socket_keeps_others_out)
{
	SKIP_UNLESS_ROOT();
	open_listener(0660, OTHER_UID_A);
	ck_assert_int_eq(other_user_run(&user_b, expect_no_access, NULL), 0);
	ck_assert_int_ne(other_user_run(&user_a, expect_no_access, NULL), 0);
}
END_TEST

static void fill_backlog(void)
{
	int fd, r;

	while ((r = connect_now(&fd)) == 0)
		(void)close(fd);
	ck_assert_int_eq(r, -ETIMEDOUT);
}

START_TEST(full_backlog_is_waited_for_until_the_deadline)
{
	uint64_t deadline_ns;
	int fd;

	open_listener(0666, (gid_t)-1);
	fill_backlog();
	deadline_ns = pst_monotonic_now_ns() + UINT64_C(30000000);
	ck_assert_int_eq(pst_socket_connect(dir_fd, "node.sock", deadline_ns,
					    &fd), -ETIMEDOUT);
	ck_assert_uint_ge(pst_monotonic_now_ns(), deadline_ns);
}
END_TEST

/* Until it sleeps in connect(), which /proc shows to root. */
static void wait_until_connecting(pid_t pid)
{
	uint64_t deadline_ns = test_deadline_ns();
	char path[64];
	FILE *file;
	int number;

	ck_assert_int_gt(snprintf(path, sizeof(path), "/proc/%d/syscall",
				  (int)pid), 0);
	do {
		number = -1;
		file = fopen(path, "re");
		if (!file)
			return;
		/* A process that runs has no number here. */
		if (fscanf(file, "%d", &number) < 0)
			number = -1;
		(void)fclose(file);
		ck_assert_uint_lt(pst_monotonic_now_ns(), deadline_ns);
	} while (number != SYS_connect);
}

static int connect_patiently(void *argument)
{
	int fd;

	(void)argument;
	if (pst_socket_connect(dir_fd, "node.sock", test_deadline_ns(), &fd)
	    != 0)
		return 1;
	return fcntl(fd, F_GETFL) & O_NONBLOCK ? 0 : 2;
}

START_TEST(connect_succeeds_when_a_place_becomes_free)
{
	struct other_user_process connector;
	int fd;

	open_listener(0666, (gid_t)-1);
	fill_backlog();
	other_user_start(NULL, connect_patiently, NULL, &connector);
	wait_until_connecting(connector.pid);
	while (pst_listener_accept(&listener, &fd) == 0)
		(void)close(fd);
	ck_assert_int_eq(other_user_join(&connector), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
