/* SPDX-License-Identifier: ISC */
/*
 * Deadlines of many objects: see deadline_heap.h
 */
#include "base/deadline_heap.h"

#include <errno.h>
#include <stdlib.h>

int pst_deadline_heap_init(struct pst_deadline_heap *heap, uint32_t index_count)
{
	heap->count = 0;
	heap->entries = calloc(index_count, sizeof(heap->entries[0]));
	heap->positions = calloc(index_count, sizeof(heap->positions[0]));
	return heap->entries && heap->positions ? 0 : -ENOMEM;
}

void pst_deadline_heap_done(struct pst_deadline_heap *heap)
{
	free(heap->entries);
	free(heap->positions);
	*heap = (struct pst_deadline_heap){0};
}

static void put(struct pst_deadline_heap *heap, uint32_t position,
		struct pst_deadline_entry entry)
{
	heap->entries[position] = entry;
	heap->positions[entry.index] = position + 1;
}

/* Move the free position towards the root, to where the entry belongs. */
static uint32_t sift_up(struct pst_deadline_heap *heap, uint32_t position,
			struct pst_deadline_entry entry)
{
	uint32_t parent;

	while (position > 0) {
		parent = (position - 1) / 2;
		if (heap->entries[parent].deadline_ns <= entry.deadline_ns)
			break;
		put(heap, position, heap->entries[parent]);
		position = parent;
	}
	return position;
}

static uint32_t sift_down(struct pst_deadline_heap *heap, uint32_t position,
			  struct pst_deadline_entry entry)
{
	uint32_t child;

	for (;;) {
		child = 2 * position + 1;
		if (child >= heap->count)
			return position;
		if (child + 1 < heap->count &&
		    heap->entries[child + 1].deadline_ns <
			    heap->entries[child].deadline_ns)
			child++;
		if (heap->entries[child].deadline_ns >= entry.deadline_ns)
			return position;
		put(heap, position, heap->entries[child]);
		position = child;
	}
}

static void insert_at(struct pst_deadline_heap *heap, uint32_t position,
		      struct pst_deadline_entry entry)
{
	put(heap, sift_down(heap, sift_up(heap, position, entry), entry),
	    entry);
}

static void remove_at(struct pst_deadline_heap *heap, uint32_t position)
{
	heap->positions[heap->entries[position].index] = 0;
	heap->count--;
	if (position != heap->count)
		insert_at(heap, position, heap->entries[heap->count]);
}

void pst_deadline_heap_set(struct pst_deadline_heap *heap, uint32_t index,
			   uint64_t deadline_ns)
{
	uint32_t position = heap->positions[index];

	if (deadline_ns == PST_DEADLINE_NEVER) {
		if (position != 0)
			remove_at(heap, position - 1);
		return;
	}
	if (position == 0)
		position = ++heap->count;
	insert_at(heap, position - 1,
		  (struct pst_deadline_entry){.deadline_ns = deadline_ns,
					      .index = index});
}

uint64_t pst_deadline_heap_next_ns(const struct pst_deadline_heap *heap)
{
	return heap->count > 0 ? heap->entries[0].deadline_ns
			       : PST_DEADLINE_NEVER;
}

bool pst_deadline_heap_take(struct pst_deadline_heap *heap, uint64_t now_ns,
			    uint32_t *ret_index)
{
	if (heap->count == 0 || heap->entries[0].deadline_ns > now_ns)
		return false;
	*ret_index = heap->entries[0].index;
	remove_at(heap, 0);
	return true;
}
