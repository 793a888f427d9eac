/* SPDX-License-Identifier: ISC */
/*
 * The peers of a node, in slots that are found by handle
 */
#include "peer/peer_table.h"

#include <errno.h>
#include <stdlib.h>

int pst_peer_table_init(struct pst_peer_table *table, uint32_t slot_count,
			struct pst_scheduler *scheduler)
{
	table->slot_count = slot_count;
	table->next_index = 0;
	table->scheduler = scheduler;
	table->set_fd = -1;
	table->peers = calloc(slot_count, sizeof(table->peers[0]));
	if (!table->peers)
		return -ENOMEM;
	return pst_deadline_heap_init(&table->deadlines, slot_count);
}

void pst_peer_table_done(struct pst_peer_table *table)
{
	pst_deadline_heap_done(&table->deadlines);
	free(table->peers);
	table->peers = NULL;
	table->slot_count = 0;
}

/* Empty, but for the generation, which goes on. */
static void reset(struct pst_peer *peer, uint32_t index)
{
	uint32_t generation = peer->generation + 1;

	*peer = (struct pst_peer) {
		.generation = generation,
		.handle = pst_slot_handle_of(index, generation),
	};
	pst_peer_credentials_init(&peer->identity.credentials);
	pst_drr_init(&peer->sched.drr, PST_SCHED_PEER_QUANTUM_BYTES);
}

int pst_peer_table_reserve(struct pst_peer_table *table,
			   pst_slot_handle *ret_handle)
{
	struct pst_peer *peer;
	uint32_t i, index;

	for (i = 0; i < table->slot_count; i++) {
		index = (table->next_index + i) % table->slot_count;
		peer = &table->peers[index];
		if (peer->handle != 0)
			continue;
		reset(peer, index);
		table->next_index = (index + 1) % table->slot_count;
		*ret_handle = peer->handle;
		return 0;
	}
	return -EDQUOT;
}

static struct pst_peer *find_slot(const struct pst_peer_table *table,
				  pst_slot_handle handle)
{
	struct pst_peer *peer;

	if (handle == 0 || pst_slot_index(handle) >= table->slot_count)
		return NULL;
	peer = pst_peer_table_at(table, handle);
	return peer->handle == handle ? peer : NULL;
}

void pst_peer_table_release(struct pst_peer_table *table,
			    pst_slot_handle handle)
{
	struct pst_peer *peer = find_slot(table, handle);

	if (peer && peer->state == PST_PEER_FREE)
		peer->handle = 0;
}

struct pst_peer *pst_peer_table_find(const struct pst_peer_table *table,
				     pst_slot_handle handle)
{
	struct pst_peer *peer = find_slot(table, handle);

	return peer && peer->state != PST_PEER_FREE ? peer : NULL;
}
