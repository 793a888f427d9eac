/* SPDX-License-Identifier: ISC */
/*
 * Path, mode and size of an open file
 *
 * Path: connect(), chmod() and others take no O_PATH descriptor.  The kernel
 * follows a link in /proc/thread-self/fd to the open file itself. /proc/self
 * would be the main thread, whose descriptors can differ.
 *
 * Mode: a file made in a directory with a default ACL has an ACL, and chmod()
 * changes only its mask.  Size: beyond RLIMIT_FSIZE the kernel sends SIGXFSZ,
 * which ends the process; the limit and the signal belong to the program, so
 * these calls block the signal.
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
