/* SPDX-License-Identifier: ISC */
/*
 * A socket whose last close() lingers
 *
 * A TCP connection to this host with more unsent data than its other end has
 * room for, and SO_LINGER.  The task that closes it last waits so long, unless
 * it is exiting.
 */
#ifndef POSTERN_SUPPORT_LINGERING_H
#define POSTERN_SUPPORT_LINGERING_H

/* Aborts when it cannot.  *ret_other_fd has to stay open meanwhile. */
int lingering_socket_new(int linger_seconds, int *ret_other_fd);

/*
 * Send a record with such a socket over an own SEQPACKET socket, which has the
 * only reference then.  0, or -errno.
 */
int lingering_socket_send(int socket_fd, const void *bytes,
			  unsigned byte_count, int linger_seconds,
			  int *ret_other_fd);

#endif
