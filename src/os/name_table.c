/* SPDX-License-Identifier: ISC */
/*
 * All users and groups: see name_table.h
 *
 * Three sorted arrays: users by name, groups by name, and memberships by group.
 * If a file cannot be read, every look-up that needs it fails with the same
 * error, which the table keeps.
 */
#include "os/name_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "os/name_entries.h"

/* A user or a group. */
struct row {
	char *name;
	uid_t id;
	gid_t primary_gid;
};

/* One member of one group: first its name as it is listed, then its uid. */
struct membership {
	gid_t gid;
	uid_t uid;
	char *name;
};

struct rows {
	struct row *rows;
	size_t count;
	size_t capacity;
};

struct pst_name_table {
	const char *passwd_path;
	const char *group_path;
	bool has_users;    /* read, or failed: see *_result */
	bool has_groups;
	bool has_members;
	int users_result;
	int groups_result;
	int members_result;
	struct rows users;
	struct rows groups;
	struct membership *memberships;  /* of has_members; names are not
					  * kept */
	size_t membership_count;
	size_t membership_capacity;
	uid_t *member_uids;              /* one for each membership */
};

int pst_name_table_new(const char *passwd_path, const char *group_path,
		       struct pst_name_table **ret_table)
{
	struct pst_name_table *table;

	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->passwd_path = passwd_path;
	table->group_path = group_path;
	*ret_table = table;
	return 0;
}

static void free_rows(struct rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		free(rows->rows[i].name);
	free(rows->rows);
}

struct pst_name_table *pst_name_table_free(struct pst_name_table *table)
{
	size_t i;

	if (!table)
		return NULL;
	free_rows(&table->users);
	free_rows(&table->groups);
	for (i = 0; i < table->membership_count; i++)
		free(table->memberships[i].name);
	free(table->memberships);
	free(table->member_uids);
	free(table);
	return NULL;
}

/* Make space for one more element; the array doubles. */
static int ensure_capacity(void **array, size_t count, size_t *capacity,
			   size_t element_bytes)
{
	size_t new_capacity = *capacity > 0 ? *capacity * 2 : 64;
	void *grown;

	if (count < *capacity)
		return 0;
	grown = reallocarray(*array, new_capacity, element_bytes);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = new_capacity;
	return 0;
}

static int add_row(struct rows *rows, const struct pst_name_entry *entry)
{
	void *array = rows->rows;
	char *name;
	int r;

	r = ensure_capacity(&array, rows->count, &rows->capacity,
			    sizeof(*rows->rows));
	if (r < 0)
		return r;
	rows->rows = array;
	name = strdup(entry->name);
	if (!name)
		return -ENOMEM;
	rows->rows[rows->count++] = (struct row){
		.name = name,
		.id = entry->id,
		.primary_gid = entry->primary_gid,
	};
	return 0;
}

/* Takes name, which may be NULL, also on failure. */
static int add_membership(struct pst_name_table *table, gid_t gid, uid_t uid,
			  char *name_take)
{
	void *array = table->memberships;
	int r;

	r = ensure_capacity(&array, table->membership_count,
			    &table->membership_capacity,
			    sizeof(*table->memberships));
	if (r < 0) {
		free(name_take);
		return r;
	}
	table->memberships = array;
	table->memberships[table->membership_count++] = (struct membership){
		.gid = gid,
		.uid = uid,
		.name = name_take,
	};
	return 0;
}

static int take_user(void *object, const struct pst_name_entry *user)
{
	struct pst_name_table *table = object;

	return add_row(&table->users, user);
}

