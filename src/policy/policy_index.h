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
 * Add the object that a directive (`KEY NAME`) defines.  A second definition is
 * an error that makes the first one unusable; the object is not added then.  The
 * location and the fault are those of the object, and are borrowed like the name.
 * The advice, or "", follows the location of the first definition.  0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_index_define(struct pst_policy_index *index,
			    struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive,
			    void *object,
			    const struct pst_policy_location *location,
			    const struct pst_policy_fault **fault,
			    const char *advice);

/* It is empty afterwards; the objects stay. */
void pst_policy_index_done(struct pst_policy_index *index);

#endif
