/* SPDX-License-Identifier: ISC */
/*
 * Open files of ours: path, mode and size
 *
 * Path: connect(), chmod() and others take no O_PATH descriptor.  The kernel
 * follows the links in /proc/thread-self/fd to the open file without resolving
 * any other path again, so that the file that was checked is the one that is
 * used.  /proc/self would be the main thread, whose descriptors can differ.
 *
 * Mode: in a directory with a default ACL a new file or socket has an ACL.
 * chmod() changes only the mask of it, and users that the ACL names would have
 * access that no mode shows.
 *
 * Size: beyond RLIMIT_FSIZE the kernel fails with EFBIG and sends SIGXFSZ, which
 * ends the process.  Both belong to the program, so these calls keep the signal
 * from being delivered.
 */
#ifndef POSTERN_OS_FILE_H
#define POSTERN_OS_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Holds "/proc/thread-self/fd/" and any descriptor. */
#define PST_FILE_PATH_BYTES 32

/* The path of an open descriptor of the calling thread, for this thread. */
void pst_file_path_of_fd(int fd, char path[static PST_FILE_PATH_BYTES]);

/*
 * Remove the access ACL of an open file, then set its mode.  fd may be O_PATH.
 * 0, or -errno.
 */
PST_MUST_CHECK int pst_file_set_mode(int fd, mode_t mode);

/* 0, or as pst_kernel_error(). */
PST_MUST_CHECK int pst_file_set_size(int fd, size_t byte_count);

/* As write(): -1 and errno, but without SIGXFSZ. */
PST_MUST_CHECK ssize_t pst_file_write(int fd, const void *bytes,
				      size_t byte_count);

#endif
