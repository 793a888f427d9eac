/* SPDX-License-Identifier: ISC */
/*
 * <postern/key.h>: check the arguments, call, filter the result
 */
#include <postern/key.h>

#include <assert.h>
#include <errno.h>

#include "api/api_options.h"
#include "api/api_result.h"
#include "identity/key_file.h"

static_assert(POSTERN_KEY_TEXT_BYTES == PST_IDENTITY_PUBLIC_TEXT_BYTES,
	      "one spelling");

/* These are a file system's; our own -EPERM is about directions. */
static int filter(int result, const char *function)
{
	if (result == -EPERM || result == -EROFS)
		return -EACCES;
	return pst_api_filter(result, function, NULL);
}

int postern_key_create(const char *path, struct postern_refusal *refusal,
		       uint8_t ret_public_key[POSTERN_KEY_BYTES])
{
	struct postern_refusal ours;
	int r;

	r = pst_api_begin_refusal(refusal, &ours);
	if (r < 0)
		return r;
	if (!path || !ret_public_key)
		return -EINVAL;
	r = pst_key_file_create(path, &ours, ret_public_key);
	pst_api_end_refusal(refusal, &ours);
	return filter(r, __func__);
}

int postern_key_read_public(const char *path, struct postern_refusal *refusal,
			    uint8_t ret_public_key[POSTERN_KEY_BYTES])
{
	struct postern_refusal ours;
	int r;

	r = pst_api_begin_refusal(refusal, &ours);
	if (r < 0)
		return r;
	if (!path || !ret_public_key)
		return -EINVAL;
	r = pst_key_file_read_public(path, &ours, ret_public_key);
	pst_api_end_refusal(refusal, &ours);
	return filter(r, __func__);
}

void postern_key_text(const uint8_t public_key[POSTERN_KEY_BYTES],
		      char ret_text[POSTERN_KEY_TEXT_BYTES])
{
	pst_identity_public_text(public_key, ret_text);
}
