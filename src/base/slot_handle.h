/* SPDX-License-Identifier: ISC */
/*
 * Handles of slots: an index and a generation
 *
 * The generation changes each time a slot is reserved, so the handle of an
 * earlier peer differs from that of a later one, until 2^32 peers have used the
 * slot.
 */
#ifndef POSTERN_BASE_SLOT_HANDLE_H
#define POSTERN_BASE_SLOT_HANDLE_H

#include <stdint.h>

/* generation << 32 | (index + 1): never 0. */
typedef uint64_t pst_slot_handle;

static inline pst_slot_handle pst_slot_handle_of(uint32_t index,
						 uint32_t generation)
{
	return (pst_slot_handle)generation << 32 | (index + 1);
}

/* The index of a handle that is not 0. */
static inline uint32_t pst_slot_index(pst_slot_handle handle)
{
	return (uint32_t)handle - 1;
}

static inline uint32_t pst_slot_generation(pst_slot_handle handle)
{
	return (uint32_t)(handle >> 32);
}

#endif
