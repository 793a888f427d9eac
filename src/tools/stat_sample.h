/* SPDX-License-Identifier: ISC */
/*
 * Snapshots: all figures of a node at one moment, and how they moved
 *
 * What `stat`, `top` and `list` show comes from here.  The peers of a snapshot
 * stand in the order of their slots.
 */
#ifndef POSTERN_TOOLS_SNAPSHOT_H
#define POSTERN_TOOLS_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/observe.h>

#include "tool.h"

/* A second, between two publications of the node; or since admission, in the
 * first snapshot of a peer. */
struct tool_rates {
	double received_messages;
	double received_bytes;
	double sent_messages;
	double sent_bytes;
};

struct tool_peer {
	struct postern_peer_statistics stats;
	struct tool_rates rates;
};

/* All zero is empty. */
struct tool_snapshot {
	struct postern_node_statistics node;
	struct tool_rates rates;
	struct tool_peer *peers;
	size_t peer_count;
	size_t peer_room;
	uint64_t taken_ns;      /* by our clock; all others are the node's */
	uint64_t up_ns;
	uint64_t age_ns;        /* of the figures, where it can be told */
	bool has_age;
};

struct tool_observer {
	const struct postern_policy *policy;    /* borrowed */
	const char *node_name;
	struct postern_observe_options options;
	struct postern_observer *observer;      /* NULL: not connected */
	struct postern_refusal refusal;         /* of the last connecting */
	struct tool_snapshot before;            /* for the rates */
};

/*
 * Take a snapshot, connecting first where that is due.  snapshot is all zero,
 * or an earlier one, whose memory is used again.  Returns 0 or a negative
 * errno; _error() prints what that was and returns the exit status.
 */
int tool_snapshot_take(struct tool_observer *observer,
		       struct tool_snapshot *snapshot);
enum tool_status tool_snapshot_error(const struct tool_observer *observer,
				     int result);
void tool_snapshot_done(struct tool_snapshot *snapshot);
void tool_observer_done(struct tool_observer *observer);

#endif
