/* SPDX-License-Identifier: ISC */
/*
 * Signals as requests: to stop in order, to reload
 *
 * The program sleeps in poll() or in a write() to a reader that does not read.
 * The first is woken by a descriptor; the second by the signal itself, but not
 * when it comes just before the write() begins.  So the handler has itself
 * called again each second, until the request is seen to.
 */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A signal handler has no other way to reach what it serves. */
static int request_fd = -1;
static volatile sig_atomic_t is_stop_requested;
static volatile sig_atomic_t is_reload_requested;

static void note_request(int signal_number)
{
	static const uint64_t one = 1;
	int saved_errno = errno;

	if (signal_number == SIGHUP)
		is_reload_requested = 1;
	else if (signal_number != SIGALRM)
		is_stop_requested = 1;
	/* It cannot block: the count would have to reach 2^64. */
	if (write(request_fd, &one, sizeof(one)) < 0) {
		/* the flags say it too */
	}
	if (is_stop_requested || is_reload_requested)
		(void)alarm(1);
	errno = saved_errno;
}

int tool_signals_open(int *ret_fd)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
	/* No SA_RESTART: a blocked write() has to end. */
	struct sigaction action = {.sa_handler = note_request};
	size_t i;

	request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (request_fd < 0)
		return -errno;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], &action, NULL) < 0)
			return -errno;
	*ret_fd = request_fd;
	return 0;
}

bool tool_stop_is_requested(void)
{
	return is_stop_requested != 0;
}

bool tool_reload_take(void)
{
	uint64_t count;

	if (!is_reload_requested)
		return false;
	is_reload_requested = 0;
	/* A stop is known by its flag, which was set before. */
	if (read(request_fd, &count, sizeof(count)) < 0) {
		/* empty: the descriptor was not readable yet */
	}
	return true;
}
