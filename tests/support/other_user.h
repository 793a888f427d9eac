/* SPDX-License-Identifier: ISC */
/*
 * Do something as somebody else
 *
 * A function runs in a forked child that has become another user for good
 * (real, effective, saved ids and exactly the given supplementary groups), and
 * its result comes back.  Nobody is waited for without end: a child that does
 * not finish in time is killed, and the test fails.
 *
 * To become another uid takes root: SKIP_UNLESS_ROOT() begins such a test.
 */
#ifndef POSTERN_SUPPORT_OTHER_USER_H
#define POSTERN_SUPPORT_OTHER_USER_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

/* Uids and gids that no host gives away. */
#define OTHER_UID_A 20001
#define OTHER_UID_B 20002
#define OTHER_UID_C 20003

struct other_user {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

struct other_user_process {
	pid_t pid;
	int end_fd;     /* hangs up when the child is gone */
};

/* Runs in the child; its result, 0 to 255, is the exit status. */
typedef int other_user_function(void *argument);

/* user NULL: stay who we are.  Aborts the test when it cannot. */
void other_user_start(const struct other_user *user,
		      other_user_function *function, void *argument,
		      struct other_user_process *ret_process);

/* The function's result, or minus the number of the signal that ended it. */
int other_user_join(struct other_user_process *process);

/* SIGKILL, then join. */
void other_user_kill(struct other_user_process *process);

/* Start and join. */
int other_user_run(const struct other_user *user,
		   other_user_function *function, void *argument);

/* Leaves the test, which then counts as skipped, not as passed. */
#define SKIP_UNLESS_ROOT() \
	do { \
		if (geteuid() != 0) { \
			fprintf(stderr, "SKIP: %s: needs root\n", __func__); \
			return; \
		} \
	} while (0)

#endif
