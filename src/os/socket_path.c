/* SPDX-License-Identifier: ISC */
/*
 * The place of a node's socket
 *
 * Nothing but a closed directory at the end of a trusted path: what is in it is
 * the business of listener.c.
 */
#include "os/socket_path.h"

int pst_socket_path_open(const char *path, uid_t owner, unsigned flags,
			 int *ret_dir_fd, const char **ret_name,
			 struct pst_path_fault *ret_fault)
{
	char directory[PST_PATH_BYTES];
	const char *name;
	int r;

	r = pst_trusted_path_split(path, directory, &name, ret_fault);
	if (r < 0)
		return r;
	r = pst_trusted_path_open_directory(directory, owner,
					    PST_TRUSTED_PATH_CLOSED | flags,
					    ret_dir_fd, ret_fault);
	if (r < 0)
		return r;
	*ret_name = name;
	return 0;
}
