/* SPDX-License-Identifier: ISC */
/*
 * Statistics readers: read the statistics of a node in another process
 *
 * The functions behind <postern/stats_reader.h>, without their argument checks.
 * Results are those documented there.
 */
#ifndef POSTERN_STATS_STATS_READER_H
#define POSTERN_STATS_STATS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>
#include <postern/stats.h>

#include "base/attributes.h"
#include "os/fork_guard.h"

struct pst_stats_reader;

/* The statistics segment of a node, as another process has received it. */
struct pst_stats_segment_ref {
	int segment_fd;         /* sealed and checked; -1: none */
	size_t segment_bytes;
	int node_pidfd;         /* readable once the node's process has exited;
				 * -1: this kernel has none for the listener */
};

#define PST_STATS_SEGMENT_REF_INIT {.segment_fd = -1, .node_pidfd = -1}

/* Close both descriptors and empty it; an empty one is accepted. */
void pst_stats_segment_ref_done(struct pst_stats_segment_ref *segment);

/*
 * Map the segment and begin to read it.  The segment is empty afterwards, also
 * on failure.  0, -ENOMEM, or with error information -EPROTONOSUPPORT (another
 * version of the layout), -EBADMSG (too small), or another -errno.
 */
PST_MUST_CHECK int
pst_stats_reader_open_take(struct pst_stats_segment_ref *segment,
			   struct pst_stats_reader **ret_reader,
			   struct postern_error_info *error);
struct pst_stats_reader *
pst_stats_reader_close(struct pst_stats_reader *reader);
static inline bool
pst_stats_reader_is_ours(const struct pst_stats_reader *reader)
{
	return pst_fork_guard_is_ours(reader);
}

PST_MUST_CHECK int
pst_stats_reader_read_node(const struct pst_stats_reader *reader,
			   struct postern_node_statistics *ret_stats);
PST_MUST_CHECK int
pst_stats_reader_read_peer(const struct pst_stats_reader *reader,
			   uint32_t slot_index,
			   struct postern_peer_statistics *ret_stats);

#endif
