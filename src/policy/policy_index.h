/* SPDX-License-Identifier: ISC */
/*
 * Objects by a text, found among thousands
 *
 * A balanced tree of libc (tsearch): no text can make a look-up slow, which a
 * hash function would have to be seeded for.  Only building uses it.
 */
#ifndef POSTERN_POLICY_POLICY_INDEX_H
#define POSTERN_POLICY_POLICY_INDEX_H

#include "base/arena.h"
#include "base/attributes.h"

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

/* It is empty afterwards; the objects stay. */
void pst_policy_index_done(struct pst_policy_index *index);

#endif
