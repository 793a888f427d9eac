/* SPDX-License-Identifier: ISC */
/*
 * User and group names, from /etc/passwd and /etc/group only
 *
 * NSS is not used: it may ask the network, loads foreign code, and does not
 * work in a confined process.  Files that pst_trusted_file_open() approved are
 * read by libc's fgetpwent_r() and fgetgrent_r(), whole for each look-up;
 * name_table.h is for many.  Tests pass their own paths.  Entries of the NIS
 * form ("+name", "-name") are not names.
 *
 * Common results: 0; -ENOENT (no such entry or file); -ENOTUNIQ (two entries
 * give one name different ids; a policy must not depend on their order);
 * -EACCES (the file is not trusted); -ENOMEM or another -errno.
 */
#ifndef POSTERN_OS_NAME_LOOKUP_H
#define POSTERN_OS_NAME_LOOKUP_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

#define PST_PASSWD_PATH "/etc/passwd"
#define PST_GROUP_PATH "/etc/group"

PST_MUST_CHECK int pst_name_lookup_uid(const char *passwd_path,
				       const char *user_name, uid_t *ret_uid);
PST_MUST_CHECK int pst_name_lookup_gid(const char *group_path,
				       const char *group_name, gid_t *ret_gid);

/* The first name of a uid, in a buffer from malloc(). */
PST_MUST_CHECK int pst_name_lookup_user_name(const char *passwd_path, uid_t uid,
					     char **ret_user_name);

/*
 * The groups that a user has after login: *ret_gid is the primary one, the
 * array (from malloc(), NULL if there are none) the others without duplicates.
 * A uid with several names has the groups of all of them.
 */
PST_MUST_CHECK int pst_name_lookup_groups_of_uid(const char *passwd_path,
						 const char *group_path,
						 uid_t uid, gid_t *ret_gid,
						 gid_t **ret_groups,
						 size_t *ret_group_count);

#endif
