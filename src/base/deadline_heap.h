/* SPDX-License-Identifier: ISC */
/*
 * Deadlines of many objects
 *
 * A binary heap of object indices, ordered by deadline.  Setting a deadline and
 * removing the earliest take logarithmic time in the number of objects that have
 * one; an object without a deadline costs nothing.
 */
#ifndef POSTERN_BASE_DEADLINE_HEAP_H
#define POSTERN_BASE_DEADLINE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/clock.h"

struct pst_deadline_entry {
	uint64_t deadline_ns;
	uint32_t index;
};

struct pst_deadline_heap {
	struct pst_deadline_entry *entries;
	uint32_t *positions; /* of each index: its position + 1, or 0 */
	uint32_t count;
};

/*
 * For indices below index_count.  0 or -ENOMEM; _done() also accepts the heap
 * after a failure, and a zeroed one.
 */
PST_MUST_CHECK int pst_deadline_heap_init(struct pst_deadline_heap *heap,
					  uint32_t index_count);
void pst_deadline_heap_done(struct pst_deadline_heap *heap);

/* PST_DEADLINE_NEVER removes the index. */
void pst_deadline_heap_set(struct pst_deadline_heap *heap, uint32_t index,
			   uint64_t deadline_ns);

/* The earliest deadline, or PST_DEADLINE_NEVER. */
uint64_t pst_deadline_heap_next_ns(const struct pst_deadline_heap *heap);

/* Remove the earliest deadline if it has passed; false: none has. */
bool pst_deadline_heap_take(struct pst_deadline_heap *heap, uint64_t now_ns,
			    uint32_t *ret_index);

#endif
