/* SPDX-License-Identifier: ISC */
/*
 * Socket addresses relative to an open directory
 *
 * bind() and connect() take a path of at most 107 bytes and nothing like
 * openat().  /proc/self/fd/N names an open descriptor, so an address can begin
 * at a directory that was checked, whatever became of its path since, and stays
 * short however long that path is.
 */
#ifndef POSTERN_OS_SOCKET_ADDRESS_H
#define POSTERN_OS_SOCKET_ADDRESS_H

#include <sys/un.h>

/* Room for "/proc/self/fd/" and any descriptor. */
#define PST_SOCKET_ADDRESS_BYTES 32

/* The path of an open descriptor. */
void pst_socket_address_of_fd(int fd,
			      char path[static PST_SOCKET_ADDRESS_BYTES]);

/* name (at most 64 bytes) in an open directory. */
void pst_socket_address_in_dir(int dir_fd, const char *name,
			       struct sockaddr_un *ret_address);

#endif
