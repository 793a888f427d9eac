/* SPDX-License-Identifier: ISC */
/*
 * Errors of the kernel that must not be taken for results of the library
 *
 * Most codes of the kernel mean something else in the library's closed set:
 * -EPERM is a direction that was not granted, -ENOENT a node that is not there.
 * So where a system call fails for a reason that no caller handles, its error
 * travels up together with its name, as one number below every errno.  Whoever
 * explains a failure takes both from it, and the edge of the library makes a
 * result of the closed set of it.
 *
 * -ENOMEM, -EMFILE and -ENFILE mean the same everywhere and stay what they are.
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

/* Of the call that has just failed with this errno. */
int pst_kernel_error(enum pst_call call, int error_number);

static inline bool pst_is_kernel_error(int result)
{
	return PST_UNLIKELY(result < -4095);
}

/* The errno, of any negative result; the call's name, or NULL. */
int pst_kernel_error_number(int result);
const char *pst_kernel_error_call(int result);

/* Memory, descriptors or another resource ran out, as any result says. */
bool pst_is_out_of_resources(int result);

/*
 * The result of the closed set for it: -ENOMEM for a resource, -EOPNOTSUPP for
 * what the kernel does not have, and -ECANCELED for all else.
 */
int pst_kernel_error_result(int result);

#endif
