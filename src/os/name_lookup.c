/* SPDX-License-Identifier: ISC */
/*
 * One look-up of a user or group: see name_lookup.h
 *
 * The name of an id is that of its first entry.  Groups list members by name,
 * but policies use ids: the names of a uid are collected from one file and
 * searched in the other.
 */
#include "os/name_lookup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "os/name_entries.h"
#include "os/name_table.h"

typedef int find_fn(struct pst_name_table *table, const char *name,
		    uid_t *ret_id);

static int find_id(const char *passwd_path, const char *group_path,
		   find_fn *find, const char *name, uid_t *ret_id)
{
	struct pst_name_table *table;
	int r;

	r = pst_name_table_new(passwd_path, group_path, &table);
	if (r < 0)
		return r;
	r = find(table, name, ret_id);
	(void)pst_name_table_free(table); /* always NULL */
	return r;
}

int pst_name_lookup_uid(const char *passwd_path, const char *user_name,
			uid_t *ret_uid)
{
	return find_id(passwd_path, NULL, pst_name_table_find_uid, user_name,
		       ret_uid);
}

int pst_name_lookup_gid(const char *group_path, const char *group_name,
			gid_t *ret_gid)
{
	return find_id(NULL, group_path, pst_name_table_find_gid, group_name,
		       ret_gid);
}

struct name_search {
	uid_t uid;
	char *name;
};

static int take_name(void *object, const struct pst_name_entry *user)
{
	struct name_search *search = object;

	if (user->id != search->uid)
		return 0;
	search->name = strdup(user->name);
	return search->name ? 1 : -ENOMEM;
}

int pst_name_lookup_user_name(const char *passwd_path, uid_t uid,
			      char **ret_user_name)
{
	struct name_search search = {.uid = uid};
	int r;

	r = pst_name_entries_read(PST_NAME_USER, passwd_path, take_name,
				  &search, NULL);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_user_name = search.name;
	return 0;
}

/* Ids without duplicates; uid_t and gid_t are the same type. */
struct id_list {
	uid_t *ids;
	size_t count;
};

struct name_list {
	char **names;
	size_t count;
};

static int add_id(struct id_list *list, uid_t id)
{
	uid_t *ids;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->ids[i] == id)
			return 0;
	}
	ids = reallocarray(list->ids, list->count + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	ids[list->count] = id;
	list->ids = ids;
	list->count++;
	return 0;
}

static bool has_name(const struct name_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->names[i], name) == 0)
			return true;
	}
	return false;
}

static int add_name(struct name_list *list, const char *name)
{
	char **names;
	char *own_name;

	names = reallocarray(list->names, list->count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	list->names = names;
	own_name = strdup(name);
	if (!own_name)
		return -ENOMEM;
	names[list->count++] = own_name;
	return 0;
}

static void free_names(struct name_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct name_list) {0};
}

/* A user's names, and its groups, the primary ones first. */
struct user_groups {
	uid_t uid;
	struct name_list names;
	struct id_list gids;
};

static int take_own_name(void *object, const struct pst_name_entry *user)
{
	struct user_groups *groups = object;
	int r;

	if (user->id != groups->uid)
		return 0;
	r = add_name(&groups->names, user->name);
	return r < 0 ? r : add_id(&groups->gids, user->primary_gid);
}

static int take_group(void *object, const struct pst_name_entry *group)
{
	struct user_groups *groups = object;
	char *const *member;

	for (member = group->members; *member; member++) {
		if (has_name(&groups->names, *member))
			return add_id(&groups->gids, group->id);
	}
	return 0;
}

int pst_name_lookup_groups_of_uid(const char *passwd_path,
				  const char *group_path, uid_t uid,
				  gid_t *ret_gid, gid_t **ret_groups,
				  size_t *ret_group_count)
{
	struct user_groups groups = {.uid = uid};
	struct id_list *gids = &groups.gids;
	int r;

	r = pst_name_entries_read(PST_NAME_USER, passwd_path, take_own_name,
				  &groups, NULL);
	if (r == 0 && groups.names.count == 0)
		r = -ENOENT;
	if (r == 0)
		r = pst_name_entries_read(PST_NAME_GROUP, group_path,
					  take_group, &groups, NULL);
	free_names(&groups.names);
	if (r < 0) {
		free(gids->ids);
		return r;
	}

	/* The first is the primary one; the others move up. */
	*ret_gid = gids->ids[0];
	gids->count--;
	memmove(gids->ids, gids->ids + 1, gids->count * sizeof(gid_t));
	if (gids->count == 0) {
		free(gids->ids);
		gids->ids = NULL;
	}
	*ret_groups = gids->ids;
	*ret_group_count = gids->count;
	return 0;
}
