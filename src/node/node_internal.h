/* SPDX-License-Identifier: ISC */
/*
 * The struct of a node, for the files of this layer
 *
 * A node has one member for each part.  The files node_*.c and reactor.c connect
 * the parts; each part works, and is tested, without a node.
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
#include "node/audit.h"
#include "node/event_queue.h"
#include "node/node.h"
#include "node/node_stats.h"
#include "node/reactor.h"
#include "peer/peer_state.h"
#include "peer/peer_table.h"
#include "sched/scheduler.h"

/* The socket and its lock file in the file system. */
struct pst_socket_files {
	bool are_missing;       /* and that was recorded */
	uint64_t check_ns;      /* when they are checked without an event */
};

struct pst_node {
	struct pst_fork_guard guard;
	char name[POSTERN_NAME_BYTES];
	uid_t owner;
	char *key_path;         /* as given when it was opened; NULL: none */
	uint32_t features;
	uint32_t channel_spin_ns; /* of channels that are detached */

	struct pst_reactor reactor;
	struct pst_scheduler scheduler;
	struct pst_peer_table peer_table;
	struct pst_event_queue events;
	struct pst_node_stats stats;
	struct pst_audit audit;
	struct pst_policy_binding binding;
	struct pst_charges charges; /* one for each slot */
	struct pst_retained_meters retained_meters;
	struct pst_admission admission;
	struct pst_socket_files socket_files;
};

static_assert(offsetof(struct pst_node, guard) == 0, "it comes first");

/* -- node_policy.c --------------------------------------------------------- */

/* Find the rules of the node and its key, check both, and adopt the policy.  0,
 * -ENOENT (no such node), -EINVAL (the node depends on an error of the policy),
 * -EACCES, or another -errno, with error information. */
PST_MUST_CHECK int pst_node_open_policy(struct pst_node *node,
					struct pst_accounting *accounting,
					const struct postern_policy *policy,
					struct postern_error_info *error);

/* -- node_listener.c ------------------------------------------------------- */

PST_MUST_CHECK int pst_node_listen(struct pst_node *node,
				   struct postern_error_info *error);

/* Create socket and lock file again if another program has removed them. */
void pst_node_check_socket_files(struct pst_node *node);

/* -- node_admission.c ------------------------------------------------------ */

PST_MUST_CHECK int pst_node_open_admission(struct pst_node *node);

/* -- node_peers.c ---------------------------------------------------------- */

int pst_node_transition(struct pst_node *node, struct pst_peer *peer,
			enum pst_peer_event event);
void pst_node_end_peer(struct pst_node *node, struct pst_peer *peer,
		       enum postern_reason reason);

/* The same for a peer that a new policy no longer allows.  error: the reason. */
void pst_node_revoke_peer(struct pst_node *node, struct pst_peer *peer,
			  const struct postern_error_info *error);

/* Drain the peer, or end it at once. */
void pst_node_on_channel_ended(struct pst_node *node, struct pst_peer *peer);
void pst_node_handle_peer_deadlines(struct pst_node *node);

/* The peer has changed: its statistics are to be sampled and published. */
static inline void pst_peer_mark(struct pst_node *node,
				 const struct pst_peer *peer)
{
	pst_stats_collector_mark(&node->stats.collector,
				 pst_slot_index(peer->handle));
}

/* -- node_meters.c --------------------------------------------------------- */

/* These do nothing unless an allow limits the rate of the channel. */

/* A channel begins, with the tokens that the owner's earlier channels have
 * left.  Throttled ones of them that have hung up begin to drain. */
void pst_node_inherit_meter(struct pst_node *node, struct pst_peer *peer);

/* A channel begins to drain: it shares a meter with the owner's later ones. */
void pst_node_share_meter(struct pst_node *node, struct pst_peer *peer);

/* A channel has ended, and no tokens are held by its meter any more: it is
 * retained for the owner's later channels. */
void pst_node_retain_meter(struct pst_node *node, struct pst_peer *peer);

/* -- node_receive.c -------------------------------------------------------- */

/* Arm the ready peers without a message, before the node sleeps. */
void pst_node_arm_idle(struct pst_node *node);

/* -- reactor.c ------------------------------------------------------------- */

/* One loop iteration: wait for events, handle them, then the deadlines that have
 * passed. */
PST_MUST_CHECK int pst_node_run_once(struct pst_node *node,
				     uint64_t deadline_ns);
void pst_node_set_timer(struct pst_node *node);
void pst_node_set_wake(struct pst_node *node, bool is_wanted);

/* A ready peer may have a message, and the program takes messages. */
static inline bool pst_node_may_receive(const struct pst_node *node)
{
	return pst_scheduler_has_ready(&node->scheduler) &&
	       !node->reactor.is_paused;
}

/* Set the timer if a deadline has changed since it was set. */
static inline void pst_node_update_timer(struct pst_node *node)
{
	if (PST_UNLIKELY(node->reactor.deadlines_changed ||
			 node->stats.collector.due_ns <
				 node->reactor.next_deadline_ns))
		pst_node_set_timer(node);
}

/* Signal the private eventfd if and only if a program that polls the descriptor
 * has something to do. */
static inline void pst_node_update_wake(struct pst_node *node)
{
	bool is_wanted = node->reactor.has_descriptor &&
			 (pst_node_may_receive(node) ||
			  node->events.count > 0);

	if (PST_UNLIKELY(is_wanted != node->reactor.wake_is_set))
		pst_node_set_wake(node, is_wanted);
}

#endif
