/* SPDX-License-Identifier: ISC */
/*
 * Poll sets over epoll and timerfd
 *
 * epoll_pwait2() would take nanoseconds, but older tools that watch system
 * calls do not know it.  So a deadline is rounded up to a millisecond, which is
 * precise enough for a wait on a whole set, and never early.
 */
#include "os/poll_set.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/monotonic.h"

#define NS_PER_MS UINT64_C(1000000)

int pst_poll_set_open(int *ret_set_fd)
{
	int fd;

	fd = pst_fd_above_stdio(epoll_create1(EPOLL_CLOEXEC));
	if (fd < 0)
		return pst_kernel_error(PST_CALL_EPOLL_CREATE, errno);
	*ret_set_fd = fd;
	return 0;
}

int pst_poll_set_add(int set_fd, int fd, uint64_t tag)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP,
		.data.u64 = tag,
	};

	if (fd < 0)
		return 0;
	if (epoll_ctl(set_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return pst_kernel_error(PST_CALL_EPOLL_CTL, errno);
	return 0;
}

void pst_poll_set_remove(int set_fd, int fd)
{
	if (fd >= 0)
		(void)epoll_ctl(set_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int milliseconds_until(uint64_t deadline_ns)
{
	uint64_t left_ns;

	if (deadline_ns == PST_DEADLINE_NEVER)
		return -1;
	if (deadline_ns == 0)
		return 0;
	left_ns = pst_deadline_left_ns(deadline_ns, pst_monotonic_now_ns());
	if (left_ns / NS_PER_MS >= INT_MAX)
		return INT_MAX;
	return (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

int pst_poll_set_wait(int set_fd, uint64_t deadline_ns,
		      uint64_t ret_tags[static PST_POLL_SET_EVENTS])
{
	struct epoll_event events[PST_POLL_SET_EVENTS];
	int count, i;

	do {
		count = epoll_wait(set_fd, events, PST_POLL_SET_EVENTS,
				   milliseconds_until(deadline_ns));
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return pst_kernel_error(PST_CALL_EPOLL_WAIT, errno);
	for (i = 0; i < count; i++)
		ret_tags[i] = events[i].data.u64;
	return count;
}

int pst_timer_open(int *ret_timer_fd)
{
	int fd;

	fd = pst_fd_above_stdio(timerfd_create(
		CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
	if (fd < 0)
		return pst_kernel_error(PST_CALL_TIMERFD_CREATE, errno);
	*ret_timer_fd = fd;
	return 0;
}

void pst_timer_set(int timer_fd, uint64_t deadline_ns)
{
	struct itimerspec when = {0};

	if (deadline_ns != PST_DEADLINE_NEVER) {
		/* All zero would stop the timer: a past deadline is 1 ns. */
		if (deadline_ns == 0)
			deadline_ns = 1;
		when.it_value = pst_timespec_from_ns(deadline_ns);
	}
	/* Fails only for a bad descriptor or time. */
	(void)timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}
