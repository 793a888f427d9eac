/* SPDX-License-Identifier: ISC */
/*
 * Reference counts
 *
 * An atomic count of owners, 1 after init.  A count that would overflow, or
 * that is raised from 0, means that an owner exists who was never counted:
 * going on would free memory in use, so the process stops there.  Only our own
 * bugs can get so far, never a byte that a peer wrote.
 */
#ifndef POSTERN_BASE_REFCOUNT_H
#define POSTERN_BASE_REFCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct pst_refcount {
	_Atomic uint32_t count;
};

static inline void pst_refcount_init(struct pst_refcount *refcount)
{
	atomic_init(&refcount->count, 1);
}

/*
 * Relaxed: the caller has a reference already, got in some ordered way; the
 * new one needs nothing more.
 */
static inline void pst_refcount_ref(struct pst_refcount *refcount)
{
	uint32_t before = atomic_fetch_add_explicit(&refcount->count, 1,
						    memory_order_relaxed);

	if (PST_UNLIKELY(before == 0 || before == UINT32_MAX))
		__builtin_trap();
}

/*
 * True for the last reference: the caller frees.  Release, so that what an
 * owner did is done before its count goes; acquire, so that the last one sees
 * all of it before it frees.
 */
PST_MUST_CHECK
static inline bool pst_refcount_unref(struct pst_refcount *refcount)
{
	uint32_t before = atomic_fetch_sub_explicit(&refcount->count, 1,
						    memory_order_acq_rel);

	if (PST_UNLIKELY(before == 0))
		__builtin_trap();
	return before == 1;
}

/*
 * Whether the caller's reference is the only one.  True stays true, since only
 * an owner can make another; false may be outdated at once.
 */
static inline bool pst_refcount_is_single(const struct pst_refcount *refcount)
{
	return atomic_load_explicit(&refcount->count,
				    memory_order_acquire) == 1;
}

#endif
