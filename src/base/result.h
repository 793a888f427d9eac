/* SPDX-License-Identifier: ISC */
/*
 * Results, reasons, features and error information
 *
 * The strings of <postern/result.h>, and the functions that fill in the error
 * information of a failed call.  The functions pst_error_set*() return false, so
 * that a check can end with them.
 */
#ifndef POSTERN_BASE_RESULT_H
#define POSTERN_BASE_RESULT_H

#include <stdbool.h>

#include <postern/result.h>

#include "base/attributes.h"

const char *pst_result_description(int result);
const char *pst_reason_description(enum postern_reason reason);
const char *pst_reason_name(enum postern_reason reason);
bool pst_result_is_transient(int result, enum postern_reason reason);

/* Names as in a policy's `require`; the bit of name i is 1 << i. */
#define PST_FEATURE_COUNT 5
extern const char *const pst_feature_names[PST_FEATURE_COUNT];

/* A reason that needs no detail. */
bool pst_error_set(struct postern_error_info *error,
		   enum postern_reason reason);

/* A reason with a formatted detail, which is truncated to its capacity. */
PST_PRINTF(3, 4)
bool pst_error_setf(struct postern_error_info *error,
		    enum postern_reason reason, const char *format, ...);

/*
 * A failed system call.  The detail ends with the meaning of its errno; KERNEL
 * becomes RESOURCES if that errno means that a resource is exhausted.
 */
bool pst_error_set_errno(struct postern_error_info *error,
			 enum postern_reason reason, int result,
			 const char *what);

/*
 * An answer that could not be created or sent: the peer hung up (-EPIPE), or a
 * resource is exhausted.
 */
bool pst_error_set_io(struct postern_error_info *error, int result,
		      const char *what);

/* The reason for a failed system call: RESOURCES or KERNEL. */
enum postern_reason pst_error_reason(int result);

/*
 * The result to return with this error information: -ECANCELED if the reason is
 * KERNEL and the result is none of the library's own codes.
 */
int pst_error_result(const struct postern_error_info *error, int result);

/*
 * Describe a failed system call at the end of a function, unless the error
 * information has a reason already.  Returns pst_error_result().
 */
int pst_error_finish(struct postern_error_info *error, int result,
		     const char *what);

#endif
