/* SPDX-License-Identifier: ISC */
/*
 * Entries of the statistics segment: write and read them in shared memory
 *
 * There is one writer, and any number of readers that never delay it.  Each
 * entry has a sequence lock of its own, so a write disturbs only the readers of
 * that entry.
 *
 * The writer may be hostile to its readers: a reader copies every value once
 * and checks the copy, takes no offset and no size from the segment, gives up
 * after a bounded number of attempts, and never writes.
 */
#ifndef POSTERN_STATS_STATS_ENTRY_H
#define POSTERN_STATS_STATS_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/attributes.h"
#include "stats/stats_layout.h"

struct pst_stats_entry_writer {
	uint8_t *segment;       /* written, never read */
	uint32_t slot_count;
	uint64_t sequence;      /* of the last write; even */
};

struct pst_stats_entry_reader {
	const uint8_t *segment;
	uint32_t slot_count;    /* that fit into the segment */
};

/* Writer */

/* segment points at pst_stats_bytes(slot_count) bytes, all zero, and must
 * outlive the writer. */
void pst_stats_entry_writer_init(struct pst_stats_entry_writer *writer,
				 void *borrow_segment, uint32_t slot_count);

void pst_stats_write_node(struct pst_stats_entry_writer *writer,
			  const struct postern_node_statistics *stats);

/* stats NULL: the slot has no peer. */
void pst_stats_write_peer(struct pst_stats_entry_writer *writer,
			  uint32_t slot_index,
			  const struct postern_peer_statistics *stats);

/* state: PST_STATS_RETIRED or PST_STATS_CLOSED.  The last write to the
 * segment. */
void pst_stats_write_end(struct pst_stats_entry_writer *writer,
			 uint64_t state);

/* Reader */

/*
 * segment_bytes is the size of the mapping, known from its checked descriptor.
 * Returns 0, -EBADMSG (too small for a statistics segment), or
 * -EPROTONOSUPPORT (another version of the layout).
 */
PST_MUST_CHECK int
pst_stats_entry_reader_init(struct pst_stats_entry_reader *reader,
			    const void *borrow_segment, size_t segment_bytes);

/* PST_STATS_LIVE, _RETIRED or _CLOSED; any other word counts as CLOSED. */
uint64_t pst_stats_read_state(const struct pst_stats_entry_reader *reader);

/* 0, or -EAGAIN: at each attempt the writer was in the middle of the entry. */
PST_MUST_CHECK int
pst_stats_read_node(const struct pst_stats_entry_reader *reader,
		    struct postern_node_statistics *ret_stats);

/* 0, -ENOENT (the slot has no peer, or does not exist), or -EAGAIN. */
PST_MUST_CHECK int
pst_stats_read_peer(const struct pst_stats_entry_reader *reader,
		    uint32_t slot_index,
		    struct postern_peer_statistics *ret_stats);

#endif
