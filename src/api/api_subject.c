/* SPDX-License-Identifier: ISC */
/*
 * <postern/facts.h> and <postern/key.h>
 *
 * The layers below return more codes than the documented set has: the codes for
 * a missing process, an ambiguous name and a file system's refusal are chosen
 * here.
 */
#include <postern/facts.h>
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

/* The handle is the subject itself: the type is opaque to its owner. */
static int return_facts(struct postern_subject *subject, int result,
			struct postern_facts **ret_facts)
{
	if (result == 0)
		*ret_facts = (struct postern_facts *)subject;
	return result;
}

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

static int check_options(const struct postern_facts_options *options)
{
	if ((options->flags & ~(uint32_t)POSTERN_FACTS_OBSERVER) != 0 ||
	    (options->features_off & ~POSTERN_FEATURES_ALL) != 0)
		return -EINVAL;
	/* Without the flag, an observer would be ignored silently. */
	if (!(options->flags & POSTERN_FACTS_OBSERVER) &&
	    (options->observer_uid != 0 || options->observer_gid != 0))
		return -EINVAL;
	return 0;
}

int postern_facts_of_process(int32_t pid,
			     const struct postern_facts_options *options,
			     struct postern_facts **ret_facts)
{
	struct postern_facts_options copy;
	struct postern_subject *subject = NULL;
	int r;

	if (!ret_facts)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_FACTS_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	r = check_options(&copy);
	if (r < 0)
		return r;
	r = pst_subject_new_for_pid(pid, &copy, &subject);
	return filter(return_facts(subject, r, ret_facts), __func__);
}

int postern_facts_of_user(const char *user, struct postern_facts **ret_facts)
{
	struct postern_subject *subject = NULL;
	int r;

	if (!user || !ret_facts)
		return -EINVAL;
	r = pst_subject_new_for_user(user, &subject);
	return filter(return_facts(subject, r, ret_facts), __func__);
}

const struct postern_subject *
postern_facts_subject(const struct postern_facts *facts)
{
	return (const struct postern_subject *)facts;
}

struct postern_facts *postern_facts_free(struct postern_facts *facts)
{
	(void)pst_subject_free((struct postern_subject *)facts); /* NULL */
	return NULL;
}

int postern_process_identity(int32_t pid, uint32_t features_off,
			     uint64_t *ret_inode)
{
	if ((features_off & ~POSTERN_FEATURES_ALL) != 0 || !ret_inode)
		return -EINVAL;
	return filter(pst_process_identity(
			      pid, pst_features_probe(features_off), ret_inode),
		      __func__);
}

int postern_user_name(uint32_t uid, char **ret_name)
{
	if (!ret_name)
		return -EINVAL;
	return filter(pst_name_lookup_user_name(PST_PASSWD_PATH, uid, ret_name),
		      __func__);
}

int postern_group_find(const char *group, uint32_t *ret_gid)
{
	if (!group || !ret_gid)
		return -EINVAL;
	return filter(pst_gid_from_group(group, ret_gid), __func__);
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
