/* SPDX-License-Identifier: ISC */
/*
 * Closing a connection whose queue may hold descriptors
 *
 * The kernel closes descriptors that were queued and never received when the
 * socket is closed, in the context of the task that closes it.  A TCP socket
 * with SO_LINGER and unsent data makes that task wait as long as its sender
 * chose.  In a task that is exiting, the kernel does not linger.  So a
 * connection with something in its queue is closed by a thread that exists for
 * nothing else: it copies the descriptor table, the caller closes its own
 * descriptor, and the exit of the thread closes the last one.
 *
 * Where SO_PASSRIGHTS=0 refused descriptors from the beginning, this is
 * close().
 */
#ifndef POSTERN_OS_SOCKET_CLOSE_H
#define POSTERN_OS_SOCKET_CLOSE_H

/*
 * Close a connected or listening socket, and return the empty value, -1.  Does
 * not wait for anything that a peer has sent, unless no thread can be
 * made.  Not in a forked child: what the connection receives is shut down for
 * all.
 */
int pst_socket_close(int socket_fd);

#endif
