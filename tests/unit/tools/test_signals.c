/* SPDX-License-Identifier: ISC */
/*
 * Signals as requests: in processes with and without a controlling terminal
 *
 * Each case runs in a child that is the leader of its own session.  The child
 * tells by its exit status whether everything was as expected.
 */
#include "tools/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test_case.h"

#define DEADLINE_MS 20000

/* Longer than the second after which a signal is repeated. */
#define AFTER_REPETITION_MS 1500

static int request_fd;

static bool is_readable(int timeout_ms)
{
	struct pollfd fd = {.fd = request_fd, .events = POLLIN};

	/* SIGALRM may interrupt it: the descriptor tells. */
	while (poll(&fd, 1, timeout_ms) < 0)
		;
	return (fd.revents & POLLIN) != 0;
}

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			return __LINE__ % 251 + 1; \
	} while (0)

typedef int case_fn(void);

static void expect_success(pid_t child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "wait status %#x (an exit status is a line, modulo 251, "
		      "plus 1)", (unsigned)status);
}

static void run_without_terminal(case_fn *function)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (setsid() < 0)
			_exit(255);
		_exit(function());
	}
	expect_success(child);
}

/* The terminal is hung up once the child has written a byte, or at the end. */
static void run_on_terminal(case_fn *function)
{
	int terminal_fd;
	char byte;
	pid_t child = forkpty(&terminal_fd, NULL, NULL, NULL);

	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(function());
	(void)!read(terminal_fd, &byte, 1);
	ck_assert_int_eq(close(terminal_fd), 0);
	expect_success(child);
}

/* -- requests -------------------------------------------------------------- */

static int take_reload(void)
{
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	REQUIRE(!is_readable(0));
	REQUIRE(raise(SIGHUP) == 0);
	REQUIRE(is_readable(0));
	tool_signals_clear();
	REQUIRE(tool_reload_take());
	REQUIRE(!tool_reload_take());
	REQUIRE(!tool_stop_is_requested());
	REQUIRE(!is_readable(AFTER_REPETITION_MS));
	return 0;
}

START_TEST(reload_taken_leaves_the_descriptor_unreadable)
{
	run_without_terminal(take_reload);
}
END_TEST

static int take_reopen(void)
{
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	REQUIRE(raise(SIGUSR1) == 0);
	REQUIRE(is_readable(0));
	tool_signals_clear();
	REQUIRE(tool_reopen_take());
	REQUIRE(!tool_reopen_take());
	REQUIRE(!tool_stop_is_requested());
	REQUIRE(!is_readable(AFTER_REPETITION_MS));
	return 0;
}

START_TEST(reopen_taken_leaves_the_descriptor_unreadable)
{
	run_without_terminal(take_reopen);
}
END_TEST

static int stop(void)
{
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	REQUIRE(!tool_stop_is_requested());
	REQUIRE(raise(SIGTERM) == 0);
	REQUIRE(tool_stop_is_requested());
	tool_signals_clear();
	/* A write() that began after the signal is interrupted by the next. */
	REQUIRE(is_readable(DEADLINE_MS));
	return 0;
}

START_TEST(stop_is_repeated_each_second)
{
	run_without_terminal(stop);
}
END_TEST

/* -- SIGHUP ---------------------------------------------------------------- */

static int await_hangup(void)
{
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	REQUIRE(write(STDOUT_FILENO, "x", 1) == 1);
	REQUIRE(is_readable(DEADLINE_MS));
	REQUIRE(tool_stop_is_requested());
	REQUIRE(!tool_reload_take());
	return 0;
}

START_TEST(hangup_of_the_terminal_asks_to_stop)
{
	run_on_terminal(await_hangup);
}
END_TEST

/* As for a program in a pipeline, with its errors in a file. */
static int await_hangup_with_other_descriptors(void)
{
	int fd;

	REQUIRE(write(STDOUT_FILENO, "", 0) == 0);
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	for (fd = 0; fd < 3; fd++)
		REQUIRE(dup2(request_fd, fd) == fd);
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	REQUIRE(raise(SIGHUP) == 0);
	REQUIRE(tool_stop_is_requested());
	return 0;
}

START_TEST(hangup_with_redirected_descriptors_asks_to_stop)
{
	run_on_terminal(await_hangup_with_other_descriptors);
}
END_TEST

static int ignore_hangup(void)
{
	REQUIRE(signal(SIGHUP, SIG_IGN) != SIG_ERR);
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_SERVICE, &request_fd) == 0);
	REQUIRE(raise(SIGHUP) == 0);
	REQUIRE(!is_readable(0));
	REQUIRE(!tool_stop_is_requested());
	REQUIRE(!tool_reload_take());
	return 0;
}

START_TEST(hangup_ignored_at_the_start_stays_ignored)
{
	run_on_terminal(ignore_hangup);
	run_without_terminal(ignore_hangup);
}
END_TEST

static int hang_up_viewer(void)
{
	REQUIRE(tool_signals_open(TOOL_SIGNALS_OF_VIEWER, &request_fd) == 0);
	REQUIRE(raise(SIGHUP) == 0);
	REQUIRE(tool_stop_is_requested());
	return 0;
}

START_TEST(hangup_of_a_viewer_asks_to_stop)
{
	run_without_terminal(hang_up_viewer);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
