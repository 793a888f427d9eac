/* SPDX-License-Identifier: ISC */
/*
 * The mode of a file that we made, and nothing beside it
 *
 * In a directory with a default ACL a new file or socket has an ACL from the
 * beginning.  chmod() only changes the mask of it: users that the ACL names would
 * have access that no mode shows.
 */
#ifndef POSTERN_OS_FILE_MODE_H
#define POSTERN_OS_FILE_MODE_H

#include <sys/types.h>

#include "base/attributes.h"

/*
 * Remove the access ACL of an open file of ours, then set its mode.  fd may be
 * O_PATH.  0, or -errno.
 */
PST_MUST_CHECK int pst_file_set_mode(int fd, mode_t mode);

#endif
