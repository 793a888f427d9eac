/* SPDX-License-Identifier: ISC */
/*
 * The statistics segment of a node
 *
 * The node alone writes it.  It sends the descriptor to the processes that may
 * observe: the seals keep these from mapping the segment for writing and from
 * changing its size.
 */
#ifndef POSTERN_STATS_STATS_SEGMENT_H
#define POSTERN_STATS_STATS_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/stats.h>

#include "base/attributes.h"
#include "os/segment.h"
#include "stats/stats_entry.h"

#define PST_STATS_SEGMENT_ID_BYTES 16

struct pst_stats_segment {
	int segment_fd;         /* -1: there is none */
	struct pst_segment_mapping mapping;
	uint64_t inode;
	uint8_t id[PST_STATS_SEGMENT_ID_BYTES]; /* random */
	struct pst_stats_entry_writer writer;
};

#define PST_STATS_SEGMENT_INIT {.segment_fd = -1}

/*
 * Create it with entries for slot_count peers, all of them empty.  group as for
 * pst_segment_finish().  0, or -errno with an empty segment.
 */
PST_MUST_CHECK int pst_stats_segment_open(struct pst_stats_segment *segment,
					  uint32_t slot_count,
					  uint32_t features, gid_t group);

/* Store state (PST_STATS_RETIRED or _CLOSED) as the last word of the segment,
 * and release it.  An empty segment is accepted. */
void pst_stats_segment_close(struct pst_stats_segment *segment, uint64_t state);

static inline bool
pst_stats_segment_is_open(const struct pst_stats_segment *segment)
{
	return segment->segment_fd >= 0;
}

static inline size_t
pst_stats_segment_bytes(const struct pst_stats_segment *segment)
{
	return segment->mapping.control_bytes;
}

#endif
