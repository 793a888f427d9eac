/* SPDX-License-Identifier: ISC */
/* Credentials of the peer: facts of the kernel, and unknown ones */
#include "os/peer_credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <postern/result.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define ALL_WANTS (PST_PEER_WANT_LABEL | PST_PEER_WANT_CGROUP | \
		   PST_PEER_WANT_EXE | PST_PEER_WANT_USERNS)
#define MANY_GROUPS 100

static int listening_fd = -1;
static struct sockaddr_un address;
static struct pst_peer_credentials peer;

static void setup(void)
{
	const char *path;

	test_dir_setup();
	path = test_path("peer.sock");
	address.sun_family = AF_UNIX;
	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	listening_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listening_fd, (const struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(listen(listening_fd, 8), 0);
	pst_peer_credentials_init(&peer);
}

static void teardown(void)
{
	pst_peer_credentials_done(&peer);
	(void)close(listening_fd);
	test_dir_teardown();
}

static int connect_to_listener(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
			      sizeof(address)) < 0)
		return -1;
	return fd;
}

/* Runs until the other side hangs up. */
static int connect_and_stay(void *argument)
{
	char byte;

	(void)argument;
	return recv(connect_to_listener(), &byte, 1, 0) == 0 ? 0 : 1;
}

static int connect_and_leave(void *argument)
{
	(void)argument;
	return connect_to_listener() >= 0 ? 0 : 1;
}

