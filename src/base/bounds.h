/* SPDX-License-Identifier: ISC */
/*
 * Bounds: arithmetic that detects overflow
 *
 * Sizes from a peer or a policy are added, multiplied and rounded here.  Each
 * function returns 0, or -EOVERFLOW without writing its output, so that a
 * wrapped value is never used.  Bounds that several layers share are here too.
 */
#ifndef POSTERN_BASE_BOUNDS_H
#define POSTERN_BASE_BOUNDS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/*
 * The slots of a node: a policy may ask for as many as the slot table can hold.
 */
#define PST_SLOTS_MAX 4096u

static inline bool pst_bounds_is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

PST_MUST_CHECK
static inline int pst_bounds_add(uint64_t a, uint64_t b, uint64_t *ret_sum)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return -EOVERFLOW;
	*ret_sum = sum;
	return 0;
}

PST_MUST_CHECK
static inline int pst_bounds_mul(uint64_t a, uint64_t b, uint64_t *ret_product)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return -EOVERFLOW;
	*ret_product = product;
	return 0;
}

/* alignment is a power of two. */
PST_MUST_CHECK
static inline int pst_bounds_align_up(uint64_t value, uint64_t alignment,
				      uint64_t *ret_aligned)
{
	uint64_t sum;

	if (__builtin_add_overflow(value, alignment - 1, &sum))
		return -EOVERFLOW;
	*ret_aligned = sum & ~(alignment - 1);
	return 0;
}

#endif
