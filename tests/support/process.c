/* SPDX-License-Identifier: ISC */
/*
 * Other processes of a test
 */
#include "support/process.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test_options.h"

#define CONTROL_FD 3
#define REPORT_TIMEOUT_MS 120000

/* Check's own channel to its runner is closed in there. */
static bool is_no_test;

static _Noreturn void run(int control_fd, enum role role, bool with_group,
			  process_main_fn *main_function, void *user_data)
{
	gid_t group = SHARED_GID;

	is_no_test = true;
	if (control_fd != CONTROL_FD && dup2(control_fd, CONTROL_FD) < 0)
		_exit(EXIT_FAILURE);
	/* Nothing of the test's, least of all the ends of other sockets. */
	if (close_range(CONTROL_FD + 1, ~0U, 0) < 0)
		_exit(EXIT_FAILURE);
	if (become(role, &group, with_group ? 1 : 0) < 0)
		_exit(EXIT_FAILURE);
	main_function(CONTROL_FD, user_data);
	exit(EXIT_SUCCESS);
}

static void start(struct process *process, enum role role, bool with_group,
		  process_main_fn *main_function, void *user_data)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
	(void)fflush(NULL);
	process->pid = fork();
	ck_assert_int_ge(process->pid, 0);
	if (process->pid == 0)
		run(pair[1], role, with_group, main_function, user_data);
	ck_assert_int_eq(close(pair[1]), 0);
	process->control_fd = pair[0];
}

void process_start(struct process *process, enum role role,
		   process_main_fn *main_function, void *user_data)
{
	start(process, role, false, main_function, user_data);
}

void process_start_in_group(struct process *process, enum role role,
			    process_main_fn *main_function, void *user_data)
{
	start(process, role, true, main_function, user_data);
}

void process_order(const struct process *process, const void *order,
		   size_t order_bytes)
{
	ssize_t n = send(process->control_fd, order, order_bytes, MSG_NOSIGNAL);

	ck_assert_int_eq(n, (ssize_t)order_bytes);
}

void process_read_report(const struct process *process, void *ret_report,
			 size_t report_bytes)
{
	struct pollfd wait = {.fd = process->control_fd, .events = POLLIN};

	ck_assert_msg(poll(&wait, 1, REPORT_TIMEOUT_MS) == 1,
		      "the process does not report");
	ck_assert_int_eq(recv(process->control_fd, ret_report, report_bytes, 0),
			 (ssize_t)report_bytes);
}

int process_wait(struct process *process)
{
	int status;

	while (waitpid(process->pid, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	process->pid = -1;
	return status;
}

void process_end(struct process *process)
{
	int status;

	ck_assert_int_eq(close(process->control_fd), 0);
	process->control_fd = -1;
	status = process_wait(process);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "a process of the test ended with wait status %#x",
		      (unsigned)status);
}

bool process_next_order(int control_fd, void *ret_order, size_t order_bytes)
{
	ssize_t n;

	do
		n = recv(control_fd, ret_order, order_bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n != 0 && n != (ssize_t)order_bytes)
		_exit(EXIT_FAILURE);
	return n != 0;
}

void process_report(int control_fd, const void *report, size_t report_bytes)
{
	if (send(control_fd, report, report_bytes, MSG_NOSIGNAL) !=
	    (ssize_t)report_bytes)
		_exit(EXIT_FAILURE);
}

_Noreturn void process_fail(const char *text)
{
	if (!is_no_test)
		ck_abort_msg("%s", text);
	fprintf(stderr, "a process of the test: %s\n", text);
	_exit(EXIT_FAILURE);
}

_Noreturn void process_kill_self(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}
