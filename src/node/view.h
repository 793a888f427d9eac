/* SPDX-License-Identifier: ISC */
/*
 * The statistics segment of a node, which it alone writes
 *
 * The node creates it when it opens and sends its descriptor to the processes
 * that may observe.  They cannot harm it: its seals keep everybody else from
 * mapping it for writing and from changing its size.
 */
#ifndef POSTERN_NODE_VIEW_H
#define POSTERN_NODE_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "handshake/handshake.h"
#include "os/segment.h"
#include "stats/stats_layout.h"

struct pst_node;

struct pst_node_view {
	int segment_fd;         /* -1: none */
	struct pst_segment_mapping mapping;
	struct pst_view_record record; /* as it is announced */
};

#define PST_NODE_VIEW_INIT {.segment_fd = -1}

/* Create and map it, all zero.  0, or -errno; _close() accepts an empty one. */
PST_MUST_CHECK int pst_node_view_open(struct pst_node *node);
void pst_node_view_close(struct pst_node *node);

/* What an observer gets: it stays the node's. */
int pst_node_view_fd(const struct pst_node *node);
size_t pst_node_view_bytes(const struct pst_node *node);

#endif
