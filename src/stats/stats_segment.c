/* SPDX-License-Identifier: ISC */
/*
 * The statistics segment of a node
 *
 * As with every segment, the writer maps it before it is sealed; afterwards no
 * process can map it for writing.  All of its pages are allocated at the start.
 * Otherwise the first peer in a page would cost memory later: where there is
 * none the node would be killed, and an observer could be charged for the page.
 */
#include "stats/stats_segment.h"

#include <errno.h>

#include "base/bounds.h"
#include "base/fd.h"
#include "os/entropy.h"
#include "os/own_process.h"

#define SEGMENT_NAME "postern-view"

static int create(struct pst_stats_segment *segment, uint32_t slot_count,
		  uint32_t features, gid_t group)
{
	uint64_t segment_bytes;
	int r;

	r = pst_bounds_align_up(pst_stats_bytes(slot_count),
				pst_own_page_bytes(), &segment_bytes);
	if (r < 0)
		return r;
	r = pst_segment_create_named(SEGMENT_NAME, segment_bytes, features,
				     &segment->segment_fd);
	if (r < 0)
		return r;
	r = pst_segment_map_writable(segment->segment_fd, segment_bytes, 0,
				     &segment->mapping);
	if (r < 0)
		return r;
	r = pst_segment_populate_for_writing(&segment->mapping);
	if (r < 0)
		return r == -EFAULT ? -ENOMEM : r;
	r = pst_segment_finish(segment->segment_fd,
			       PST_SEGMENT_SEALS_WRITER_DONE, group,
			       &segment->inode);
	if (r < 0)
		return r;
	return pst_entropy_fill(segment->id, sizeof(segment->id));
}

static void release(struct pst_stats_segment *segment)
{
	pst_segment_unmap(&segment->mapping);
	segment->segment_fd = pst_fd_close(segment->segment_fd);
}

int pst_stats_segment_open(struct pst_stats_segment *segment,
			   uint32_t slot_count, uint32_t features, gid_t group)
{
	int r;

	r = create(segment, slot_count, features, group);
	if (r < 0) {
		release(segment);
		return r;
	}
	pst_stats_entry_writer_init(&segment->writer, segment->mapping.control,
				    slot_count);
	return 0;
}

void pst_stats_segment_close(struct pst_stats_segment *segment, uint64_t state)
{
	if (!pst_stats_segment_is_open(segment))
		return;
	pst_stats_write_end(&segment->writer, state);
	release(segment);
}
