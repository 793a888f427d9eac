/* SPDX-License-Identifier: ISC */
/*
 * An empty record looks like the end of a connection
 *
 * A peer that sends an empty record and hangs up at once is taken for one that
 * hung up: so it has, and nothing that follows could be lost.
 */
#include "os/socket_end.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/kernel_error.h"

int pst_socket_end_sending(int socket_fd)
{
	if (shutdown(socket_fd, SHUT_WR) == 0)
		return 0;
	return errno == ENOTCONN ? -ENOTCONN
				 : pst_kernel_error(PST_CALL_SHUTDOWN, errno);
}

int pst_socket_end_of_empty(int socket_fd)
{
	struct pollfd polled = {.fd = socket_fd, .events = POLLRDHUP};
	int n;

	do
		n = poll(&polled, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return polled.revents & (POLLHUP | POLLRDHUP | POLLERR) ? -EPIPE
								: -EBADMSG;
}
