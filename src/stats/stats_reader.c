/* SPDX-License-Identifier: ISC */
/*
 * Statistics readers: read the statistics of a node in another process
 *
 * Once the segment is mapped, the node takes no part in the reading.  The
 * contents of the segment are claims of the node's owner; that the node's
 * process has exited is reported by the kernel.
 */
#include "stats/stats_reader.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "base/fd.h"
#include "base/result.h"
#include "os/peer_credentials.h"
#include "os/segment.h"
#include "stats/stats_entry.h"

struct pst_stats_reader {
	struct pst_fork_guard guard;
	struct pst_stats_segment_ref segment;
	struct pst_segment_mapping mapping;
	struct pst_stats_entry_reader entries;
};

static_assert(offsetof(struct pst_stats_reader, guard) == 0,
	      "the guard is the first field");

static int map_segment(struct pst_stats_reader *reader,
		       struct postern_error_info *error)
{
	int r;

	r = pst_segment_map_readable(reader->segment.segment_fd,
				     reader->segment.segment_bytes, 0,
				     &reader->mapping);
	if (r == 0)
		r = pst_stats_entry_reader_init(&reader->entries,
						reader->mapping.control,
						reader->segment.segment_bytes);
	if (r == -EPROTONOSUPPORT)
		(void)pst_error_set(error, POSTERN_REASON_VERSION);
	else if (r == -EBADMSG)
		(void)pst_error_set(error, POSTERN_REASON_SEGMENT);
	return r;
}

/* 0 while a process may still write to the segment. */
static int check_is_live(const struct pst_stats_reader *reader)
{
	switch (pst_stats_read_state(&reader->entries)) {
	case PST_STATS_LIVE:
		break;
	case PST_STATS_RETIRED:
		return -ESTALE;
	default:
		return -EPIPE;
	}
	/* Without a pidfd an exit goes unnoticed: the statistics just stop
	 * changing. */
	return pst_process_has_ended(reader->segment.node_pidfd) == 1 ? -EPIPE
								      : 0;
}

void pst_stats_segment_ref_done(struct pst_stats_segment_ref *segment)
{
	(void)pst_fd_close(segment->segment_fd);
	(void)pst_fd_close(segment->node_pidfd);
	*segment = (struct pst_stats_segment_ref)PST_STATS_SEGMENT_REF_INIT;
}

int pst_stats_reader_open_take(struct pst_stats_segment_ref *segment,
			       struct pst_stats_reader **ret_reader,
			       struct postern_error_info *error)
{
	struct pst_stats_reader *reader;
	int r;

	reader = pst_fork_guard_new(sizeof(*reader));
	if (!reader) {
		pst_stats_segment_ref_done(segment);
		return -ENOMEM;
	}
	reader->guard.ours = PST_FORK_GUARD_OURS;
	reader->segment = *segment;
	*segment = (struct pst_stats_segment_ref)PST_STATS_SEGMENT_REF_INIT;
	r = map_segment(reader, error);
	if (r < 0) {
		(void)pst_stats_reader_close(reader); /* always NULL */
		return r;
	}
	*ret_reader = reader;
	return 0;
}

struct pst_stats_reader *pst_stats_reader_close(struct pst_stats_reader *reader)
{
	if (!reader || !pst_stats_reader_is_ours(reader))
		return NULL;
	pst_segment_unmap(&reader->mapping);
	pst_stats_segment_ref_done(&reader->segment);
	pst_fork_guard_free(reader, sizeof(*reader));
	return NULL;
}

int pst_stats_reader_read_node(const struct pst_stats_reader *reader,
			       struct postern_node_statistics *ret_stats)
{
	int r;

	r = check_is_live(reader);
	if (r < 0)
		return r;
	return pst_stats_read_node(&reader->entries, ret_stats);
}

int pst_stats_reader_read_peer(const struct pst_stats_reader *reader,
			       uint32_t slot_index,
			       struct postern_peer_statistics *ret_stats)
{
	int r;

	r = check_is_live(reader);
	if (r < 0)
		return r;
	return pst_stats_read_peer(&reader->entries, slot_index, ret_stats);
}
