/* SPDX-License-Identifier: ISC */
/*
 * All users and groups of /etc/passwd and /etc/group, for many look-ups
 *
 * A policy can name thousands of users.  So the files are read once, when the
 * first name is looked up, and searched in memory.  All answers are of one
 * moment.  The rules of name_lookup.h on files and names apply.
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
 * The uids that a group's entry lists as members, and those that have it as
 * primary group (they can drop it in a namespace), ascending and without
 * duplicates.  The array belongs to the table.  Several entries of one gid are
 * combined.  A member without an entry in the password file is skipped.  A gid
 * without an entry may have members too.
 */
PST_MUST_CHECK int pst_name_table_find_members(struct pst_name_table *table,
					       gid_t gid,
					       const uid_t **ret_uids,
					       size_t *ret_uid_count);

#endif
