/* SPDX-License-Identifier: ISC */
/* Small files of /proc, read as a whole: for the files of this layer only */
#ifndef POSTERN_OS_PROC_FILE_H
#define POSTERN_OS_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/*
 * Read a file below dir_fd (AT_FDCWD for absolute paths) as one terminated
 * text, from malloc().  0, -EFBIG beyond 1 MiB, or -errno.
 */
PST_MUST_CHECK int pst_proc_file_read(int dir_fd, const char *path,
				      char **ret_text);

/* /proc/PID as O_PATH.  0, -ESRCH if there is no such process, or -errno. */
PST_MUST_CHECK int pst_proc_open(pid_t pid, int *ret_dir_fd);

/*
 * The line of text that begins with key: the first byte behind key, or NULL.
 * The result extends to the end of text, not of the line.
 */
const char *pst_proc_find_line(const char *text, const char *key);

/*
 * Read one decimal number of at most 32 bits, and advance past it and the
 * blanks before it.  Returns whether there was one.
 */
bool pst_proc_take_number(const char **text, uint32_t *ret_number);

/*
 * Whether this is an error of this process (memory, descriptors), rather than a
 * fact that cannot be read.
 */
bool pst_proc_is_own_error(int result);

#endif
