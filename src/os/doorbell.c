/* SPDX-License-Identifier: ISC */
/*
 * Doorbells on a socket, wake-ups on an eventfd, and sleep
 *
 * Draining reads record by record. recvmmsg() would need one call where this
 * needs two, for the doorbell and for the end of the queue.  But it costs as
 * much for the single doorbell of an honest peer, and more for none.
 */
#include "os/doorbell.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <postern/result.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/monotonic.h"
#include "os/packet_socket.h"

void pst_doorbell_prepare(int socket_fd)
{
	const int least = 1; /* the kernel raises it to its minimum: a few
			      * records */

	(void)setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUF, &least,
			 sizeof(least));
}

int pst_doorbell_notify(int socket_fd)
{
	static const uint8_t byte = PST_DOORBELL_BYTE;

	while (send(socket_fd, &byte, sizeof(byte),
		    MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		switch (errno) {
		case EINTR:
			continue;
		case EAGAIN:
			return 0;
		case ENOBUFS:
		case ENOMEM:
			return -ENOBUFS;
		default:
			return -EPIPE;
		}
	}
	return 0;
}

/* 1 for a doorbell, or -errno; -EAGAIN: there is none. */
static int receive_wakeup(int socket_fd, uint32_t features)
{
	uint8_t byte = 0;
	struct iovec vector = {&byte, sizeof(byte)};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	struct msghdr peeked = {.msg_iov = NULL};
	ssize_t n;
	int r;

	if (!(features & POSTERN_FEATURE_PASSRIGHTS)) {
		r = pst_packet_check_has_no_fds(socket_fd, &peeked);
		if (r < 0)
			return r;
	}
	do
		n = recvmsg(socket_fd, &message, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return pst_packet_classify_empty(socket_fd);
	/*
	 * Longer, or with credentials or descriptors, which the kernel has
	 * dropped.
	 */
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    byte != PST_DOORBELL_BYTE)
		return -EBADMSG;
	return 1;
}

int pst_doorbell_drain(int socket_fd, uint32_t features, unsigned wakeup_limit,
		       unsigned *ret_wakeup_count, bool *ret_has_more)
{
	unsigned wakeup_count = 0;
	bool was_reset = false;
	int r = 0;

	while (wakeup_count < wakeup_limit) {
		r = receive_wakeup(socket_fd, features);
		if (r == -ECONNRESET && !was_reset) {
			/* Reported once, ahead of the queued records. */
			was_reset = true;
			continue;
		}
		if (r < 0)
			break;
		wakeup_count++;
	}

	*ret_wakeup_count = wakeup_count;
	*ret_has_more = r > 0;
	if (r == -ECONNRESET)
		return -EPIPE;
	return r == -EAGAIN || r > 0 ? 0 : r;
}

enum pst_peer_end pst_doorbell_check_peer(int socket_fd, int pidfd)
{
	struct pollfd polled[] = {
		{.fd = socket_fd, .events = POLLRDHUP},
		{.fd = pidfd, .events = POLLIN},
	};

	/* Fails only if memory is exhausted: the next check succeeds. */
	if (poll(polled, 2, 0) <= 0)
		return PST_PEER_END_NONE;
	return polled[0].revents ? PST_PEER_END_HUNG_UP : PST_PEER_END_DIED;
}

void pst_doorbell_hang_up(int socket_fd)
{
	/* An error means that it is no longer connected. */
	(void)shutdown(socket_fd, SHUT_RDWR);
}

int pst_wake_open(int *ret_wake_fd)
{
	int fd = pst_fd_above_stdio(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

	if (fd < 0)
		return pst_kernel_error(PST_CALL_EVENTFD, errno);
	*ret_wake_fd = fd;
	return 0;
}

void pst_wake_signal(int wake_fd)
{
	/* Fails only with EAGAIN, at 2^64 signals: it is readable anyway. */
	(void)eventfd_write(wake_fd, 1);
}

void pst_wake_clear(int wake_fd)
{
	eventfd_t signals;

	/* Fails only with EAGAIN: it was clear. */
	(void)eventfd_read(wake_fd, &signals);
}

static unsigned ready_bits(const struct pollfd *polled, size_t fd_count,
			   bool *ret_has_invalid)
{
	unsigned ready = 0;
	size_t i;

	*ret_has_invalid = false;
	for (i = 0; i < fd_count; i++) {
		if (polled[i].revents & POLLNVAL)
			*ret_has_invalid = true;
		if (polled[i].revents)
			ready |= 1u << i;
	}
	return ready;
}

int pst_doorbell_sleep(const int *fds, size_t fd_count, uint64_t deadline_ns,
		       unsigned *ret_ready)
{
	struct pollfd polled[PST_DOORBELL_SLEEP_FDS];
	struct timespec left;
	bool has_invalid;
	unsigned ready;
	size_t i;
	int n;

	if (fd_count > PST_DOORBELL_SLEEP_FDS)
		return -EINVAL;
	for (i = 0; i < fd_count; i++)
		polled[i] = (struct pollfd) {.fd = fds[i], .events = POLLIN};

	for (;;) {
		if (deadline_ns != PST_DEADLINE_NEVER)
			left = pst_timespec_from_ns(pst_deadline_left_ns(
				deadline_ns, pst_monotonic_now_ns()));
		n = ppoll(polled, fd_count,
			  deadline_ns == PST_DEADLINE_NEVER ? NULL : &left,
			  NULL);
		if (n < 0 && errno != EINTR)
			return pst_kernel_error(PST_CALL_POLL, errno);
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0)
			break;
	}

	ready = ready_bits(polled, fd_count, &has_invalid);
	if (has_invalid)
		return -EBADF;
	*ret_ready = ready;
	return 0;
}
