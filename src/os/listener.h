/* SPDX-License-Identifier: ISC */
/*
 * A node's handshake socket, and connecting to one
 *
 * The socket is bound to its real path, so that other programs find it in
 * /proc/net/unix (ss(8), systemd-tmpfiles(8)).  A stale socket is removed
 * before.  Until mode and group are set and the socket listens, clients see a
 * node that is not running.  Names are looked up in the directory of
 * pst_trusted_path_open_parent().
 *
 * A lock file beside the socket (listener_lock.h) keeps a second node out.  If
 * another program removes one of the two, an inotify watch on the directory
 * reports it, and pst_listener_restore() creates it again.
 */
#ifndef POSTERN_OS_LISTENER_H
#define POSTERN_OS_LISTENER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/*
 * Connections in the backlog are accepted in order, about 20 us each, so that a
 * flood delays later clients; a long backlog would be a long delay.  A client
 * that finds it full waits in the kernel until there is space.
 */
#define PST_LISTENER_BACKLOG 256

struct pst_listener_options {
	int dir_fd; /* of pst_trusted_path_open_parent(); borrowed */
	const char *path;       /* of the socket, absolute, 107 bytes at most */
	const char *name;       /* the last component of path */
	mode_t mode;            /* of the socket inode, writable by its
				 * owner, or we could not find our own
				 * listener */
	gid_t group;            /* (gid_t)-1: of the directory or our own */
	uint32_t features;      /* POSTERN_FEATURE_* */
};

struct pst_listener {
	int socket_fd;          /* -1: empty */
	int lock_fd;
	int dir_fd;
	int watch_fd;           /* inotify; -1: there is no watch */
	dev_t device;           /* of our socket inode */
	ino_t inode;
	gid_t group;            /* of the inode when it was created */
	char name[NAME_MAX + 1];
};

#define PST_LISTENER_INIT \
	{.socket_fd = -1, .lock_fd = -1, .dir_fd = -1, .watch_fd = -1}

/* The step that failed. */
enum pst_listener_fault {
	PST_LISTENER_FAULT_NONE = 0,
	PST_LISTENER_FAULT_NAME,        /* empty, or name or path too long */
	PST_LISTENER_FAULT_MODE,        /* would exclude the owner */
	PST_LISTENER_FAULT_IN_USE,      /* a node with this name is running */
	PST_LISTENER_FAULT_LOCK_FILE,   /* not ours alone, or cannot be
					 * created */
	PST_LISTENER_FAULT_OCCUPIED,    /* the name is not a socket of ours */
	PST_LISTENER_FAULT_GROUP,       /* we may not set that group */
	PST_LISTENER_FAULT_DIRECTORY,   /* no socket can be created in it */
	PST_LISTENER_FAULT_KERNEL,      /* any other error */
};

/*
 * Open for listening: SOCK_SEQPACKET, non-blocking, with credentials on every
 * record (SO_PASSCRED) and without descriptors if the kernel supports it
 * (SO_PASSRIGHTS=0); accepted sockets inherit both.  Peers will see the
 * credentials that this process has during this call.
 *
 * 0, -EINVAL (NAME, MODE), -EBUSY (IN_USE), -EEXIST (OCCUPIED), -EACCES
 * (LOCK_FILE: not a file of ours alone), or the kernel's -errno; *ret_fault is
 * the step that failed.
 */
PST_MUST_CHECK int pst_listener_open(const struct pst_listener_options *options,
				     struct pst_listener *ret_listener,
				     enum pst_listener_fault *ret_fault);

/*
 * Change mode and group of the socket inode, if it still has the name.  Group
 * (gid_t)-1 is the one that it was created with.  0, -EINVAL (the mode excludes
 * the owner), -ESTALE (another file has the name), or -errno; EPERM if the
 * group may not be set.
 */
PST_MUST_CHECK int pst_listener_set_access(const struct pst_listener *listener,
					   mode_t mode, gid_t group);

/* The watch became readable: names in the directory changed, possibly ours. */
void pst_listener_drain_watch(const struct pst_listener *listener);

/* Whether socket and lock file still have their names in the directory. */
PST_MUST_CHECK bool
pst_listener_is_in_place(const struct pst_listener *listener, int dir_fd);

/*
 * Create the socket or the lock file again if it no longer has its name, and
 * watch the directory of options.  A new socket replaces listener->socket_fd,
 * which is closed.  Never takes a name from another node: that is -EBUSY
 * (IN_USE).
 *
 * Results as pst_listener_open(); on failure the listener is unchanged.
 */
PST_MUST_CHECK int
pst_listener_restore(const struct pst_listener_options *options,
		     struct pst_listener *listener,
		     enum pst_listener_fault *ret_fault);

/*
 * Remove the name if it still is our socket, then stop listening, then unlock.
 * Accepts an empty listener and empties it.  Not in a forked child, where the
 * socket still is the parent's.
 */
void pst_listener_close(struct pst_listener *listener);

/*
 * The next connection: non-blocking, close-on-exec.  0, -EAGAIN (none),
 * -EMFILE, -ENFILE, -ENOMEM, or another -errno.
 */
PST_MUST_CHECK int pst_listener_accept(const struct pst_listener *listener,
				       int *ret_fd);

/*
 * Connect to a node's socket: non-blocking afterwards, close-on-exec.  Never
 * through a symbolic link.  While the backlog is full, wait for space in it
 * until deadline_ns.
 *
 * 0, -ENOENT (no such name), -ENOTSOCK (not a socket), -ECONNREFUSED (no
 * process listens, or it is about to), -EACCES (the socket's mode), -EPROTOTYPE
 * (another kind of socket), -ETIMEDOUT, or another -errno.
 */
PST_MUST_CHECK int pst_socket_connect(int dir_fd, const char *name,
				      uint64_t deadline_ns, int *ret_fd);

#endif
