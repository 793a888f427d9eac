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
 * Copy a size-led option struct of another version into one of ours: absent
 * fields are zero.  Returns 0, or -EINVAL for one that is larger than known
 * and says something there.
 */
int pst_api_copy_options(void *ours, size_t ours_bytes, const void *theirs);

/*
 * Write as much of a size-led struct as its owner knows, by the size it begins
 * with, which stays; what is not known here is zero.  Returns 0, or -EINVAL.
 */
int pst_api_copy_out(void *theirs, const void *ours, size_t ours_bytes);

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
