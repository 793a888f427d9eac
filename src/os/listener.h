/* SPDX-License-Identifier: ISC */
/*
 * A node's handshake socket, and how to reach one
 *
 * The socket is bound to its real path, so that other programs find it in
 * /proc/net/unix (ss(8), systemd-tmpfiles(8)).  A stale socket is removed
 * before.  Nothing can connect until the mode and group are set and the socket
 * listens: before that, clients see a node that is not running.  Names are
 * looked up in an open directory that pst_trusted_path_open_parent() has checked.
 *
 * A lock file beside the socket (listener_lock.h) keeps a second node
 * out.  Another program may remove the socket or the lock file while the node
 * runs.  An inotify watch on the directory tells, and pst_listener_restore()
 * creates both again.
 */
#ifndef POSTERN_OS_LISTENER_H
#define POSTERN_OS_LISTENER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/*
 * Who is in the backlog is dealt with in order, strangers that flood it before
 * whoever came later: some 20 us each, so a long backlog is a long wait.  Who
 * finds it full waits in the kernel, and is woken when there is a place.
 */
#define PST_LISTENER_BACKLOG 256

struct pst_listener_options {
	int dir_fd; /* of pst_trusted_path_open_parent(); borrowed */
	const char *path;       /* of the socket, absolute, 107 bytes at most */
	const char *name;       /* the last component of path */
	mode_t mode;            /* of the socket inode, writable by its owner:
				 * else we could not find our own listener */
	gid_t group;            /* (gid_t)-1: the directory's or our own */
	uint32_t features;      /* POSTERN_FEATURE_* */
};

struct pst_listener {
	int socket_fd;          /* -1: empty */
	int lock_fd;
	int dir_fd;
	int watch_fd;           /* inotify; -1: no watch could be had */
	dev_t device;           /* of the socket inode that we made */
	ino_t inode;
	gid_t group;            /* that the inode was made with */
	char name[NAME_MAX + 1];
};

#define PST_LISTENER_INIT \
	{.socket_fd = -1, .lock_fd = -1, .dir_fd = -1, .watch_fd = -1}

/* Which step failed. */
enum pst_listener_fault {
	PST_LISTENER_FAULT_NONE = 0,
	PST_LISTENER_FAULT_NAME,        /* empty, or name or path too long */
	PST_LISTENER_FAULT_MODE,        /* shuts the owner himself out */
	PST_LISTENER_FAULT_IN_USE,      /* a node of this name is open */
	PST_LISTENER_FAULT_LOCK_FILE,   /* not ours alone, or not to be made */
	PST_LISTENER_FAULT_OCCUPIED,    /* the name is not a socket of ours */
	PST_LISTENER_FAULT_GROUP,       /* we cannot give it to that group */
	PST_LISTENER_FAULT_DIRECTORY,   /* no socket can be made there */
	PST_LISTENER_FAULT_KERNEL,      /* anything else */
};

/*
 * Open for listening: SOCK_SEQPACKET, non-blocking, with credentials on every
 * record (SO_PASSCRED) and, where the kernel can, no descriptors
 * (SO_PASSRIGHTS=0); accepted sockets inherit both.  Peers will see the
 * credentials that this process has during this call.
 *
 * 0, -EINVAL (NAME, MODE), -EBUSY (IN_USE), -EEXIST (OCCUPIED), -EACCES
 * (LOCK_FILE: not a file of ours alone), or the kernel's -errno; *ret_fault
 * says which step.
 */
PST_MUST_CHECK int pst_listener_open(const struct pst_listener_options *options,
				     struct pst_listener *ret_listener,
				     enum pst_listener_fault *ret_fault);

/*
 * Change mode and group of the socket inode, if it still has the name.  Group
 * (gid_t)-1 is the one that it was made with.  0, -EINVAL (the mode shuts the
 * owner out), -ESTALE (the name is another's), or -errno; EPERM where the group
 * cannot be given.
 */
PST_MUST_CHECK int pst_listener_set_access(const struct pst_listener *listener,
					   mode_t mode, gid_t group);

/* The watch became readable: names in the directory changed, perhaps ours. */
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
 * Results as pst_listener_open(); on failure the listener is as it was.
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
 * through a symbolic link.  While the backlog is full, wait for a place until
 * deadline_ns.
 *
 * 0, -ENOENT (no such name), -ENOTSOCK (something else has it), -ECONNREFUSED
 * (no process listens, or it is about to), -EACCES (the socket's mode),
 * -EPROTOTYPE (another kind of socket), -ETIMEDOUT, or another -errno.
 */
PST_MUST_CHECK int pst_socket_connect(int dir_fd, const char *name,
				      uint64_t deadline_ns, int *ret_fd);

#endif
