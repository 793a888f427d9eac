/* SPDX-License-Identifier: ISC */
/*
 * The address of a socket that is open with O_PATH
 *
 * connect() takes a path of at most 107 bytes and nothing like openat().
 * /proc/thread-self/fd/N names an open descriptor, so what was checked is what
 * is connected to, whatever became of its path since.
 */
#ifndef POSTERN_OS_SOCKET_ADDRESS_H
#define POSTERN_OS_SOCKET_ADDRESS_H

/* Room for "/proc/thread-self/fd/" and any descriptor. */
#define PST_SOCKET_ADDRESS_BYTES 32

/* The path of an open descriptor of the calling thread, for this thread. */
void pst_socket_address_of_fd(int fd,
			      char path[static PST_SOCKET_ADDRESS_BYTES]);

#endif
