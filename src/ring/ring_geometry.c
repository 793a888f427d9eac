/* SPDX-License-Identifier: ISC */
/*
 * Ring geometry
 *
 * Sizes are agreed in the handshake, checked here once, and from then on live
 * in the private halves.  A data area of a power of two turns a position into
 * an offset with a mask; at least a page, so that it can be mapped twice.
 */
#include "ring/ring.h"

#include "base/bounds.h"

/* Positions are compared through differences of at most the data area. */
#define DATA_BYTES_MAX (UINT64_C(1) << 31)

bool pst_ring_is_geometry_valid(uint64_t data_bytes, uint64_t message_bytes,
				uint32_t tag_bytes, uint64_t page_bytes)
{
	if (!pst_bounds_is_power_of_two(data_bytes) ||
	    data_bytes < page_bytes || data_bytes > DATA_BYTES_MAX)
		return false;
	return message_bytes <= data_bytes &&
	       pst_record_bytes((uint32_t)message_bytes) + tag_bytes <=
		       data_bytes;
}
