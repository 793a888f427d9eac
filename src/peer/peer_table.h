/* SPDX-License-Identifier: ISC */
/*
 * The peers of a node, in slots that are found by handle
 *
 * A slot is reserved during a handshake, in use from CONNECTED to END, and
 * released after that.  A handle finds its peer only while the slot is in use.
 * The memory is allocated once, so a slot can be reserved again at once.
 *
 * The table belongs to the thread that uses the node.  Other threads have
 * references to channels and detached links, and no access to the table.
 */
#ifndef POSTERN_PEER_PEER_TABLE_H
#define POSTERN_PEER_PEER_TABLE_H

#include <stdint.h>

#include "base/attributes.h"
#include "base/deadline_heap.h"
#include "base/slot_handle.h"
#include "peer/peer.h"
#include "sched/scheduler.h"

struct pst_peer_table {
	uint32_t slot_count;
	uint32_t next_index;    /* where the next search begins */
	struct pst_peer *peers; /* one for each slot */
	struct pst_deadline_heap deadlines; /* of peers, by slot index */
	struct pst_scheduler *scheduler;    /* borrowed */
	int set_fd;             /* the poll set that watches peers; borrowed */
};

/* 0 or -ENOMEM; _done() accepts the table also after a failure, and a zeroed
 * one. */
PST_MUST_CHECK int pst_peer_table_init(struct pst_peer_table *table,
				       uint32_t slot_count,
				       struct pst_scheduler *scheduler);
void pst_peer_table_done(struct pst_peer_table *table);

/* Reserve a free slot; the ones that were released last come last.  0, or
 * -EDQUOT: there is none. */
PST_MUST_CHECK int pst_peer_table_reserve(struct pst_peer_table *table,
					  pst_slot_handle *ret_handle);

/* Free a slot that was reserved, or whose peer has ended.  The handle of an
 * earlier peer changes nothing. */
void pst_peer_table_release(struct pst_peer_table *table,
			    pst_slot_handle handle);

/* The peer of a slot that is in use, or NULL. */
struct pst_peer *pst_peer_table_find(const struct pst_peer_table *table,
				     pst_slot_handle handle);

/* The peer of a slot that is reserved or in use. */
static inline struct pst_peer *
pst_peer_table_at(const struct pst_peer_table *table, pst_slot_handle handle)
{
	return &table->peers[pst_slot_index(handle)];
}

static inline uint32_t pst_peer_index(const struct pst_peer_table *table,
				      const struct pst_peer *peer)
{
	return (uint32_t)(peer - table->peers);
}

#endif
