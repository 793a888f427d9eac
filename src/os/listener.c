/* SPDX-License-Identifier: ISC */
/*
 * A node's handshake socket
 *
 * A stale socket can be replaced without an atomic check: only root and the
 * owner can write the directory, and the lock keeps other nodes of the owner
 * out.  The file with the name is checked first, so that a mistaken path does
 * not cost a user a file: only a socket of ours is replaced.
 *
 * bind() resolves the path again.  Only root and the owner could have exchanged
 * a directory on the way, and afterwards the name in the checked directory
 * shows whether the socket is there.
 */
#include "os/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/file.h"
#include "os/listener_lock.h"
#include "os/packet_socket.h"
#include "os/socket_close.h"

/* Changes of names in a directory: removed, renamed, or replaced. */
#define WATCHED_EVENTS (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

static int fail(enum pst_listener_fault *ret_fault,
		enum pst_listener_fault fault, int result)
{
	*ret_fault = fault;
	return result;
}

/*
 * Remove a socket of ours, so that no file has the name; other files are an
 * error.
 */
static int free_name(int dir_fd, const char *name,
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
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	return 0;
}

/*
 * A socket that is set up, but has no name.  Accepted sockets inherit its
 * options.
 */
static int make_socket(uint32_t features, int *ret_fd)
{
	int fd PST_FD_OWNED = -1;
	int r;

	fd = pst_fd_above_stdio(socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return pst_kernel_error(PST_CALL_SOCKET, errno);
	r = pst_packet_refuse_fds(fd, features);
	if (r < 0)
		return r;
	r = pst_packet_want_credentials(fd, true);
	if (r < 0)
		return r;
	/*
	 * The inode is created with this mode.  It tells clients that the node
	 * is about to listen: see pst_socket_connect().
	 */
	if (fchmod(fd, 0) < 0)
		return pst_kernel_error(PST_CALL_FCHMOD, errno);
	*ret_fd = pst_fd_take(&fd);
	return 0;
}

/* Group before mode: the mode gives access. */
static int set_access_of_fd(int fd, mode_t mode, gid_t group,
			    enum pst_listener_fault *ret_fault)
{
	int r;

	if (group != (gid_t)-1 &&
	    fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_GROUP, -errno);
	r = pst_file_set_mode(fd, mode);
	return r < 0 ? fail(ret_fault, PST_LISTENER_FAULT_KERNEL, r) : 0;
}

/* The socket that was just bound; its mode is still 0. */
static int set_access(const struct pst_listener_options *options,
		      struct pst_listener *listener,
		      enum pst_listener_fault *ret_fault)
{
	int fd PST_FD_OWNED = -1;
	struct stat status;

	fd = pst_fd_above_stdio(openat(options->dir_fd, options->name,
				       O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & ALLPERMS) != 0)
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
	fd = pst_fd_above_stdio(openat(listener->dir_fd, listener->name,
				       O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (status.st_dev != listener->device ||
	    status.st_ino != listener->inode)
		return -ESTALE;
	if (group == (gid_t)-1 && status.st_gid != listener->group)
		group = listener->group;
	return set_access_of_fd(fd, mode, group, &fault);
}

/* A bound socket keeps its inode, so no other file can have the number. */
static bool has_our_socket(int dir_fd, const char *name,
			   const struct pst_listener *listener)
{
	struct stat status;

	return fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       status.st_dev == listener->device &&
	       status.st_ino == listener->inode && status.st_nlink > 0;
}

static void remove_socket(int dir_fd, const struct pst_listener *listener)
{
	if (has_our_socket(dir_fd, listener->name, listener))
		(void)unlinkat(dir_fd, listener->name, 0);
}

static int bind_and_listen(const struct pst_listener_options *options,
			   struct pst_listener *listener,
			   enum pst_listener_fault *ret_fault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r;

	memcpy(address.sun_path, options->path, strlen(options->path) + 1);
	r = make_socket(options->features, &listener->socket_fd);
	if (r < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, r);
	r = free_name(options->dir_fd, options->name, ret_fault);
	if (r < 0)
		return r;
	if (bind(listener->socket_fd, (const struct sockaddr *)&address,
		 sizeof(address)) < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_DIRECTORY, -errno);
	r = set_access(options, listener, ret_fault);
	if (r == 0 &&
	    listen(listener->socket_fd, PST_LISTENER_BACKLOG) < 0)
		r = fail(ret_fault, PST_LISTENER_FAULT_KERNEL,
			 pst_kernel_error(PST_CALL_LISTEN, errno));
	if (r < 0)
		remove_socket(options->dir_fd, listener);
	return r;
}

/*
 * A peer cannot make this fail.  Without a watch (a user has 128 of them) the
 * node checks the names periodically.
 */
static int open_watch(int dir_fd)
{
	char path[PST_FILE_PATH_BYTES];
	int fd PST_FD_OWNED = -1;

	fd = pst_fd_above_stdio(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	if (fd < 0)
		return -1;
	pst_file_path_of_fd(dir_fd, path);
	if (inotify_add_watch(fd, path, WATCHED_EVENTS) < 0)
		return -1;
	return pst_fd_take(&fd);
}

static bool is_possible_name(const char *name)
{
	size_t name_bytes = strlen(name);

	return name_bytes > 0 &&
	       name_bytes <= NAME_MAX - strlen(PST_LISTENER_LOCK_SUFFIX) &&
	       !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* All steps but the lock and the socket. */
static int begin(const struct pst_listener_options *options,
		 struct pst_listener *listener,
		 enum pst_listener_fault *ret_fault)
{
	if (!is_possible_name(options->name) ||
	    strlen(options->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return fail(ret_fault, PST_LISTENER_FAULT_NAME, -EINVAL);
	if (!(options->mode & S_IWUSR))
		return fail(ret_fault, PST_LISTENER_FAULT_MODE, -EINVAL);
	memcpy(listener->name, options->name, strlen(options->name) + 1);
	listener->dir_fd = fcntl(options->dir_fd, F_DUPFD_CLOEXEC,
				 STDERR_FILENO + 1);
	if (listener->dir_fd < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, -errno);
	/* Before the names exist, so that no removal is missed. */
	listener->watch_fd = open_watch(options->dir_fd);
	return 0;
}

static int check_is_not_served(const struct pst_listener_options *options,
			       enum pst_listener_fault *ret_fault)
{
	int r;

	r = pst_listener_lock_is_served(options->dir_fd, options->name,
					options->features);
	if (r < 0)
		return fail(ret_fault, PST_LISTENER_FAULT_KERNEL, r);
	if (r > 0)
		return fail(ret_fault, PST_LISTENER_FAULT_IN_USE, -EBUSY);
	return 0;
}

static int open_steps(const struct pst_listener_options *options,
		      struct pst_listener *listener,
		      enum pst_listener_fault *ret_fault)
{
	int r;

	r = begin(options, listener, ret_fault);
	if (r < 0)
		return r;
	r = check_is_not_served(options, ret_fault);
	if (r < 0)
		return r;
	r = pst_listener_lock_take(options->dir_fd, options->name,
				   &listener->lock_fd, ret_fault);
	if (r < 0)
		return r;
	return bind_and_listen(options, listener, ret_fault);
}

static void close_descriptors(struct pst_listener *listener)
{
	/*
	 * Includes connections that were not accepted, and their descriptors.
	 */
	(void)pst_socket_close(listener->socket_fd);
	(void)pst_fd_close(listener->watch_fd);
	(void)pst_fd_close(listener->dir_fd);
	/* Last: until then no other node can start with this name. */
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

/* Names that were removed */

void pst_listener_drain_watch(const struct pst_listener *listener)
{
	char events[4096]
		__attribute__((aligned(alignof(struct inotify_event))));

	/* The events are not needed: the names are checked themselves. */
	while (listener->watch_fd >= 0 &&
	       read(listener->watch_fd, events, sizeof(events)) > 0)
		;
}

/*
 * Create what is missing.  If the lock file is another inode, another node of
 * this process may have locked it, and would lose its lock when we close it: so
 * no other node may be serving the name.
 */
static int restore_steps(const struct pst_listener_options *options,
			 const struct pst_listener *listener,
			 struct pst_listener *fresh,
			 enum pst_listener_fault *ret_fault)
{
	bool has_socket = has_our_socket(options->dir_fd, options->name,
					 listener);
	int r;

	r = begin(options, fresh, ret_fault);
	if (r < 0)
		return r;
	if (!has_socket) {
		r = check_is_not_served(options, ret_fault);
		if (r < 0)
			return r;
	}
	if (!pst_listener_lock_is_in_place(options->dir_fd, options->name,
					   listener->lock_fd)) {
		r = pst_listener_lock_take(options->dir_fd, options->name,
					   &fresh->lock_fd, ret_fault);
		if (r < 0)
			return r;
	}
	return has_socket ? 0 : bind_and_listen(options, fresh, ret_fault);
}

/* Exchange the descriptors of listener and fresh. */
static void exchange_descriptors(struct pst_listener *listener,
				 struct pst_listener *fresh)
{
	struct pst_listener old = *listener;

	*listener = *fresh;
	*fresh = old;
	if (listener->lock_fd < 0)
		listener->lock_fd = pst_fd_take(&fresh->lock_fd);
	if (listener->socket_fd < 0) {
		listener->socket_fd = pst_fd_take(&fresh->socket_fd);
		listener->device = fresh->device;
		listener->inode = fresh->inode;
		listener->group = fresh->group;
	}
}

bool pst_listener_is_in_place(const struct pst_listener *listener, int dir_fd)
{
	return has_our_socket(dir_fd, listener->name, listener) &&
	       pst_listener_lock_is_in_place(dir_fd, listener->name,
					     listener->lock_fd);
}

int pst_listener_restore(const struct pst_listener_options *options,
			 struct pst_listener *listener,
			 enum pst_listener_fault *ret_fault)
{
	struct pst_listener fresh = PST_LISTENER_INIT;
	int r;

	r = restore_steps(options, listener, &fresh, ret_fault);
	if (r == 0)
		exchange_descriptors(listener, &fresh);
	close_descriptors(&fresh);
	return r;
}

void pst_listener_close(struct pst_listener *listener)
{
	if (listener->dir_fd >= 0)
		remove_socket(listener->dir_fd, listener);
	close_descriptors(listener);
}

int pst_listener_accept(const struct pst_listener *listener, int *ret_fd)
{
	int fd;

	/* A connection that ended while it waited is skipped. */
	do
		fd = pst_fd_above_stdio(accept4(listener->socket_fd, NULL, NULL,
						SOCK_CLOEXEC | SOCK_NONBLOCK));
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
