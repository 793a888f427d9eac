/* SPDX-License-Identifier: ISC */
/*
 * Refusals that are made here, not by the policy
 */
#include "node/refusal.h"

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
