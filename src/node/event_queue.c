/* SPDX-License-Identifier: ISC */
/*
 * The queue of events that a node has for its program
 */
#include "node/event_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pst_event_queue_init(struct pst_event_queue *queue, uint32_t capacity)
{
	*queue = (struct pst_event_queue) {
		.events = calloc(capacity, sizeof(queue->events[0])),
		.capacity = capacity,
	};
	return queue->events ? 0 : -ENOMEM;
}

void pst_event_queue_done(struct pst_event_queue *queue)
{
	free(queue->events);
	queue->events = NULL;
}

static struct postern_node_event *event_at(const struct pst_event_queue *queue,
					   uint64_t offset)
{
	return &queue->events[(queue->first_index + offset) % queue->capacity];
}

static void remove_first(struct pst_event_queue *queue)
{
	queue->first_index = (queue->first_index + 1) % queue->capacity;
	queue->count--;
	queue->first_number++;
}

static struct postern_node_event *push(struct pst_event_queue *queue,
				       enum postern_node_event_type type,
				       const struct pst_peer *peer,
				       enum postern_reason reason)
{
	struct postern_node_event *event;

	if (queue->count == queue->capacity) {
		remove_first(queue);
		queue->missed_count++;
		queue->missed_total++;
	}
	event = event_at(queue, queue->count++);
	*event = (struct postern_node_event) {
		.type = type,
		.reason = reason,
		.peer = peer->handle,
		.uid = peer->identity.uid,
		.gid = peer->identity.gid,
		.pid = peer->identity.pid,
		.directions = peer->directions,
	};
	memcpy(event->peer_name, peer->identity.name, sizeof(event->peer_name));
	memcpy(event->instance, peer->identity.instance,
	       sizeof(event->instance));
	return event;
}

void pst_event_queue_push(struct pst_event_queue *queue,
			  enum postern_node_event_type type,
			  const struct pst_peer *peer,
			  enum postern_reason reason,
			  uint64_t undelivered_bytes)
{
	push(queue, type, peer, reason)->undelivered_bytes = undelivered_bytes;
}

/* The event about dropped messages of the peer that is still in the queue, or
 * NULL. */
static struct postern_node_event *
find_drops(const struct pst_event_queue *queue, const struct pst_peer *peer)
{
	uint64_t offset = peer->sched.dropped_event - queue->first_number;
	struct postern_node_event *event;

	if (offset >= queue->count)
		return NULL;
	event = event_at(queue, offset);
	if (event->type != POSTERN_NODE_EVENT_DROPPED ||
	    event->peer != peer->handle)
		return NULL;
	return event;
}

void pst_peer_report_drops(struct pst_event_queue *queue,
			   struct pst_peer *peer)
{
	struct postern_node_event *event;

	if (peer->sched.dropped_messages == 0)
		return;
	event = find_drops(queue, peer);
	if (!event) {
		event = push(queue, POSTERN_NODE_EVENT_DROPPED, peer,
			     POSTERN_REASON_EXCEEDED);
		peer->sched.dropped_event =
			queue->first_number + queue->count - 1;
	}
	event->dropped_messages += peer->sched.dropped_messages;
	event->dropped_bytes += peer->sched.dropped_bytes;
	peer->sched.dropped_messages = 0;
	peer->sched.dropped_bytes = 0;
}

bool pst_event_queue_take(struct pst_event_queue *queue,
			  struct postern_node_event *ret_event)
{
	if (queue->count == 0)
		return false;
	*ret_event = *event_at(queue, 0);
	ret_event->missed_count = queue->missed_count;
	queue->missed_count = 0;
	remove_first(queue);
	return true;
}
