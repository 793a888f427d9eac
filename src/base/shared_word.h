/* SPDX-License-Identifier: ISC */
/*
 * Shared words
 *
 * Only this code accesses a word that another process can write or read.  A
 * word is wrapped in a struct, so that a plain C read or write does not
 * compile: every access uses a helper that names its ordering.
 *
 * publish is a release store: earlier stores are visible to any thread that
 * observes the value. observe is exactly one acquire load.  Check the returned
 * copy and use it; never read the word again for the same decision.
 */
#ifndef POSTERN_BASE_SHARED_WORD_H
#define POSTERN_BASE_SHARED_WORD_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

struct pst_shared_u64 {
	_Atomic uint64_t word;
};

struct pst_shared_u32 {
	_Atomic uint32_t word;
};

static_assert(sizeof(struct pst_shared_u64) == 8, "nothing but the word");
static_assert(alignof(struct pst_shared_u64) == 8, "never split");
static_assert(sizeof(struct pst_shared_u32) == 4, "nothing but the word");
static_assert(alignof(struct pst_shared_u32) == 4, "never split");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	      "a lock inside an atomic does not work between processes");

static inline void pst_shared_publish_u64(struct pst_shared_u64 *shared,
					  uint64_t value)
{
	atomic_store_explicit(&shared->word, value, memory_order_release);
}

/*
 * The same, and ordered before every later observe_ordered of this thread, as
 * by a fence in between, but in one step.
 */
static inline void pst_shared_publish_ordered_u64(struct pst_shared_u64 *shared,
						  uint64_t value)
{
	atomic_store_explicit(&shared->word, value, memory_order_seq_cst);
}

static inline void pst_shared_publish_u32(struct pst_shared_u32 *shared,
					  uint32_t value)
{
	atomic_store_explicit(&shared->word, value, memory_order_release);
}

static inline uint64_t
pst_shared_observe_u64(const struct pst_shared_u64 *shared)
{
	return atomic_load_explicit(&shared->word, memory_order_acquire);
}

static inline uint32_t
pst_shared_observe_u32(const struct pst_shared_u32 *shared)
{
	return atomic_load_explicit(&shared->word, memory_order_acquire);
}

static inline uint32_t
pst_shared_observe_ordered_u32(const struct pst_shared_u32 *shared)
{
	return atomic_load_explicit(&shared->word, memory_order_seq_cst);
}

/*
 * For a word that another one orders (a record header, ordered by a position):
 * a single, whole access.
 */
static inline void pst_shared_store_relaxed_u64(struct pst_shared_u64 *shared,
						uint64_t value)
{
	atomic_store_explicit(&shared->word, value, memory_order_relaxed);
}

static inline uint64_t
pst_shared_load_relaxed_u64(const struct pst_shared_u64 *shared)
{
	return atomic_load_explicit(&shared->word, memory_order_relaxed);
}

#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
/*
 * gcc warns that TSan does not model fences.  It need not: the words that they
 * order are atomic, so there is no race to detect.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/*
 * Orders a store of this thread before its later load, which nothing weaker
 * does.  A side that arms and then polls needs it.  A side that publishes and
 * then reads armed needs an ordered publish.  Without both, each may miss the
 * other's store.
 */
static inline void pst_shared_fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/*
 * The two halves of a sequence lock: stores before the release stay before
 * those after it, and loads before the acquire stay before those after it.
 */
static inline void pst_shared_fence_release(void)
{
	atomic_thread_fence(memory_order_release);
}

static inline void pst_shared_fence_acquire(void)
{
	atomic_thread_fence(memory_order_acquire);
}

#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
