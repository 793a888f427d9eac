/* SPDX-License-Identifier: ISC */
/*
 * The lock file of a node: NAME.lock beside the socket NAME
 *
 * A record lock on it keeps a second process out.  It is a POSIX lock because
 * only that one belongs to the process: flock() and OFD locks belong to the
 * open file description, which a forked child inherits, so a helper that
 * outlives a crashed node would lock out its successor.  The price is that
 * closing any descriptor of that file in this process drops the lock.  So a
 * node of the same name has to be found before the lock file is opened: by
 * connecting to the name, and asking the kernel which process listens.  That
 * also finds a node whose lock file was removed.  (Two threads that open the
 * same node at the same instant can get past that; the later one then has the
 * name.)
 *
 * The lock file stays when the node closes: removing it would let two
 * processes hold locks on two files of the same name.  It has the sticky bit,
 * with which systemd-tmpfiles(8) leaves a file alone.
 */
#ifndef POSTERN_OS_LISTENER_LOCK_H
#define POSTERN_OS_LISTENER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "os/listener.h"

#define PST_LISTENER_LOCK_SUFFIX ".lock"

/*
 * 1 if a process that lives listens at the name, 0 if none, or -errno or as
 * pst_kernel_error() if that cannot be told.  A full backlog counts as served.
 * A listener that a forked child of an ended node holds open does not count.
 */
PST_MUST_CHECK int pst_listener_lock_is_served(int dir_fd, const char *name,
					       uint32_t features);

/*
 * Lock the file, made if there is none.  0, -EBUSY (IN_USE), -EACCES
 * (LOCK_FILE: not a file of ours alone), or the kernel's -errno.
 */
PST_MUST_CHECK int pst_listener_lock_take(int dir_fd, const char *name,
					  int *ret_lock_fd,
					  enum pst_listener_fault *ret_fault);

/* Whether the locked file still has its name in the directory. */
PST_MUST_CHECK bool pst_listener_lock_is_in_place(int dir_fd, const char *name,
						  int lock_fd);

#endif
