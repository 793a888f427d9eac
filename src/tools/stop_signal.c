/* SPDX-License-Identifier: ISC */
/*
 * SIGTERM and SIGINT as a request to stop in order
 *
 * The program sleeps in poll() or in a write() to a reader that does not read.
 * The first is woken by a descriptor; the second by the signal itself, but not
 * when it comes just before the write() begins.  So the handler has itself
 * called again each second, until the program is gone.
 */
#include "stop_signal.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A signal handler has no other way to reach what it serves. */
static int stop_fd = -1;
static volatile sig_atomic_t is_requested;

static void request_stop(int signal_number)
{
	static const uint64_t one = 1;
	int saved_errno = errno;

	(void)signal_number;
	is_requested = 1;
	/* It cannot block: the count would have to reach 2^64. */
	if (write(stop_fd, &one, sizeof(one)) < 0) {
		/* is_requested says it too */
	}
	(void)alarm(1);
	errno = saved_errno;
}

int tool_stop_open(int *ret_fd)
{
	/* No SA_RESTART: a blocked write() has to end. */
	struct sigaction action = {.sa_handler = request_stop};

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return -errno;
	if (sigaction(SIGTERM, &action, NULL) < 0 ||
	    sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGALRM, &action, NULL) < 0)
		return -errno;
	*ret_fd = stop_fd;
	return 0;
}

bool tool_stop_is_requested(void)
{
	return is_requested != 0;
}
