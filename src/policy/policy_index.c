/* SPDX-License-Identifier: ISC */
/*
 * Objects by a text: see policy_index.h
 */
#include "policy/policy_index.h"

#include <errno.h>
#include <search.h>
#include <string.h>

struct index_entry {
	const char *key;
	void *object;
};

static int compare(const void *left, const void *right)
{
	const struct index_entry *a = left, *b = right;

	return strcmp(a->key, b->key);
}

void *pst_policy_index_find(const struct pst_policy_index *index,
			    const char *key)
{
	const struct index_entry wanted = {.key = key};
	struct index_entry *const *found = tfind(&wanted, &index->root, compare);

	return found ? (*found)->object : NULL;
}

int pst_policy_index_add(struct pst_policy_index *index,
			 struct pst_arena *arena, const char *key, void *object,
			 void **ret_present)
{
	struct index_entry *entry;

	*ret_present = pst_policy_index_find(index, key);
	if (*ret_present)
		return 0;
	entry = pst_arena_new(arena, 1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = key;
	entry->object = object;
	return tsearch(entry, &index->root, compare) ? 0 : -ENOMEM;
}

/* The arena owns the entries. */
static void keep_entry(void *entry)
{
	(void)entry;
}

void pst_policy_index_done(struct pst_policy_index *index)
{
	tdestroy(index->root, keep_entry);
	index->root = NULL;
}
