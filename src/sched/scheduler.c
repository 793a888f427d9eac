/* SPDX-License-Identifier: ISC */
/*
 * The scheduler: which ready peer delivers the next message
 */
#include "sched/scheduler.h"

#include <errno.h>

#include "os/monotonic.h"

/*
 * How often one call, for all peers together, may reclaim tokens that others
 * hold; and how many messages it drops at most.  The rest of the time is for the
 * other peers.
 */
#define RECLAIMS_PER_CALL 64

#define ENTRY_OF(list_link) \
	PST_LIST_ENTRY(list_link, struct pst_sched_entry, drr.link)
#define TENANT_OF(list_link) \
	PST_LIST_ENTRY(list_link, struct pst_tenant_queue, drr.link)

void pst_scheduler_init(struct pst_scheduler *scheduler)
{
	pst_list_init(&scheduler->ready_tenants);
}

/* -- entries --------------------------------------------------------------- */

void pst_scheduler_add(struct pst_scheduler *scheduler,
		       struct pst_sched_entry *entry)
{
	struct pst_tenant_queue *tenant = entry->tenant_queue;

	pst_drr_join(&tenant->ready_peers, &entry->drr);
	if (!pst_drr_is_queued(&tenant->drr))
		pst_drr_join(&scheduler->ready_tenants, &tenant->drr);
}

void pst_scheduler_remove(struct pst_sched_entry *entry)
{
	if (!pst_sched_is_ready(entry))
		return;
	pst_metering_release_all(&entry->metering);
	pst_drr_leave(&entry->drr);
	if (pst_list_is_empty(&entry->tenant_queue->ready_peers))
		pst_drr_leave(&entry->tenant_queue->drr);
}

bool pst_scheduler_find(struct pst_scheduler *scheduler,
			bool (*function)(struct pst_sched_entry *entry,
					 void *user_data),
			void *user_data)
{
	struct pst_list *tenant, *next_tenant, *peer, *next_peer;

	for (tenant = scheduler->ready_tenants.next;
	     tenant != &scheduler->ready_tenants; tenant = next_tenant) {
		next_tenant = tenant->next;
		for (peer = TENANT_OF(tenant)->ready_peers.next;
		     peer != &TENANT_OF(tenant)->ready_peers;
		     peer = next_peer) {
			next_peer = peer->next;
			if (function(ENTRY_OF(peer), user_data))
				return true;
		}
	}
	return false;
}

static bool has_message(struct pst_sched_entry *entry, void *user_data)
{
	(void)user_data;
	return pst_channel_has_message(entry->channel);
}

bool pst_scheduler_has_message(struct pst_scheduler *scheduler)
{
	return pst_scheduler_find(scheduler, has_message, NULL);
}

/* -- tokens ---------------------------------------------------------------- */

static bool release_tokens(struct pst_sched_entry *entry, void *user_data)
{
	(void)user_data;
	pst_metering_release(&entry->metering);
	return false;
}

/* Before a message or a peer is lost for want of tokens, the ready peers release
 * those that they hold and may never use. */
static bool reclaim_tokens(struct pst_scheduler *scheduler,
			   struct pst_sched_entry *entry, uint64_t now_ns)
{
	scheduler->reclaim_budget--;
	(void)pst_scheduler_find(scheduler, release_tokens, NULL);
	return pst_metering_acquire(&entry->metering, now_ns);
}

/* The next message is charged like any other, to a reservation, and discarded. */
static int drop_one(struct pst_scheduler *scheduler,
		    struct pst_sched_entry *entry, uint64_t now_ns)
{
	size_t message_bytes;
	int r;

	(void)pst_metering_reserve(&entry->metering, now_ns);
	r = pst_channel_discard(entry->channel, &message_bytes);
	if (r < 0)
		return r;
	entry->dropped_messages++;
	entry->dropped_bytes += message_bytes;
	pst_scheduler_charge(scheduler, entry, message_bytes);
	return 0;
}

/* Receiving will only report the end of the channel. */
static bool is_at_end(const struct pst_sched_entry *entry)
{
	return entry->is_draining &&
	       pst_channel_unread_bytes(entry->channel) == 0;
}

/* Acquire tokens for a message, or drop messages until there is none; false and
 * an outcome: do not receive. */
static bool acquire_tokens(struct pst_scheduler *scheduler,
			   struct pst_sched_entry *entry, uint64_t *now_ns,
			   enum pst_sched_outcome *ret_outcome)
{
	int r;

