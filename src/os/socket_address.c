/* SPDX-License-Identifier: ISC */
/*
 * The address of a socket that is open with O_PATH
 *
 * The kernel follows the links in /proc/self/fd to what is open, without
 * looking at any path again.
 */
#include "os/socket_address.h"

#include <stdio.h>

void pst_socket_address_of_fd(int fd,
			      char path[static PST_SOCKET_ADDRESS_BYTES])
{
	(void)snprintf(path, PST_SOCKET_ADDRESS_BYTES, "/proc/self/fd/%d", fd);
}
