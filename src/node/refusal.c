/* SPDX-License-Identifier: ISC */
/*
 * Refusals that are made here, not by the policy
 */
#include "node/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/kernel_error.h"

bool pst_refuse_plain(struct postern_refusal *refusal,
		      enum postern_reason reason)
{
	memset(refusal, 0, sizeof(*refusal));
	refusal->reason = reason;
	return false;
}

enum postern_reason pst_refusal_reason(int result)
{
	return pst_is_out_of_resources(result) ? POSTERN_REASON_RESOURCES :
						 POSTERN_REASON_KERNEL;
}

int pst_refusal_result(const struct postern_refusal *refusal, int result)
{
	if (refusal->reason != POSTERN_REASON_KERNEL ||
	    pst_is_kernel_error(result) || result == -EOPNOTSUPP)
		return result;
	return -ECANCELED;
}

bool pst_refuse(struct postern_refusal *refusal, enum postern_reason reason,
		const char *format, ...)
{
	va_list arguments;

	memset(refusal, 0, sizeof(*refusal));
	refusal->reason = reason;
	va_start(arguments, format);
	(void)vsnprintf(refusal->detail, sizeof(refusal->detail), format,
			arguments);
	va_end(arguments);
	return false;
}

bool pst_refuse_errno(struct postern_refusal *refusal,
		      enum postern_reason reason, int result, const char *what)
{
	const char *meaning = strerrordesc_np(pst_kernel_error_number(result));
	const char *call = pst_kernel_error_call(result);

	if (reason == POSTERN_REASON_KERNEL && pst_is_out_of_resources(result))
		reason = POSTERN_REASON_RESOURCES;
	if (pst_is_kernel_error(result) &&
	    pst_kernel_error_number(result) == EFBIG)
		return pst_refuse(refusal, reason, "%s: %s: %s; raise the limit "
				  "of the size of files with 'ulimit -f "
				  "unlimited' or LimitFSIZE=", what, call,
				  meaning);
	return pst_refuse(refusal, reason, "%s%s%s: %s", what,
			  call ? ": " : "", call ? call : "",
			  meaning ? meaning : "unknown error");
}

int pst_refusal_finish(struct postern_refusal *refusal, int result,
		       const char *what)
{
	if (refusal->reason == POSTERN_REASON_NONE &&
	    (pst_is_kernel_error(result) || pst_is_out_of_resources(result)))
		(void)pst_refuse_errno(refusal, pst_refusal_reason(result),
				       result, what);
	return pst_refusal_result(refusal, result);
}

bool pst_refuse_unanswered(struct postern_refusal *refusal, int result,
			   const char *what)
{
	if (result == -EPIPE)
		return pst_refuse_plain(refusal, POSTERN_REASON_HUNG_UP);
	return pst_refuse_errno(refusal, POSTERN_REASON_RESOURCES, result,
				what);
}
