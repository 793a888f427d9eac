/* SPDX-License-Identifier: ISC */
/*
 * Connecting to a node's socket
 *
 * connect() on a path follows symbolic links.  So the socket is opened first,
 * with O_PATH, and then connected to through that descriptor.
 *
 * With a full backlog a non-blocking connect() fails with EAGAIN, and no
 * descriptor can be polled for space in it.  Only a blocking connect() waits
 * for it; SO_SNDTIMEO bounds the wait.
 */
#include "os/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/file.h"
#include "os/monotonic.h"

#define NS_PER_US 1000

/* The time that the kernel may wait: at least 1 us, since 0 means no limit. */
static int bound_blocking(int socket_fd, uint64_t left_ns)
{
	struct timeval bound = {0};

	if (left_ns != PST_DEADLINE_NEVER) {
		bound.tv_sec = (time_t)(left_ns / PST_NS_PER_SECOND);
		bound.tv_usec = (suseconds_t)(left_ns % PST_NS_PER_SECOND /
					      NS_PER_US);
		if (bound.tv_sec == 0 && bound.tv_usec == 0)
			bound.tv_usec = 1;
	}
	if (setsockopt(socket_fd, SOL_SOCKET, SO_SNDTIMEO, &bound,
		       sizeof(bound)) < 0)
		return -errno;
	return 0;
}

static int set_blocking(int socket_fd, bool must_block)
{
	if (fcntl(socket_fd, F_SETFL, must_block ? 0 : O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/* The backlog is full: wait for space in it, but not beyond the deadline. */
static int connect_later(int socket_fd, const struct sockaddr_un *address,
			 uint64_t deadline_ns)
{
	uint64_t left_ns;
	int r;

	r = set_blocking(socket_fd, true);
	while (r == 0) {
		left_ns = pst_deadline_left_ns(deadline_ns,
					       pst_monotonic_now_ns());
		if (left_ns == 0)
			return -ETIMEDOUT;
		r = bound_blocking(socket_fd, left_ns);
		if (r < 0)
			break;
		if (connect(socket_fd, (const struct sockaddr *)address,
			    sizeof(*address)) == 0)
			return set_blocking(socket_fd, false);
		if (errno != EAGAIN && errno != EINTR)
			r = -errno;
	}
	return r;
}

int pst_socket_connect(int dir_fd, const char *name, uint64_t deadline_ns,
		       int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int inode_fd PST_FD_OWNED = -1;
	int fd PST_FD_OWNED = -1;
	struct stat status;
	int r;

	inode_fd = pst_fd_above_stdio(
		openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (inode_fd < 0 || fstat(inode_fd, &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	pst_file_path_of_fd(inode_fd, address.sun_path);

	fd = pst_fd_above_stdio(socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return pst_kernel_error(PST_CALL_SOCKET, errno);
	if (connect(fd, (const struct sockaddr *)&address,
		    sizeof(address)) < 0) {
		/* A node that is about to listen has not given access yet. */
		if (errno == EACCES && (status.st_mode & ALLPERMS) == 0)
			return -ECONNREFUSED;
		if (errno != EAGAIN)
			return -errno;
		r = connect_later(fd, &address, deadline_ns);
		if (r < 0)
			return r;
	}
	*ret_fd = pst_fd_take(&fd);
	return 0;
}
