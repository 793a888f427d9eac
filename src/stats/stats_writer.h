/* SPDX-License-Identifier: ISC */
/*
 * Writing a node's statistics into shared memory
 *
 * One writer, any number of readers who never hold it up.  Each entry is
 * guarded by a sequence of its own, so a write costs what the entry costs and
 * disturbs only who reads that one.
 */
#ifndef POSTERN_STATS_STATS_WRITER_H
#define POSTERN_STATS_STATS_WRITER_H

#include <stdint.h>

#include <postern/stats.h>

#include "stats/stats_layout.h"

struct pst_stats_writer {
	uint8_t *segment;       /* written, never read */
	uint32_t slot_count;
	uint64_t sequence;      /* of the last write; even */
};

/*
 * segment points at pst_stats_bytes(slot_count) bytes, all zero, and must
 * outlive the writer.
 */
void pst_stats_writer_init(struct pst_stats_writer *writer,
			   void *borrow_segment, uint32_t slot_count);

void pst_stats_write_node(struct pst_stats_writer *writer,
			  const struct postern_node_statistics *stats);

/* stats NULL: the slot is nobody's. */
void pst_stats_write_peer(struct pst_stats_writer *writer, uint32_t slot_index,
			  const struct postern_peer_statistics *stats);

/* PST_STATS_RETIRED or PST_STATS_CLOSED: nothing is written any more. */
void pst_stats_write_end(struct pst_stats_writer *writer, uint64_t state);

#endif
