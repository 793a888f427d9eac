/* SPDX-License-Identifier: ISC */
/*
 * A node's handshake socket
 *
 * Replacing what has the name is safe without a check in the same step: the
 * directory is closed to everybody but root and the owner, the lock keeps other
 * nodes of the owner out, and rename() swaps the name whole.  What has the name
 * is looked at before, not to win a race, but so that a mistaken path does not
 * cost somebody a file: only a socket of ours is replaced.
 */
#include "os/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/entropy.h"
#include "os/packet_socket.h"
#include "os/socket_address.h"

#define LOCK_SUFFIX ".lock"

static int fail(enum pst_listener_fault *ret_fault,
		enum pst_listener_fault fault, int result)
{
	*ret_fault = fault;
	return result;
}

/*
 * 1 if a listener of this very process has the name, 0 if none, or -errno if it
 * cannot be told: to open the lock file then could cost us a lock that we hold.
 * A full backlog counts as ours for the same reason.
 */
static int is_open_here(int dir_fd, const char *name)
{
	struct ucred listener = {.pid = -1};
	socklen_t listener_bytes = sizeof(listener);
	int fd PST_FD_OWNED = -1;
	int r;

	r = pst_socket_connect(dir_fd, name, 0, &fd);
	if (r == -ETIMEDOUT)
		return 1;
	if (r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -ENOBUFS)
		return r;
	if (r < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener,
		       &listener_bytes) < 0)
		return -errno;
	return listener.pid == getpid();
}

/* Where there is no lock file yet, it is the directory that is at fault. */
static int fail_to_open_lock(int dir_fd, const char *lock_name, int error,
			     enum pst_listener_fault *ret_fault)
{
	struct stat status;

	if (fstatat(dir_fd, lock_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -error);
	return fail(ret_fault, PST_LISTENER_FAULT_LOCK_FILE, -error);
}

static int take_lock(int dir_fd, const char *name, int *ret_lock_fd,
		     enum pst_listener_fault *ret_fault)
{
	struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char lock_name[NAME_MAX + 1];
	int fd PST_FD_OWNED = -1;
	struct stat status;

	(void)snprintf(lock_name, sizeof(lock_name), "%s" LOCK_SUFFIX, name);
	fd = openat(dir_fd, lock_name,
		    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		    O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_to_open_lock(dir_fd, lock_name, errno, ret_fault);
	if (fstat(fd, &status) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	/* Whoever else could open it could hold the lock for ever. */
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    status.st_nlink != 1 ||
	    (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(ret_fault, PST_LISTENER_FAULT_LOCK_FILE, -EACCES);
	/* The umask may have taken what we need ourselves next time. */
	if ((status.st_mode & (S_IRUSR | S_IWUSR)) != (S_IRUSR | S_IWUSR) &&
	    fchmod(fd, S_IRUSR | S_IWUSR) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_LOCK_FILE, -errno);
	if (fcntl(fd, F_SETLK, &whole_file) < 0) {
		if (errno == EACCES || errno == EAGAIN)
			return fail(ret_fault, PST_LISTENER_FAULT_IN_USE,
				    -EBUSY);
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	}
	*ret_lock_fd = pst_fd_take(&fd);
	return 0;
}

/* Nothing has the name, or a socket of ours, which nobody serves any more. */
static int check_name_is_free(int dir_fd, const char *name,
			      enum pst_listener_fault *ret_fault)
{
	struct stat status;

	if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	}
	if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid())
		return fail(ret_fault, PST_LISTENER_FAULT_OCCUPIED, -EEXIST);
	return 0;
}

/* A socket that is set up, but has no name: accepted ones inherit all of it. */
static int make_socket(uint32_t features, int *ret_fd)
{
	int fd PST_FD_OWNED = -1;
	int r;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = pst_packet_refuse_fds(fd, features);
	if (r < 0)
		return r;
	r = pst_packet_want_credentials(fd, true);
	if (r < 0)
		return r;
	/* The inode is born with this mode: nobody connects while it is set
	 * up. */
	if (fchmod(fd, 0) < 0)
		return -errno;
	*ret_fd = pst_fd_take(&fd);
	return 0;
}

static int make_temporary_name(char name[static NAME_MAX + 1])
{
	uint64_t random;
	int r;

	r = pst_entropy_fill(&random, sizeof(random));
	if (r < 0)
		return r;
	(void)snprintf(name, NAME_MAX + 1, ".postern-%016llx",
		       (unsigned long long)random);
	return 0;
}

/* Group before mode: with the mode the doors open. */
static int set_access_of_fd(int fd, mode_t mode, gid_t group,
			    enum pst_listener_fault *ret_fault)
{
	char path[PST_SOCKET_ADDRESS_BYTES];

	if (group != (gid_t)-1 &&
	    fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_GROUP, -errno);
	pst_socket_address_of_fd(fd, path);
	if (chmod(path, mode) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	return 0;
}

static int set_access(const struct pst_listener_options *options,
		      const char *name, struct pst_listener *listener,
		      enum pst_listener_fault *ret_fault)
{
	int fd PST_FD_OWNED = -1;
	struct stat status;

