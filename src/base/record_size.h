/* SPDX-License-Identifier: ISC */
/*
 * The space that a message takes in a ring
 *
 * A record is a header, the payload, and padding up to the alignment; a sealed
 * record has a tag behind the payload.  The ring lays out records, the policy
 * checks that a message fits its ring, and the handshake agrees on sizes:
 * layers that do not know each other share this formula.  (A time stamp comes
 * on top if there is space, and is omitted otherwise.)
 */
#ifndef POSTERN_BASE_RECORD_SIZE_H
#define POSTERN_BASE_RECORD_SIZE_H

#include <stdint.h>

#define PST_RECORD_HEADER_BYTES 8
#define PST_RECORD_ALIGNMENT 8

/*
 * The tag of a sealed record; a multiple of the alignment, so that it adds to
 * the size.
 */
#define PST_RECORD_TAG_BYTES 16

/*
 * Without a tag.  Computed in 64 bits, so that it is correct for every value
 * that a peer can write.
 */
static inline uint64_t pst_record_bytes(uint32_t payload_bytes)
{
	uint64_t unpadded_bytes = (uint64_t)PST_RECORD_HEADER_BYTES +
				  payload_bytes;

	return (unpadded_bytes + PST_RECORD_ALIGNMENT - 1) &
	       ~(uint64_t)(PST_RECORD_ALIGNMENT - 1);
}

/*
 * The largest payload whose record a ring can hold; 0 if there is none.
 * tag_bytes is 0, or PST_RECORD_TAG_BYTES if records are sealed.
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
