/* SPDX-License-Identifier: ISC */
/*
 * The node's side of its statistics: creating the segment, and letting it go
 *
 * The order is that of every segment: the writer maps it before it is sealed,
 * and nobody else can any more.  All of it is there from the start: a page that
 * came with the first peer in it would end the process where there is no memory
 * for it, and could be one that an observer was charged for.
 */
#include "node/view.h"

#include <errno.h>

#include "base/bounds.h"
#include "base/fd.h"
#include "node/node_state.h"
#include "os/entropy.h"
#include "os/own_process.h"
#include "os/segment.h"

#define SEGMENT_NAME "postern-view"

static int make(struct pst_node *node, struct pst_node_view *view)
{
	uint64_t segment_bytes;
	int r;

	r = pst_bounds_align_up(pst_stats_bytes(node->peer_table.slot_count),
				pst_own_page_bytes(), &segment_bytes);
	if (r < 0)
		return r;
	r = pst_segment_create_named(SEGMENT_NAME, segment_bytes,
				     node->features, &view->segment_fd);
	if (r < 0)
		return r;
	r = pst_segment_map_writable(view->segment_fd, segment_bytes, 0,
				     &view->mapping);
	if (r < 0)
		return r;
	r = pst_segment_populate_for_writing(&view->mapping);
	if (r < 0)
		return r == -EFAULT ? -ENOMEM : r;
	r = pst_segment_finish(view->segment_fd, PST_SEGMENT_SEALS_WRITER_DONE,
			       node->group, &view->record.segment.inode);
	if (r < 0)
		return r;
	view->record.segment.segment_bytes = segment_bytes;
	view->record.layout_version = PST_STATS_VERSION;
	return pst_entropy_fill(view->record.session_id,
				sizeof(view->record.session_id));
}

int pst_node_view_open(struct pst_node *node)
{
	int r;

	r = make(node, &node->view);
	if (r < 0)
		pst_node_view_close(node);
	return r;
}

void pst_node_view_close(struct pst_node *node)
{
	struct pst_node_view *view = &node->view;

	pst_segment_unmap(&view->mapping);
	view->segment_fd = pst_fd_close(view->segment_fd);
}

int pst_node_view_fd(const struct pst_node *node)
{
	return node->view.segment_fd;
}

size_t pst_node_view_bytes(const struct pst_node *node)
{
	return node->view.mapping.control_bytes;
}
