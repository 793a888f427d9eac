/* SPDX-License-Identifier: ISC */
/*
 * Observers: another process's node, seen through its statistics
 *
 * Once the segment is mapped, the node is not asked for anything any more.
 * What the segment says is the word of the node's owner; that the process is
 * gone, the kernel says.
 */
#include "client/observer.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "base/result.h"
#include "client/client.h"
#include "os/fork_guard.h"
#include "os/peer_credentials.h"
#include "stats/stats_entry.h"

struct pst_observer {
	struct pst_fork_guard guard;
	struct pst_view view;   /* what is open of it */
	struct pst_segment_mapping mapping;
	struct pst_stats_entry_reader reader;
};

static_assert(offsetof(struct pst_observer, guard) == 0, "it comes first");

static int map_view(struct pst_observer *observer,
		    struct postern_refusal *refusal)
{
	int r;

	r = pst_segment_map_readable(observer->view.segment_fd,
				     observer->view.segment_bytes, 0,
				     &observer->mapping);
	if (r == 0)
		r = pst_stats_entry_reader_init(
			&observer->reader, observer->mapping.control,
			observer->view.segment_bytes);
	if (r == -EPROTONOSUPPORT)
		(void)pst_error_set(refusal, POSTERN_REASON_VERSION);
	else if (r == -EBADMSG)
		(void)pst_error_set(refusal, POSTERN_REASON_SEGMENT);
	return r;
}

int pst_observer_open(const struct postern_policy *policy,
		      const char *node_name, uint64_t deadline_ns,
		      uint32_t features_off, struct postern_refusal *refusal,
		      struct pst_observer **ret_observer)
{
	struct pst_observer *observer;
	int r;

	observer = pst_fork_guard_new(sizeof(*observer));
	if (!observer)
		return pst_error_finish(refusal, -ENOMEM, "observing the node");
	observer->guard.ours = PST_FORK_GUARD_OURS;
	observer->view = (struct pst_view)PST_VIEW_INIT;
	r = pst_view_fetch(policy, node_name, deadline_ns, features_off,
			   refusal, &observer->view);
	if (r == 0)
		r = map_view(observer, refusal);
	if (r < 0) {
		(void)pst_observer_close(observer); /* always NULL */
		return pst_error_finish(refusal, r, "observing the node");
	}
	*ret_observer = observer;
	return 0;
}

struct pst_observer *pst_observer_close(struct pst_observer *observer)
{
	if (!observer || !pst_observer_is_ours(observer))
		return NULL;
	pst_segment_unmap(&observer->mapping);
	pst_view_done(&observer->view);
	pst_fork_guard_free(observer, sizeof(*observer));
	return NULL;
}

/* 0 as long as there is somebody to write. */
static int check_is_live(const struct pst_observer *observer)
{
	switch (pst_stats_read_state(&observer->reader)) {
	case PST_STATS_LIVE:
		break;
	case PST_STATS_RETIRED:
		return -ESTALE;
	default:
		return -EPIPE;
	}
	/* If it cannot be told, the figures just stop to move. */
	return pst_process_has_ended(observer->view.node_pidfd) == 1 ? -EPIPE :
								       0;
}

int pst_observer_node(const struct pst_observer *observer,
		      struct postern_node_statistics *ret_stats)
{
	int r;

	r = check_is_live(observer);
	if (r < 0)
		return r;
	return pst_stats_read_node(&observer->reader, ret_stats);
}

int pst_observer_peer_at(const struct pst_observer *observer,
			 uint32_t slot_index,
			 struct postern_peer_statistics *ret_stats)
{
	int r;

	r = check_is_live(observer);
	if (r < 0)
		return r;
	return pst_stats_read_peer(&observer->reader, slot_index, ret_stats);
}
