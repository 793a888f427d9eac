/* SPDX-License-Identifier: ISC */
/*
 * All users and groups of /etc/passwd and /etc/group, for many look-ups
 *
 * A policy can name thousands of users, so the files are read once, when the
 * first name is looked up, and searched in memory.  All answers are of one
 * moment.  What name_lookup.h says of the files and of names holds here too.
 */
#ifndef POSTERN_OS_NAME_TABLE_H
#define POSTERN_OS_NAME_TABLE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

struct pst_name_table;

/* The paths are borrowed until the table is freed.  0 or -ENOMEM. */
PST_MUST_CHECK int pst_name_table_new(const char *passwd_path,
				      const char *group_path,
				      struct pst_name_table **ret_table);
struct pst_name_table *pst_name_table_free(struct pst_name_table *table);

/* As pst_name_lookup_uid() and pst_name_lookup_gid(). */
PST_MUST_CHECK int pst_name_table_find_uid(struct pst_name_table *table,
					   const char *user_name,
					   uid_t *ret_uid);
PST_MUST_CHECK int pst_name_table_find_gid(struct pst_name_table *table,
					   const char *group_name,
					   gid_t *ret_gid);

/*
 * The uids that a group's entry lists as members, and those whose primary
 * group it is (they can drop it in a namespace), ascending and without
 * duplicates: an array of the table, which lives as long.  Several entries of
 * one gid count together; a member that the password file does not know has no
 * uid and is left out.  A gid without an entry may have members too.
 */
PST_MUST_CHECK int pst_name_table_find_members(struct pst_name_table *table,
					       gid_t gid,
					       const uid_t **ret_uids,
					       size_t *ret_uid_count);

#endif
