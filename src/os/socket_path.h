/* SPDX-License-Identifier: ISC */
/*
 * The place of a node's socket
 *
 * Both sides check it: the node before it binds there, the connector before it
 * connects.  The socket's own directory belongs to root or to the node's owner
 * and is writable by nobody else, not even if it is sticky, so that only the
 * owner can put a socket there; what is above is a trusted path
 * (trusted_path.h).
 */
#ifndef POSTERN_OS_SOCKET_PATH_H
#define POSTERN_OS_SOCKET_PATH_H

#include <sys/types.h>

#include "base/attributes.h"
#include "os/trusted_path.h"

/*
 * Open the directory of an absolute path as O_PATH; *ret_name is the last
 * component, a pointer into path.  The socket itself need not exist.
 *
 * flags: 0 or PST_TRUSTED_PATH_OR_OWN.
 *
 * 0, or as pst_trusted_path_open_directory(), with *ret_fault.
 */
PST_MUST_CHECK int pst_socket_path_open(const char *path, uid_t owner,
					unsigned flags, int *ret_dir_fd,
					const char **ret_name,
					struct pst_path_fault *ret_fault);

#endif
