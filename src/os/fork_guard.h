/* SPDX-License-Identifier: ISC */
/*
 * Memory that a forked child sees as zero
 *
 * A child that used its parent's channel would write to the same ring.  So the
 * structs behind handles are in pages of their own, marked MADV_WIPEONFORK,
 * which read as zero in a child.  Their first word is not zero otherwise, so
 * each call detects the child without a system call.  The pages are zeroed,
 * page-aligned and not in core dumps.
 *
 * In a child, never free what such a struct pointed to: the pointers read as
 * zero, and the child's copies are freed when it ends.
 */
#ifndef POSTERN_OS_FORK_GUARD_H
#define POSTERN_OS_FORK_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/*
 * The beginning of each such struct: ours is PST_FORK_GUARD_OURS once it is set
 * up, and 0 in a child.
 */
struct pst_fork_guard {
	uint32_t ours;
};

#define PST_FORK_GUARD_OURS UINT32_C(0x70737472)

/* NULL if memory is exhausted, or byte_count is 0. */
PST_MUST_CHECK void *pst_fork_guard_new(size_t byte_count);

/* byte_count as passed to _new().  Accepts NULL; returns NULL. */
void *pst_fork_guard_free(void *memory, size_t byte_count);

/*
 * Whether a struct that begins with a guard is not seen by a child.  Inline:
 * called for each message.
 */
static inline bool pst_fork_guard_is_ours(const void *guarded)
{
	const struct pst_fork_guard *guard = guarded;

	return guard->ours == PST_FORK_GUARD_OURS;
}

#endif
