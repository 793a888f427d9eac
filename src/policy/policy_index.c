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
	const struct pst_policy_location *location; /* of a definition */
	const struct pst_policy_fault **fault;
};

static int compare(const void *left, const void *right)
{
	const struct index_entry *a = left, *b = right;

	return strcmp(a->key, b->key);
}

static const struct index_entry *find(const struct pst_policy_index *index,
				      const char *key)
{
	const struct index_entry wanted = {.key = key};
	struct index_entry *const *found = tfind(&wanted, &index->root, compare);

	return found ? *found : NULL;
}

static int add(struct pst_policy_index *index, struct pst_arena *arena,
	       const struct index_entry *entry)
{
	struct index_entry *copy = pst_arena_new(arena, 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *entry;
	return tsearch(copy, &index->root, compare) ? 0 : -ENOMEM;
}

void *pst_policy_index_find(const struct pst_policy_index *index,
			    const char *key)
{
	const struct index_entry *entry = find(index, key);

	return entry ? entry->object : NULL;
}

int pst_policy_index_add(struct pst_policy_index *index,
			 struct pst_arena *arena, const char *key, void *object,
			 void **ret_present)
{
	*ret_present = pst_policy_index_find(index, key);
	if (*ret_present)
		return 0;
	return add(index, arena,
		   &(struct index_entry){.key = key, .object = object});
}

/* Either definition may be meant, so the first becomes unusable. */
static int report_second(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 const struct index_entry *first, const char *advice)
{
	const struct pst_policy_fault **before;
	char hint[HINT_BYTES];
	int r;

	(void)snprintf(hint, sizeof(hint), "first defined at %s:%u:%u%s",
		       first->location->file, first->location->line,
		       first->location->column,
		       advice); /* cut when too long */
	before = pst_policy_builder_enter(builder, first->fault);
	r = pst_policy_report_word(builder, directive, 1, hint,
				   "second definition of %s '%s'",
				   directive->words[0].text,
				   directive->words[1].text);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

int pst_policy_index_define(struct pst_policy_index *index,
			    struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive,
			    void *object,
			    const struct pst_policy_location *location,
			    const struct pst_policy_fault **fault,
			    const char *advice)
{
	const struct index_entry entry = {
		.key = directive->words[1].text,
		.object = object,
		.location = location,
		.fault = fault,
	};
	const struct index_entry *first = find(index, entry.key);

	if (first)
		return report_second(builder, directive, first, advice);
	return add(index, pst_policy_builder_arena(builder), &entry);
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
