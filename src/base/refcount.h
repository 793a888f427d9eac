/* SPDX-License-Identifier: ISC */
/*
 * Reference counts
 *
 * An atomic count of owners, 1 after init.  If a count would overflow, or is
 * raised from 0, an owner was not counted, and memory in use would be freed: so
 * the process is aborted.  Only a bug of the library can cause that, never a
 * byte that a peer wrote.
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
 * Relaxed: the caller already has a reference, received in an ordered way, so
 * the new one needs no ordering.
 */
static inline void pst_refcount_ref(struct pst_refcount *refcount)
{
	uint32_t before = atomic_fetch_add_explicit(&refcount->count, 1,
						    memory_order_relaxed);

	if (PST_UNLIKELY(before == 0 || before == UINT32_MAX))
		__builtin_trap();
}

/*
 * True for the last reference: the caller frees.  Release orders the stores of
 * each owner before its decrement; acquire orders them before the free.
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
 * an owner can add another; false may be outdated at once.
 */
static inline bool pst_refcount_is_single(const struct pst_refcount *refcount)
{
	return atomic_load_explicit(&refcount->count,
				    memory_order_acquire) == 1;
}

#endif
