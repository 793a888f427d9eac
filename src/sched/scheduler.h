/* SPDX-License-Identifier: ISC */
/*
 * The scheduler: which ready peer delivers the next message
 *
 * Only peers that may have a message are polled.  Tenants are served by deficit
 * round robin, and so are the peers of each tenant (tenant_queue.h), so a peer
 * that never runs out of messages delays the others by its quantum only.  A peer
 * of limited rate needs tokens for what it delivers (metering.h).
 *
 * The scheduler changes the state of no peer.  It returns an outcome with the
 * entry that it is about; the caller acts on it and continues the pass.
 */
#ifndef POSTERN_SCHED_SCHEDULER_H
#define POSTERN_SCHED_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/list.h"
#include "base/token_bucket.h"
#include "channel/channel.h"
#include "sched/metering.h"
#include "sched/tenant_queue.h"

/* Empty polls of a peer before its channel is armed, if the program polls busily
 * itself: arming would cost the peer a system call for each message. */
#define PST_SCHED_EMPTY_POLLS 64

enum pst_sched_outcome {
	PST_SCHED_PASS_DONE = 0, /* no message, and no entry */
	PST_SCHED_RECEIVED,
	PST_SCHED_TOO_LARGE,     /* for the buffer; the message is kept */
	PST_SCHED_EMPTY,         /* the peer has no message */
	PST_SCHED_OUT_OF_TOKENS, /* the policy says: throttle */
	PST_SCHED_EXCEEDED,      /* the policy says: disconnect */
	PST_SCHED_POSTPONED,     /* to the next call: no reclaim budget is left */
	PST_SCHED_PEER_ENDED,    /* the channel has ended, and is empty */
};

/* One peer in the schedule: its place in the ready queue and its limits. */
struct pst_sched_entry {
	struct pst_drr_entry drr; /* in the ready queue of its tenant */
	struct pst_tenant_queue *tenant_queue;
	struct pst_channel *channel; /* borrowed from the peer */
	bool is_draining;       /* the channel has ended; messages may be left */
	uint32_t empty_polls;   /* since the last message */
	enum postern_on_exceed on_exceed;

	/* Dropped since the last event about it. */
	uint64_t dropped_messages;
	uint64_t dropped_bytes;
	uint64_t dropped_event; /* its number, while it waits in the queue */

	struct pst_metering metering;
	struct pst_meter meter;
	struct pst_meter *shared_meter; /* while it drains; NULL: its own */
};

struct pst_scheduler {
	struct pst_list ready_tenants;
	struct pst_meter meter; /* of the node */
	uint32_t reclaim_budget; /* for tokens that others hold, in this call */
};

/* One pass over the entries that were ready when it began. */
struct pst_sched_pass {
	struct pst_list *next_tenant; /* NULL: none is left */
	struct pst_list *last_tenant;
	struct pst_list *next_peer;   /* of the present tenant; NULL likewise */
	struct pst_list *last_peer;
};

void pst_scheduler_init(struct pst_scheduler *scheduler);

static inline bool pst_scheduler_has_ready(const struct pst_scheduler *scheduler)
{
	return !pst_list_is_empty(&scheduler->ready_tenants);
}

/* -- entries --------------------------------------------------------------- */

/* The meter of the channel, which it may share while it drains. */
static inline struct pst_meter *pst_sched_meter(struct pst_sched_entry *entry)
{
	return entry->shared_meter ? entry->shared_meter : &entry->meter;
}

static inline bool pst_sched_is_ready(const struct pst_sched_entry *entry)
{
	return pst_drr_is_queued(&entry->drr);
}

/* Add the entry to the ready queue of its tenant. */
void pst_scheduler_add(struct pst_scheduler *scheduler,
		       struct pst_sched_entry *entry);

/* Remove the entry, if it is there, and release its tokens for other peers. */
void pst_scheduler_remove(struct pst_sched_entry *entry);

/* Call function for each ready entry, which it may remove, until it returns
 * true.  Returns whether it did. */
bool pst_scheduler_find(struct pst_scheduler *scheduler,
			bool (*function)(struct pst_sched_entry *entry,
					 void *user_data),
			void *user_data);

bool pst_scheduler_has_message(struct pst_scheduler *scheduler);

/* -- receiving ------------------------------------------------------------- */

/* A call to the node begins: it may reclaim tokens again. */
void pst_scheduler_begin_call(struct pst_scheduler *scheduler);

void pst_scheduler_begin_pass(struct pst_scheduler *scheduler,
			      struct pst_sched_pass *pass);

/*
 * Receive one message from the entries that are left in the pass.  Between two
 * calls the caller may remove the returned entry, and no other.  *now_ns is
 * updated when the clock is read.  *ret_message_bytes: with PST_SCHED_RECEIVED
 * and PST_SCHED_TOO_LARGE; *ret_entry: but with PST_SCHED_PASS_DONE.
 */
enum pst_sched_outcome
pst_scheduler_receive(struct pst_scheduler *scheduler,
		      struct pst_sched_pass *pass, uint64_t *now_ns,
		      void *buffer, size_t buffer_bytes,
		      size_t *ret_message_bytes,
		      struct pst_sched_entry **ret_entry);

/* -- inline: the data path ------------------------------------------------- */

static inline void pst_scheduler_charge(struct pst_scheduler *scheduler,
					struct pst_sched_entry *entry,
					size_t message_bytes)
{
	size_t cost = message_bytes;

	if (cost < PST_SCHED_RECORD_COST)
		cost = PST_SCHED_RECORD_COST;
	entry->empty_polls = 0;
	pst_drr_charge(&entry->tenant_queue->ready_peers, &entry->drr, cost);
	pst_drr_charge(&scheduler->ready_tenants, &entry->tenant_queue->drr,
		       cost);
}

/* The first entry, if neither it nor its tenant is in debt. */
static inline struct pst_sched_entry *
pst_scheduler_next_without_debt(const struct pst_scheduler *scheduler)
{
	struct pst_tenant_queue *queue =
		PST_LIST_ENTRY(scheduler->ready_tenants.next,
			       struct pst_tenant_queue, drr.link);
	struct pst_sched_entry *entry;

	if (PST_UNLIKELY(!pst_scheduler_has_ready(scheduler) ||
			 queue->drr.deficit_bytes <= 0))
		return NULL;
	entry = PST_LIST_ENTRY(queue->ready_peers.next, struct pst_sched_entry,
			       drr.link);
	return PST_LIKELY(entry->drr.deficit_bytes > 0) ? entry : NULL;
}

/*
 * The next of the messages that were observed already, from the first entry:
 * nearly every call of a busy node needs nothing else.  NULL: begin a pass.
 */
static inline struct pst_sched_entry *
pst_scheduler_receive_buffered(struct pst_scheduler *scheduler,
			       uint64_t now_ns, void *buffer,
			       size_t buffer_bytes, size_t *ret_message_bytes)
{
	struct pst_sched_entry *entry =
		pst_scheduler_next_without_debt(scheduler);

	if (PST_UNLIKELY(!entry || !pst_metering_has_tokens(&entry->metering)))
		return NULL;
	if (pst_channel_receive_buffered(entry->channel, buffer, buffer_bytes,
					 ret_message_bytes) < 0)
		return NULL;
	pst_metering_spend(&entry->metering, *ret_message_bytes, now_ns);
	pst_scheduler_charge(scheduler, entry, *ret_message_bytes);
	return entry;
}

#endif
