/* SPDX-License-Identifier: ISC */
/*
 * Handing out the channel of a peer: shared for sending, or for good
 */
#include "node/node_state.h"

#include <errno.h>

#include "os/poll_set.h"

/*
 * From now on another thread may take a bell that was meant for us; it tells by
 * the channel's eventfd, which has to be watched.
 */
static int share(struct pst_node *node, struct pst_peer *peer)
{
	int r;

	r = pst_channel_make_wakes(peer->channel);
	if (r < 0 || peer->wake_is_watched || peer->draining)
		return r;
	r = pst_poll_set_add(node->set_fd, pst_channel_wake_fd(peer->channel),
			     pst_poll_tag(PST_POLL_PEER_WAKE,
					  pst_slot_index(peer->handle),
					  peer->generation));
	if (r == 0)
		peer->wake_is_watched = true;
	return r;
}

int pst_node_channel(struct pst_node *node, postern_peer handle,
		     struct pst_channel **ret_channel)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);
	int r;

	if (!peer || peer->state == PST_PEER_DETACHED)
		return -ESTALE;
	r = share(node, peer);
	if (r < 0)
		return r;
	pst_stats_collector_expose(&node->stats.collector,
				   pst_peer_index(&node->peer_table, peer));
	pst_node_update_timer(node);
	*ret_channel = pst_channel_ref(peer->channel);
	return 0;
}

int pst_node_detach(struct pst_node *node, postern_peer handle,
		    struct pst_channel **ret_channel)
{
	struct pst_peer *peer = pst_peer_table_find(&node->peer_table, handle);
	struct pst_detached_link *link;
	int r;

	if (!peer || peer->state == PST_PEER_DETACHED || peer->draining)
		return -ESTALE;
	/* Only the node's own receiving can carry these limits out. */
	if (peer->sched.metering.scope_count > 0 || peer->times.idle_ns > 0)
		return -EOPNOTSUPP;
	r = pst_channel_make_wakes(peer->channel);
	if (r < 0)
		return r;
	/* The last time that we have its socket, and it may be decided again. */
	r = pst_peer_credentials_recall_groups(
		pst_channel_socket_fd(peer->channel),
		&peer->identity.credentials);
	if (r < 0)
		return r;
	r = pst_detached_link_new(&link);
	if (r < 0)
		return r;
	r = pst_poll_set_add(node->set_fd, pst_detached_link_fd(link),
			     pst_poll_tag(PST_POLL_PEER_LINK,
					  pst_slot_index(peer->handle),
					  peer->generation));
	if (r < 0) {
		(void)pst_detached_link_unref(link); /* always NULL */
		return r;
	}
	pst_peer_unready(peer);
	pst_peer_unwatch(node, peer);
	peer->state = PST_PEER_DETACHED;
	pst_node_stats_detach(node, peer);
	pst_peer_update_due(node, peer);
	peer->detached_link = link;
	pst_channel_detach(peer->channel, link);
	*ret_channel = peer->channel;
	peer->channel = NULL;
	pst_node_update_timer(node);
	pst_node_update_wake(node);
	return 0;
}
