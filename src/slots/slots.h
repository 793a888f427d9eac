/* SPDX-License-Identifier: ISC */
/*
 * Slots: places that can be taken, found by handle, and given back
 *
 * A bitmap says which places are taken; each place has a generation, raised
 * whenever it is taken, so that the handle of an earlier owner no longer fits.
 * A place is first claimed, which keeps it from others, then committed, which
 * lets its handle resolve; or aborted.  So what is being set up can never be
 * found half done.
 *
 * Everything is lock-free and lives in the caller's memory, one allocation for
 * the node's life: a place is back the moment it is released, and its memory
 * never goes.  Any thread may call anything.
 */
#ifndef POSTERN_SLOTS_SLOTS_H
#define POSTERN_SLOTS_SLOTS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/bounds.h"

/* generation << 32 | (index + 1): never 0. */
typedef uint64_t pst_slot_handle;

struct pst_slot_word {
	_Atomic uint64_t word; /* generation << 32 | state */
};

struct pst_slots {
	uint32_t slot_count;
	_Atomic uint32_t next_index;  /* where the next search begins */
	_Atomic uint64_t taken[PST_SLOTS_MAX / 64];
	struct pst_slot_word slots[];
};

/* The memory that slot_count slots need; 1 to PST_SLOTS_MAX. */
size_t pst_slots_bytes(uint32_t slot_count);

/* slots points at pst_slots_bytes(slot_count) bytes. */
void pst_slots_init(struct pst_slots *slots, uint32_t slot_count);

/*
 * Take a free place, others than the last ones first, so that a handle's index
 * does not come back at once.  Returns 0, or -EDQUOT (each was found taken).
 */
PST_MUST_CHECK
int pst_slots_claim(struct pst_slots *slots, pst_slot_handle *ret_handle);

/* Claimed becomes committed, or free.  Returns 0, or -ESTALE. */
PST_MUST_CHECK
int pst_slots_commit(struct pst_slots *slots, pst_slot_handle handle);
PST_MUST_CHECK
int pst_slots_abort(struct pst_slots *slots, pst_slot_handle handle);

/* Committed becomes free.  Returns 0, or -ESTALE. */
PST_MUST_CHECK
int pst_slots_release(struct pst_slots *slots, pst_slot_handle handle);

/* The index of a committed place.  Returns 0, or -ESTALE. */
PST_MUST_CHECK
int pst_slots_resolve(const struct pst_slots *slots, pst_slot_handle handle,
		      uint32_t *ret_index);

/* The handle of a place in one of its generations, whether or not it is now. */
static inline pst_slot_handle pst_slot_handle_of(uint32_t index,
						 uint32_t generation)
{
	return (pst_slot_handle)generation << 32 | (index + 1);
}

/* The index in a handle from a successful claim. */
static inline uint32_t pst_slot_index(pst_slot_handle handle)
{
	return (uint32_t)handle - 1;
}

#endif
