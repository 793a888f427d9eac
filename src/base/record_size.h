/* SPDX-License-Identifier: ISC */
/*
 * What a message takes in a ring
 *
 * A record is a header, the payload, and padding up to the alignment, within
 * which the next one begins; where records are sealed, a tag lies behind the
 * payload.  The ring lays records out so, the policy judges by it whether a
 * message fits its ring, and the handshake agrees on no other: one formula for
 * layers that are blind to each other.  (A time stamp comes on top where there
 * is room, and is left out where there is none.)
 */
#ifndef POSTERN_BASE_RECORD_SIZE_H
#define POSTERN_BASE_RECORD_SIZE_H

#include <stdint.h>

#define PST_RECORD_HEADER_BYTES 8
#define PST_RECORD_ALIGNMENT 8

/* Of a sealed record; a multiple of the alignment, so it comes on top. */
#define PST_RECORD_TAG_BYTES 16

/*
 * Without a tag.  Computed in 64 bits, so it holds for every value a peer can
 * write.
 */
static inline uint64_t pst_record_bytes(uint32_t payload_bytes)
{
	uint64_t unpadded_bytes = (uint64_t)PST_RECORD_HEADER_BYTES +
				  payload_bytes;

	return (unpadded_bytes + PST_RECORD_ALIGNMENT - 1) &
	       ~(uint64_t)(PST_RECORD_ALIGNMENT - 1);
}

/*
 * The largest payload whose record a ring holds; 0 when none fits.  tag_bytes
 * is 0, or PST_RECORD_TAG_BYTES where records are sealed.
 */
static inline uint64_t pst_record_payload_ceiling(uint64_t ring_bytes,
						  uint32_t tag_bytes)
{
	uint64_t record_bytes =
		ring_bytes & ~(uint64_t)(PST_RECORD_ALIGNMENT - 1);
	uint64_t other_bytes = (uint64_t)PST_RECORD_HEADER_BYTES + tag_bytes;

	return record_bytes < other_bytes ? 0 : record_bytes - other_bytes;
}

#endif
