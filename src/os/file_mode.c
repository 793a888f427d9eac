/* SPDX-License-Identifier: ISC */
/*
 * The mode of a file that we made, and nothing beside it
 *
 * The file is named by its descriptor in /proc, since fchmod() and
 * fremovexattr() do not take an O_PATH descriptor, nor a bound socket's.
 */
#include "os/file_mode.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "os/socket_address.h"

#define ACCESS_ACL "system.posix_acl_access"

/* There is no ACL, or the file system knows none. */
static bool is_without_acl(int error)
{
	return error == ENODATA || error == EOPNOTSUPP;
}

int pst_file_set_mode(int fd, mode_t mode)
{
	char path[PST_SOCKET_ADDRESS_BYTES];
	struct stat status;

	pst_socket_address_of_fd(fd, path);
	if (removexattr(path, ACCESS_ACL) < 0 && !is_without_acl(errno))
		return -errno;
	if (chmod(path, mode) < 0)
		return -errno;
	if (getxattr(path, ACCESS_ACL, NULL, 0) >= 0)
		return -EACCES;
	if (!is_without_acl(errno) || stat(path, &status) < 0)
		return -errno;
	return (status.st_mode & ALLPERMS) == mode ? 0 : -EACCES;
}
