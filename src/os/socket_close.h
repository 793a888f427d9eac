/* SPDX-License-Identifier: ISC */
/*
 * Closing a connection whose queue may hold descriptors
 *
 * The kernel closes descriptors that were queued and never received when the
 * socket is closed, in the context of the task that closes it.  A TCP socket
 * with SO_LINGER and unsent data makes that task wait as long as its sender
 * chose.  In a task that is exiting, the kernel does not linger.  So a
 * connection with something in its queue is closed by a thread that exists for
 * nothing else: it takes a descriptor table of its own with the socket in it,
 * the caller closes its own descriptor, and the exit of the thread closes the
 * last one.
 *
 * A system call filter may kill that thread, or the whole process.  So
 * pst_socket_close_try() does all of it when a node or a channel is opened: a
 * peer must not choose the time.
 *
 * Where SO_PASSRIGHTS=0 refused descriptors from the beginning, this is
 * close().
 */
#ifndef POSTERN_OS_SOCKET_CLOSE_H
#define POSTERN_OS_SOCKET_CLOSE_H

#include "base/attributes.h"

/*
 * Close a connected or listening socket, and return the empty value, -1.  Does
 * not wait for anything that a peer has sent, unless no thread can be made, or
 * a system call filter refuses it a descriptor table or kills it.  Not in a
 * forked child: the connection is shut down for all its holders.
 */
int pst_socket_close(int socket_fd);

/* The same; adds one to *thread_count if the queue is not clean, so that the
 * close takes a thread. */
int pst_socket_close_counted(int socket_fd, unsigned *thread_count);

/* Close a socket of our own in such a thread.  0, or -errno: it cannot be done,
 * and -ECANCELED: a filter killed the thread. */
PST_MUST_CHECK int pst_socket_close_try(void);

#endif
