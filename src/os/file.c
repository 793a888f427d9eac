/* SPDX-License-Identifier: ISC */
/*
 * Path, mode and size of an open file
 *
 * A file whose size grows is written with SIGXFSZ blocked.  The kernel sends
 * the signal to the calling thread.  It stays pending and is consumed, unless
 * it was pending before.  Comparing with the limit beforehand is not enough:
 * the limit can change in between.
 */
#include "os/file.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/kernel_error.h"

#define ACCESS_ACL "system.posix_acl_access"

struct guard {
	sigset_t signal;
	sigset_t old_mask;
	bool was_pending;
};

static bool is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

/* None of these can fail for these arguments. */
static void begin(struct guard *guard)
{
	(void)sigemptyset(&guard->signal);
	(void)sigaddset(&guard->signal, SIGXFSZ);
	(void)pthread_sigmask(SIG_BLOCK, &guard->signal, &guard->old_mask);
	guard->was_pending = is_pending();
}

/* Keeps errno. */
static void end(const struct guard *guard)
{
	static const struct timespec now = {0};
	int saved_errno = errno;

	if (!guard->was_pending && is_pending())
		while (sigtimedwait(&guard->signal, NULL, &now) < 0 &&
		       errno == EINTR)
			;
	(void)pthread_sigmask(SIG_SETMASK, &guard->old_mask, NULL);
	errno = saved_errno;
}

void pst_file_path_of_fd(int fd, char path[static PST_FILE_PATH_BYTES])
{
	(void)snprintf(path, PST_FILE_PATH_BYTES, "/proc/thread-self/fd/%d",
		       fd);
}

/* The file has no ACL, or the file system supports none. */
static bool is_without_acl(int error)
{
	return error == ENODATA || error == EOPNOTSUPP;
}

int pst_file_set_mode(int fd, mode_t mode)
{
	char path[PST_FILE_PATH_BYTES];
	struct stat status;

	pst_file_path_of_fd(fd, path);
	if (removexattr(path, ACCESS_ACL) < 0 && !is_without_acl(errno))
		return -errno;
	if (chmod(path, mode) < 0)
		return -errno;
	if (getxattr(path, ACCESS_ACL, NULL, 0) >= 0)
		return -EACCES;
	if (!is_without_acl(errno) || stat(path, &status) < 0)
		return -errno;
	return (status.st_mode & ALLPERMS) == mode ? 0 : -EACCES;
}

int pst_file_set_size(int fd, size_t byte_count)
{
	struct guard guard;
	int r;

	begin(&guard);
	r = ftruncate(fd, (off_t)byte_count);
	end(&guard);
	return r < 0 ? pst_kernel_error(PST_CALL_FTRUNCATE, errno) : 0;
}

ssize_t pst_file_write(int fd, const void *bytes, size_t byte_count)
{
	struct guard guard;
	ssize_t n;

	begin(&guard);
	n = write(fd, bytes, byte_count);
	end(&guard);
	return n;
}
