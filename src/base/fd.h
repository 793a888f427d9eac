/* SPDX-License-Identifier: ISC */
/*
 * Owned descriptors
 *
 * A descriptor that is owned is closed exactly once, by whoever owns it; the
 * empty value is -1.  A local owner carries PST_FD_OWNED, and success hands the
 * descriptor over with pst_fd_take(), so that no error path has to remember it.
 */
#ifndef POSTERN_BASE_FD_H
#define POSTERN_BASE_FD_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/attributes.h"

/*
 * Close fd, if there is one, and return the empty value: fd = pst_fd_close(fd).
 * errno is kept, because clean-up runs between a failure and its report.  An
 * EINTR is not repeated: on Linux the descriptor is gone all the same, and the
 * number may belong to another thread by now.
 */
static inline int pst_fd_close(int fd)
{
	int saved_errno = errno;

	if (fd >= 0)
		(void)close(fd); /* nothing is written through it: no news */
	errno = saved_errno;
	return -1;
}

/*
 * What a system call gave: a descriptor, or -1 with errno.  0, 1 and 2 are moved:
 * a program that has closed its standard streams may still write to them, and
 * would write into a socket or a file of ours.  -1 with errno where that fails.
 */
PST_MUST_CHECK
static inline int pst_fd_above_stdio(int fd)
{
	int moved_fd;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	moved_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)pst_fd_close(fd);
	return moved_fd;
}

/* The descriptor becomes the caller's; *fd becomes empty. */
PST_MUST_CHECK
static inline int pst_fd_take(int *fd)
{
	int taken_fd = *fd;

	*fd = -1;
	return taken_fd;
}

static inline void pst_fd_cleanup(int *fd)
{
	*fd = pst_fd_close(*fd);
}

/* int fd PST_FD_OWNED = -1; */
#define PST_FD_OWNED PST_CLEANUP(pst_fd_cleanup)

#endif
