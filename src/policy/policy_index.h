/* SPDX-License-Identifier: ISC */
/*
 * Names that are defined once, and the objects that they name
 *
 * A balanced tree of libc (tsearch): no name can make a look-up slow, whereas a
 * hash function would need a seed.  Only the builder uses it.
 */
#ifndef POSTERN_POLICY_POLICY_INDEX_H
#define POSTERN_POLICY_POLICY_INDEX_H

#include <stdbool.h>

#include "base/arena.h"

struct pst_policy_builder;
struct pst_policy_directive;
struct pst_policy_fault;

/* Zeroed it is empty. */
struct pst_policy_index {
	void *root;
};

/* NULL when there is none. */
void *pst_policy_index_find(const struct pst_policy_index *index,
			    const char *key);

/*
 * Add an object unless there is one with this key already, which is returned
 * then.  The key is borrowed for as long as the index lives.  The arena remembers
 * a failure.
 */
void *pst_policy_index_add(struct pst_policy_index *index,
			   struct pst_arena *arena, const char *key,
			   void *object);

/*
 * Add the object that a directive (`KEY NAME`) defines.  A second definition is
 * an error that makes the first one unusable; false is returned, and the object
 * is not added.  The fault is that of the object, and is borrowed like the name.
 * The advice, or "", follows the location of the first definition.
 */
bool pst_policy_index_define(struct pst_policy_index *index,
			     struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     void *object,
			     const struct pst_policy_fault **fault,
			     const char *advice);

/* It is empty afterwards; the objects stay. */
void pst_policy_index_done(struct pst_policy_index *index);

#endif