static int take_group(void *object, const struct pst_name_entry *group)
{
	struct pst_name_table *table = object;
	char *const *member;
	char *name;
	int r;

	r = add_row(&table->groups, group);
	for (member = group->members; r == 0 && *member; member++) {
		name = strdup(*member);
		if (!name)
			return -ENOMEM;
		r = add_membership(table, group->id, 0, name);
	}
	return r;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static void sort_rows(struct rows *rows)
{
	if (rows->count > 0)
		qsort(rows->rows, rows->count, sizeof(*rows->rows),
		      compare_rows);
}

static int read_users(struct pst_name_table *table)
{
	if (!table->has_users) {
		table->users_result = pst_name_entries_read(
			PST_NAME_USER, table->passwd_path, take_user, table,
			NULL);
		sort_rows(&table->users);
		table->has_users = true;
	}
	return table->users_result;
}

static int read_groups(struct pst_name_table *table)
{
	if (!table->has_groups) {
		table->groups_result = pst_name_entries_read(
			PST_NAME_GROUP, table->group_path, take_group, table,
			NULL);
		sort_rows(&table->groups);
		table->has_groups = true;
	}
	return table->groups_result;
}

static int compare_name(const void *name, const void *element)
{
	const struct row *row = element;

	return strcmp(name, row->name);
}

/* The first row that has the name, or the position at which it would be. */
static size_t find_row(const struct rows *rows, const char *name)
{
	return pst_search_first(name, rows->rows, rows->count,
				sizeof(*rows->rows), compare_name);
}

static bool has_name(const struct rows *rows, size_t row_index,
		     const char *name)
{
	return row_index < rows->count &&
	       strcmp(rows->rows[row_index].name, name) == 0;
}

/* Rows of one name are sorted by id: two that differ are neighbours. */
static int find_id(const struct rows *rows, const char *name, uid_t *ret_id)
{
	size_t i, first = find_row(rows, name);

	if (!has_name(rows, first, name))
		return -ENOENT;
	for (i = first + 1; has_name(rows, i, name); i++) {
		if (rows->rows[i].id != rows->rows[first].id)
			return -ENOTUNIQ;
	}
	*ret_id = rows->rows[first].id;
	return 0;
}

int pst_name_table_find_uid(struct pst_name_table *table, const char *user_name,
			    uid_t *ret_uid)
{
	int r = read_users(table);

	return r < 0 ? r : find_id(&table->users, user_name, ret_uid);
}

int pst_name_table_find_gid(struct pst_name_table *table,
			    const char *group_name, gid_t *ret_gid)
{
	int r = read_groups(table);

	return r < 0 ? r : find_id(&table->groups, group_name, ret_gid);
}

/* Replace the names of members by their uids; a name may have several. */
static int resolve_members(struct pst_name_table *table)
{
	const struct rows *users = &table->users;
	const size_t listed_count = table->membership_count;
	size_t i, j, count = 0;
	struct membership *listed;
	int r;

	for (i = 0; i < listed_count; i++) {
		listed = &table->memberships[i];
		for (j = find_row(users, listed->name);
		     has_name(users, j, listed->name); j++) {
			r = add_membership(table, listed->gid,
					   users->rows[j].id, NULL);
			if (r < 0)
				return r;
			listed = &table->memberships[i]; /* it may have moved */
		}
	}
	for (i = 0; i < users->count; i++) {
		r = add_membership(table, users->rows[i].primary_gid,
				   users->rows[i].id, NULL);
		if (r < 0)
			return r;
	}

	for (i = 0; i < listed_count; i++)
		free(table->memberships[i].name);
	count = table->membership_count - listed_count;
	memmove(table->memberships, table->memberships + listed_count,
		count * sizeof(*table->memberships));
	table->membership_count = count;
	return 0;
}

static int compare_memberships(const void *left, const void *right)
{
	const struct membership *a = left, *b = right;

	if (a->gid != b->gid)
		return a->gid < b->gid ? -1 : 1;
	return (a->uid > b->uid) - (a->uid < b->uid);
}

/* Sort them, remove duplicates, and put the uids into one array. */
static int sort_members(struct pst_name_table *table)
{
	struct membership *memberships = table->memberships;
	size_t i, count = 0;

	if (table->membership_count == 0)
		return 0;
	qsort(memberships, table->membership_count, sizeof(*memberships),
	      compare_memberships);
	for (i = 0; i < table->membership_count; i++) {
		if (count == 0 || compare_memberships(&memberships[count - 1],
						      &memberships[i]) != 0)
			memberships[count++] = memberships[i];
	}
	table->membership_count = count;
	table->member_uids = calloc(count, sizeof(*table->member_uids));
	if (!table->member_uids)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		table->member_uids[i] = memberships[i].uid;
	return 0;
}

static int read_members(struct pst_name_table *table)
{
	int r;

	if (table->has_members)
		return table->members_result;
	r = read_groups(table);
	if (r == 0)
		r = read_users(table);
	if (r == 0)
		r = resolve_members(table);
	if (r == 0)
		r = sort_members(table);
	table->members_result = r;
	table->has_members = true;
	return r;
}

static int compare_gid(const void *key, const void *element)
{
	const struct membership *membership = element;
	const gid_t *gid = key;

	return (*gid > membership->gid) - (*gid < membership->gid);
}

/* The first membership of a group that is not below gid. */
static size_t find_membership(const struct pst_name_table *table, gid_t gid)
{
	return pst_search_first(&gid, table->memberships,
				table->membership_count,
				sizeof(*table->memberships), compare_gid);
}

int pst_name_table_find_members(struct pst_name_table *table, gid_t gid,
				const uid_t **ret_uids, size_t *ret_uid_count)
{
	size_t first, end;
	int r;

	r = read_members(table);
	if (r < 0)
		return r;
	first = find_membership(table, gid);
	end = gid == (gid_t)-1 ? table->membership_count
			       : find_membership(table, gid + 1);
	*ret_uids = table->member_uids ? table->member_uids + first : NULL;
	*ret_uid_count = end - first;
	return 0;
}