	do {
		if (is_at_end(entry))
			return true;
		if (!pst_channel_has_message(entry->channel)) {
			*ret_outcome = PST_SCHED_EMPTY;
			return false;
		}
		*now_ns = pst_monotonic_now_ns();
		if (pst_metering_acquire(&entry->metering, *now_ns))
			return true;
		if (entry->on_exceed == POSTERN_ON_EXCEED_BLOCK) {
			*ret_outcome = PST_SCHED_OUT_OF_TOKENS;
			return false;
		}
		if (scheduler->reclaim_budget == 0) {
			*ret_outcome = PST_SCHED_POSTPONED;
			return false;
		}
		if (reclaim_tokens(scheduler, entry, *now_ns))
			return true;
		if (entry->on_exceed == POSTERN_ON_EXCEED_DISCONNECT) {
			*ret_outcome = PST_SCHED_EXCEEDED;
			return false;
		}
		r = drop_one(scheduler, entry, *now_ns);
	} while (r == 0);
	*ret_outcome = r == -EAGAIN ? PST_SCHED_EMPTY : PST_SCHED_PEER_ENDED;
	return false;
}

/* -- receiving ------------------------------------------------------------- */

static bool is_only_ready_peer(const struct pst_scheduler *scheduler,
			       const struct pst_sched_entry *entry)
{
	return pst_list_is_single(&scheduler->ready_tenants) &&
	       pst_list_is_single(&entry->tenant_queue->ready_peers);
}

/* While no other peer waits, the sender may be left to run ahead. */
static int receive_message(const struct pst_scheduler *scheduler,
			   struct pst_sched_entry *entry, void *buffer,
			   size_t buffer_bytes, size_t *ret_message_bytes)
{
	if (is_only_ready_peer(scheduler, entry))
		return pst_channel_receive(entry->channel, buffer, buffer_bytes,
					   ret_message_bytes);
	return pst_channel_receive_no_backoff(entry->channel, buffer,
					      buffer_bytes, ret_message_bytes);
}

static enum pst_sched_outcome
receive_from(struct pst_scheduler *scheduler, struct pst_sched_entry *entry,
	     uint64_t *now_ns, void *buffer, size_t buffer_bytes,
	     size_t *ret_message_bytes)
{
	enum pst_sched_outcome outcome;
	int r;

	if (PST_UNLIKELY(!pst_metering_has_tokens(&entry->metering)) &&
	    !acquire_tokens(scheduler, entry, now_ns, &outcome))
		return outcome;
	r = receive_message(scheduler, entry, buffer, buffer_bytes,
			    ret_message_bytes);
	switch (r) {
	case 0:
		pst_metering_spend(&entry->metering, *ret_message_bytes,
				   *now_ns);
		pst_scheduler_charge(scheduler, entry, *ret_message_bytes);
		return PST_SCHED_RECEIVED;
	case -EMSGSIZE: /* the message stays, and delays no other peer */
		pst_drr_yield(&entry->tenant_queue->ready_peers, &entry->drr);
		pst_drr_yield(&scheduler->ready_tenants,
			      &entry->tenant_queue->drr);
		return PST_SCHED_TOO_LARGE;
	case -EAGAIN:
		return PST_SCHED_EMPTY;
	default:
		return PST_SCHED_PEER_ENDED;
	}
}

void pst_scheduler_begin_call(struct pst_scheduler *scheduler)
{
	scheduler->reclaim_budget = RECLAIMS_PER_CALL;
}

/* From the first entry that is not in debt to the present tail: an entry that
 * yields during the pass is behind the tail, and not served again. */
static void begin_queue(struct pst_list *queue, struct pst_list **ret_next,
			struct pst_list **ret_last)
{
	*ret_next = pst_drr_first(queue) ? queue->next : NULL;
	*ret_last = queue->previous;
}

static struct pst_list *take_next(struct pst_list **next,
				  const struct pst_list *last)
{
	struct pst_list *link = *next;

	*next = link == last ? NULL : link->next;
	return link;
}

void pst_scheduler_begin_pass(struct pst_scheduler *scheduler,
			      struct pst_sched_pass *pass)
{
	begin_queue(&scheduler->ready_tenants, &pass->next_tenant,
		    &pass->last_tenant);
	pass->next_peer = NULL;
}

static struct pst_sched_entry *next_entry(struct pst_sched_pass *pass)
{
	struct pst_list *tenant;

	while (!pass->next_peer) {
		if (!pass->next_tenant)
			return NULL;
		tenant = take_next(&pass->next_tenant, pass->last_tenant);
		begin_queue(&TENANT_OF(tenant)->ready_peers, &pass->next_peer,
			    &pass->last_peer);
	}
	return ENTRY_OF(take_next(&pass->next_peer, pass->last_peer));
}

enum pst_sched_outcome
pst_scheduler_receive(struct pst_scheduler *scheduler,
		      struct pst_sched_pass *pass, uint64_t *now_ns,
		      void *buffer, size_t buffer_bytes,
		      size_t *ret_message_bytes,
		      struct pst_sched_entry **ret_entry)
{
	struct pst_sched_entry *entry = next_entry(pass);

	if (!entry)
		return PST_SCHED_PASS_DONE;
	*ret_entry = entry;
	return receive_from(scheduler, entry, now_ns, buffer, buffer_bytes,
			    ret_message_bytes);
}
