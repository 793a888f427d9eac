/* SPDX-License-Identifier: ISC */
/*
 * When something is due, for each of many
 */
#include "base/deadline_heap.h"

#include <errno.h>
#include <stdlib.h>

int pst_due_queue_init(struct pst_due_queue *queue, uint32_t index_count)
{
	queue->count = 0;
	queue->heap = calloc(index_count, sizeof(queue->heap[0]));
	queue->places = calloc(index_count, sizeof(queue->places[0]));
	return queue->heap && queue->places ? 0 : -ENOMEM;
}

void pst_due_queue_done(struct pst_due_queue *queue)
{
	free(queue->heap);
	free(queue->places);
	*queue = (struct pst_due_queue) {0};
}

static void put(struct pst_due_queue *queue, uint32_t place,
		struct pst_due_entry entry)
{
	queue->heap[place] = entry;
	queue->places[entry.index] = place + 1;
}

/* Let the entry find its place from this one on, towards the root. */
static uint32_t rise(struct pst_due_queue *queue, uint32_t place,
		     struct pst_due_entry entry)
{
	uint32_t parent;

	while (place > 0) {
		parent = (place - 1) / 2;
		if (queue->heap[parent].due_ns <= entry.due_ns)
			break;
		put(queue, place, queue->heap[parent]);
		place = parent;
	}
	return place;
}

static uint32_t sink(struct pst_due_queue *queue, uint32_t place,
		     struct pst_due_entry entry)
{
	uint32_t child;

	for (;;) {
		child = 2 * place + 1;
		if (child >= queue->count)
			return place;
		if (child + 1 < queue->count &&
		    queue->heap[child + 1].due_ns < queue->heap[child].due_ns)
			child++;
		if (queue->heap[child].due_ns >= entry.due_ns)
			return place;
		put(queue, place, queue->heap[child]);
		place = child;
	}
}

static void settle(struct pst_due_queue *queue, uint32_t place,
		   struct pst_due_entry entry)
{
	put(queue, sink(queue, rise(queue, place, entry), entry), entry);
}

static void remove_at(struct pst_due_queue *queue, uint32_t place)
{
	queue->places[queue->heap[place].index] = 0;
	queue->count--;
	if (place != queue->count)
		settle(queue, place, queue->heap[queue->count]);
}

void pst_due_queue_set(struct pst_due_queue *queue, uint32_t index,
		       uint64_t due_ns)
{
	uint32_t place = queue->places[index];

	if (due_ns == PST_DEADLINE_NEVER) {
		if (place != 0)
			remove_at(queue, place - 1);
		return;
	}
	if (place == 0)
		place = ++queue->count;
	settle(queue, place - 1,
	       (struct pst_due_entry) {.due_ns = due_ns, .index = index});
}

uint64_t pst_due_queue_next_ns(const struct pst_due_queue *queue)
{
	return queue->count > 0 ? queue->heap[0].due_ns : PST_DEADLINE_NEVER;
}

bool pst_due_queue_take(struct pst_due_queue *queue, uint64_t now_ns,
			uint32_t *ret_index)
{
	if (queue->count == 0 || queue->heap[0].due_ns > now_ns)
		return false;
	*ret_index = queue->heap[0].index;
	remove_at(queue, 0);
	return true;
}
