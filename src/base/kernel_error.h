/* SPDX-License-Identifier: ISC */
/*
 * Kernel errors that must not be mistaken for results of the library
 *
 * Most errno values mean something else in the library's closed set: -EPERM is
 * a direction that is not granted, -ENOENT a node that does not run.  If a
 * system call fails for a reason that no caller handles, its errno is passed up
 * with its name, as one number below every errno.  The error information takes
 * both from it, and api/ converts it to a result of the closed set.
 *
 * -ENOMEM, -EMFILE and -ENFILE mean the same everywhere and are not changed.
 */
#ifndef POSTERN_BASE_KERNEL_ERROR_H
#define POSTERN_BASE_KERNEL_ERROR_H

#include <stdbool.h>

#include "base/attributes.h"

enum pst_call {
	PST_CALL_MEMFD_CREATE = 1,
	PST_CALL_FTRUNCATE,
	PST_CALL_FCNTL,
	PST_CALL_FCHMOD,
	PST_CALL_FCHOWN,
	PST_CALL_FSTAT,
	PST_CALL_MMAP,
	PST_CALL_MADVISE,
	PST_CALL_EPOLL_CREATE,
	PST_CALL_EPOLL_CTL,
	PST_CALL_EPOLL_WAIT,
	PST_CALL_EVENTFD,
	PST_CALL_TIMERFD_CREATE,
	PST_CALL_POLL,
	PST_CALL_SOCKET,
	PST_CALL_SETSOCKOPT,
	PST_CALL_BIND,
	PST_CALL_LISTEN,
	PST_CALL_OPEN,
	PST_CALL_PIDFD_OPEN,
	PST_CALL_GETSOCKOPT,
	PST_CALL_SHUTDOWN,
};

/* The error of a call that has just failed with this errno. */
int pst_kernel_error(enum pst_call call, int error_number);

static inline bool pst_is_kernel_error(int result)
{
	return PST_UNLIKELY(result < -4095);
}

/* The errno of any negative result; the name of the call, or NULL. */
int pst_kernel_error_number(int result);
const char *pst_kernel_error_call(int result);

/*
 * Whether a result means that memory, descriptors or another resource is
 * exhausted.
 */
bool pst_is_out_of_resources(int result);

/*
 * The result of the closed set: -ENOMEM for a resource, -EOPNOTSUPP for a
 * missing feature of the kernel, -ECANCELED for any other error.
 */
int pst_kernel_error_result(int result);

#endif
