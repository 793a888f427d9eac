/* SPDX-License-Identifier: ISC */
/*
 * Names that are defined once: see policy_index.h
 */
#include "policy/policy_index.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_builder.h"

#define HINT_BYTES 300

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

int pst_policy_report_second(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     const struct pst_policy_location *first,
			     const struct pst_policy_fault **first_fault,
			     const char *advice)
{
	const struct pst_policy_fault **before;
	char hint[HINT_BYTES];
	int r;

	(void)snprintf(hint, sizeof(hint), "first defined at %s:%u:%u%s",
		       first->file, first->line, first->column,
		       advice); /* cut when too long */
	before = pst_policy_builder_enter(builder, first_fault);
	r = pst_policy_report_word(builder, directive, 1, hint,
				   "second definition of %s '%s'",
				   directive->words[0].text,
				   directive->words[1].text);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}
