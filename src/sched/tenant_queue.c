/* SPDX-License-Identifier: ISC */
/*
 * Ready queues: deficit round robin over tenants, then over a tenant's peers
 */
#include "sched/tenant_queue.h"

#include <errno.h>
#include <stdlib.h>

#include "policy/policy.h"
#include "policy/policy_table.h"

#define ENTRY_OF(list_link) \
	PST_LIST_ENTRY(list_link, struct pst_drr_entry, link)

/* -- entries --------------------------------------------------------------- */

void pst_drr_init(struct pst_drr_entry *entry, int64_t quantum_bytes)
{
	pst_list_init(&entry->link);
	entry->deficit_bytes = 0;
	entry->quantum_bytes = quantum_bytes;
}

void pst_drr_join(struct pst_list *queue, struct pst_drr_entry *entry)
{
	entry->deficit_bytes = entry->quantum_bytes;
	pst_list_append(queue, &entry->link);
}

void pst_drr_leave(struct pst_drr_entry *entry)
{
	pst_list_remove(&entry->link);
}

struct pst_drr_entry *pst_drr_first(struct pst_list *queue)
{
	struct pst_drr_entry *entry;

	if (pst_list_is_empty(queue))
		return NULL;
	for (;;) {
		entry = ENTRY_OF(queue->next);
		if (entry->deficit_bytes > 0)
			return entry;
		entry->deficit_bytes += entry->quantum_bytes;
		pst_drr_yield(queue, entry);
	}
}

void pst_drr_yield(struct pst_list *queue, struct pst_drr_entry *entry)
{
	pst_list_remove(&entry->link);
	pst_list_append(queue, &entry->link);
}

/* -- tenants --------------------------------------------------------------- */

/*
 * In proportion to the weight, with the largest quantum for the largest weight
 * at most, and at least the cost of one record.
 */
static int64_t quantum_for(uint32_t weight, uint32_t weight_max)
{
	uint64_t bytes = (uint64_t)weight * PST_SCHED_QUANTUM_BYTES;
	uint64_t bytes_max = (uint64_t)weight_max * PST_SCHED_QUANTUM_BYTES;

	if (bytes_max > PST_SCHED_QUANTUM_BYTES_MAX)
		bytes = bytes * PST_SCHED_QUANTUM_BYTES_MAX / bytes_max;
	return bytes > PST_SCHED_RECORD_COST ? (int64_t)bytes
					     : PST_SCHED_RECORD_COST;
}

static uint32_t find_weight_max(const struct postern_policy *policy)
{
	const struct pst_policy_tenant *tenant;
	uint32_t weight_max = 1;

	for (tenant = policy->tenants; tenant; tenant = tenant->next)
		if (tenant->weight > weight_max)
			weight_max = tenant->weight;
	return weight_max;
}

static void tenant_queue_init(struct pst_tenant_queue *queue, uint32_t weight,
			      uint32_t weight_max)
{
	pst_drr_init(&queue->drr, quantum_for(weight, weight_max));
	pst_list_init(&queue->ready_peers);
}

int pst_tenant_queues_new(const struct postern_policy *policy,
			  struct pst_tenant_queues *ret_queues)
{
	size_t tenant_count = policy->tenant_count;
	const uint32_t weight_max = find_weight_max(policy);
	struct pst_tenant_queue *queues;
	size_t i;

	queues = calloc(tenant_count + 1, sizeof(queues[0]));
	if (!queues)
		return -ENOMEM;
	tenant_queue_init(&queues[0], 1, weight_max);
	for (i = 0; i < tenant_count; i++)
		tenant_queue_init(&queues[i + 1], policy->tenant_at[i]->weight,
				  weight_max);
	ret_queues->queues = queues;
	ret_queues->queue_count = tenant_count + 1;
	return 0;
}

void pst_tenant_queues_free(struct pst_tenant_queues *queues)
{
	free(queues->queues);
	*queues = (struct pst_tenant_queues) {0};
}

struct pst_tenant_queue *
pst_tenant_queue_for(const struct pst_tenant_queues *queues,
		     const struct postern_decision *decision)
{
	if (!decision->tenant_name)
		return &queues->queues[0];
	return &queues->queues[decision->tenant_index + 1];
}
