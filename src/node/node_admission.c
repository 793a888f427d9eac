/* SPDX-License-Identifier: ISC */
/*
 * The hooks of admission: each outcome leads to audit records, events and
 * statistics of the node, a command to its execution
 */
#include "node/node_internal.h"

#include "base/attributes.h"

static void on_refused(void *hook_data,
		       const struct pst_peer_credentials *credentials,
		       const struct pst_handshake_responder *responder,
		       const struct postern_error_info *error)
{
	struct pst_node *node = hook_data;

	pst_stats_collector_count_refused(&node->stats.collector,
					  error->reason);
	pst_audit_refused(&node->audit, credentials, responder, error);
	node->reactor.deadlines_changed = true; /* of suppressed records */
}

static void on_connected(void *hook_data, struct pst_peer *peer)
{
	struct pst_node *node = hook_data;

	pst_node_inherit_meter(node, peer);
	PST_IGNORE(pst_node_transition(node, peer, PST_PEER_EVENT_CONNECTED));
	if (peer->directions & POSTERN_DIRECTION_TO_NODE)
		PST_IGNORE(pst_node_transition(node, peer,
					       PST_PEER_EVENT_WOKEN));
	pst_node_stats_connect(node, peer);
	pst_audit_connected(&node->audit, peer);
	pst_event_queue_push(&node->events, POSTERN_NODE_EVENT_CONNECTED, peer,
			     POSTERN_REASON_NONE, 0);
}

/* The only command disconnects a peer, or all peers of a name. */
static enum pst_result_code
on_command(void *hook_data, const struct pst_command *command,
	   const struct pst_peer_credentials *credentials, uint32_t *ret_count)
{
	const struct pst_disconnect_origin origin = {
		.by = PST_DISCONNECT_BY_CONTROL,
		.uid = credentials->uid,
		.pid = credentials->pid,
	};
	struct pst_node *node = hook_data;

	if (command->peer == 0)
		return pst_node_disconnect_named(node, command->peer_name,
						 &origin, ret_count) == 0
			       ? PST_RESULT_DONE
			       : PST_RESULT_NOBODY;
	if (pst_node_disconnect(node, command->peer, &origin) < 0)
		return PST_RESULT_STALE;
	*ret_count = 1;
	return PST_RESULT_DONE;
}

static void on_offers_exhausted(void *hook_data)
{
	struct pst_node *node = hook_data;

	pst_audit_unread_offers(&node->audit, &node->admission.half_open,
				node->reactor.now_ns);
}

static void on_accept_failed(void *hook_data, int result)
{
	struct pst_node *node = hook_data;

	pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "accept",
		       "cannot accept for now", result);
}

static void on_half_open_changed(void *hook_data)
{
	struct pst_node *node = hook_data;

	pst_stats_collector_note_change(&node->stats.collector);
}

static int get_stats_segment(void *hook_data,
			     const struct pst_stats_segment **ret_segment)
{
	struct pst_node *node = hook_data;
	int r;

	r = pst_node_stats_need_segment(node);
	if (r == 0)
		*ret_segment = &node->stats.segment;
	return r;
}

static const struct pst_admission_hooks hooks = {
	.on_refused = on_refused,
	.on_connected = on_connected,
	.on_command = on_command,
	.on_offers_exhausted = on_offers_exhausted,
	.on_accept_failed = on_accept_failed,
	.on_half_open_changed = on_half_open_changed,
	.get_stats_segment = get_stats_segment,
};

int pst_node_open_admission(struct pst_node *node)
{
	const struct pst_admission_params params = {
		.node_name = node->name,
		.owner = node->owner,
		.features = node->features,
		.channel_spin_ns = node->channel_spin_ns,
		.set_fd = node->reactor.set_fd,
		.now_ns = &node->reactor.now_ns,
		.binding = &node->binding,
		.charges = &node->charges,
		.peer_table = &node->peer_table,
		.scheduler = &node->scheduler,
		.hooks = &hooks,
		.hook_data = node,
	};

	return pst_admission_init(&node->admission, &params);
}
