/* SPDX-License-Identifier: ISC */
/*
 * The lock file of a node: NAME.lock beside the socket NAME
 *
 * It has a POSIX record lock, which belongs to the process. flock() and OFD
 * locks belong to the open file description, which a forked child inherits, so
 * a child that outlives a crashed node would lock out its successor.  But any
 * close of that file in this process drops a POSIX lock.  So
 * pst_listener_lock_is_served() is called first.  It connects to the name and
 * asks the kernel which process listens, which also finds a node whose lock
 * file was removed.  (Two threads can pass it at once; the later one then has
 * the name.)
 *
 * The file is never removed, since two processes could then lock two files of
 * one name.  Its sticky bit makes systemd-tmpfiles(8) keep it.
 */
#ifndef POSTERN_OS_LISTENER_LOCK_H
#define POSTERN_OS_LISTENER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "os/listener.h"

#define PST_LISTENER_LOCK_SUFFIX ".lock"

/*
 * 1 if a running process listens at the name, 0 if none does, or -errno or as
 * pst_kernel_error() if this cannot be determined.  A full backlog counts as
 * served.  A listener that a forked child of an ended node holds open does not
 * count.
 */
PST_MUST_CHECK int pst_listener_lock_is_served(int dir_fd, const char *name,
					       uint32_t features);

/*
 * Lock the file; create it if it does not exist.  0, -EBUSY (IN_USE), -EACCES
 * (LOCK_FILE: not a file of ours alone), or the kernel's -errno.
 */
PST_MUST_CHECK int pst_listener_lock_take(int dir_fd, const char *name,
					  int *ret_lock_fd,
					  enum pst_listener_fault *ret_fault);

/* Whether the locked file still has its name in the directory. */
PST_MUST_CHECK bool pst_listener_lock_is_in_place(int dir_fd, const char *name,
						  int lock_fd);

#endif
