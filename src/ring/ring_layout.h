/* SPDX-License-Identifier: ISC */
/*
 * The layout of a segment: version 2
 *
 * This header is the specification of what lies in shared memory; a peer in
 * another language can be written from it.  doc/ring.md says why it is correct.
 *
 * A channel has two segments, one for each side, and each is written by its
 * side alone.  A segment carries the ring of the direction in which its writer
 * sends, and the writer's words about both directions:
 *
 *	offset         what             its writer is, in this direction
 *	0              produced_pos     producer of the ring in this segment
 *	128            consumed_pos     consumer of the ring in the other one
 *	256            consumer_armed   consumer of the ring in the other one
 *	384            producer_armed   producer of the ring in this segment
 *	512            dropped_count    consumer of the ring in the other one
 *	640            end_code         ender of the channel
 *	768            zero
 *	page_bytes     data area        producer of the ring in this segment
 *	page_bytes + data_bytes         the same pages, mapped a second time
 *
 * page_bytes and data_bytes are agreed in the handshake and never read from
 * here.  data_bytes is a power of two, at least a page, or 0 where the
 * direction is not granted.  All integers are in the byte order of the host,
 * which the two sides share.  A new segment is all zero: an empty ring.
 *
 * The rules:
 *
 * 1. A word is written by the writer of its segment and by nobody else, and
 *    its writer never reads it.  Positions live in private memory; what is here
 *    is a copy for the other side.
 * 2. Positions count bytes since the start, are multiples of 8, never go back
 *    and wrap at 2^64.  Position p is byte p mod data_bytes of the data area.
 * 3. 0 <= produced_pos - consumed_pos <= data_bytes, modulo 2^64.
 * 4. The data area between consumed_pos and produced_pos is a sequence of whole
 *    records.  A record is a header, a time stamp where a flag says so, its
 *    payload, in a secured mode a tag, and zeros up to a multiple of 8.  Thanks
 *    to the second mapping it never wraps.
 * 5. An END record is the last one.
 * 6. armed is odd while its writer wants a bell, and grows with every change.
 *    The other side rings at most once for each odd value, a consumer not
 *    before half of the ring is free.
 * 7. dropped_count is how many messages its writer took from the other ring and
 *    threw away.  It binds nobody, and its reader may only show it.
 * 8. end_code is 0, or says why its writer ended the channel, and is written
 *    before it hangs up: a value of enum postern_reason of <postern/result.h>.
 *    A reader ignores what it does not know.
 *
 * Whatever breaks 2 to 4 ends the channel, and so does a tag that does not
 * verify.  Nothing is repaired.
 */
#ifndef POSTERN_RING_RING_LAYOUT_H
#define POSTERN_RING_RING_LAYOUT_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "base/record_size.h"
#include "base/shared_word.h"

#define PST_LAYOUT_VERSION 2

/*
 * Each word on a line of its own (two cache lines, which are fetched in pairs),
 * so that writing one does not slow down who reads another.
 */
struct pst_segment_words {
	/*
	 * End of the last committed record.  Published [P1] after the record's
	 * bytes; the consumer observes it before it reads them.
	 */
	alignas(128) struct pst_shared_u64 produced_pos;

	/*
	 * End of the last record that was copied out: the cumulative
	 * acknowledgement.  Published [C1] after the copy; the producer
	 * observes it before it writes over those bytes.
	 */
	alignas(128) struct pst_shared_u64 consumed_pos;

	/*
	 * "I am about to sleep until something arrives", "until there is room":
	 * [W1] and [W2] order them against the positions.
	 */
	alignas(128) struct pst_shared_u32 consumer_armed;
	alignas(128) struct pst_shared_u32 producer_armed;

	/* Stored and loaded without any order: a statistic. */
	alignas(128) struct pst_shared_u64 dropped_count;

	/* Published [E1] before the hang-up; observed after it. */
	alignas(128) struct pst_shared_u32 end_code;
};

static_assert(offsetof(struct pst_segment_words, produced_pos) == 0, "layout");
static_assert(offsetof(struct pst_segment_words, consumed_pos) == 128,
	      "layout");
static_assert(offsetof(struct pst_segment_words, consumer_armed) == 256,
	      "layout");
static_assert(offsetof(struct pst_segment_words, producer_armed) == 384,
	      "layout");
static_assert(offsetof(struct pst_segment_words, dropped_count) == 512,
	      "layout");
static_assert(offsetof(struct pst_segment_words, end_code) == 640, "layout");
static_assert(sizeof(struct pst_segment_words) == 768, "layout");

/*
 * Record header.  Read as one aligned 8-byte word, so that a reader gets all of
 * it from one moment.
 *
 * Version 2 has kinds DATA and END and, for DATA, the flag TIME: between header
 * and payload are 8 bytes more, the sender's CLOCK_MONOTONIC in nanoseconds,
 * which payload_bytes does not count.  A sender chooses which of its records
 * have it; a ring of data_bytes holds one payload of data_bytes - 8 (sealed:
 * - 24), but not with a stamp.  For the reader it is a number that somebody
 * wrote: it may enter a statistic, and decides nothing.
 *
 * In the security modes `mac` and `aead`, which the handshake agreed on and no
 * record can change, every record is sealed, END too:
 *
 *	header | stamp, if any | payload, in `aead` encrypted | tag | zeros
 *
 * payload_bytes counts the payload alone.  The tag is 16 bytes and comes right
 * behind the payload; padding follows it, and a reader checks that it is zero.
 * Authenticated are header and stamp, as additional data, and the payload: in
 * `mac` as additional data as well, in `aead` as what is encrypted.  The key is
 * that of this direction and session, the nonce the number of the record in it,
 * from 0, which stands nowhere: src/crypto/record_seal.h.  Tag and padding are
 * not authenticated by themselves; neither can be changed and accepted.
 *
 * Room is kept behind header and stamp for the delivery identity (flag
 * IDENTITY: 8 bytes epoch, 8 bytes sequence).  It does not occur, and a reader
 * ends the channel on any kind, flag or reserved bit that it was not told to
 * expect.
 */
struct pst_record_header {
	uint32_t payload_bytes;
	uint8_t kind;
	uint8_t flags;
	uint16_t reserved; /* 0 */
};

#define PST_RECORD_DATA 1
#define PST_RECORD_END 2  /* the sender closed in order; no payload */

#define PST_RECORD_FLAG_IDENTITY 1
#define PST_RECORD_FLAG_TIME 2

#define PST_RECORD_TIME_BYTES 8
#define PST_RECORD_IDENTITY_BYTES 16

static_assert(offsetof(struct pst_record_header, payload_bytes) == 0, "layout");
static_assert(offsetof(struct pst_record_header, kind) == 4, "layout");
static_assert(offsetof(struct pst_record_header, flags) == 5, "layout");
static_assert(offsetof(struct pst_record_header, reserved) == 6, "layout");
static_assert(sizeof(struct pst_record_header) == PST_RECORD_HEADER_BYTES,
	      "layout");
static_assert(PST_RECORD_TIME_BYTES % PST_RECORD_ALIGNMENT == 0, "layout");
static_assert(PST_RECORD_TAG_BYTES % PST_RECORD_ALIGNMENT == 0, "layout");

#endif
