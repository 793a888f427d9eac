/* SPDX-License-Identifier: ISC */
/*
 * Signals as requests
 *
 * The program sleeps in poll(), which the descriptor wakes.  A command without
 * an own thread for its output also sleeps in write(), which a signal
 * interrupts unless it comes just before the write() begins.  So a request to
 * stop is followed by SIGALRM each second, until the process has ended.
 */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A signal handler has no other way to reach its data. */
static int request_fd = -1;
static volatile sig_atomic_t is_stop_requested;
static volatile sig_atomic_t is_reload_requested;
static volatile sig_atomic_t is_reopen_requested;
static bool hangup_reloads;

static void note_request(int signal_number)
{
	static const uint64_t one = 1;
	int saved_errno = errno;

	if (signal_number == SIGUSR1)
		is_reopen_requested = 1;
	else if (signal_number == SIGHUP && hangup_reloads)
		is_reload_requested = 1;
	else if (signal_number != SIGALRM)
		is_stop_requested = 1;
	/* It cannot block: the count would have to reach 2^64. */
	if (write(request_fd, &one, sizeof(one)) < 0) {
		/* the flags are set all the same */
	}
	if (is_stop_requested)
		(void)alarm(1);
	errno = saved_errno;
}

static bool has_controlling_terminal(void)
{
	int fd;

	/* It succeeds for the controlling terminal only. */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (tcgetpgrp(fd) >= 0)
			return true;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static bool is_ignored(int signal_number)
{
	struct sigaction action;

	return sigaction(signal_number, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

static int handle(int signal_number)
{
	/* No SA_RESTART: a blocked write() has to end. */
	struct sigaction action = {.sa_handler = note_request};

	return sigaction(signal_number, &action, NULL) < 0 ? -errno : 0;
}

int tool_signals_open(enum tool_signals_kind kind, int *ret_fd)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGALRM};
	int result = 0;
	size_t i;

	request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (request_fd < 0)
		return -errno;
	hangup_reloads = kind == TOOL_SIGNALS_OF_SERVICE &&
			 !has_controlling_terminal();
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]) && result == 0; i++)
		result = handle(signals[i]);
	if (result == 0 && !is_ignored(SIGHUP))
		result = handle(SIGHUP);
	if (result == 0 && kind == TOOL_SIGNALS_OF_SERVICE)
		result = handle(SIGUSR1);
	if (result == 0)
		*ret_fd = request_fd;
	return result;
}

void tool_signals_clear(void)
{
	uint64_t count;

	if (read(request_fd, &count, sizeof(count)) < 0) {
		/* empty: there was no request since the last time */
	}
}

bool tool_stop_is_requested(void)
{
	return is_stop_requested != 0;
}

static bool take(volatile sig_atomic_t *is_requested)
{
	/* A request that comes after this check stays for the next one. */
	if (!*is_requested)
		return false;
	*is_requested = 0;
	return true;
}

bool tool_reload_take(void)
{
	return take(&is_reload_requested);
}

bool tool_reopen_take(void)
{
	return take(&is_reopen_requested);
}
