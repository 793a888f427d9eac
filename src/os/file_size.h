/* SPDX-License-Identifier: ISC */
/*
 * Making files longer, under a limit of their size
 *
 * Beyond RLIMIT_FSIZE the kernel fails with EFBIG and sends SIGXFSZ, which ends
 * the process.  The limit is the program's or its service manager's, and so may
 * be the signal's action, so these calls keep the signal from being delivered.
 */
#ifndef POSTERN_OS_FILE_SIZE_H
#define POSTERN_OS_FILE_SIZE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* 0, or as pst_kernel_error(). */
PST_MUST_CHECK int pst_file_set_size(int fd, size_t byte_count);

/* As write(); -1 and errno.  SIGXFSZ does not come of it. */
PST_MUST_CHECK ssize_t pst_file_write(int fd, const void *bytes,
				      size_t byte_count);

#endif
