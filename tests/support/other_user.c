/* SPDX-License-Identifier: ISC */
/*
 * Do something as somebody else
 *
 * The end of a child is seen on a pipe whose other end only the child has, so
 * that waiting has a deadline without a signal handler.
 */
#include "support/other_user.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define DEADLINE_MS 30000
#define CANNOT_BECOME 254

static int become(const struct other_user *user)
{
	if (setgroups(user->group_count, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -1;
	/* As after an exec: changing ids has made us unreadable. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

void other_user_start(const struct other_user *user,
		      other_user_function *function, void *argument,
		      struct other_user_process *ret_process)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)close(ends[0]);
		if (user && become(user) < 0)
			_exit(CANNOT_BECOME);
		_exit(function(argument));
	}
	(void)close(ends[1]);
	ret_process->pid = pid;
	ret_process->end_fd = ends[0];
}

int other_user_join(struct other_user_process *process)
{
	struct pollfd end = {.fd = process->end_fd, .events = POLLIN};
	int status, n;

	do
		n = poll(&end, 1, DEADLINE_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		(void)kill(process->pid, SIGKILL);
		(void)waitpid(process->pid, &status, 0);
		ck_abort_msg("the child did not end in time");
	}
	ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
	(void)close(process->end_fd);
	process->pid = -1;
	process->end_fd = -1;
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	ck_assert_int_ne(WEXITSTATUS(status), CANNOT_BECOME);
	return WEXITSTATUS(status);
}

void other_user_kill(struct other_user_process *process)
{
	ck_assert_int_eq(kill(process->pid, SIGKILL), 0);
	ck_assert_int_eq(other_user_join(process), -SIGKILL);
}

int other_user_run(const struct other_user *user,
		   other_user_function *function, void *argument)
{
	struct other_user_process process;

	other_user_start(user, function, argument, &process);
	return other_user_join(&process);
}
