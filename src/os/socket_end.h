/* SPDX-License-Identifier: ISC */
/*
 * An empty record looks like the end of a connection
 *
 * recv() gives 0 for both.  Only poll tells: at an end there is a hang-up.  So
 * a peer that sends nothing in a record cannot pass for one that died, and is
 * treated as what it is, a breach of the protocol.
 */
#ifndef POSTERN_OS_SOCKET_END_H
#define POSTERN_OS_SOCKET_END_H

#include "base/attributes.h"

/* Say that this side sends no more: the peer then receives 0 bytes.  0,
 * -ENOTCONN, or as pst_kernel_error(). */
PST_MUST_CHECK int pst_socket_end_sending(int socket_fd);

/* After a receive of 0 bytes: -EPIPE for the end, -EBADMSG for a record. */
int pst_socket_end_of_empty(int socket_fd);

#endif
