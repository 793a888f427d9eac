/* SPDX-License-Identifier: ISC */
/*
 * <postern/subject.h> and <postern/key.h>
 *
 * The layers below return more codes than the documented set has: the codes for
 * a missing process, an ambiguous name and a file system's refusal are chosen
 * here.
 */
#include <postern/subject.h>
#include <postern/key.h>

#include <assert.h>
#include <errno.h>

#include "api/api.h"
#include "identity/key_file.h"
#include "identity/subject.h"
#include "os/features.h"
#include "os/name_lookup.h"
#include "os/peer_credentials.h"

static_assert(POSTERN_KEY_TEXT_BYTES == PST_IDENTITY_PUBLIC_TEXT_BYTES,
	      "one spelling");

static int filter(int result, const char *function)
{
	switch (result) {
	case -ESRCH:
		return -ENOENT;
	case -ENOTUNIQ:
		return -EINVAL;
	case -EPERM: /* of the file system; ours is about directions */
	case -EROFS:
		return -EACCES;
	default:
		return pst_api_filter(result, function, NULL);
	}
}

static int check_options(const struct postern_subject_options *options)
{
	if ((options->flags & ~(uint32_t)POSTERN_SUBJECT_SEEN_BY) != 0 ||
	    (options->disable_features & ~POSTERN_FEATURES_ALL) != 0)
		return -EINVAL;
	/* Without the flag, an observer would be ignored silently. */
	if (!(options->flags & POSTERN_SUBJECT_SEEN_BY) &&
	    (options->seen_by_uid != 0 || options->seen_by_gid != 0))
		return -EINVAL;
	return 0;
}

int postern_subject_new_for_pid(int32_t pid,
				const struct postern_subject_options *options,
				const struct postern_subject **ret_subject)
{
	struct postern_subject_options copy;
	struct postern_subject *subject = NULL;
	int r;

	if (!ret_subject)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_SUBJECT_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	r = check_options(&copy);
	if (r < 0)
		return r;
	r = pst_subject_new_for_pid(pid, &copy, &subject);
	if (r == 0)
		*ret_subject = subject;
	return filter(r, __func__);
}

int postern_subject_new_for_user(const char *user,
				 const struct postern_subject **ret_subject)
{
	struct postern_subject *subject = NULL;
	int r;

	if (!user || !ret_subject)
		return -EINVAL;
	r = pst_subject_new_for_user(user, &subject);
	if (r == 0)
		*ret_subject = subject;
	return filter(r, __func__);
}

const struct postern_subject *
postern_subject_free(const struct postern_subject *subject)
{
	struct postern_subject *own = (struct postern_subject *)
		(uintptr_t)subject; /* const is for the caller */

	(void)pst_subject_free(own); /* always NULL */
	return NULL;
}

int postern_pidfd_inode(int32_t pid, uint32_t disable_features,
			uint64_t *ret_inode)
{
	if ((disable_features & ~POSTERN_FEATURES_ALL) != 0 || !ret_inode)
		return -EINVAL;
	return filter(pst_process_pidfd_inode(
			      pid, pst_features_probe(disable_features),
			      ret_inode),
		      __func__);
}

int postern_user_from_uid(uint32_t uid, char **ret_name)
{
	if (!ret_name)
		return -EINVAL;
	return filter(pst_name_lookup_user_name(PST_PASSWD_PATH, uid, ret_name),
		      __func__);
}

int postern_gid_from_group(const char *group, uint32_t *ret_gid)
{
	if (!group || !ret_gid)
		return -EINVAL;
	return filter(pst_gid_from_group(group, ret_gid), __func__);
}

int postern_key_create(const char *path,
		       uint8_t ret_public_key[POSTERN_KEY_BYTES],
		       struct postern_error_info *error)
{
	struct postern_error_info ours;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!path || !ret_public_key)
		return -EINVAL;
	r = pst_key_file_create(path, ret_public_key, &ours);
	pst_api_end_error(error, &ours);
	return filter(r, __func__);
}

int postern_key_read_public(const char *path,
			    uint8_t ret_public_key[POSTERN_KEY_BYTES],
			    struct postern_error_info *error)
{
	struct postern_error_info ours;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!path || !ret_public_key)
		return -EINVAL;
	r = pst_key_file_read_public(path, ret_public_key, &ours);
	pst_api_end_error(error, &ours);
	return filter(r, __func__);
}

void postern_key_text(const uint8_t public_key[POSTERN_KEY_BYTES],
		      char ret_text[POSTERN_KEY_TEXT_BYTES])
{
	pst_identity_public_text(public_key, ret_text);
}
