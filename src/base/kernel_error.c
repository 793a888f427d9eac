/* SPDX-License-Identifier: ISC */
/*
 * Kernel errors as one number: the call in the high bits, the errno in the low
 * ones
 */
#include "base/kernel_error.h"

#include <errno.h>
#include <stddef.h>

#define ERRNO_BITS 12
#define ERRNO_MASK ((1 << ERRNO_BITS) - 1)

static const char *const calls[] = {
	[PST_CALL_MEMFD_CREATE] = "memfd_create",
	[PST_CALL_FTRUNCATE] = "ftruncate",
	[PST_CALL_FCNTL] = "fcntl",
	[PST_CALL_FCHMOD] = "fchmod",
	[PST_CALL_FCHOWN] = "fchown",
	[PST_CALL_FSTAT] = "fstat",
	[PST_CALL_MMAP] = "mmap",
	[PST_CALL_MADVISE] = "madvise",
	[PST_CALL_EPOLL_CREATE] = "epoll_create1",
	[PST_CALL_EPOLL_CTL] = "epoll_ctl",
	[PST_CALL_EPOLL_WAIT] = "epoll_wait",
	[PST_CALL_EVENTFD] = "eventfd2",
	[PST_CALL_TIMERFD_CREATE] = "timerfd_create",
	[PST_CALL_POLL] = "ppoll",
	[PST_CALL_SOCKET] = "socket",
	[PST_CALL_SETSOCKOPT] = "setsockopt",
	[PST_CALL_BIND] = "bind",
	[PST_CALL_LISTEN] = "listen",
	[PST_CALL_OPEN] = "open",
	[PST_CALL_PIDFD_OPEN] = "pidfd_open",
	[PST_CALL_GETSOCKOPT] = "getsockopt",
	[PST_CALL_SHUTDOWN] = "shutdown",
};

int pst_kernel_error(enum pst_call call, int error_number)
{
	switch (error_number) {
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return -error_number;
	default:
		return -((int)call << ERRNO_BITS | error_number);
	}
}

int pst_kernel_error_number(int result)
{
	return -result & ERRNO_MASK;
}

const char *pst_kernel_error_call(int result)
{
	size_t call = (size_t)-(long)result >> ERRNO_BITS;

	return call < sizeof(calls) / sizeof(calls[0]) ? calls[call] : NULL;
}

bool pst_is_out_of_resources(int result)
{
	switch (pst_kernel_error_number(result)) {
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return true;
	case EFBIG:     /* RLIMIT_FSIZE */
	case ENOSPC:
	case ENOBUFS:
	case EDQUOT:
	case EAGAIN:    /* RLIMIT_MEMLOCK, of mmap() */
		return pst_is_kernel_error(result);
	default:
		return false;
	}
}

int pst_kernel_error_result(int result)
{
	if (pst_is_out_of_resources(result))
		return -ENOMEM;
	switch (pst_kernel_error_number(result)) {
	case ENOSYS:
	case EOPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -ECANCELED;
	}
}
