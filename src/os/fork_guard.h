/* SPDX-License-Identifier: ISC */
/*
 * Memory that a forked child sees as zero
 *
 * A child that went on with its parent's channel would write into the same
 * ring.  So the structs behind handles live in pages of their own, marked
 * MADV_WIPEONFORK: in the child they read as zero, and one non-zero word, their
 * first, tells parent from child on entry without a system call.  The pages
 * are zeroed, page-aligned and stay out of core dumps.
 *
 * In a child, never free what such a struct used to point to: it reads as zero
 * there, and the child's copies go when it ends.
 */
#ifndef POSTERN_OS_FORK_GUARD_H
#define POSTERN_OS_FORK_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/*
 * What a handle points to begins with this: ours is PST_FORK_GUARD_OURS once it
 * is set up, and 0 in a child.
 */
struct pst_fork_guard {
	uint32_t ours;
};

#define PST_FORK_GUARD_OURS UINT32_C(0x70737472)

/* NULL if there is no memory, or byte_count is 0. */
PST_MUST_CHECK void *pst_fork_guard_new(size_t byte_count);

/* byte_count as given to _new().  Accepts NULL; returns NULL. */
void *pst_fork_guard_free(void *memory, size_t byte_count);

/* Of what begins with a guard.  Inline: it is asked for each message. */
static inline bool pst_fork_guard_is_ours(const void *guarded)
{
	const struct pst_fork_guard *guard = guarded;

	return guard->ours == PST_FORK_GUARD_OURS;
}

#endif
