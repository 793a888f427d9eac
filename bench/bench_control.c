/* SPDX-License-Identifier: ISC */
/*
 * The control socket: when both are ready, what was measured, when it is over
 *
 * A SEQPACKET pair.  Each record is one thing said; hanging up is the driver's
 * last word.
 */
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX 8

static int say(int fd, const void *bytes, size_t byte_count)
{
	if (send(fd, bytes, byte_count, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static int hear(int fd, void *buffer, size_t byte_count)
{
	ssize_t n = recv(fd, buffer, byte_count, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == byte_count ? 0 : -EPIPE;
}

int bench_control_ready(const struct bench_run *run)
{
	return say(run->control_fd, "r", 1);
}

int bench_control_await_ready(const struct bench_run *run)
{
	char word;

	return hear(run->control_fd, &word, 1);
}

int bench_control_report(const struct bench_run *run,
			 const struct bench_result *result)
{
	return say(run->control_fd, result, sizeof(*result));
}

int bench_control_await_report(const struct bench_run *run,
			       struct bench_result *ret_result)
{
	return hear(run->control_fd, ret_result, sizeof(*ret_result));
}

union fd_control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int bench_control_give_fds(const struct bench_run *run, const int *fds,
			   size_t fd_count)
{
	union fd_control control = {0};
	struct iovec word = {(char[]){'f'}, 1};
	struct msghdr message = {
		.msg_iov = &word,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(fd_count * sizeof(int)),
	};

	if (fd_count > FDS_MAX)
		return -EINVAL;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
	if (sendmsg(run->control_fd, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int bench_control_take_fds(const struct bench_run *run, int *ret_fds,
			   size_t fd_count)
{
	union fd_control control = {0};
	char byte;
	struct iovec word = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &word,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};

	if (recvmsg(run->control_fd, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	if (message.msg_controllen == 0 ||
	    control.header.cmsg_len != CMSG_LEN(fd_count * sizeof(int)))
		return -EPIPE;
	memcpy(ret_fds, CMSG_DATA(&control.header), fd_count * sizeof(int));
	return 0;
}

bool bench_control_is_over(const struct bench_run *run)
{
	struct pollfd watched = {.fd = run->control_fd, .events = POLLIN};

	return poll(&watched, 1, 0) != 0;
}

void bench_control_await_end(const struct bench_run *run)
{
	char word;

	while (recv(run->control_fd, &word, 1, 0) > 0)
		continue;
}
