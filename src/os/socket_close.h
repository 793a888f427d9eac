/* SPDX-License-Identifier: ISC */
/*
 * Closing a connection whose queue may hold descriptors
 *
 * When a socket is closed, the kernel closes the descriptors in its queue, in
 * the context of the closing task.  A TCP socket with SO_LINGER and unsent data
 * makes that task wait as long as its sender chose, unless the task is exiting.
 * So a connection with a record in its queue is closed by the exit of a thread
 * that is created for it.  A node or channel tries this when it is opened
 * (pst_socket_close_try()), since a system call filter may kill the thread or
 * the process, and a peer must not choose the time.
 *
 * With SO_PASSRIGHTS=0 from the beginning, this is close().
 */
#ifndef POSTERN_OS_SOCKET_CLOSE_H
#define POSTERN_OS_SOCKET_CLOSE_H

#include "base/attributes.h"

/*
 * Close a connected or listening socket, and return the empty value, -1.  Waits
 * for nothing that a peer has sent, unless no thread can be created, or a
 * system call filter refuses it a descriptor table or kills it.  Not in a
 * forked child: the connection is shut down for all its holders.
 */
int pst_socket_close(int socket_fd);

/*
 * The same; adds one to *thread_count if the queue is not clean, so that the
 * close takes a thread.
 */
int pst_socket_close_counted(int socket_fd, unsigned *thread_count);

/*
 * Close a socket of our own in such a thread.  0, or -errno if that is
 * impossible; -ECANCELED: a filter killed the thread.
 */
PST_MUST_CHECK int pst_socket_close_try(void);

#endif
