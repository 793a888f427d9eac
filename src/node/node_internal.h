/* SPDX-License-Identifier: ISC */
/*
 * What a node is made of: for the files of this layer only
 */
#ifndef POSTERN_NODE_NODE_INTERNAL_H
#define POSTERN_NODE_NODE_INTERNAL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accounting/accounting.h"
#include "accounting/retained_meters.h"
#include "admission/admission.h"
#include "admission/policy_binding.h"
#include "base/deadline_heap.h"
#include "base/list.h"
#include "base/log.h"
#include "channel/channel.h"
#include "node/audit.h"
#include "node/event_queue.h"
#include "node/node.h"
#include "node/node_stats.h"
#include "node/reactor.h"
#include "os/poll_tag.h"
#include "peer/peer_state.h"
#include "peer/peer_table.h"
#include "sched/scheduler.h"

struct pst_node {
	struct pst_fork_guard guard;
	uint32_t features;
	uint32_t channel_spin_ns; /* of the channels that are detached */
	struct pst_reactor reactor;
	struct pst_policy_binding binding;
	char name[POSTERN_NAME_BYTES];
	char *key_path;         /* as given when it was opened; NULL: none */
	uid_t owner;
	struct pst_audit audit;

	bool names_are_lost;    /* socket or lock file, and it was said */
	uint64_t names_due_ns;  /* when they are checked without an event */

	struct pst_admission admission;

	struct pst_peer_table peer_table;
	struct pst_charges charges; /* of each slot */
	struct pst_scheduler scheduler;
	struct pst_retained_meters retained_meters;

	struct pst_event_queue events;
	struct pst_node_stats stats;
};

static_assert(offsetof(struct pst_node, guard) == 0, "it comes first");

/* The peer has changed: its statistics are to be sampled and published. */
static inline void pst_peer_mark(struct pst_node *node,
				 const struct pst_peer *peer)
{
	pst_stats_collector_mark(&node->stats.collector,
				 pst_slot_index(peer->handle));
}

/* node_listener.c */
PST_MUST_CHECK int pst_node_listen(struct pst_node *node,
				   struct postern_refusal *refusal);
/* Create socket and lock file again if another program has removed them. */
void pst_node_check_names(struct pst_node *node);

/* reactor.c: one loop iteration waits for events and handles them, then the
 * deadlines that have passed. */
PST_MUST_CHECK int pst_node_run_once(struct pst_node *node, uint64_t deadline_ns);
void pst_node_set_timer(struct pst_node *node);
void pst_node_set_wake(struct pst_node *node, bool is_wanted);

/* node_admission.c */
PST_MUST_CHECK int pst_node_open_admission(struct pst_node *node);

/* node_policy.c: find the rules of the node and its key, check both, and adopt
 * the policy.  0, -ENOENT (no such node), -EINVAL (the node depends on an error
 * of the policy), -EACCES, or another -errno, with error information. */
PST_MUST_CHECK int pst_node_open_policy(struct pst_node *node,
					const struct postern_policy *policy,
					struct postern_refusal *refusal);

/* node_receive.c */
void pst_node_arm_idle(struct pst_node *node);

/* node_peers.c */
int pst_node_transition(struct pst_node *node, struct pst_peer *peer,
			enum pst_peer_event event);
void pst_node_end_peer(struct pst_node *node, struct pst_peer *peer,
		       enum postern_reason reason);
/* The same, with a record of the origin.  why: the refusal of a new policy. */
void pst_node_disconnect_peer(struct pst_node *node, struct pst_peer *peer,
			      const struct pst_disconnect_origin *origin,
			      const struct postern_refusal *why);
/* Drain the peer, or end it at once. */
void pst_node_on_channel_ended(struct pst_node *node, struct pst_peer *peer);
void pst_node_handle_peer_deadlines(struct pst_node *node);

/* A ready peer may have a message, and the program takes messages. */
static inline bool pst_node_may_receive(const struct pst_node *node)
{
	return pst_scheduler_has_ready(&node->scheduler) && !node->reactor.is_paused;
}

/* The timer, if anything changed since it was set. */
static inline void pst_node_update_timer(struct pst_node *node)
{
	if (PST_UNLIKELY(node->reactor.deadlines_changed ||
			 node->stats.collector.due_ns < node->reactor.next_deadline_ns))
		pst_node_set_timer(node);
}

/* The private eventfd, as whoever polls the descriptor wants it. */
static inline void pst_node_update_wake(struct pst_node *node)
{
	bool is_wanted = node->reactor.has_descriptor &&
			 (pst_node_may_receive(node) ||
			  node->events.count > 0);

	if (PST_UNLIKELY(is_wanted != node->reactor.wake_is_set))
		pst_node_set_wake(node, is_wanted);
}

#endif
