/* SPDX-License-Identifier: ISC */
/* Doorbells, wake-ups, and sleep */
#include "os/doorbell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/monotonic.h"
#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

static int pair[2];

static void setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
}

static void teardown(void)
{
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void ring(unsigned count)
{
	while (count-- > 0)
		ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
}

static void assert_drained(int result, unsigned bell_count, bool has_more)
{
	unsigned drained_count = 99;
	bool more = !has_more;

	ck_assert_int_eq(pst_doorbell_drain(pair[1], test_features(), PST_DOORBELL_DRAIN_COUNT,
					    &drained_count, &more),
			 result);
	ck_assert_uint_eq(drained_count, bell_count);
	ck_assert_int_eq(more, has_more);
}

static bool is_readable(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, 0) == 1;
}

START_TEST(each_doorbell_is_drained_once)
{
	assert_drained(0, 0, false);
	ring(1);
	assert_drained(0, 1, false);
	assert_drained(0, 0, false);
	ring(3);
	assert_drained(0, 3, false);
}
END_TEST

START_TEST(prepared_socket_holds_few_unread_doorbells)
{
	unsigned count, total = 0;
	bool has_more = true;
	int i;

	pst_doorbell_prepare(pair[0]);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	while (has_more) {
		ck_assert_int_eq(pst_doorbell_drain(pair[1], test_features(),
						    PST_DOORBELL_DRAIN_COUNT,
						    &count, &has_more), 0);
		total += count;
	}
	ck_assert_uint_gt(total, 0);
	ck_assert_uint_le(total, 2 * PST_DOORBELL_DRAIN_COUNT);
}
END_TEST

START_TEST(drain_takes_no_more_than_it_is_asked_to)
{
	unsigned count = 99;
	bool has_more = false;

	ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	ck_assert_int_eq(pst_doorbell_drain(pair[1], test_features(), 1, &count, &has_more), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert(has_more);
	assert_drained(0, 1, false);
}
END_TEST

START_TEST(drain_stops_after_its_count_and_says_there_may_be_more)
{
	ring(PST_DOORBELL_DRAIN_COUNT + 2);
	assert_drained(0, PST_DOORBELL_DRAIN_COUNT, true);
	assert_drained(0, 2, false);
}
END_TEST

START_TEST(notify_on_a_full_socket_succeeds_without_blocking)
{
	unsigned rung_count = 0, heard_count = 0, count;
	bool has_more = true;

	/* Blocking mode, as a peer could set it. */
	ck_assert_int_eq(fcntl(pair[0], F_SETFL, 0), 0);
	for (; rung_count < 100000; rung_count++)
		ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	while (has_more) {
		ck_assert_int_eq(pst_doorbell_drain(pair[1], test_features(), PST_DOORBELL_DRAIN_COUNT,
					    &count, &has_more),
				 0);
		heard_count += count;
	}
	ck_assert_uint_gt(heard_count, 0);
	ck_assert_uint_lt(heard_count, rung_count);
}
END_TEST

START_TEST(ring_tells_when_the_peer_is_gone)
{
	(void)close(pair[1]);
	ck_assert_int_eq(pst_doorbell_notify(pair[0]), -EPIPE);
	pair[1] = -1;
}
END_TEST

/* On a stream socket: Linux raises no SIGPIPE for SOCK_SEQPACKET. */
START_TEST(ring_raises_no_signal)
{
	int stream_fd = test_broken_stream();

	ck_assert_int_eq(pst_doorbell_notify(stream_fd), -EPIPE);
	(void)close(stream_fd);
}
END_TEST

static void send_record(const void *bytes, size_t byte_count)
{
	ck_assert_int_eq(send(pair[0], bytes, byte_count, MSG_NOSIGNAL),
			 (ssize_t)byte_count);
}

START_TEST(drain_of_another_byte_returns_ebadmsg)
{
	uint8_t byte = PST_DOORBELL_BYTE ^ 1;

	ring(2);
	send_record(&byte, 1);
	assert_drained(-EBADMSG, 2, false);
}
END_TEST

START_TEST(drain_of_a_longer_record_returns_ebadmsg)
{
	static const uint8_t bytes[2] = {PST_DOORBELL_BYTE, PST_DOORBELL_BYTE};

	send_record(bytes, sizeof(bytes));
	assert_drained(-EBADMSG, 0, false);
}
END_TEST

START_TEST(empty_record_is_a_violation_not_an_end)
{
	ring(1);
	send_record("", 0);
	assert_drained(-EBADMSG, 1, false);
}
END_TEST

START_TEST(hang_up_is_reported_after_the_last_doorbell)
{
	ring(2);
	(void)close(pair[0]);
	pair[0] = -1;
	assert_drained(-EPIPE, 2, false);
	assert_drained(-EPIPE, 0, false);
}
END_TEST

START_TEST(reset_does_not_hide_queued_doorbells)
{
	ring(2);
	/* A peer that closes with something unread resets. */
	ck_assert_int_eq(pst_doorbell_notify(pair[1]), 0);
	(void)close(pair[0]);
	pair[0] = -1;
	assert_drained(-EPIPE, 2, false);
}
END_TEST

START_TEST(bell_with_a_descriptor_is_a_violation_and_installs_none)
{
	size_t fd_count = test_fd_count();
	uint8_t byte = PST_DOORBELL_BYTE;
	struct iovec vector = {&byte, 1};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	}};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &pair[0], sizeof(int));
	ck_assert_int_eq(sendmsg(pair[0], &message, 0), 1);
	assert_drained(-EBADMSG, 0, false);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(hang_up_wakes_both_ends)
{
	pst_doorbell_hang_up(pair[0]);
	ck_assert(is_readable(pair[0]));
	ck_assert(is_readable(pair[1]));
	assert_drained(-EPIPE, 0, false);
	ck_assert_int_eq(pst_doorbell_notify(pair[0]), -EPIPE);
}
END_TEST

