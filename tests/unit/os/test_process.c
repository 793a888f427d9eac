/* SPDX-License-Identifier: ISC */
/* Processes by number, units by control group, and the overflow ids */
#include "os/peer_credentials.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sched.h>

#include <postern/result.h>

#include "os/proc_file.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define ALL_WANTS (PST_PEER_WANT_CGROUP | PST_PEER_WANT_EXE | \
		   PST_PEER_WANT_USERNS)
#define REUSED_PID 30017

static const gid_t groups[] = {20010, 20011};
static const struct other_user user_a = {
	OTHER_UID_A, OTHER_UID_A, groups, 2,
};
static int ready_fds[2];

static void setup(void)
{
	ck_assert_int_eq(pipe(ready_fds), 0);
}

/* Reports that it runs, and stays. */
static int stay(void *argument)
{
	const bool *is_dumpable = argument;

	if (is_dumpable &&
	    prctl(PR_SET_DUMPABLE, *is_dumpable ? 1 : 0, 0, 0, 0) < 0)
		return 1;
	if (write(ready_fds[1], "x", 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

static void start_staying(const struct other_user *user, bool is_dumpable,
			  struct other_user_process *process)
{
	char byte;

	other_user_start(user, stay, &is_dumpable, process);
	ck_assert_int_eq(read(ready_fds[0], &byte, 1), 1);
}

START_TEST(identity_stays_the_same_and_differs_between_processes)
{
	struct other_user_process process;
	uint64_t ours, again, theirs;

	SKIP_WITHOUT(POSTERN_FEATURE_PIDFS, "pidfs");
	start_staying(NULL, true, &process);
	ck_assert_int_eq(
		pst_process_pidfd_inode(getpid(), test_features(), &ours), 0);
	ck_assert_int_eq(
		pst_process_pidfd_inode(getpid(), test_features(), &again), 0);
	ck_assert_int_eq(pst_process_pidfd_inode(process.pid, test_features(),
					      &theirs), 0);
	ck_assert_uint_eq(ours, again);
	ck_assert_uint_ne(ours, theirs);
	other_user_kill(&process);
}
END_TEST

START_TEST(identity_needs_a_process_and_the_feature)
{
	struct other_user_process process;
	uint64_t inode = 7;
	pid_t gone;

	ck_assert_int_eq(pst_process_pidfd_inode(getpid(), 0, &inode),
			 -EOPNOTSUPP);
	ck_assert_int_eq(pst_process_pidfd_inode(0, test_features(), &inode),
			 -ESRCH);
	ck_assert_int_eq(pst_process_pidfd_inode(-5, test_features(), &inode),
			 -ESRCH);
	start_staying(NULL, true, &process);
	gone = process.pid;
	other_user_kill(&process);
	ck_assert_int_eq(pst_process_pidfd_inode(gone, test_features(), &inode),
			 -ESRCH);
	ck_assert_uint_eq(inode, 7);
}
END_TEST

START_TEST(zombie_has_no_identity)
{
	struct other_user_process process;
	struct pollfd end = {.events = POLLIN};
	uint64_t inode;

	SKIP_WITHOUT(POSTERN_FEATURE_PIDFS, "pidfs");
	start_staying(NULL, true, &process);
	ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
	end.fd = (int)syscall(SYS_pidfd_open, process.pid, 0);
	ck_assert_int_eq(poll(&end, 1, 20000), 1);
	ck_assert_int_eq(pst_process_pidfd_inode(process.pid, test_features(),
					      &inode), -ESRCH);
	(void)close(end.fd);
	ck_assert_int_eq(other_user_join(&process), -SIGKILL);
}
END_TEST

/* A child with a number of our choice, which lives until it is killed. */
static pid_t start_with_pid(pid_t wanted)
{
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (pid == 0) {
		for (;;)
			(void)syscall(SYS_pause);
	}
	return pid;
}

START_TEST(reused_number_has_another_identity)
{
	uint64_t inodes[2];
	size_t i;
	pid_t pid;

	SKIP_UNLESS_ROOT();
	SKIP_WITHOUT(POSTERN_FEATURE_PIDFS, "pidfs");
	for (i = 0; i < 2; i++) {
		pid = start_with_pid(REUSED_PID);
		if (pid < 0) {
			fprintf(stderr, "SKIP: %s: needs clone3 with set_tid\n",
				__func__);
			return;
		}
		ck_assert_int_eq(pid, REUSED_PID);
		ck_assert_int_eq(pst_process_pidfd_inode(pid, test_features(),
						      &inodes[i]), 0);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	ck_assert_uint_ne(inodes[0], inodes[1]);
}
END_TEST

/* -- facts by number ------------------------------------------------------- */

/* Whether the exe of a process of user A is known to an observer. */
static bool knows_exe(pid_t pid, uid_t seen_by_uid, gid_t seen_by_gid)
{
	struct pst_peer_credentials seen;
	bool is_known;

	ck_assert_int_eq(pst_process_credentials_read(
		pid, seen_by_uid, seen_by_gid, ALL_WANTS,
		POSTERN_FEATURE_PEERPIDFD | POSTERN_FEATURE_PIDFS, &seen), 0);
	is_known = seen.exe_fact == POSTERN_FACT_KNOWN;
	ck_assert_int_eq(seen.cgroup_fact, test_cgroup_fact());
	pst_peer_credentials_done(&seen);
	return is_known;
}

START_TEST(process_has_its_effective_ids_and_groups)
{
	struct pst_peer_credentials seen;
	struct other_user_process process;

	SKIP_UNLESS_ROOT();
	start_staying(&user_a, true, &process);
	ck_assert_int_eq(pst_process_credentials_read(process.pid, 0, 0,
						      ALL_WANTS, 0, &seen), 0);
	ck_assert_uint_eq(seen.uid, OTHER_UID_A);
	ck_assert_uint_eq(seen.gid, OTHER_UID_A);
	ck_assert_int_eq(seen.pid, process.pid);
	ck_assert_int_eq(seen.groups_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(seen.group_count, 2);
	ck_assert_mem_eq(seen.groups, groups, sizeof(groups));
	/* As a node sees it whose kernel gives no pidfd of a peer. */
	ck_assert_int_eq(seen.pidfd_inode_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(seen.cgroup_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(seen.exe_fact, POSTERN_FACT_UNKNOWN);
	pst_peer_credentials_done(&seen);
	other_user_kill(&process);
}
END_TEST

/* As a program with a set-uid bit runs. */
static int become_two_users(void *argument)
{
	if (setresuid(OTHER_UID_B, OTHER_UID_A, OTHER_UID_C) < 0)
		return 1;
	return stay(argument);
}

START_TEST(effective_uid_counts_where_they_differ)
{
	struct pst_peer_credentials seen;
	struct other_user_process process;
	bool is_dumpable = true;
	char byte;

	SKIP_UNLESS_ROOT();
	other_user_start(NULL, become_two_users, &is_dumpable, &process);
	ck_assert_int_eq(read(ready_fds[0], &byte, 1), 1);
	ck_assert_int_eq(pst_process_credentials_read(process.pid, 0, 0, 0, 0,
						      &seen), 0);
	ck_assert_uint_eq(seen.uid, OTHER_UID_A);
	pst_peer_credentials_done(&seen);
	/* A process of neither user. */
	ck_assert(!knows_exe(process.pid, OTHER_UID_A, 0));
	ck_assert(!knows_exe(process.pid, OTHER_UID_B, 0));
	other_user_kill(&process);
}
END_TEST

START_TEST(executable_is_known_to_root_and_the_same_user_only)
{
	struct other_user_process process;

	SKIP_UNLESS_ROOT();
	start_staying(&user_a, true, &process);
	ck_assert(knows_exe(process.pid, 0, 0));
	ck_assert(knows_exe(process.pid, OTHER_UID_A, OTHER_UID_A));
	ck_assert(!knows_exe(process.pid, OTHER_UID_A, OTHER_UID_B));
	ck_assert(!knows_exe(process.pid, OTHER_UID_B, OTHER_UID_A));
	other_user_kill(&process);
}
END_TEST

START_TEST(executable_of_a_hardened_process_is_known_to_root_only)
{
	struct other_user_process process;

	SKIP_UNLESS_ROOT();
	start_staying(&user_a, false, &process);
	ck_assert(knows_exe(process.pid, 0, 0));
	ck_assert(!knows_exe(process.pid, OTHER_UID_A, OTHER_UID_A));
	other_user_kill(&process);
}
END_TEST

START_TEST(process_that_is_not_there_has_no_credentials)
{
	struct pst_peer_credentials seen;

	ck_assert_int_eq(pst_process_credentials_read(
		0, 0, 0, ALL_WANTS, test_features(), &seen), -ESRCH);
	ck_assert_uint_eq(seen.uid, (uid_t)-1);
}
END_TEST

START_TEST(no_pidfd_never_ends)
{
	ck_assert_int_eq(pst_process_has_ended(-1), 0);
	ck_assert_int_eq(pst_process_has_ended(1000), -EBADF);
}
END_TEST

START_TEST(overflow_ids_are_the_kernels)
{
	uid_t uid = 0;
	gid_t gid = 0;

	ck_assert_int_eq(pst_overflow_ids_read(&uid, &gid), 0);
	ck_assert_uint_ne(uid, 0);
	ck_assert_uint_ne(gid, 0);
}
END_TEST

/* -- units ----------------------------------------------------------------- */

static const struct {
	const char *cgroup, *unit;
} units[] = {
	{"/system.slice/web.service", "web.service"},
	{"/system.slice/web.service/payload", "web.service"},
	{"/system.slice/web.service/fake.service", "web.service"},
	{"/system.slice/system-getty.slice/getty@tty1.service",
	 "getty@tty1.service"},
	{"/web.service", "web.service"},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
	 "user@1000.service"},
	{"/user.slice/user-1000.slice/session-3.scope", NULL},
	{"/user.slice/user-1000.slice/session-3.scope/web.service", NULL},
	{"/docker/0123456789ab/system.slice/web.service", NULL},
	{"/machine.slice/libpod-0123.scope/web.service", NULL},
	{"/system.slice", NULL},
	{"/system.slice/web.service (deleted)", NULL},
	{"/system.slice//web.service", NULL},
	{"/.service", NULL},
	{"/.slice/web.service", NULL},
	{"/", NULL},
	{"", NULL},
	{"system.slice/web.service", NULL},
	{"/web.services", NULL},
};

START_TEST(unit_is_the_system_managers_or_none)
{
	const char *unit;
	size_t i, unit_bytes;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		unit_bytes = 0;
		unit = pst_cgroup_unit(units[i].cgroup, &unit_bytes);
		if (!units[i].unit) {
			ck_assert_msg(!unit, "%s", units[i].cgroup);
			continue;
		}
		ck_assert_msg(unit && unit_bytes == strlen(units[i].unit) &&
			      memcmp(unit, units[i].unit, unit_bytes) == 0,
			      "%s", units[i].cgroup);
	}
}
END_TEST

static const struct {
	const char *text, *found;
} cgroups[] = {
	{"0::/system.slice/web.service\n", "/system.slice/web.service\n"},
	{"0::/\n", "/\n"},
	{"4:memory:/a\n1:name=systemd:/b\n0::/c\n", "/b\n0::/c\n"},
	{"1:name=systemd:/b\n", "/b\n"},
	{"4:memory:/a\n0::/c\n", "/c\n"},
	{"0::/c:name=systemd:/b\n", "/c:name=systemd:/b\n"},
	{"4:memory:/a\n", NULL},
	{"", NULL},
};

START_TEST(cgroup_is_the_system_managers_or_the_unified_one,
	   .loop_end = sizeof(cgroups) / sizeof(cgroups[0]))
{
	const char *found = pst_cgroup_find(cgroups[_i].text);

	if (cgroups[_i].found)
		ck_assert_str_eq(found, cgroups[_i].found);
	else
		ck_assert_ptr_null(found);
}
END_TEST

START_TEST(numbers_of_proc_are_read_within_their_range)
{
	const char *text = " \t12 4294967295\n4294967296 x";
	uint32_t number = 0;

	ck_assert(pst_proc_take_number(&text, &number));
	ck_assert_uint_eq(number, 12);
	ck_assert(pst_proc_take_number(&text, &number));
	ck_assert_uint_eq(number, UINT32_MAX);
	/* Not beyond the line. */
	ck_assert(!pst_proc_take_number(&text, &number));
	text++;
	ck_assert(!pst_proc_take_number(&text, &number));
	ck_assert_uint_eq(number, UINT32_MAX);
}
END_TEST

START_TEST(key_of_proc_is_found_at_the_beginning_of_a_line_only)
{
	const char *text = "XUid:\t1\nUid:\t2\n";

	ck_assert_str_eq(pst_proc_find_line(text, "Uid:"), "\t2\n");
	ck_assert_ptr_null(pst_proc_find_line(text, "Gid:"));
	ck_assert_ptr_null(pst_proc_find_line("", "Gid:"));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup);
}