static int accept_peer(void)
{
	int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static bool has_pidfd(void)
{
	return test_features() & POSTERN_FEATURE_PEERPIDFD;
}

START_TEST(initial_credentials_are_invalid)
{
	ck_assert_uint_eq(peer.uid, (uid_t)-1);
	ck_assert_uint_eq(peer.gid, (gid_t)-1);
	ck_assert_int_eq(peer.pid, -1);
	ck_assert_int_eq(peer.pidfd, -1);
	ck_assert_int_eq(peer.uid_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.groups_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.userns, POSTERN_USERNS_UNKNOWN);
}
END_TEST

START_TEST(ids_and_groups_are_those_of_the_connecting_process)
{
	/* In the order in which the kernel keeps them. */
	static const gid_t groups[] = {OTHER_UID_C, 20010, 20011};
	const struct other_user user = {OTHER_UID_A, OTHER_UID_B, groups, 3};
	struct other_user_process process;
	int fd;

	SKIP_UNLESS_ROOT();
	other_user_start(&user, connect_and_stay, NULL, &process);
	fd = accept_peer();
	ck_assert_int_eq(pst_peer_credentials_read(fd, 0, test_features(),
						   &peer), 0);
	ck_assert_int_eq(peer.uid_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(peer.uid, OTHER_UID_A);
	ck_assert_int_eq(peer.gid_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(peer.gid, OTHER_UID_B);
	ck_assert_int_eq(peer.pid_fact, POSTERN_FACT_KNOWN);
	ck_assert_int_eq(peer.pid, process.pid);
	ck_assert_int_eq(peer.groups_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(peer.group_count, 3);
	ck_assert_mem_eq(peer.groups, groups, sizeof(groups));
	/* Not asked for. */
	ck_assert_int_eq(peer.cgroup_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.exe_fact, POSTERN_FACT_UNKNOWN);
	(void)close(fd);
	ck_assert_int_eq(other_user_join(&process), 0);
}
END_TEST

START_TEST(no_groups_are_known_to_be_none_and_many_all_arrive)
{
	gid_t groups[MANY_GROUPS];
	struct other_user user = {OTHER_UID_A, OTHER_UID_A, groups, 0};
	struct other_user_process process;
	gid_t i;
	int fd;

	SKIP_UNLESS_ROOT();
	for (i = 0; i < MANY_GROUPS; i++)
		groups[i] = 30000 + i;
	for (; user.group_count <= MANY_GROUPS;
	     user.group_count += MANY_GROUPS) {
		other_user_start(&user, connect_and_stay, NULL, &process);
		fd = accept_peer();
		ck_assert_int_eq(pst_peer_credentials_read(fd, 0, 0, &peer),
				 0);
		ck_assert_int_eq(peer.groups_fact, POSTERN_FACT_KNOWN);
		ck_assert_uint_eq(peer.group_count, user.group_count);
		ck_assert_int_eq(memcmp(peer.groups, groups,
					user.group_count * sizeof(gid_t)), 0);
		pst_peer_credentials_done(&peer);
		(void)close(fd);
		ck_assert_int_eq(other_user_join(&process), 0);
	}
}
END_TEST

START_TEST(connector_sees_the_listener)
{
	int fd = connect_to_listener();

	ck_assert_int_eq(pst_peer_credentials_read(fd, 0, test_features(),
						   &peer), 0);
	ck_assert_uint_eq(peer.uid, geteuid());
	ck_assert_int_eq(peer.pid, getpid());
	(void)close(fd);
}
END_TEST

START_TEST(socket_that_is_not_connected_has_no_peer)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(pst_peer_credentials_read(fd, 0, test_features(),
						   &peer), -ENOTCONN);
	ck_assert_uint_eq(peer.uid, (uid_t)-1);
	(void)close(fd);
	ck_assert_int_lt(pst_peer_credentials_read(-1, 0, test_features(),
						   &peer), 0);
	ck_assert_uint_eq(peer.uid, (uid_t)-1);
}
END_TEST

START_TEST(process_that_ended_is_refused_where_a_pidfd_can_tell)
{
	int fd;

	SKIP_WITHOUT(POSTERN_FEATURE_PEERPIDFD, "SO_PEERPIDFD");
	ck_assert_int_eq(other_user_run(NULL, connect_and_leave, NULL), 0);
	fd = accept_peer();
	ck_assert_int_eq(pst_peer_credentials_read(fd, 0, test_features(),
						   &peer), -ESRCH);
	ck_assert_uint_eq(peer.uid, (uid_t)-1);
	ck_assert_int_eq(peer.pidfd, -1);
	(void)close(fd);
}
END_TEST

START_TEST(without_the_feature_there_is_no_pidfd_and_nothing_of_proc)
{
	int fd = connect_to_listener();

	ck_assert_int_eq(pst_peer_credentials_read(fd, ALL_WANTS, 0, &peer),
			 0);
	ck_assert_uint_eq(peer.uid, geteuid());
	ck_assert_int_eq(peer.pidfd, -1);
	ck_assert_int_eq(peer.pidfd_inode_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.cgroup_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.unit_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.exe_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(peer.userns, POSTERN_USERNS_UNKNOWN);
	(void)close(fd);
}
END_TEST

START_TEST(pidfd_inode_is_that_of_the_process)
{
	uint64_t inode = 0;
	int fd = connect_to_listener();

	SKIP_WITHOUT(POSTERN_FEATURE_PIDFS, "pidfs");
	ck_assert_int_eq(pst_peer_credentials_read(fd, 0, test_features(),
						   &peer), 0);
	ck_assert_int_eq(peer.pidfd_inode_fact, POSTERN_FACT_KNOWN);
	ck_assert_int_eq(pst_process_pidfd_inode(getpid(), test_features(),
					      &inode), 0);
	ck_assert_uint_eq(peer.pidfd_inode, inode);
	ck_assert_int_ne(fcntl(peer.pidfd, F_GETFD) & FD_CLOEXEC, 0);
	(void)close(fd);
}
END_TEST

START_TEST(pidfd_tells_when_the_process_ends)
{
	struct other_user_process process;
	struct pollfd end = {.events = POLLIN};
	int fd;

	SKIP_WITHOUT(POSTERN_FEATURE_PEERPIDFD, "SO_PEERPIDFD");
	other_user_start(NULL, connect_and_stay, NULL, &process);
	fd = accept_peer();
	ck_assert_int_eq(pst_peer_credentials_read(fd, 0, test_features(),
						   &peer), 0);
	ck_assert_int_eq(pst_process_has_ended(peer.pidfd), 0);
	ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
	end.fd = peer.pidfd;
	ck_assert_int_eq(poll(&end, 1, 20000), 1);
	ck_assert_int_eq(pst_process_has_ended(peer.pidfd), 1);
	ck_assert_int_eq(other_user_join(&process), -SIGKILL);
	(void)close(fd);
}
END_TEST

START_TEST(all_facts_of_our_own_process_are_known)
{
	char exe[4096] = "";
	int fd = connect_to_listener();

	if (!has_pidfd()) {
		fprintf(stderr, "SKIP: %s: needs SO_PEERPIDFD\n", __func__);
		return;
	}
	skip_unless(access("/proc/self/exe", F_OK) == 0,
		    "needs /proc/self/exe");
	ck_assert_int_gt(readlink("/proc/self/exe", exe, sizeof(exe) - 1), 0);
	ck_assert_int_eq(pst_peer_credentials_read(fd, ALL_WANTS,
						   test_features(), &peer), 0);
	ck_assert_int_eq(peer.exe_fact, POSTERN_FACT_KNOWN);
	ck_assert_str_eq(peer.exe, exe);
	ck_assert_int_eq(peer.userns, POSTERN_USERNS_SAME);
	(void)close(fd);
	ck_assert_int_eq(peer.cgroup_fact, test_cgroup_fact());
	if (peer.cgroup_fact != POSTERN_FACT_KNOWN)
		return;
	ck_assert_int_eq(peer.cgroup[0], '/');
	ck_assert_ptr_null(strchr(peer.cgroup, '\n'));
	ck_assert_int_ne(peer.unit_fact, POSTERN_FACT_UNKNOWN);
}
END_TEST

/* -- as another observer --------------------------------------------------- */

struct observation {
	int fd;
	struct pst_peer_credentials *peer;
};

static int observe_no_exe(void *argument)
{
	const struct observation *seen = argument;

	if (pst_peer_credentials_read(seen->fd, ALL_WANTS, test_features(),
				      seen->peer) != 0)
		return 1;
	return seen->peer->exe_fact == POSTERN_FACT_UNKNOWN &&
	       seen->peer->uid == OTHER_UID_A &&
	       seen->peer->cgroup_fact == test_cgroup_fact() ? 0 : 2;
}

static int observe_exe(void *argument)
{
	const struct observation *seen = argument;

	if (pst_peer_credentials_read(seen->fd, ALL_WANTS, test_features(),
				      seen->peer) != 0)
		return 1;
	return seen->peer->exe_fact == POSTERN_FACT_KNOWN ? 0 : 2;
}

START_TEST(executable_of_another_user_is_unknown_and_no_error)
{
	const struct other_user user_a = {OTHER_UID_A, OTHER_UID_A, NULL, 0};
	const struct other_user user_b = {OTHER_UID_B, OTHER_UID_B, NULL, 0};
	struct other_user_process process;
	struct observation seen = {-1, &peer};

	SKIP_UNLESS_ROOT();
	SKIP_WITHOUT(POSTERN_FEATURE_PEERPIDFD, "SO_PEERPIDFD");
	other_user_start(&user_a, connect_and_stay, NULL, &process);
	seen.fd = accept_peer();
	ck_assert_int_eq(other_user_run(&user_b, observe_no_exe, &seen), 0);
	ck_assert_int_eq(other_user_run(&user_a, observe_exe, &seen), 0);
	(void)close(seen.fd);
	ck_assert_int_eq(other_user_join(&process), 0);
}
END_TEST

static int observe_no_pid(void *argument)
{
	const struct observation *seen = argument;
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		if (pst_peer_credentials_read(seen->fd, ALL_WANTS,
					      test_features(), seen->peer) != 0)
			_exit(2);
		_exit(seen->peer->pid_fact == POSTERN_FACT_ABSENT &&
		      seen->peer->pid == 0 &&
		      seen->peer->uid_fact == POSTERN_FACT_KNOWN ? 0 : 3);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		       ? WEXITSTATUS(status) : 4;
}

START_TEST(process_outside_our_pid_namespace_has_no_pid)
{
	struct other_user_process process;
	struct observation seen = {-1, &peer};

	SKIP_UNLESS_ROOT();
	other_user_start(NULL, connect_and_stay, NULL, &process);
	seen.fd = accept_peer();
	ck_assert_int_eq(other_user_run(NULL, observe_no_pid, &seen), 0);
	(void)close(seen.fd);
	ck_assert_int_eq(other_user_join(&process), 0);
}
END_TEST

static int observe_overflow_id(void *argument)
{
	const struct observation *seen = argument;
	uid_t overflow_uid;
	gid_t overflow_gid;

	if (unshare(CLONE_NEWUSER) < 0)
		return 1;
	if (pst_peer_credentials_read(seen->fd, ALL_WANTS, test_features(),
				      seen->peer) != 0 ||
	    pst_overflow_ids_read(&overflow_uid, &overflow_gid) != 0)
		return 2;
	if (has_pidfd() && seen->peer->userns != POSTERN_USERNS_OTHER)
		return 3;
	return seen->peer->uid == overflow_uid &&
	       seen->peer->gid == overflow_gid ? 0 : 4;
}

START_TEST(process_outside_our_user_namespace_has_the_overflow_ids)
{
	struct other_user_process process;
	struct observation seen = {-1, &peer};

	SKIP_UNLESS_ROOT();
	other_user_start(NULL, connect_and_stay, NULL, &process);
	seen.fd = accept_peer();
	ck_assert_int_eq(other_user_run(NULL, observe_overflow_id, &seen), 0);
	(void)close(seen.fd);
	ck_assert_int_eq(other_user_join(&process), 0);
}
END_TEST

START_TEST(done_closes_frees_and_empties)
{
	size_t fd_count = test_fd_count();
	int fd = connect_to_listener();

	ck_assert_int_eq(pst_peer_credentials_read(fd, ALL_WANTS,
						   test_features(), &peer), 0);
	pst_peer_credentials_done(&peer);
	(void)close(fd);
	ck_assert_uint_eq(test_fd_count(), fd_count);
	ck_assert_uint_eq(peer.uid, (uid_t)-1);
	ck_assert_ptr_null(peer.groups);
	ck_assert_int_eq(peer.groups_fact, POSTERN_FACT_UNKNOWN);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