	fd = openat(options->dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid())
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -EACCES);
	listener->device = status.st_dev;
	listener->inode = status.st_ino;
	listener->group = status.st_gid;
	return set_access_of_fd(fd, options->mode, options->group, ret_fault);
}

int pst_listener_set_access(const struct pst_listener *listener, mode_t mode,
			    gid_t group)
{
	enum pst_listener_fault fault;
	int fd PST_FD_OWNED = -1;
	struct stat status;

	if (!(mode & S_IWUSR))
		return -EINVAL;
	fd = openat(listener->dir_fd, listener->name,
		    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (status.st_dev != listener->device ||
	    status.st_ino != listener->inode)
		return -ESTALE;
	if (group == (gid_t)-1 && status.st_gid != listener->group)
		group = listener->group;
	return set_access_of_fd(fd, mode, group, &fault);
}

/* From the temporary name on; whoever calls removes that if this fails. */
static int put_in_place(const struct pst_listener_options *options,
			const char *temporary_name,
			struct pst_listener *listener,
			enum pst_listener_fault *ret_fault)
{
	int r;

	r = set_access(options, temporary_name, listener, ret_fault);
	if (r < 0)
		return r;
	if (listen(listener->socket_fd, PST_LISTENER_BACKLOG) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	if (renameat(options->dir_fd, temporary_name, options->dir_fd,
		     options->name) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	return 0;
}

static int bind_and_listen(const struct pst_listener_options *options,
			   struct pst_listener *listener,
			   enum pst_listener_fault *ret_fault)
{
	char temporary_name[NAME_MAX + 1];
	struct sockaddr_un address;
	int r;

	r = make_socket(options->features, &listener->socket_fd);
	if (r < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, r);
	r = make_temporary_name(temporary_name);
	if (r < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, r);
	pst_socket_address_in_dir(options->dir_fd, temporary_name, &address);
	if (bind(listener->socket_fd, (const struct sockaddr *)&address,
		 sizeof(address)) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	r = put_in_place(options, temporary_name, listener, ret_fault);
	if (r < 0)
		(void)unlinkat(options->dir_fd, temporary_name, 0);
	return r;
}

static bool is_possible_name(const char *name)
{
	size_t name_bytes = strlen(name);

	return name_bytes > 0 &&
	       name_bytes <= NAME_MAX - strlen(LOCK_SUFFIX) &&
	       !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int open_steps(const struct pst_listener_options *options,
		      struct pst_listener *listener,
		      enum pst_listener_fault *ret_fault)
{
	int r;

	if (!is_possible_name(options->name))
		return fail(ret_fault, PST_LISTENER_FAULT_NAME, -EINVAL);
	if (!(options->mode & S_IWUSR))
		return fail(ret_fault, PST_LISTENER_FAULT_MODE, -EINVAL);
	memcpy(listener->name, options->name, strlen(options->name) + 1);
	r = is_open_here(options->dir_fd, options->name);
	if (r < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, r);
	if (r > 0)
		return fail(ret_fault, PST_LISTENER_FAULT_IN_USE, -EBUSY);
	r = take_lock(options->dir_fd, options->name, &listener->lock_fd,
		      ret_fault);
	if (r < 0)
		return r;
	r = check_name_is_free(options->dir_fd, options->name, ret_fault);
	if (r < 0)
		return r;
	listener->dir_fd = fcntl(options->dir_fd, F_DUPFD_CLOEXEC, 0);
	if (listener->dir_fd < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	return bind_and_listen(options, listener, ret_fault);
}

static void close_descriptors(struct pst_listener *listener)
{
	(void)pst_fd_close(listener->socket_fd);
	(void)pst_fd_close(listener->dir_fd);
	/* Last: until then nobody else begins with this name. */
	(void)pst_fd_close(listener->lock_fd);
	*listener = (struct pst_listener) PST_LISTENER_INIT;
}

int pst_listener_open(const struct pst_listener_options *options,
		      struct pst_listener *ret_listener,
		      enum pst_listener_fault *ret_fault)
{
	struct pst_listener listener = PST_LISTENER_INIT;
	int r;

	r = open_steps(options, &listener, ret_fault);
	if (r < 0) {
		close_descriptors(&listener);
		return r;
	}
	*ret_fault = PST_LISTENER_FAULT_NONE;
	*ret_listener = listener;
	return 0;
}

void pst_listener_close(struct pst_listener *listener)
{
	struct stat status;

	if (listener->dir_fd >= 0 &&
	    fstatat(listener->dir_fd, listener->name, &status,
		    AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_dev == listener->device &&
	    status.st_ino == listener->inode)
		(void)unlinkat(listener->dir_fd, listener->name, 0);
	close_descriptors(listener);
}

int pst_listener_accept(const struct pst_listener *listener, int *ret_fd)
{
	int fd;

	/* A connection that ended while it waited is none. */
	do
		fd = accept4(listener->socket_fd, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
