/* SPDX-License-Identifier: ISC */
/*
 * The edge: what leaves the library is from the closed set
 */
#ifndef POSTERN_API_API_RESULT_H
#define POSTERN_API_API_RESULT_H

#include <errno.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/log.h"

/*
 * The result as it may leave: itself, or -ECANCELED for a code that is not
 * documented, which then goes to the log (NULL: nowhere) under the name of the
 * public function.
 */
static inline int pst_api_filter(int result, const char *function,
				 const struct pst_log *log);

/*
 * Structs that begin with their size.  first_bytes is the size that such a
 * struct had in the first release (api_options.h lists them): what is smaller,
 * or larger than POSTERN_STRUCT_BYTES_MAX, was never a size of it.
 *
 * Copy one that is an input into one of ours: absent fields, or all of them if
 * theirs is NULL, are zero.  Returns 0, or -EINVAL for an impossible size, or for
 * one that is larger than known and says something there.
 */
int pst_api_copy_options(void *ours, size_t ours_bytes, size_t first_bytes,
			 const void *theirs);

/* Of an output, before anything is done: 0, or -EINVAL, for NULL too. */
int pst_api_check_out(const void *theirs, size_t first_bytes);

/*
 * Write as much of a checked output as its owner knows, by the size it begins
 * with, which stays; what is not known here is zero.
 */
void pst_api_copy_out(void *theirs, const void *ours, size_t ours_bytes);

/* Inline: every message goes through it. */

int pst_api_filter_failure(int result, const char *function,
			   const struct pst_log *log);

static inline int pst_api_filter(int result, const char *function,
				 const struct pst_log *log)
{
	if (PST_LIKELY(result >= 0))
		return result;
	return pst_api_filter_failure(result, function, log);
}

/* Of a call that waits: no other call can be interrupted. */
static inline int pst_api_filter_wait(int result, const char *function)
{
	return result == -EINTR ? result :
				  pst_api_filter(result, function, NULL);
}

#endif
