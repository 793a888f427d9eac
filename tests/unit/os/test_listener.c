/* SPDX-License-Identifier: ISC */
/*
 * A node's socket: created when ready, removed when closed, and the files it
 * replaces
 */
#include "os/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <postern/result.h>

#include "os/kernel.h"
#include "os/packet_socket.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

static int dir_fd = -1;
static struct pst_listener listener;
static enum pst_listener_fault fault;

static const struct other_user user_a = {OTHER_UID_A, OTHER_UID_A, NULL, 0};

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

static int open_named(const char *name, mode_t mode, gid_t group)
{
	const struct pst_listener_options options = {
		.dir_fd = dir_fd,
		.path = test_path(name),
		.name = name,
		.mode = mode,
		.group = group,
		.features = test_features(),
	};

	return pst_listener_open(&options, &listener, &fault);
}

static int open_listener(void)
{
	return open_named("node.sock", 0666, (gid_t)-1);
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

/* -- opening and closing --------------------------------------------------- */

START_TEST(connection_reaches_the_listener)
{
	int connected_fd, accepted_fd;
	char byte;

	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_NONE);
	ck_assert_int_eq(pst_listener_accept(&listener, &accepted_fd),
			 -EAGAIN);
	ck_assert_int_eq(connect_now(&connected_fd), 0);
	ck_assert_int_eq(pst_listener_accept(&listener, &accepted_fd), 0);
	ck_assert_int_eq(send(connected_fd, "x", 1, 0), 1);
	ck_assert_int_eq(recv(accepted_fd, &byte, 1, 0), 1);
	ck_assert_int_ne(fcntl(accepted_fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(accepted_fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(connected_fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(connected_fd, F_GETFD) & FD_CLOEXEC, 0);
	(void)close(connected_fd);
	(void)close(accepted_fd);
}
END_TEST

/* A connection keeps its place until it is accepted, closed or not. */
START_TEST(a_flood_queues_up_no_further_than_can_be_dealt_with_at_once)
{
	unsigned count = 0;
	int fd, r;

	ck_assert_int_eq(open_listener(), 0);
	while ((r = connect_now(&fd)) == 0 && count <= 1000) {
		(void)close(fd);
		count++;
	}
	ck_assert_int_eq(r, -ETIMEDOUT);
	ck_assert_uint_ge(count, 64);
	ck_assert_uint_le(count, 257);

	ck_assert_int_eq(pst_listener_accept(&listener, &fd), 0);
	(void)close(fd);
	ck_assert_int_eq(connect_now(&fd), 0);
	(void)close(fd);
}
END_TEST

START_TEST(socket_and_lock_are_all_that_is_made)
{
	struct stat status;

	ck_assert_int_eq(open_listener(), 0);
	ck_assert_uint_eq(test_entry_count(), 2);
	ck_assert_int_eq(stat(test_path("node.sock.lock"), &status), 0);
	/* Cleaners of temporary files leave a file with the sticky bit alone. */
	ck_assert_uint_eq(status.st_mode, S_IFREG | S_ISVTX | 0600);
	ck_assert_uint_eq(status.st_uid, geteuid());
}
END_TEST

START_TEST(socket_has_the_mode_and_group_whatever_the_umask)
{
	struct stat status;

	SKIP_UNLESS_ROOT();
	(void)umask(0777);
	ck_assert_int_eq(open_named("node.sock", 0660, OTHER_UID_B), 0);
	(void)umask(022);
	ck_assert_int_eq(lstat(test_path("node.sock"), &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFSOCK | 0660);
	ck_assert_uint_eq(status.st_gid, OTHER_UID_B);
	ck_assert_int_eq(stat(test_path("node.sock.lock"), &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(accepted_socket_wants_credentials_and_refuses_descriptors)
{
	int connected_fd, accepted_fd, fds[2], value = -1;
	socklen_t value_bytes = sizeof(value);
	struct pst_packet_sender sender;
	size_t byte_count;
	char byte;

	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(connect_now(&connected_fd), 0);
	ck_assert_int_eq(pst_packet_send(connected_fd, "x", 1), 0);
	fds[0] = fds[1] = connected_fd;
	if (test_features() & POSTERN_FEATURE_PASSRIGHTS)
		ck_assert_int_eq(pst_packet_send_with_fds(connected_fd, "y", 1,
							  fds, 2), -EPERM);
	ck_assert_int_eq(pst_listener_accept(&listener, &accepted_fd), 0);
	ck_assert_int_eq(getsockopt(accepted_fd, SOL_SOCKET, SO_PASSCRED,
				    &value, &value_bytes), 0);
	ck_assert_int_eq(value, 1);
	ck_assert_int_eq(pst_packet_receive(accepted_fd, test_features(), &byte, 1, &byte_count,
					    &sender), 0);
	ck_assert_int_eq(sender.pid, getpid());
	(void)close(connected_fd);
	(void)close(accepted_fd);
}
END_TEST

START_TEST(close_removes_the_name_and_keeps_the_lock_file)
{
	size_t fd_count = test_fd_count();
	struct stat status;

	ck_assert_int_eq(open_listener(), 0);
	pst_listener_close(&listener);
	ck_assert_int_eq(listener.socket_fd, -1);
	ck_assert_int_eq(lstat(test_path("node.sock"), &status), -1);
	ck_assert_int_eq(lstat(test_path("node.sock.lock"), &status), 0);
	ck_assert_uint_eq(test_fd_count(), fd_count);
	pst_listener_close(&listener);
	ck_assert_int_eq(open_listener(), 0);
}
END_TEST

START_TEST(close_leaves_another_file_of_the_name)
{
	ck_assert_int_eq(open_listener(), 0);
	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	(void)test_file("node.sock", "precious", geteuid(), 0600);
	pst_listener_close(&listener);
	ck_assert_int_eq(access(test_path("node.sock"), F_OK), 0);
}
END_TEST

START_TEST(impossible_names_and_modes_are_refused)
{
	char name[NAME_MAX + 1];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(open_named(name, 0666, (gid_t)-1), -EINVAL);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_NAME);
	ck_assert_int_eq(open_named("", 0666, (gid_t)-1), -EINVAL);
	ck_assert_int_eq(open_named("a/b", 0666, (gid_t)-1), -EINVAL);
	ck_assert_int_eq(open_named("..", 0666, (gid_t)-1), -EINVAL);
	ck_assert_int_eq(open_named("node.sock", 0466, (gid_t)-1), -EINVAL);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_MODE);
	/* The path is the kernel's address of the socket: 107 bytes. */
	name[108 - strlen(test_path(""))] = '\0';
	ck_assert_int_eq(open_named(name, 0666, (gid_t)-1), -EINVAL);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_NAME);
	ck_assert_uint_eq(test_entry_count(), 0);
	name[107 - strlen(test_path(""))] = '\0';
	ck_assert_int_eq(open_named(name, 0666, (gid_t)-1), 0);
}
END_TEST

/* -- the socket's address -------------------------------------------------- */

START_TEST(listener_is_bound_to_its_real_path)
{
	struct pst_listener dead;

	skip_unless(access("/proc/net/unix", R_OK) == 0,
		    "needs /proc/net/unix to see the bound paths");
	ck_assert_uint_eq(test_bound_count(test_path("node.sock")), 0);
	ck_assert_int_eq(open_listener(), 0);
	ck_assert_uint_eq(test_bound_count(test_path("node.sock")), 1);

	/* And so is the socket that replaces a stale one. */
	dead = listener;
	(void)close(dead.socket_fd);
	(void)close(dead.watch_fd);
	(void)close(dead.dir_fd);
	(void)close(dead.lock_fd);
	ck_assert_int_eq(open_listener(), 0);
	ck_assert_uint_eq(test_bound_count(test_path("node.sock")), 1);
}
END_TEST

static int connect_without_access(void *argument)
{
	int fd;

	(void)argument;
	return connect_now(&fd) == -ECONNREFUSED ? 0 : 1;
}

/* A socket between bind() and listen() appears the same. */
START_TEST(connect_to_a_socket_without_access_bits_finds_no_listener)
{
	SKIP_UNLESS_ROOT();
	(void)close(plain_socket("node.sock", true));
	ck_assert_int_eq(chmod(test_path("node.sock"), 0), 0);
	ck_assert_int_eq(other_user_run(&user_a, connect_without_access, NULL),
			 0);
}
END_TEST

/* -- the directory's default ACL ------------------------------------------- */

static int connect_in_vain(void *argument)
{
	int fd;

	(void)argument;
	return connect_now(&fd) == -EACCES ? 0 : 1;
}

START_TEST(default_acl_of_the_directory_gives_no_access_to_the_socket)
{
	struct stat status;

	SKIP_UNLESS_ROOT();
	if (!test_dir_set_default_acl(OTHER_UID_A)) {
		fprintf(stderr, "SKIP: %s: needs a file system with ACLs\n",
			__func__);
		return;
	}
	ck_assert(test_has_acl(test_file("plain", "", geteuid(), 0660)));
	ck_assert_int_eq(unlink(test_path("plain")), 0);

	ck_assert_int_eq(open_named("node.sock", 0660, (gid_t)-1), 0);
	ck_assert_int_eq(other_user_run(&user_a, connect_in_vain, NULL), 0);
	ck_assert(!test_has_acl(test_path("node.sock")));
	ck_assert(!test_has_acl(test_path("node.sock.lock")));
	ck_assert_int_eq(stat(test_path("node.sock"), &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFSOCK | 0660);
	ck_assert_int_eq(pst_listener_set_access(&listener, 0600, (gid_t)-1),
			 0);
	ck_assert_int_eq(pst_listener_set_access(&listener, 0660, (gid_t)-1),
			 0);
	ck_assert_int_eq(other_user_run(&user_a, connect_in_vain, NULL), 0);
	/* A lock file that was there before, with an ACL. */
	pst_listener_close(&listener);
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ck_assert(test_has_acl(test_file("node.sock.lock", "", geteuid(),
					 0600)));
	ck_assert_int_eq(open_named("node.sock", 0660, (gid_t)-1), 0);
	ck_assert(!test_has_acl(test_path("node.sock.lock")));
}
END_TEST

/*
 * -- files that may be replaced ---------------------------------------------
 */

static void assert_occupied(void)
{
	unsigned count = test_entry_count();

	ck_assert_int_eq(open_listener(), -EEXIST);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_OCCUPIED);
	/* Nothing is left but, at most, the lock file. */
	ck_assert_uint_le(test_entry_count(), count + 1);
}

START_TEST(file_that_is_not_a_socket_is_not_replaced)
{
	struct stat status;

	(void)test_file("node.sock", "precious", geteuid(), 0600);
	assert_occupied();
	ck_assert_int_eq(stat(test_path("node.sock"), &status), 0);
	ck_assert_int_eq(status.st_size, 8);

	ck_assert_int_eq(unlink(test_path("node.sock")), 0);
	ck_assert_int_eq(mkdir(test_path("node.sock"), 0755), 0);
	assert_occupied();

	ck_assert_int_eq(rmdir(test_path("node.sock")), 0);
	(void)close(plain_socket("elsewhere", false));
	ck_assert_int_eq(symlink("elsewhere", test_path("node.sock")), 0);
	assert_occupied();
}
END_TEST

START_TEST(socket_of_another_user_is_not_replaced)
{
	SKIP_UNLESS_ROOT();
	(void)close(plain_socket("node.sock", false));
	ck_assert_int_eq(lchown(test_path("node.sock"), OTHER_UID_B, 0), 0);
	assert_occupied();
}
END_TEST

static void assert_lock_refused(int result)
{
	ck_assert_int_eq(open_listener(), result);
	ck_assert_int_eq(fault, PST_LISTENER_FAULT_LOCK_FILE);
	ck_assert_int_eq(access(test_path("node.sock"), F_OK), -1);
}

START_TEST(lock_file_that_others_can_open_or_name_is_refused)
{
	(void)test_file("node.sock.lock", "", geteuid(), 0640);
	assert_lock_refused(-EACCES);
	ck_assert_int_eq(chmod(test_path("node.sock.lock"), 0600), 0);
	ck_assert_int_eq(link(test_path("node.sock.lock"), test_path("also")),
			 0);
	assert_lock_refused(-EACCES);
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ck_assert_int_eq(symlink("also", test_path("node.sock.lock")), 0);
	assert_lock_refused(-ELOOP);
	ck_assert_int_eq(unlink(test_path("node.sock.lock")), 0);
	ck_assert_int_eq(mkfifo(test_path("node.sock.lock"), 0600), 0);
	assert_lock_refused(-EACCES);
}
END_TEST

START_TEST(lock_file_of_another_user_is_refused)
{
	SKIP_UNLESS_ROOT();
	(void)test_file("node.sock.lock", "", OTHER_UID_B, 0600);
	assert_lock_refused(-EACCES);
}
END_TEST

static int give_foreign_group(void *argument)
{
	(void)argument;
	return open_named("node.sock", 0660, OTHER_UID_B) == -EPERM &&
	       fault == PST_LISTENER_FAULT_GROUP ? 0 : 1;
}

START_TEST(group_that_is_not_ours_to_give_fails_and_leaves_no_socket)
{
	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(chown(test_dir, OTHER_UID_A, OTHER_UID_A), 0);
	ck_assert_int_eq(other_user_run(&user_a, give_foreign_group, NULL), 0);
	ck_assert_uint_eq(test_entry_count(), 1);
}
END_TEST

static int open_in_foreign_directory(void *argument)
{
	int r = open_listener();

	(void)argument;
	return r == -EACCES && fault == PST_LISTENER_FAULT_DIRECTORY ? 0 : 1;
}

START_TEST(directory_that_we_cannot_write_is_refused)
{
	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(other_user_run(&user_a, open_in_foreign_directory,
					NULL), 0);
	ck_assert_uint_eq(test_entry_count(), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
