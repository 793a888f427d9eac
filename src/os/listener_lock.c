/* SPDX-License-Identifier: ISC */
/*
 * The lock file of a node
 */
#include "os/listener_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postern/result.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/file.h"
#include "os/peer_credentials.h"
#include "os/process_facts.h"

#define LOCK_FLAGS \
	(O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define LOCK_MODE (S_ISVTX | S_IRUSR | S_IWUSR)

/* How often the lock file may be removed while this process locks it. */
#define TAKE_TRIES 16

static int fail(enum pst_listener_fault *ret_fault,
		enum pst_listener_fault fault, int result)
{
	*ret_fault = fault;
	return result;
}

/*
 * A pidfd of the process that called listen(); -ESRCH if it has ended.  Without
 * SO_PEERPIDFD its number may have been reused: that needs a forked child that
 * holds the socket of an ended node open.
 */
static int open_listener_pidfd(int socket_fd, uint32_t features, pid_t pid,
			       int *ret_pidfd)
{
	int r;

	if (!(features & POSTERN_FEATURE_PEERPIDFD))
		return pst_pidfd_open(pid, ret_pidfd);
	r = pst_pidfd_open_for_peer(socket_fd, ret_pidfd);
	return r == 0 || r == -ESRCH ? r
				     : pst_kernel_error(PST_CALL_GETSOCKOPT, -r);
}

static int has_live_listener(int socket_fd, uint32_t features)
{
	struct ucred listener = {.pid = -1};
	socklen_t listener_bytes = sizeof(listener);
	int pidfd PST_FD_OWNED = -1;
	int r;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &listener,
		       &listener_bytes) < 0)
		return pst_kernel_error(PST_CALL_GETSOCKOPT, errno);
	if (listener.pid == getpid())
		return 1;
	r = open_listener_pidfd(socket_fd, features, listener.pid, &pidfd);
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	r = pst_process_has_ended(pidfd);
	return r < 0 ? r : !r;
}

int pst_listener_lock_is_served(int dir_fd, const char *name,
				uint32_t features)
{
	int fd PST_FD_OWNED = -1;
	int r;

	r = pst_socket_connect(dir_fd, name, 0, &fd);
	if (r == -ETIMEDOUT)
		return 1;
	if (r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -ENOBUFS ||
	    pst_is_kernel_error(r))
		return r;
	if (r < 0)
		return 0;
	return has_live_listener(fd, features);
}

static void make_lock_name(const char *name,
			   char lock_name[static NAME_MAX + 1])
{
	(void)snprintf(lock_name, NAME_MAX + 1, "%s" PST_LISTENER_LOCK_SUFFIX,
		       name);
}

/* If there is no lock file yet, the fault is that of the directory. */
static int fail_to_open_lock(int dir_fd, const char *lock_name, int error,
			     enum pst_listener_fault *ret_fault)
{
	struct stat status;

	if (fstatat(dir_fd, lock_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -error);
	return fail(ret_fault, PST_LISTENER_FAULT_LOCK_FILE, -error);
}

static int take(int dir_fd, const char *lock_name, int *ret_lock_fd,
		enum pst_listener_fault *ret_fault)
{
	struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd PST_FD_OWNED = -1;
	struct stat status;
	int r;

	fd = pst_fd_above_stdio(openat(dir_fd, lock_name, LOCK_FLAGS,
				       S_IRUSR | S_IWUSR));
	if (fd < 0)
		return fail_to_open_lock(dir_fd, lock_name, errno, ret_fault);
	if (fstat(fd, &status) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	/* A process that could open it could hold the lock forever. */
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    status.st_nlink > 1 ||
	    (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(ret_fault, PST_LISTENER_FAULT_LOCK_FILE, -EACCES);
	/* The umask may have removed bits that we need next time. */
	r = pst_file_set_mode(fd, LOCK_MODE);
	if (r < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_LOCK_FILE, r);
	if (fcntl(fd, F_SETLK, &whole_file) < 0) {
		if (errno == EACCES || errno == EAGAIN)
			return fail(ret_fault, PST_LISTENER_FAULT_IN_USE,
				    -EBUSY);
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	}
	*ret_lock_fd = pst_fd_take(&fd);
	return 0;
}

bool pst_listener_lock_is_in_place(int dir_fd, const char *name, int lock_fd)
{
	char lock_name[NAME_MAX + 1];
	struct stat named, locked;

	make_lock_name(name, lock_name);
	return fstat(lock_fd, &locked) == 0 && locked.st_nlink > 0 &&
	       fstatat(dir_fd, lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_dev == locked.st_dev && named.st_ino == locked.st_ino;
}

int pst_listener_lock_take(int dir_fd, const char *name, int *ret_lock_fd,
			   enum pst_listener_fault *ret_fault)
{
	char lock_name[NAME_MAX + 1];
	int fd PST_FD_OWNED = -1;
	int tries, r;

	make_lock_name(name, lock_name);
	/* A lock on a file that has lost its name excludes no process. */
	for (tries = 0; tries < TAKE_TRIES; tries++) {
		r = take(dir_fd, lock_name, &fd, ret_fault);
		if (r < 0)
			return r;
		if (pst_listener_lock_is_in_place(dir_fd, name, fd)) {
			*ret_lock_fd = pst_fd_take(&fd);
			return 0;
		}
		fd = pst_fd_close(fd);
	}
	return fail(ret_fault, PST_LISTENER_FAULT_IN_USE, -EBUSY);
}
