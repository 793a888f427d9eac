/* SPDX-License-Identifier: ISC */
/*
 * Statistics of a node: sample its peers, publish the results
 *
 * The counters are in stats/stats_collector.h.  The functions here read what
 * the collector cannot know (channels and peers), build the public structs, and
 * write them to the segment that other processes read.
 */
#ifndef POSTERN_NODE_NODE_STATS_H
#define POSTERN_NODE_NODE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "stats/stats_collector.h"
#include "stats/stats_segment.h"

struct pst_node;
struct pst_peer;

struct pst_node_stats {
	struct pst_stats_collector collector;
	struct pst_stats_segment segment;
	bool segment_is_missing; /* creating it failed, and was recorded */
};

#define PST_NODE_STATS_INIT \
	{.collector = {.due_ns = PST_DEADLINE_NEVER}, \
	 .segment = PST_STATS_SEGMENT_INIT}

PST_MUST_CHECK int pst_node_stats_open(struct pst_node *node);

/* Publish a last time.  The peers still have their channels. */
void pst_node_stats_close(struct pst_node *node);

/* Peers.  A peer is counted from _connect() to _disconnect(). */
void pst_node_stats_connect(struct pst_node *node, struct pst_peer *peer);
void pst_node_stats_disconnect(struct pst_node *node, struct pst_peer *peer,
			       enum postern_reason reason);

/* The channel is about to be handed over to the program. */
void pst_node_stats_detach(struct pst_node *node, const struct pst_peer *peer);

/* Publish what has changed, if that is due by now. */
void pst_node_stats_publish(struct pst_node *node, uint64_t now_ns);

/*
 * Retire the segment and create another one, since a reload can withdraw the
 * permission to observe: a reader must ask again.  If that fails there is no
 * segment until a later publication or request can create one, and an audit
 * record has the reason.
 */
int pst_node_stats_renew_segment(struct pst_node *node);

/* Create the segment if it is missing.  0: there is one. */
PST_MUST_CHECK int pst_node_stats_need_segment(struct pst_node *node);

#endif
