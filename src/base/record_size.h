/* SPDX-License-Identifier: ISC */
/*
 * What a message takes in a ring
 *
 * A record is a header, the payload, and padding up to the alignment, within
 * which the next one begins.  The ring lays records out so, the policy judges
 * by it whether a message fits its ring, and the handshake agrees on no other:
 * one formula for layers that are blind to each other.  (A time stamp comes on
 * top where there is room, and is left out where there is none.)
 */
#ifndef POSTERN_BASE_RECORD_SIZE_H
#define POSTERN_BASE_RECORD_SIZE_H

#include <stdint.h>

#define PST_RECORD_HEADER_BYTES 8
#define PST_RECORD_ALIGNMENT 8

/* Computed in 64 bits, so it holds for every value a peer can write. */
static inline uint64_t pst_record_bytes(uint32_t payload_bytes)
{
	uint64_t unpadded_bytes = (uint64_t)PST_RECORD_HEADER_BYTES +
				  payload_bytes;

	return (unpadded_bytes + PST_RECORD_ALIGNMENT - 1) &
	       ~(uint64_t)(PST_RECORD_ALIGNMENT - 1);
}

/* The largest payload whose record a ring holds; 0 when none fits. */
static inline uint64_t pst_record_payload_ceiling(uint64_t ring_bytes)
{
	uint64_t record_bytes =
		ring_bytes & ~(uint64_t)(PST_RECORD_ALIGNMENT - 1);

	if (record_bytes < PST_RECORD_HEADER_BYTES)
		return 0;
	return record_bytes - PST_RECORD_HEADER_BYTES;
}

#endif
