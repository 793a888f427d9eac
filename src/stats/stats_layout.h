/* SPDX-License-Identifier: ISC */
/*
 * The layout of the statistics segment: version 1
 *
 *	offset                  contents
 *	0                       header
 *	128                     entry of the node
 *	4096 + 640 * index      entry of the peer in slot `index`
 *
 * The segment consists of 64-bit words in the byte order of the host.  A value
 * that is narrower elsewhere fills a word; a name is 64 bytes, with zeros
 * behind its last character.  A new segment is all zero but for the header.
 * stats_fields.c lists the words of the entries and their blocks, and
 * doc/layout.md specifies all of this for readers in other languages.
 *
 * 1. Only the node's process writes: the segment is sealed before it is sent to
 *    another process.  The writer never reads it.
 * 2. The first word of an entry is its sequence.  It is odd while the rest is
 *    written, and a different even number afterwards.  A reader loads it,
 *    copies the rest, and loads it again.  If it was odd or has changed, the
 *    reader discards the copy.
 * 3. A peer entry whose word `peer` is 0 has no peer: the slot is free, or in a
 *    handshake.
 * 4. A reader derives the number of slots from the size of the segment, not
 *    from slot_count, and checks every value that it has copied.
 * 5. Reserved words are 0 and are ignored.
 */
#ifndef POSTERN_STATS_STATS_LAYOUT_H
#define POSTERN_STATS_STATS_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/shared_word.h"

#define PST_STATS_VERSION 1

/* The state of the segment. */
#define PST_STATS_LIVE 0
#define PST_STATS_RETIRED 1     /* another segment has replaced it: ask again */
#define PST_STATS_CLOSED 2      /* the node was closed */

struct pst_stats_header {
	struct pst_shared_u64 version;
	struct pst_shared_u64 slot_count;

	/* Published [S3] after the last entry. */
	struct pst_shared_u64 state;
	struct pst_shared_u64 reserved[13];
};

static_assert(offsetof(struct pst_stats_header, version) == 0, "layout");
static_assert(offsetof(struct pst_stats_header, slot_count) == 8, "layout");
static_assert(offsetof(struct pst_stats_header, state) == 16, "layout");
static_assert(sizeof(struct pst_stats_header) == 128, "layout");

#define PST_STATS_NODE_OFFSET 128
#define PST_STATS_PEERS_OFFSET 4096
#define PST_STATS_PEER_BYTES 640

/* Blocks of words within an entry, or within another block. */
#define PST_STATS_NODE_LATENCY_OFFSET 232
#define PST_STATS_PEER_CHANNEL_OFFSET 104
#define PST_STATS_CHANNEL_LATENCY_OFFSET 136

/* The word of a peer's entry that is 0 without a peer. */
#define PST_STATS_PEER_HANDLE_OFFSET 8

/* The words of an entry that are not reserved, with the sequence. */
#define PST_STATS_NODE_WORDS (2408 / 8)
#define PST_STATS_PEER_WORDS (488 / 8)

/* The bytes of a segment with slot_count slots, not rounded up to pages. */
static inline size_t pst_stats_bytes(uint32_t slot_count)
{
	return PST_STATS_PEERS_OFFSET +
	       (size_t)slot_count * PST_STATS_PEER_BYTES;
}

#endif
