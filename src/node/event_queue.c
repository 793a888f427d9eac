/* SPDX-License-Identifier: ISC */
/*
 * The queue of events: bounded, oldest dropped first and counted
 *
 * A slot must be free again whether or not the program fetches its events, so
 * an event is a copy and holds nothing.
 */
#include "node/node_internal.h"

#include <errno.h>
#include <string.h>

/* Its place in the order of all that were ever pushed. */
static uint64_t number_of_last(const struct pst_node *node)
{
	return node->events_taken + node->event_count - 1;
}

static struct postern_event *push(struct pst_node *node,
				  enum postern_event_type type,
				  const struct pst_peer *peer)
{
	struct postern_event *event;

	if (node->event_count == node->event_room) {
		node->event_first = (node->event_first + 1) % node->event_room;
		node->event_count--;
		node->events_taken++;
		node->events_missed++;
		node->stats.collector.total.events_missed_count++;
	}
	event = &node->events[(node->event_first + node->event_count) %
			      node->event_room];
	node->event_count++;
	*event = (struct postern_event) {
		.type = type,
		.peer = peer->handle,
		.uid = peer->identity.uid,
		.gid = peer->identity.gid,
		.pid = peer->identity.pid,
		.directions = peer->directions,
	};
	memcpy(event->name, peer->identity.name, sizeof(event->name));
	memcpy(event->instance, peer->identity.instance,
	       sizeof(event->instance));
	return event;
}

void pst_event_push(struct pst_node *node, enum postern_event_type type,
		    const struct pst_peer *peer, enum postern_reason reason,
		    uint64_t undelivered_bytes)
{
	struct postern_event *event = push(node, type, peer);

	event->reason = reason;
	event->undelivered_bytes = undelivered_bytes;
}

/* The one that nobody has fetched yet, or NULL. */
static struct postern_event *find_gap(const struct pst_node *node,
				      const struct pst_peer *peer)
{
	struct postern_event *event;
	uint64_t place = peer->sched.dropped_event - node->events_taken;

	if (place >= node->event_count)
		return NULL;
	event = &node->events[(node->event_first + place) % node->event_room];
	if (event->type != POSTERN_EVENT_GAP || event->peer != peer->handle)
		return NULL;
	return event;
}

/* One event of it at a time, which grows: nobody can fill the queue by being
 * dropped from. */
void pst_peer_report_gap(struct pst_node *node, struct pst_peer *peer)
{
	struct postern_event *event;

	if (peer->sched.dropped_messages == 0)
		return;
	event = find_gap(node, peer);
	if (!event) {
		event = push(node, POSTERN_EVENT_GAP, peer);
		event->reason = POSTERN_REASON_EXCEEDED;
		peer->sched.dropped_event = number_of_last(node);
	}
	event->dropped_messages += peer->sched.dropped_messages;
	event->dropped_bytes += peer->sched.dropped_bytes;
	peer->sched.dropped_messages = 0;
	peer->sched.dropped_bytes = 0;
}

static bool take_event(struct pst_node *node, struct postern_event *ret_event)
{
	if (node->event_count == 0)
		return false;
	*ret_event = node->events[node->event_first];
	ret_event->missed_count = node->events_missed;
	node->events_missed = 0;
	node->event_first = (node->event_first + 1) % node->event_room;
	node->event_count--;
	node->events_taken++;
	return true;
}

/*
 * Looks for more once, and again only after -EAGAIN: each look may bring an
 * event, and who takes all that there are would otherwise be held for as long as
 * peers come and go.
 */
int pst_node_next_event(struct pst_node *node, struct postern_event *ret_event)
{
	bool has_looked = node->has_looked_for_event;
	int r = 0;

	if (!take_event(node, ret_event)) {
		if (!has_looked)
			r = pst_node_run_once(node, 0);
		if (r == 0 && !take_event(node, ret_event))
			r = -EAGAIN;
		node->has_looked_for_event = r == 0;
	}
	pst_node_update_wake(node);
	return r;
}
