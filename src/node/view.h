/* SPDX-License-Identifier: ISC */
/*
 * The node's statistics: the segment that it alone writes, and how others get it
 *
 * The node creates it when it opens and hands its descriptor to whoever may
 * observe.  The seals are what makes that harmless: nobody can map it for
 * writing, or change its size, any more.
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

/* The node's side. */
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

/* The observer's side. */
struct pst_view {
	int segment_fd;         /* checked; -1: none */
	size_t segment_bytes;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES]; /* of that run */
	int node_pidfd;         /* readable once the node's process has ended;
				 * -1: the kernel cannot give one */
};

#define PST_VIEW_INIT {.segment_fd = -1, .node_pidfd = -1}

/*
 * view_fetch.c: ask the node for its statistics.  What is returned has passed
 * all checks of a segment, and is the caller's, to map for reading and to
 * close by _done(), which empties it and accepts an empty one.
 *
 * 0, or with a refusal -ENOENT (no such node, or it does not run), -EACCES (the
 * path or the listener is not to be trusted, or the node said no), -EDQUOT (it
 * has no place now), -EPROTONOSUPPORT (no common version), -EBADMSG (it breaks
 * the rules), -EPIPE, -ETIMEDOUT, or another -errno.
 */
PST_MUST_CHECK int pst_view_fetch(const struct postern_policy *policy,
				  const char *node_name, uint64_t deadline_ns,
				  uint32_t features_off,
				  struct postern_refusal *refusal,
				  struct pst_view *ret_view);
void pst_view_done(struct pst_view *view);

#endif
