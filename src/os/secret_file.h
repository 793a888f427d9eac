/* SPDX-License-Identifier: ISC */
/*
 * Secret files, which only their owner may read
 *
 * Beyond the rules for a trusted file (trusted_file.h) such a file has no mode
 * bit for group or others.  It is read to, and written from, memory that the
 * caller has allocated for a secret; no other copy is made.
 */
#ifndef POSTERN_OS_SECRET_FILE_H
#define POSTERN_OS_SECRET_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "os/trusted_path.h"

/*
 * Create a file that does not exist yet, ours and with mode 0600, with these
 * bytes: complete and on the disk, or not at all. owner: the uid that writes,
 * geteuid(), for the check of the directories.
 *
 * 0, -EEXIST, -ENOENT (no such directory), -EACCES (any other fault), or -errno
 * (kind ERROR).  The fault is written when this fails.
 */
PST_MUST_CHECK int pst_secret_file_create(const char *path, uid_t owner,
					  const void *bytes, size_t byte_count,
					  struct pst_path_fault *ret_fault);

/*
 * Read up to capacity_bytes; a longer file fills the buffer.  Results as of
 * pst_trusted_file_open().  After a failure, bytes may hold a part.
 */
PST_MUST_CHECK int pst_secret_file_read(const char *path, uid_t reader,
					void *bytes, size_t capacity_bytes,
					size_t *ret_byte_count,
					struct pst_path_fault *ret_fault);

#endif
