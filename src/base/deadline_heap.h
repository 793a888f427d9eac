/* SPDX-License-Identifier: ISC */
/*
 * When something is due, for each of many
 *
 * A binary heap of indices by time.  Setting a time, and finding the earliest,
 * cost the logarithm of how many have one; an index without one costs nothing.
 */
#ifndef POSTERN_BASE_DEADLINE_HEAP_H
#define POSTERN_BASE_DEADLINE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/clock.h"

struct pst_due_entry {
	uint64_t due_ns;
	uint32_t index;
};

struct pst_due_queue {
	struct pst_due_entry *heap;
	uint32_t *places;       /* of each index: its place + 1, or 0 */
	uint32_t count;
};

/* For indices below index_count.  0 or -ENOMEM; zeroed, it can be _done(). */
PST_MUST_CHECK int pst_due_queue_init(struct pst_due_queue *queue,
				      uint32_t index_count);
void pst_due_queue_done(struct pst_due_queue *queue);

/* PST_DEADLINE_NEVER takes the index out. */
void pst_due_queue_set(struct pst_due_queue *queue, uint32_t index,
		       uint64_t due_ns);

/* The earliest time, PST_DEADLINE_NEVER where there is none. */
uint64_t pst_due_queue_next_ns(const struct pst_due_queue *queue);

/* Take out the earliest whose time has come; false: there is none. */
bool pst_due_queue_take(struct pst_due_queue *queue, uint64_t now_ns,
			uint32_t *ret_index);

#endif
