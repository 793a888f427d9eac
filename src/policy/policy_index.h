/* SPDX-License-Identifier: ISC */
/*
 * Names that are defined once, and the objects that they name
 *
 * A balanced tree of libc (tsearch): no name can make a look-up slow, whereas a
 * hash function would need a seed.  Only the builder uses it.
 */
#ifndef POSTERN_POLICY_POLICY_INDEX_H
#define POSTERN_POLICY_POLICY_INDEX_H

#include "base/arena.h"
#include "base/attributes.h"

struct pst_policy_builder;
struct pst_policy_directive;
struct pst_policy_fault;
struct pst_policy_location;

/* Zeroed it is empty. */
struct pst_policy_index {
	void *root;
};

/* NULL when there is none. */
void *pst_policy_index_find(const struct pst_policy_index *index,
			    const char *key);

/*
 * Add an object unless there is one with this key already; *ret_present is
 * the one that there is then, or NULL.  The key is borrowed for as long as the
 * index lives.  0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_index_add(struct pst_policy_index *index,
			 struct pst_arena *arena, const char *key, void *object,
			 void **ret_present);

/*
 * Report that a directive (`KEY NAME`) defines a name again.  The error makes the
 * first definition unusable: first_fault is its fault.  The advice, or "",
 * follows the location of the first one.
 */
PST_MUST_CHECK
int pst_policy_report_second(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     const struct pst_policy_location *first,
			     const struct pst_policy_fault **first_fault,
			     const char *advice);

/* It is empty afterwards; the objects stay. */
void pst_policy_index_done(struct pst_policy_index *index);

#endif
