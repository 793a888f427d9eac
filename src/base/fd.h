/* SPDX-License-Identifier: ISC */
/*
 * Owned descriptors
 *
 * An owned descriptor is closed exactly once, by its owner; the empty value is
 * -1.  A local owner has PST_FD_OWNED, and success passes the descriptor on
 * with pst_fd_take(), so that no error path has to close it.
 */
#ifndef POSTERN_BASE_FD_H
#define POSTERN_BASE_FD_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/attributes.h"

/*
 * Close fd unless it is empty, and return the empty value: fd =
 * pst_fd_close(fd). errno is kept, because clean-up runs between a failure and
 * its report.  EINTR is not repeated: on Linux the descriptor is closed anyway,
 * and another thread may already have its number.
 */
static inline int pst_fd_close(int fd)
{
	int saved_errno = errno;

	if (fd >= 0)
		(void)close(fd); /* nothing was written: no error is lost */
	errno = saved_errno;
	return -1;
}

/*
 * The result of a system call: a descriptor, or -1 with errno.  0, 1 and 2 are
 * moved: a program that has closed its standard streams may still write to
 * them, and would write to our socket or file. -1 with errno if that fails.
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

/* Pass the descriptor to the caller; *fd becomes empty. */
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
