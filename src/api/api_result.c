/* SPDX-License-Identifier: ISC */
/*
 * The edge of the library, see api.h, and <postern/result.h>
 *
 * A caller receives documented codes only, also if a later kernel returns others;
 * the log receives the code of the kernel.
 */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include <postern/result.h>
#include <postern/version.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "crypto/cipher.h"
#include "os/features.h"
#include "os/monotonic.h"

static const int closed_set[] = {
	EAGAIN, EMSGSIZE, EPIPE, EBADMSG, ENOTRECOVERABLE, ESTALE, EACCES,
	EKEYREJECTED, EPROTONOSUPPORT, ETIMEDOUT, EDQUOT, EPERM, EBUSY, ENOENT,
	EOPNOTSUPP, EINVAL, ENOMEM, EMFILE, ENFILE, ECANCELED,
};

/* Apart from the filter, which every message goes through: a record is large,
 * and hardening clears it. */
PST_COLD
static void report_unexpected(int result, const char *function,
			      const struct pst_log *log)
{
	const char *call = pst_kernel_error_call(result);
	struct pst_log_record record;

	pst_log_record_init(&record, POSTERN_LOG_ERROR, "unexpected-error");
	pst_log_record_add_text(&record, "function", function);
	if (call)
		pst_log_record_add_text(&record, "call", call);
	pst_log_record_add_i64(&record, "errno",
			       pst_kernel_error_number(result));
	pst_log_record_emit(&record, log);
}

int pst_api_filter_failure(int result, const char *function,
			   const struct pst_log *log)
{
	size_t i;

	for (i = 0; i < sizeof(closed_set) / sizeof(closed_set[0]); i++)
		if (result == -closed_set[i])
			return result;
	if (log)
		report_unexpected(result, function, log);
	return pst_is_kernel_error(result) ? pst_kernel_error_result(result) :
					     -ECANCELED;
}

static int read_size(const void *theirs, size_t first_bytes, size_t *ret_bytes)
{
	size_t bytes;

	memcpy(&bytes, theirs, sizeof(bytes));
	if (bytes < first_bytes || bytes > POSTERN_STRUCT_BYTES_MAX)
		return -EINVAL;
	*ret_bytes = bytes;
	return 0;
}

int pst_api_copy_options(void *ours, size_t ours_bytes, size_t first_bytes,
			 const void *theirs)
{
	const unsigned char *bytes = theirs;
	size_t theirs_bytes, i;
	int r;

	memset(ours, 0, ours_bytes);
	if (!theirs)
		return 0;
	r = read_size(theirs, first_bytes, &theirs_bytes);
	if (r < 0)
		return r;
	for (i = ours_bytes; i < theirs_bytes; i++)
		if (bytes[i] != 0)
			return -EINVAL;
	memcpy(ours, theirs,
	       theirs_bytes < ours_bytes ? theirs_bytes : ours_bytes);
	return 0;
}

int pst_api_check_out(const void *theirs, size_t first_bytes)
{
	size_t theirs_bytes;

	return theirs ? read_size(theirs, first_bytes, &theirs_bytes) : -EINVAL;
}

void pst_api_copy_out(void *theirs, const void *ours, size_t ours_bytes)
{
	size_t theirs_bytes;

	memcpy(&theirs_bytes, theirs, sizeof(theirs_bytes));
	if (theirs_bytes > ours_bytes)
		memset((unsigned char *)theirs + ours_bytes, 0,
		       theirs_bytes - ours_bytes);
	else
		ours_bytes = theirs_bytes;
	memcpy((unsigned char *)theirs + sizeof(theirs_bytes),
	       (const unsigned char *)ours + sizeof(theirs_bytes),
	       ours_bytes - sizeof(theirs_bytes));
}

const char *postern_version(void)
{
	return POSTERN_VERSION;
}

const char *postern_strerror(int result)
{
	return pst_result_description(result);
}

const char *postern_reason_description(enum postern_reason reason)
{
	return pst_reason_description(reason);
}

const char *postern_reason_name(enum postern_reason reason)
{
	return pst_reason_name(reason);
}

int postern_result_is_transient(int result, enum postern_reason reason)
{
	return pst_result_is_transient(result, reason) ? 1 : 0;
}

uint64_t postern_deadline_after(uint64_t timeout_ns)
{
	return pst_deadline_after(pst_monotonic_now_ns(), timeout_ns);
}

uint32_t postern_features(void)
{
	return pst_features_probe(0) | pst_cipher_features(0);
}
