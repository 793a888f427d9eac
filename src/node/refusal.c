/* SPDX-License-Identifier: ISC */
/*
 * Refusals that are made here, not by the policy
 */
#include "node/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool pst_refuse_plain(struct postern_refusal *refusal,
		      enum postern_reason reason)
{
	memset(refusal, 0, sizeof(*refusal));
	refusal->reason = reason;
	return false;
}

enum postern_reason pst_refusal_reason(int result)
{
	if (result == -EMFILE || result == -ENFILE || result == -ENOMEM)
		return POSTERN_REASON_RESOURCES;
	return POSTERN_REASON_KERNEL;
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
	const char *meaning = strerrordesc_np(-result);

	return pst_refuse(refusal, reason, "%s: %s", what,
			  meaning ? meaning : "unknown error");
}

bool pst_refuse_unanswered(struct postern_refusal *refusal, int result,
			   const char *what)
{
	if (result == -EPIPE)
		return pst_refuse_plain(refusal, POSTERN_REASON_HUNG_UP);
	return pst_refuse_errno(refusal, POSTERN_REASON_RESOURCES, result,
				what);
}
