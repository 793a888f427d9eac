/* SPDX-License-Identifier: ISC */
/*
 * Who is received from next
 *
 * Only peers that may have something are looked at: a doorbell puts a channel
 * on the ready list, and it leaves when it was found empty, armed, and found
 * empty once more.  The list goes round; a peer's turn ends when it has
 * delivered its quantum of bytes, so one that never runs dry holds nobody up.
 * A peer that may not send is never on the list.
 */
#include "node/node_state.h"

#include <errno.h>

#include "os/monotonic.h"

static bool is_listed(const struct pst_peer *peer)
{
	return peer->state == PST_PEER_READY;
}

static struct pst_peer *first_ready(struct pst_node *node)
{
	if (node->ready_head == PST_NODE_NO_INDEX)
		return NULL;
	return &node->peers[node->ready_head];
}

static struct pst_peer *next_ready(struct pst_node *node,
				   const struct pst_peer *peer)
{
	if (peer->next_index == PST_NODE_NO_INDEX)
		return NULL;
	return &node->peers[peer->next_index];
}

static void append(struct pst_node *node, struct pst_peer *peer)
{
	uint32_t index = (uint32_t)(peer - node->peers);

	peer->next_index = PST_NODE_NO_INDEX;
	peer->previous_index = node->ready_tail;
	if (node->ready_tail == PST_NODE_NO_INDEX)
		node->ready_head = index;
	else
		node->peers[node->ready_tail].next_index = index;
	node->ready_tail = index;
}

static void unlink_peer(struct pst_node *node, struct pst_peer *peer)
{
	if (peer->previous_index == PST_NODE_NO_INDEX)
		node->ready_head = peer->next_index;
	else
		node->peers[peer->previous_index].next_index = peer->next_index;
	if (peer->next_index == PST_NODE_NO_INDEX)
		node->ready_tail = peer->previous_index;
	else
		node->peers[peer->next_index].previous_index =
			peer->previous_index;
}

void pst_schedule_ready(struct pst_node *node, struct pst_peer *peer)
{
	peer->empty_looks = 0;
	if (is_listed(peer))
		return;
	peer->state = PST_PEER_READY;
	peer->quantum_bytes = PST_NODE_QUANTUM_BYTES;
	append(node, peer);
}

void pst_schedule_remove(struct pst_node *node, struct pst_peer *peer)
{
	if (is_listed(peer))
		unlink_peer(node, peer);
	peer->state = PST_PEER_ARMED;
}

/* Off the list if, armed, it still is empty. */
static void arm(struct pst_node *node, struct pst_peer *peer)
{
	if (pst_channel_arm_receive(peer->channel)) {
		peer->empty_looks = 0;
		return;
	}
	pst_schedule_remove(node, peer);
}

bool pst_schedule_has_message(struct pst_node *node)
{
	struct pst_peer *peer;

	for (peer = first_ready(node); peer; peer = next_ready(node, peer))
		if (pst_channel_has_message(peer->channel))
			return true;
	return false;
}

void pst_schedule_arm_idle(struct pst_node *node)
{
	struct pst_peer *peer, *next;

	for (peer = first_ready(node); peer; peer = next) {
		next = next_ready(node, peer);
		if (!pst_channel_has_message(peer->channel))
			arm(node, peer);
	}
}

/* The turn goes on while the quantum lasts, then to the next on the list. */
static void charge_turn(struct pst_node *node, struct pst_peer *peer,
			size_t message_bytes)
{
	size_t cost = message_bytes;

	if (cost < PST_NODE_RECORD_COST)
		cost = PST_NODE_RECORD_COST;
	peer->empty_looks = 0;
	if (cost < peer->quantum_bytes) {
		peer->quantum_bytes -= (uint32_t)cost;
		return;
	}
	peer->quantum_bytes = PST_NODE_QUANTUM_BYTES;
	unlink_peer(node, peer);
	append(node, peer);
}

/*
 * Nothing there now.  Whoever polls a descriptor is told by it, so the channel
 * is armed at once; a busy poller looks again soon, and arming would cost its
 * peer a system call for each message.
 */
static void after_empty_look(struct pst_node *node, struct pst_peer *peer)
{
	peer->empty_looks++;
	if (node->has_descriptor || peer->empty_looks >= PST_NODE_EMPTY_LOOKS)
		arm(node, peer);
}

/*
 * One round over the ready list.  Returns 0, -EMSGSIZE, or -EAGAIN when nobody
 * had anything.
 */
static int receive_from_ready(struct pst_node *node, void *buffer,
			      size_t buffer_bytes, size_t *ret_message_bytes,
			      postern_peer *ret_peer)
{
	struct pst_peer *peer, *next;
	int r;

	for (peer = first_ready(node); peer; peer = next) {
		next = next_ready(node, peer);
		r = pst_channel_receive(peer->channel, buffer, buffer_bytes,
					ret_message_bytes);
		switch (r) {
		case 0:
			*ret_peer = peer->handle;
			charge_turn(node, peer, *ret_message_bytes);
			return 0;
		case -EMSGSIZE: /* kept, but it holds nobody else up */
			*ret_peer = peer->handle;
			unlink_peer(node, peer);
			append(node, peer);
			return r;
		case -EAGAIN:
			after_empty_look(node, peer);
			break;
		default:
			pst_peer_depart(node, peer,
					pst_channel_end_reason(peer->channel));
			break;
		}
	}
	return -EAGAIN;
}

static bool is_turn_due(struct pst_node *node)
{
	uint64_t now_ns;

	if (node->messages_since_turn >= PST_NODE_MESSAGES_PER_TURN)
		return true;
	if (node->messages_since_turn % PST_NODE_MESSAGES_PER_CLOCK != 0)
		return false;
	now_ns = pst_monotonic_now_ns();
	if (node->next_turn_ns == 0)
		node->next_turn_ns = now_ns + PST_NODE_TURN_NS;
	return now_ns >= node->next_turn_ns;
}

int pst_node_receive(struct pst_node *node, void *buffer, size_t buffer_bytes,
		     size_t *ret_message_bytes, postern_peer *ret_peer)
{
	bool has_looked = false;
	int r;

	if (is_turn_due(node)) {
		r = pst_node_turn(node, 0);
		if (r < 0)
			return r;
		has_looked = true;
	}
	for (;;) {
		r = receive_from_ready(node, buffer, buffer_bytes,
				       ret_message_bytes, ret_peer);
		if (r != -EAGAIN)
			break;
		/* Busy pollers look at the ready ones only, for a while. */
		if (has_looked || node->ready_head != PST_NODE_NO_INDEX)
			break;
		r = pst_node_turn(node, 0);
		if (r < 0)
			return r;
		has_looked = true;
	}
	if (r == 0)
		node->messages_since_turn++;
	pst_node_update_wake(node);
	return r;
}
