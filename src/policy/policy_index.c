/* SPDX-License-Identifier: ISC */
/*
 * Names that are defined once: see policy_index.h
 */
#include "policy/policy_index.h"

#include <search.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_builder.h"

#define HINT_BYTES 300

struct index_entry {
	const char *key;
	void *object;
	const struct pst_policy_directive *directive; /* of a definition */
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

static void add(struct pst_policy_index *index, struct pst_arena *arena,
		const struct index_entry *entry)
{
	struct index_entry *copy = pst_arena_new(arena, 1, sizeof(*copy));

	if (!copy)
		return;
	*copy = *entry;
	if (!tsearch(copy, &index->root, compare))
		arena->has_failed = true;
}

void *pst_policy_index_find(const struct pst_policy_index *index,
			    const char *key)
{
	const struct index_entry *entry = find(index, key);

	return entry ? entry->object : NULL;
}

void *pst_policy_index_add(struct pst_policy_index *index,
			   struct pst_arena *arena, const char *key,
			   void *object)
{
	const struct index_entry entry = {.key = key, .object = object};
	void *present = pst_policy_index_find(index, key);

	if (!present)
		add(index, arena, &entry);
	return present;
}

bool pst_policy_index_define(struct pst_policy_index *index,
			     struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     void *object,
			     const struct pst_policy_fault **fault,
			     const char *advice)
{
	const struct index_entry entry = {
		.key = directive->words[1].text,
		.object = object,
		.directive = directive,
		.fault = fault,
	};
	const struct index_entry *first = find(index, entry.key);
	struct pst_policy_location location;
	char hint[HINT_BYTES];

	if (!first) {
		add(index, pst_policy_builder_arena(builder), &entry);
		return true;
	}
	location = pst_policy_location_of(first->directive);
	(void)snprintf(hint, sizeof(hint), "first defined at %s:%u:%u%s",
		       location.file, location.line, location.column,
		       advice); /* cut when too long */
	/* either definition may be meant, so the first becomes unusable */
	return pst_policy_report_in(builder, first->fault, &directive->words[1],
				    hint, "second definition of %s '%s'",
				    directive->words[0].text, entry.key);
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
