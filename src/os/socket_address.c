/* SPDX-License-Identifier: ISC */
/*
 * The address of a socket that is open with O_PATH
 *
 * The kernel follows the links in /proc/thread-self/fd to what is open, without
 * looking at any path again.  /proc/self is the main thread: its descriptors are
 * others where a thread has a table of its own, and none after it has ended.
 */
#include "os/socket_address.h"

#include <stdio.h>

void pst_socket_address_of_fd(int fd,
			      char path[static PST_SOCKET_ADDRESS_BYTES])
{
	(void)snprintf(path, PST_SOCKET_ADDRESS_BYTES, "/proc/thread-self/fd/%d",
		       fd);
}
