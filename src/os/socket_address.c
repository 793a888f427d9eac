/* SPDX-License-Identifier: ISC */
/*
 * Socket addresses relative to an open directory
 *
 * The kernel follows the links in /proc/self/fd to what is open, without
 * looking at any path again.
 */
#include "os/socket_address.h"

#include <stdio.h>
#include <sys/socket.h>

void pst_socket_address_of_fd(int fd,
			      char path[static PST_SOCKET_ADDRESS_BYTES])
{
	(void)snprintf(path, PST_SOCKET_ADDRESS_BYTES, "/proc/self/fd/%d", fd);
}

void pst_socket_address_in_dir(int dir_fd, const char *name,
			       struct sockaddr_un *ret_address)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "/proc/self/fd/%d/%s", dir_fd, name);
	*ret_address = address;
}
