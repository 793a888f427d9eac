/* SPDX-License-Identifier: ISC */
/*
 * Files with a secret: nobody but their owner may even read them
 *
 * Beyond what a trusted file is (trusted_file.h) such a file has no bit for
 * group or others in its mode.  It is read into memory that the caller has made
 * for a secret, and written from there; no copy is made on the way.
 */
#ifndef POSTERN_OS_SECRET_FILE_H
#define POSTERN_OS_SECRET_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "os/trusted_path.h"

/*
 * Make a file that is not there yet, ours and with mode 0600, with these bytes:
 * whole and on the disk, or not at all.  owner: as whom we write, geteuid(),
 * for the check of the directories.
 *
 * 0, -EEXIST, -ENOENT (no such directory), -EACCES (any other fault), or -errno
 * (kind ERROR).  The fault is written when this fails.
 */
PST_MUST_CHECK int pst_secret_file_create(const char *path, uid_t owner,
					  const void *bytes, size_t byte_count,
					  struct pst_path_fault *ret_fault);

/*
 * Read up to room_bytes: a file that is longer fills the room.  Results as of
 * pst_trusted_file_open().  What was read before a failure may be left in
 * bytes.
 */
PST_MUST_CHECK int pst_secret_file_read(const char *path, uid_t reader,
					void *bytes, size_t room_bytes,
					size_t *ret_byte_count,
					struct pst_path_fault *ret_fault);

#endif
