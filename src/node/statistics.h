/* SPDX-License-Identifier: ISC */
/*
 * Statistics of a node: counting, adding up, and showing them
 *
 * What happens to a peer only marks it as changed.  Once in a while the changed
 * ones are looked at: what their channels have done since the last look is
 * added to the node's totals, and both are written to the segment that
 * observers map.  So a message costs a mark, a look costs as much as has
 * changed, and a peer that departs leaves its share in the totals.
 *
 * A peer whose channel was handed out for sending is looked at each time, since
 * another thread may use it unseen: at each publish interval while something
 * moves, else when the channel tells, or after a second.
 */
#ifndef POSTERN_NODE_STATISTICS_H
#define POSTERN_NODE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/attributes.h"
#include "base/histogram.h"
#include "stats/stats_entry.h"

struct pst_node;
struct pst_peer;

/* What is known and was counted of the peer in a slot. */
struct pst_slot_statistics {
	bool is_changed;        /* on the list of changed ones */
	bool is_shared;         /* on the list of shared ones */
	bool is_counted;        /* in the totals: an admitted peer */
	bool is_draining;       /* as counted, and so is its state */
	bool is_stuck;
	bool was_used;          /* by anybody, ever */
	enum postern_peer_state state;
	uint32_t receive_ring_bytes;
	uint32_t send_ring_bytes;

	/* Of its channel, what is in the totals already; once it is detached,
	 * all that is known. */
	struct postern_channel_statistics channel;

	/* Its consumer's position, and since when it stands there. */
	uint64_t consumed_pos;
	uint64_t sent_pos;
	uint64_t moved_ns;
};

struct pst_statistics {
	struct postern_node_statistics total;
	struct pst_histogram latency;   /* of all channels, departed ones too */
	struct pst_slot_statistics *slots;

	uint32_t *changed;      /* slot indices; room for every slot */
	uint32_t changed_count;
	uint32_t *shared;
	uint32_t shared_count;
	bool is_shared_active;  /* one of them moved, or will */
	bool has_news;          /* something is not shown yet */
	bool is_view_missing;   /* it could not be made, and a record said so */
	uint64_t due_ns;        /* the next look; PST_DEADLINE_NEVER: none */
	uint64_t next_ns;       /* the earliest moment for it */
	struct pst_stats_entry_writer writer; /* to node->view */
};

/* Lifecycle: from after the view is opened to before it is closed. */
void pst_statistics_init(struct pst_statistics *statistics);
PST_MUST_CHECK int pst_statistics_open(struct pst_node *node);
void pst_statistics_close(struct pst_node *node);

/* What happened.  A peer is counted from _admit to _depart. */
void pst_statistics_admit(struct pst_node *node, struct pst_peer *peer);
void pst_statistics_depart(struct pst_node *node, struct pst_peer *peer,
			   enum postern_reason reason);
void pst_statistics_refuse(struct pst_node *node, enum postern_reason reason);
void pst_statistics_reload(struct pst_node *node, bool is_done);
void pst_statistics_share(struct pst_node *node, const struct pst_peer *peer);

/* Its channel is about to go to somebody else. */
void pst_statistics_detach(struct pst_node *node, const struct pst_peer *peer);

/* Something of the node itself has changed. */
void pst_statistics_note(struct pst_node *node);

/* The peer has changed: for pst_peer_mark(), which asks once. */
void pst_statistics_mark(struct pst_node *node, uint32_t slot_index);

/* The beat: add up and show, if that is due by now.  due_ns says when next. */
void pst_statistics_look(struct pst_node *node, uint64_t now_ns);

/* For the files of the statistics only. */
void pst_statistics_collect(struct pst_node *node, uint64_t now_ns);
void pst_statistics_look_at_peer(struct pst_node *node,
				 const struct pst_peer *peer, uint64_t now_ns);

/* statistics_fill.c */
void pst_statistics_fill_node(const struct pst_node *node,
			      struct postern_node_statistics *ret_stats);
void pst_statistics_fill_peer(const struct pst_node *node,
			      const struct pst_peer *peer,
			      struct postern_peer_statistics *ret_stats);

/* statistics_view.c: what is shown in node->view, and its last word. */
void pst_statistics_show_all(struct pst_node *node);
void pst_statistics_show_node(struct pst_node *node);
void pst_statistics_show_peer(struct pst_node *node, uint32_t slot_index);
void pst_statistics_end_view(struct pst_node *node, uint64_t state);

/*
 * From now on observers are given another segment, and those who have the old
 * one are told to ask again: for when the policy was reloaded and not everybody
 * may still see.  The old one shows nothing new in any case; where no other can
 * be made, there is none until the next look or request can make one, and a
 * record says why.
 */
int pst_statistics_renew_view(struct pst_node *node);

/* Make the segment if it is missing.  0: it is there. */
PST_MUST_CHECK int pst_statistics_need_view(struct pst_node *node);

#endif
