/* SPDX-License-Identifier: ISC */
/*
 * What this process is and may do
 *
 * Asked anew each time, since a program may change it: nothing is remembered.
 */
#include "os/own_process.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

int pst_own_uid(uid_t *ret_uid)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0)
		return -errno;
	if (real != effective || effective != saved)
		return -EPERM;
	*ret_uid = effective;
	return 0;
}

pid_t pst_own_pid(void)
{
	return getpid();
}

size_t pst_own_descriptor_limit(void)
{
	struct rlimit limit;

	/* It can only fail for a bad address. */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	return (size_t)limit.rlim_cur;
}

size_t pst_own_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
