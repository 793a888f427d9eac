/* SPDX-License-Identifier: ISC */
/*
 * Shared words
 *
 * The only code that touches a word another process can write or read.  A word
 * is wrapped in a struct, so that a plain C read or write of it does not
 * compile: every access goes through a helper that names its ordering.
 *
 * publish is a release store: what we wrote before it is visible to whoever
 * observes the value.  observe is an acquire load, and exactly one: the copy it
 * returns is ours, the word is not.  Check the copy and use the copy; never
 * read the word again for the same decision.
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
 * The same, and ordered before every later observe_ordered of ours, as it would
 * be by a fence between the two, but in one step.
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
 * For a word whose ordering comes from another one (a record header, which a
 * position covers): one access, whole, and no more.
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
/* gcc warns that TSan does not model fences.  It need not: what they order is
 * atomic itself, so there is no race that it could see or miss. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/*
 * Orders a store of ours before a load of ours, which nothing weaker does: who
 * says that he sleeps and then looks again needs it, as who publishes and then
 * looks whether somebody sleeps needs an ordered publish, or each may miss the
 * other's store.
 */
static inline void pst_shared_fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/*
 * The two halves of a sequence lock: stores before the release stay before the
 * stores after it, and loads before the acquire before the loads after it.
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
