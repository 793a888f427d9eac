/* SPDX-License-Identifier: ISC */
/*
 * Ready queues: deficit round robin over tenants, then over a tenant's peers
 *
 * After M. Shreedhar and G. Varghese, "Efficient Fair Queuing using Deficit
 * Round Robin" (SIGCOMM 1995), in the surplus form: an entry is served while
 * its deficit is positive, a message may overdraw it, and the debt is carried
 * into later rounds.  In the long run each entry gets bytes in proportion to its
 * quantum, whatever the sizes of its messages.
 *
 * A peer that may have a message is in the ready queue of its tenant; a tenant
 * with ready peers is in the ready queue of the node.
 */
#ifndef POSTERN_SCHED_TENANT_QUEUE_H
#define POSTERN_SCHED_TENANT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/list.h"
#include "base/token_bucket.h"
#include "sched/metering.h"

struct pst_tenant_account; /* of a tenant in this process */

/*
 * Bytes that a peer may deliver before the next peer of its tenant is served,
 * and a tenant of weight 1 before the next tenant; a tenant of more weight gets
 * that much more, but the largest quantum at most.  A record costs at least
 * PST_SCHED_RECORD_COST.  Each change of the peer touches other cache lines and
 * pages, so peers have the larger quantum: 64 full rings are emptied a sixth
 * faster than with quanta of 16 KiB.
 */
#define PST_SCHED_PEER_QUANTUM_BYTES 65536
#define PST_SCHED_QUANTUM_BYTES 16384
#define PST_SCHED_QUANTUM_BYTES_MAX (64 * PST_SCHED_QUANTUM_BYTES)
#define PST_SCHED_RECORD_COST 256

/* One competitor in a ready queue. */
struct pst_drr_entry {
	struct pst_list link;   /* in no list: not ready */
	int64_t deficit_bytes;
	int64_t quantum_bytes;
};

/* A tenant: its entry among the tenants, and the ready queue of its peers. */
struct pst_tenant_queue {
	struct pst_drr_entry drr;
	struct pst_list ready_peers;
	struct pst_tenant_account *account; /* NULL: peers without a tenant */
};

/* The first is for peers without a tenant; then the policy's tenants. */
struct pst_tenant_queues {
	struct pst_tenant_queue *queues;
	size_t queue_count;
};

/* -- entries --------------------------------------------------------------- */

void pst_drr_init(struct pst_drr_entry *entry, int64_t quantum_bytes);

static inline bool pst_drr_is_queued(const struct pst_drr_entry *entry)
{
	return !pst_list_is_empty(&entry->link);
}

/* Join at the tail with a fresh quantum; leave and forget the deficit. */
void pst_drr_join(struct pst_list *queue, struct pst_drr_entry *entry);
void pst_drr_leave(struct pst_drr_entry *entry);

/* The entry to serve, NULL for an empty queue.  Entries that are still in debt
 * receive their quantum and move to the tail. */
struct pst_drr_entry *pst_drr_first(struct pst_list *queue);

/* Move to the tail with the present deficit. */
void pst_drr_yield(struct pst_list *queue, struct pst_drr_entry *entry);

/* Charge a received message; an entry that has used its quantum up yields. */
static inline void pst_drr_charge(struct pst_list *queue,
				  struct pst_drr_entry *entry,
				  uint64_t cost_bytes)
{
	entry->deficit_bytes -= (int64_t)cost_bytes;
	if (PST_LIKELY(entry->deficit_bytes > 0))
		return;
	entry->deficit_bytes += entry->quantum_bytes;
	pst_drr_yield(queue, entry);
}

/* -- tenants --------------------------------------------------------------- */

/* The queues of a policy's tenants, by their weights, without accounts.  0 or
 * -ENOMEM; _free() accepts an empty struct, and leaves one. */
PST_MUST_CHECK int pst_tenant_queues_new(const struct postern_policy *policy,
					 struct pst_tenant_queues *ret_queues);
void pst_tenant_queues_free(struct pst_tenant_queues *queues);

/* The queue for peers that the policy admits by this decision. */
struct pst_tenant_queue *
pst_tenant_queue_for(const struct pst_tenant_queues *queues,
		     const struct postern_decision *decision);

#endif
