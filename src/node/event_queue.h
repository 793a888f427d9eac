/* SPDX-License-Identifier: ISC */
/*
 * The queue of events that a node has for its program
 *
 * It is bounded: a full queue drops the oldest event, and the next event that is
 * taken has the number of the dropped ones.  An event is a copy and refers to
 * nothing, so a slot is free again whether or not the program takes its events.
 */
#ifndef POSTERN_NODE_EVENT_QUEUE_H
#define POSTERN_NODE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/node.h>

#include "base/attributes.h"
#include "peer/peer.h"

struct pst_event_queue {
	struct postern_node_event *events; /* circular, of capacity */
	uint32_t capacity;
	uint32_t first_index;
	uint32_t count;
	uint32_t missed_count;  /* since one was last taken */
	bool has_polled;        /* the node, since there was last no event */
	uint64_t missed_total;
	uint64_t first_number;  /* of the first event, among all ever pushed */
};

/* 0 or -ENOMEM; _done() accepts the queue also after a failure, and a zeroed
 * one. */
PST_MUST_CHECK int pst_event_queue_init(struct pst_event_queue *queue,
					uint32_t capacity);
void pst_event_queue_done(struct pst_event_queue *queue);

void pst_event_queue_push(struct pst_event_queue *queue,
			  enum postern_node_event_type type,
			  const struct pst_peer *peer,
			  enum postern_reason reason,
			  uint64_t undelivered_bytes);

/* Push an event about the messages of the peer that have been dropped, if there
 * are any, or add them to such an event that is still in the queue: dropped
 * messages do not fill it. */
void pst_peer_report_drops(struct pst_event_queue *queue,
			   struct pst_peer *peer);

/* False: there is none. */
bool pst_event_queue_take(struct pst_event_queue *queue,
			  struct postern_node_event *ret_event);

#endif
