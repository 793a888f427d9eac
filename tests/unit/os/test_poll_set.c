/* SPDX-License-Identifier: ISC */
/*
 * One descriptor for many, and its timer
 */
#include "os/poll_set.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/kernel_error.h"
#include "base/clock.h"
#include "os/doorbell.h"
#include "os/monotonic.h"
#include "unit/os/os_test.h"
#include "support/test_case.h"

static int set_fd, wake_fd;
static uint64_t tags[PST_POLL_SET_EVENTS];

static void setup(void)
{
	ck_assert_int_eq(pst_poll_set_open(&set_fd), 0);
	ck_assert_int_eq(pst_wake_open(&wake_fd), 0);
	ck_assert_int_eq(pst_poll_set_add(set_fd, wake_fd, 4711), 0);
}

static void teardown(void)
{
	(void)close(wake_fd);
	(void)close(set_fd);
}

static bool is_readable(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, 0) == 1;
}

/* The timers of the kernel may fire a moment later. */
static bool becomes_readable(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, 20000) == 1;
}

START_TEST(set_is_readable_as_long_as_a_member_is)
{
	ck_assert(!is_readable(set_fd));
	pst_wake_signal(wake_fd);
	ck_assert(is_readable(set_fd));
	ck_assert_int_eq(pst_poll_set_wait(set_fd, 0, tags), 1);
	ck_assert_uint_eq(tags[0], 4711);
	ck_assert(is_readable(set_fd));
	pst_wake_clear(wake_fd);
	ck_assert(!is_readable(set_fd));
}
END_TEST

START_TEST(wait_tells_every_ready_member)
{
	int pair[2], count, other_fd;

	ck_assert_int_eq(pst_wake_open(&other_fd), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
	ck_assert_int_eq(pst_poll_set_add(set_fd, pair[0], 1), 0);
	ck_assert_int_eq(pst_poll_set_add(set_fd, other_fd, 2), 0);
	(void)close(pair[1]);
	pst_wake_signal(wake_fd);
	count = pst_poll_set_wait(set_fd, PST_DEADLINE_NEVER, tags);
	ck_assert_int_eq(count, 2);
	ck_assert_uint_eq(tags[0] + tags[1], 4711 + 1);
	(void)close(pair[0]);
	(void)close(other_fd);
}
END_TEST

START_TEST(wait_ends_at_its_deadline_and_not_before)
{
	uint64_t deadline_ns = pst_monotonic_now_ns() + UINT64_C(5500000);

	ck_assert_int_eq(pst_poll_set_wait(set_fd, deadline_ns, tags), 0);
	ck_assert_uint_ge(pst_monotonic_now_ns(), deadline_ns);
	ck_assert_int_eq(pst_poll_set_wait(set_fd, 0, tags), 0);
}
END_TEST

START_TEST(removed_member_is_not_reported)
{
	pst_wake_signal(wake_fd);
	pst_poll_set_remove(set_fd, wake_fd);
	ck_assert(!is_readable(set_fd));
	pst_poll_set_remove(set_fd, wake_fd);
	pst_poll_set_remove(set_fd, -1);
}
END_TEST

START_TEST(member_is_added_once_and_no_descriptor_is_none)
{
	ck_assert_int_eq(pst_poll_set_add(set_fd, wake_fd, 1),
			 pst_kernel_error(PST_CALL_EPOLL_CTL, EEXIST));
	ck_assert_int_eq(pst_poll_set_add(set_fd, -1, 1), 0);
	ck_assert_int_eq(pst_poll_set_add(set_fd, 1000, 1),
			 pst_kernel_error(PST_CALL_EPOLL_CTL, EBADF));
}
END_TEST

START_TEST(timer_is_readable_from_its_deadline_on)
{
	int timer_fd;

	ck_assert_int_eq(pst_timer_open(&timer_fd), 0);
	ck_assert(!is_readable(timer_fd));
	pst_timer_set(timer_fd, 0);
	ck_assert(becomes_readable(timer_fd));
	ck_assert(becomes_readable(timer_fd));
	pst_timer_set(timer_fd, PST_DEADLINE_NEVER);
	ck_assert(!is_readable(timer_fd));
	pst_timer_set(timer_fd, test_deadline_ns());
	ck_assert(!is_readable(timer_fd));
	pst_timer_set(timer_fd, pst_monotonic_now_ns());
	ck_assert(becomes_readable(timer_fd));
	(void)close(timer_fd);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
