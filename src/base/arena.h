/* SPDX-License-Identifier: ISC */
/*
 * Objects that die together
 *
 * A policy is thousands of small objects that point at each other and are all
 * freed at once.  The arena owns them.  Each is an allocation of its own, on a
 * list, so that a sanitizer still sees where one ends.
 */
#ifndef POSTERN_BASE_ARENA_H
#define POSTERN_BASE_ARENA_H

#include <stddef.h>

#include "base/attributes.h"

struct pst_policy_arena_object;

/* Zeroed it is empty. */
struct pst_policy_arena {
	struct pst_policy_arena_object *objects;
};

/* Zeroed memory for count objects, or NULL.  count 0 gives a valid pointer. */
PST_MUST_CHECK
void *pst_policy_arena_new(struct pst_policy_arena *arena, size_t count,
			   size_t object_bytes);

/* A terminated copy, or NULL. */
PST_MUST_CHECK
char *pst_policy_arena_dup(struct pst_policy_arena *arena, const char *text,
			   size_t text_bytes);

/* Frees every object; the arena is empty afterwards. */
void pst_policy_arena_done(struct pst_policy_arena *arena);

#endif
