/* SPDX-License-Identifier: ISC */
/*
 * Counters that one thread writes and any thread may read
 *
 * With one writer a load and a store are enough, so counting costs the same as
 * without readers; a locked instruction would cost twenty times as much.  A
 * reader gets a recent value, and several counters are not of one moment.
 */
#ifndef POSTERN_BASE_COUNTER_H
#define POSTERN_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/* A struct, so that a plain read or write of it does not compile. */
struct pst_counter {
	_Atomic uint64_t value;
};

static inline uint64_t pst_counter_get(const struct pst_counter *counter)
{
	return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

static inline void pst_counter_set(struct pst_counter *counter, uint64_t value)
{
	atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

static inline void pst_counter_add(struct pst_counter *counter, uint64_t more)
{
	pst_counter_set(counter, pst_counter_get(counter) + more);
}

/* Set to value if that is larger. */
static inline void pst_counter_raise(struct pst_counter *counter, uint64_t value)
{
	if (value > pst_counter_get(counter))
		pst_counter_set(counter, value);
}

#endif