START_TEST(wake_stays_readable_until_it_is_cleared)
{
	int wake_fd;

	ck_assert_int_eq(pst_wake_open(&wake_fd), 0);
	ck_assert(!is_readable(wake_fd));
	pst_wake_signal(wake_fd);
	pst_wake_signal(wake_fd);
	ck_assert(is_readable(wake_fd));
	pst_wake_clear(wake_fd);
	ck_assert(!is_readable(wake_fd));
	pst_wake_clear(wake_fd); /* does not block */
	(void)close(wake_fd);
}
END_TEST

START_TEST(sleep_tells_which_descriptors_are_ready)
{
	int wake_fd;
	unsigned ready = 0;

	ck_assert_int_eq(pst_wake_open(&wake_fd), 0);
	const int fds[] = {pair[1], -1, wake_fd};

	pst_wake_signal(wake_fd);
	ck_assert_int_eq(pst_doorbell_sleep(fds, 3, test_deadline_ns(), &ready),
			 0);
	ck_assert_uint_eq(ready, 1u << 2);
	ring(1);
	ck_assert_int_eq(pst_doorbell_sleep(fds, 3, PST_DEADLINE_NEVER, &ready),
			 0);
	ck_assert_uint_eq(ready, 1u << 0 | 1u << 2);
	(void)close(wake_fd);
}
END_TEST

START_TEST(sleep_ends_when_the_peer_hangs_up)
{
	unsigned ready = 0;

	(void)close(pair[0]);
	pair[0] = -1;
	ck_assert_int_eq(pst_doorbell_sleep(&pair[1], 1, test_deadline_ns(),
					    &ready), 0);
	ck_assert_uint_eq(ready, 1);
}
END_TEST

START_TEST(sleep_with_a_past_deadline_polls_once)
{
	unsigned ready = 7;

	ck_assert_int_eq(pst_doorbell_sleep(&pair[1], 1, 0, &ready),
			 -ETIMEDOUT);
	ck_assert_uint_eq(ready, 7);
	ring(1);
	ck_assert_int_eq(pst_doorbell_sleep(&pair[1], 1, 0, &ready), 0);
	ck_assert_uint_eq(ready, 1);
}
END_TEST

static volatile sig_atomic_t alarm_count;

static void count_alarm(int number)
{
	(void)number;
	alarm_count++;
}

START_TEST(signals_neither_end_a_sleep_nor_move_its_deadline)
{
	const struct itimerval every_ms = {{0, 1000}, {0, 1000}};
	const struct itimerval off = {{0, 0}, {0, 0}};
	const struct sigaction action = {.sa_handler = count_alarm};
	uint64_t deadline_ns;
	unsigned ready;

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	deadline_ns = pst_monotonic_now_ns() + UINT64_C(50000000);
	ck_assert_int_eq(pst_doorbell_sleep(&pair[1], 1, deadline_ns, &ready),
			 -ETIMEDOUT);
	ck_assert_uint_ge(pst_monotonic_now_ns(), deadline_ns);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &off, NULL), 0);
	ck_assert_int_gt(alarm_count, 0);
}
END_TEST

START_TEST(sleep_refuses_invalid_and_too_many_descriptors)
{
	const int closed_fd = 1000, too_many[4] = {-1, -1, -1, -1};
	unsigned ready;

	ck_assert_int_eq(pst_doorbell_sleep(&closed_fd, 1, test_deadline_ns(),
					    &ready), -EBADF);
	ck_assert_int_eq(pst_doorbell_sleep(too_many, 4, 0, &ready), -EINVAL);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
