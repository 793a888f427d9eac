/* SPDX-License-Identifier: ISC */
/*
 * Reading a node's statistics from shared memory
 *
 * The writer may be hostile: every value is copied once and the copy checked,
 * nothing in the segment says where to read or how much, and a read ends after
 * a bounded number of attempts.  The memory itself is only ever read.
 */
#ifndef POSTERN_STATS_STATS_ENTRY_H
#define POSTERN_STATS_STATS_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/attributes.h"
#include "stats/stats_layout.h"

struct pst_stats_reader {
	const uint8_t *segment;
	uint32_t slot_count;    /* that fit into the segment */
};

/*
 * segment_bytes is the size of the mapping, known from its checked descriptor.
 * Returns 0, -EBADMSG (too small to be one), or -EPROTONOSUPPORT (another
 * version of the layout).
 */
PST_MUST_CHECK int pst_stats_reader_init(struct pst_stats_reader *reader,
					 const void *borrow_segment,
					 size_t segment_bytes);

/* PST_STATS_LIVE, _RETIRED or _CLOSED; anything else is taken for CLOSED. */
uint64_t pst_stats_read_state(const struct pst_stats_reader *reader);

/* 0, or -EAGAIN: the writer was in the middle of it each time. */
PST_MUST_CHECK int pst_stats_read_node(const struct pst_stats_reader *reader,
				       struct postern_node_statistics *ret_stats);

/* 0, -ENOENT (nobody has the slot, or there is none), or -EAGAIN. */
PST_MUST_CHECK int pst_stats_read_peer(const struct pst_stats_reader *reader,
				       uint32_t slot_index,
				       struct postern_peer_statistics *ret_stats);

#endif
