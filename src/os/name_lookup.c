/* SPDX-License-Identifier: ISC */
/*
 * User and group names, from the files themselves
 *
 * A name is looked for to the end of the file, so that a second, different
 * entry for it is found; the name of an id is the first, as everywhere else.
 */
#include "os/name_lookup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "os/name_entries.h"

struct id_search {
	const char *name;
	bool is_found;
	uid_t id;
};

struct name_search {
	uid_t id;
	char *name;
};

static int take_id(void *object, const struct pst_name_entry *entry)
{
	struct id_search *search = object;

	if (strcmp(entry->name, search->name) != 0)
		return 0;
	if (search->is_found && search->id != entry->id)
		return -ENOTUNIQ;
	search->is_found = true;
	search->id = entry->id;
	return 0;
}

static int find_id(enum pst_name_kind kind, const char *path, const char *name,
		   uid_t *ret_id)
{
	struct id_search search = {.name = name};
	int r;

	r = pst_name_entries_read(kind, path, take_id, &search, NULL);
	if (r < 0)
		return r;
	if (!search.is_found)
		return -ENOENT;
	*ret_id = search.id;
	return 0;
}

int pst_name_lookup_uid(const char *passwd_path, const char *user_name,
			uid_t *ret_uid)
{
	return find_id(PST_NAME_USER, passwd_path, user_name, ret_uid);
}

int pst_name_lookup_gid(const char *group_path, const char *group_name,
			gid_t *ret_gid)
{
	return find_id(PST_NAME_GROUP, group_path, group_name, ret_gid);
}

static int take_name(void *object, const struct pst_name_entry *entry)
{
	struct name_search *search = object;

	if (entry->id != search->id)
		return 0;
	search->name = strdup(entry->name);
	return search->name ? 1 : -ENOMEM;
}

static int find_name(enum pst_name_kind kind, const char *path, uid_t id,
		     char **ret_name)
{
	struct name_search search = {.id = id};
	int r;

	r = pst_name_entries_read(kind, path, take_name, &search, NULL);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_name = search.name;
	return 0;
}

int pst_name_lookup_user_name(const char *passwd_path, uid_t uid,
			      char **ret_user_name)
{
	return find_name(PST_NAME_USER, passwd_path, uid, ret_user_name);
}

int pst_name_lookup_group_name(const char *group_path, gid_t gid,
			       char **ret_group_name)
{
	return find_name(PST_NAME_GROUP, group_path, gid, ret_group_name);
}
