/* SPDX-License-Identifier: ISC */
/*
 * Opening and closing a node
 *
 * Opening checks first and then acquires.  The socket begins to listen last, so
 * a node that can be reached is ready.
 */
#include "node/node_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/result.h"
#include "channel/channel_detached.h"
#include "crypto/cipher.h"
#include "os/features.h"
#include "os/fork_guard.h"
#include "os/socket_close.h"

static int allocate(struct pst_node *node, uint32_t slot_count)
{
	int r;

	node->charges.slot_count = slot_count;
	node->charges.charges = calloc(slot_count,
				       sizeof(node->charges.charges[0]));
	if (!node->charges.charges)
		return -ENOMEM;
	r = pst_event_queue_init(&node->events, 2 * slot_count);
	if (r < 0)
		return r;
	return pst_peer_table_init(&node->peer_table, slot_count,
				   &node->scheduler);
}

static int init(struct pst_node *node, const struct pst_node_params *params)
{
	node->guard.ours = PST_FORK_GUARD_OURS;
	node->features = pst_features_probe(params->disable_features) |
			 pst_cipher_features(params->disable_features);
	node->channel_spin_ns = params->spin_ns;
	pst_reactor_init(&node->reactor, params->spin_ns);
	(void)snprintf(node->name, sizeof(node->name), "%s", params->name);
	pst_audit_init(&node->audit, &params->log, node->name);
	node->admission = (struct pst_admission)PST_ADMISSION_INIT;
	node->stats = (struct pst_node_stats)PST_NODE_STATS_INIT;
	node->socket_files.check_ns = PST_DEADLINE_NEVER;
	pst_scheduler_init(&node->scheduler);
	pst_list_init(&node->charges.link);
	if (params->key_file) {
		node->key_path = strdup(params->key_file);
		if (!node->key_path)
			return -ENOMEM;
	}
	return 0;
}

/* The binding keeps a reference to the accounting. */
static int open_policy(struct pst_node *node,
		       const struct pst_node_params *params,
		       struct postern_error_info *error)
{
	struct pst_accounting *own = NULL;
	int r;

	if (!params->accounting) {
		r = pst_accounting_new(&own);
		if (r < 0)
			return r;
	}
	r = pst_node_open_policy(node, own ? own : params->accounting,
				 params->policy, error);
	(void)pst_accounting_unref(own); /* always NULL */
	return r;
}

static int open_node(struct pst_node *node,
		     const struct pst_node_params *params,
		     struct postern_error_info *error)
{
	int r;

	r = open_policy(node, params, error);
	if (r < 0)
		return r;
	node->owner = node->binding.description.owner_uid;
	r = allocate(node, node->binding.description.slot_count);
	if (r < 0)
		return r;
	pst_accounting_add(node->binding.accounting, &node->charges);
	r = pst_node_stats_open(node);
	if (r < 0)
		return r;
	r = pst_reactor_open(&node->reactor);
	if (r < 0)
		return r;
	node->peer_table.set_fd = node->reactor.set_fd;
	r = pst_node_open_admission(node);
	if (r < 0)
		return r;
	return pst_node_listen(node, error);
}

/* If the closing thread cannot be created, the operator learns it now. */
static void prepare_closing(const struct pst_node *node)
{
	int r;

	if (node->features & POSTERN_FEATURE_PASSRIGHTS)
		return;
	pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "no-passrights",
		       "this kernel cannot refuse descriptors before they are "
		       "sent: each record is looked at first, and a thread "
		       "closes what holds descriptors", 0);
	r = pst_socket_close_try();
	if (r < 0)
		pst_audit_note(&node->audit, POSTERN_LOG_WARNING,
			       "no-closing-thread",
			       "no thread can close a socket, so a peer that "
			       "sends descriptors can hold up the node: allow "
			       "clone, clone3, close_range and unshare in the "
			       "filter of system calls, or raise RLIMIT_NPROC",
			       r);
}

int pst_node_open(const struct pst_node_params *params,
		  struct postern_error_info *error,
		  struct pst_node **ret_node)
{
	struct pst_node *node;
	int r;

	node = pst_fork_guard_new(sizeof(*node));
	if (!node)
		return -ENOMEM;
	r = init(node, params);
	if (r == 0)
		r = open_node(node, params, error);
	if (r < 0) {
		if (error->reason == POSTERN_REASON_NONE)
			(void)pst_error_set_errno(error,
						  pst_error_reason(r), r,
						  "opening the node");
		(void)pst_node_close(node); /* always NULL */
		return pst_error_result(error, r);
	}
	prepare_closing(node);
	*ret_node = node;
	return 0;
}

static void close_peers(struct pst_node *node)
{
	struct pst_peer *peer;
	uint32_t i;

	for (i = 0; i < node->peer_table.slot_count; i++) {
		peer = &node->peer_table.peers[i];
		if (peer->state == PST_PEER_FREE)
			continue;
		peer->detached_link =
			pst_detached_link_unref(peer->detached_link);
		peer->channel = pst_channel_release(peer->channel,
						    POSTERN_REASON_NODE_CLOSED);
		pst_peer_credentials_done(&peer->identity.credentials);
		pst_metering_release_all(&peer->sched.metering);
	}
}

struct pst_node *pst_node_close(struct pst_node *node)
{
	if (!node || !pst_node_is_ours(node))
		return NULL;
	/* No new peer can connect from here on. */
	pst_admission_done(&node->admission);
	pst_node_stats_close(node);
	close_peers(node);
	pst_audit_flush(&node->audit, PST_DEADLINE_NEVER);
	if (node->binding.accounting)
		pst_accounting_remove(node->binding.accounting, &node->charges);
	pst_policy_binding_done(&node->binding);
	pst_peer_table_done(&node->peer_table);
	free(node->charges.charges);
	pst_event_queue_done(&node->events);
	pst_reactor_close(&node->reactor);
	free(node->key_path);
	pst_fork_guard_free(node, sizeof(*node));
	return NULL;
}
