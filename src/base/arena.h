/* SPDX-License-Identifier: ISC */
/*
 * Objects that are freed together
 *
 * A loaded policy is thousands of small objects that point at each other and are
 * freed at once.  The arena owns them, and it remembers a failed allocation: code
 * that builds checks the arena at its end, not each step.
 */
#ifndef POSTERN_BASE_ARENA_H
#define POSTERN_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct pst_arena_object;

/* A zeroed arena is empty. */
struct pst_arena {
	struct pst_arena_object *objects;
	bool has_failed; /* an allocation has, ever */
};

/* Zeroed memory for count objects, or NULL.  count 0 gives a valid pointer. */
PST_MUST_CHECK
void *pst_arena_new(struct pst_arena *arena, size_t count, size_t object_bytes);

/* A terminated copy, or NULL. */
PST_MUST_CHECK
char *pst_arena_dup(struct pst_arena *arena, const char *text,
		    size_t text_bytes);

/* Frees every object; the arena is empty afterwards. */
void pst_arena_done(struct pst_arena *arena);

#endif
