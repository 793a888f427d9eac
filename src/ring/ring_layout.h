/* SPDX-License-Identifier: ISC */
/*
 * The layout of a segment: version 2
 *
 * This header specifies shared memory completely: a peer in another language can
 * be written from it.  doc/ring.md explains why it is correct.
 *
 * A channel has two segments, one for each side, and only that side writes it.  A
 * segment carries the ring of the direction in which its writer sends, and the
 * words of its writer about both directions:
 *
 *	offset         content          its writer is, in this direction
 *	0              produced_pos     producer of the ring in this segment
 *	128            consumed_pos     consumer of the ring in the other one
 *	256            consumer_armed   consumer of the ring in the other one
 *	384            producer_armed   producer of the ring in this segment
 *	512            dropped_count    consumer of the ring in the other one
 *	640            end_code         the side that ends the channel
 *	768            zero
 *	page_bytes     data area        producer of the ring in this segment
 *	page_bytes + data_bytes         the same pages, mapped a second time
 *
 * page_bytes and data_bytes are agreed in the handshake and never read from the
 * segment.  data_bytes is a power of two, at least a page, or 0 if the direction
 * is not granted.  All integers are in the byte order of the host, which the two
 * sides share.  A new segment is all zero: an empty ring.
 *
 * The rules:
 *
 * 1. Only the writer of its segment writes a word, and the writer never reads it.
 *    Positions are kept in private memory; the word is a copy for the other side.
 * 2. Positions count bytes since the start, are multiples of 8, never go back and
 *    wrap at 2^64.  Position p is byte p mod data_bytes of the data area.
 * 3. 0 <= produced_pos - consumed_pos <= data_bytes, modulo 2^64.
 * 4. The data area between consumed_pos and produced_pos is a sequence of whole
 *    records.  A record is a header, a time stamp if a flag says so, its payload,
 *    in a secured mode a tag, and zeros up to a multiple of 8.  Because of the
 *    second mapping it is always contiguous.
 * 5. An END record is the last one.
 * 6. armed is odd while its writer requests a doorbell, and grows with every
 *    change.  The other side sends at most one for each odd value, and a consumer
 *    sends none before half of the ring is free.
 * 7. dropped_count is the number of messages of the other ring that its writer
 *    dropped.  Its reader may only display it.
 * 8. end_code is 0, or the reason for which its writer ended the channel, written
 *    before the hang-up: a value of enum postern_reason of <postern/result.h>.  A
 *    reader ignores values that it does not know.
 *
 * A violation of 2 to 4 ends the channel, and so does a tag that does not verify.
 * There is no recovery.
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
 * Each word has a line of its own (two cache lines, which are fetched in
 * pairs), so that a store to one does not delay readers of another.
 */
struct pst_segment_words {
	/*
	 * End of the last committed record.  Published [P1] after the bytes of
	 * the record; the consumer observes it before it reads them.
	 */
	alignas(128) struct pst_shared_u64 produced_pos;

	/*
	 * End of the last record that was copied out: the cumulative
	 * acknowledgement.  Published [C1] after the copy; the producer
	 * observes it before it overwrites those bytes.
	 */
	alignas(128) struct pst_shared_u64 consumed_pos;

	/*
	 * Odd while the writer may sleep until a message arrives or until there
	 * is space.  [W1] and [W2] order them against the positions.
	 */
	alignas(128) struct pst_shared_u32 consumer_armed;
	alignas(128) struct pst_shared_u32 producer_armed;

	/* A statistic: stored and loaded without any ordering. */
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
 * Record header, read as one aligned 8-byte word, so that all its parts are of
 * one moment.
 *
 * Version 2 has kinds DATA and END.  A DATA record with the flag TIME has 8
 * more bytes between header and payload, which payload_bytes does not count:
 * the sender's CLOCK_MONOTONIC in nanoseconds.  The sender chooses which
 * records have a stamp.  A ring of data_bytes holds one payload of data_bytes -
 * 8 (sealed: - 24), but then without a stamp.  The reader must use the stamp
 * for statistics only, since the sender can write any number.
 *
 * In the security modes `mac` and `aead` every record is sealed, END included.
 * The handshake agrees on the mode, and no record can change it:
 *
 *	header | stamp, if any | payload, in `aead` encrypted | tag | zeros
 *
 * payload_bytes counts the payload alone.  The tag has 16 bytes and follows the
 * payload directly; then comes padding, and a reader checks that it is zero.
 * The tag authenticates header and stamp as additional data, and the payload:
 * in `mac` as additional data too, in `aead` as encrypted data.  The key is
 * that of this direction and session.  The nonce is the number of the record in
 * it, from 0, and is not stored: src/crypto/record_seal.h.
 *
 * The flag IDENTITY is reserved for a delivery identity behind header and stamp
 * (8 bytes epoch, 8 bytes sequence).  It does not occur in version 2.  A reader
 * ends the channel on any kind, flag or reserved bit that it does not expect.
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
