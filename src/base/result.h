/* SPDX-License-Identifier: ISC */
/*
 * Words for results and reasons, as <postern/result.h> documents them
 */
#ifndef POSTERN_BASE_RESULT_H
#define POSTERN_BASE_RESULT_H

#include <stdbool.h>

#include <postern/result.h>

#include "base/attributes.h"

const char *pst_result_text(int result);
const char *pst_reason_text(enum postern_reason reason);
const char *pst_reason_word(enum postern_reason reason);
bool pst_result_is_transient(int result, enum postern_reason reason);

/* Write a refusal that its reason says all about.  Returns false, see below. */
bool pst_refuse_plain(struct postern_refusal *refusal,
		      enum postern_reason reason);

/* RESOURCES or KERNEL, as the -errno of a failed call says. */
enum postern_reason pst_refusal_reason(int result);

/*
 * The result beside a refusal: where the reason is the kernel's, its code is none
 * of the library's.
 */
int pst_refusal_result(const struct postern_refusal *refusal, int result);

/*
 * At the end of a call: explain a failure of the kernel if nothing else has been
 * said of it.  Returns pst_refusal_result().
 */
int pst_refusal_finish(struct postern_refusal *refusal, int result,
		       const char *what);

/*
 * Write a refusal whose detail is the formatted sentence; cut, never overrun.
 * Returns false, so that a check can end with it.
 */
PST_PRINTF(3, 4)
bool pst_refuse(struct postern_refusal *refusal, enum postern_reason reason,
		const char *format, ...);

/* The same for a failure of the kernel: the detail ends with what it means. */
bool pst_refuse_errno(struct postern_refusal *refusal,
		      enum postern_reason reason, int result,
		      const char *what);

/* The same for an answer that could not be made or sent: the peer hung up
 * (-EPIPE), or something was lacking. */
bool pst_refuse_unanswered(struct postern_refusal *refusal, int result,
			   const char *what);

#endif
