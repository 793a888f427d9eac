/* SPDX-License-Identifier: ISC */
/*
 * The mutation walk
 *
 * The guarded memory is a run of accessible pages between two that are not; it
 * belongs to one walk.  A test that cannot have it aborts: a walk without its
 * guards would prove less than it says.
 */
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct walk {
	uint8_t *area;          /* between the guards */
	size_t area_bytes;
	size_t page_bytes;
	mutate_visit_fn *visit;
	void *user_data;
	size_t visited_count;
};

static void walk_init(struct walk *walk, size_t largest_bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t area_bytes =
		(largest_bytes + page_bytes) / page_bytes * page_bytes;
	uint8_t *base = mmap(NULL, area_bytes + 2 * page_bytes, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED ||
	    mprotect(base + page_bytes, area_bytes, PROT_READ | PROT_WRITE))
		abort();
	walk->area = base + page_bytes;
	walk->area_bytes = area_bytes;
	walk->page_bytes = page_bytes;
	walk->visited_count = 0;
}

static void walk_done(struct walk *walk)
{
	if (munmap(walk->area - walk->page_bytes,
		   walk->area_bytes + 2 * walk->page_bytes))
		abort();
}

static void visit_at(struct walk *walk, uint8_t *place, const uint8_t *bytes,
		     size_t byte_count, enum mutate_kind kind, size_t at_offset)
{
	struct mutation mutation = {place, byte_count, kind, at_offset};

	memcpy(place, bytes, byte_count);
	walk->visit(&mutation, walk->user_data);
	walk->visited_count++;
}

static void visit_both(struct walk *walk, const uint8_t *bytes,
		       size_t byte_count, enum mutate_kind kind,
		       size_t at_offset)
{
	visit_at(walk, walk->area, bytes, byte_count, kind, at_offset);
	visit_at(walk, walk->area + walk->area_bytes - byte_count, bytes,
		 byte_count, kind, at_offset);
}

static void walk_bytes(struct walk *walk, uint8_t *scratch, size_t byte_count)
{
	for (size_t i = 0; i < byte_count; i++) {
		uint8_t valid = scratch[i];

		for (unsigned change = 1; change < 256; change++) {
			scratch[i] = (uint8_t)(valid ^ change);
			visit_both(walk, scratch, byte_count, MUTATE_BYTE, i);
		}
		scratch[i] = valid;
	}
}

static void walk_lengths(struct walk *walk, uint8_t *scratch, size_t byte_count,
			 size_t extend_bytes_max)
{
	uint8_t *more = scratch + byte_count;

	for (size_t n = 0; n < byte_count; n++)
		visit_both(walk, scratch, n, MUTATE_CUT, n);

	for (size_t n = 1; n <= extend_bytes_max; n++) {
		memset(more, 0, n);
		visit_both(walk, scratch, byte_count + n, MUTATE_EXTEND, n);
		memset(more, 0xff, n);
		visit_both(walk, scratch, byte_count + n, MUTATE_EXTEND, n);
		for (size_t i = 0; i < n; i++)
			more[i] = scratch[i % byte_count];
		visit_both(walk, scratch, byte_count + n, MUTATE_EXTEND, n);
	}
}

size_t mutate_walk(const uint8_t *message, size_t byte_count,
		   size_t extend_bytes_max, mutate_visit_fn *visit,
		   void *user_data)
{
	struct walk walk = {.visit = visit, .user_data = user_data};
	uint8_t *scratch = malloc(byte_count + extend_bytes_max);

	if (scratch == NULL)
		abort();
	memcpy(scratch, message, byte_count);
	walk_init(&walk, byte_count + extend_bytes_max);
	walk_bytes(&walk, scratch, byte_count);
	walk_lengths(&walk, scratch, byte_count, extend_bytes_max);
	walk_done(&walk);
	free(scratch);
	return walk.visited_count;
}

size_t mutate_bits(const uint8_t *message, size_t byte_count,
		   mutate_visit_fn *visit, void *user_data)
{
	struct walk walk = {.visit = visit, .user_data = user_data};
	uint8_t *scratch = malloc(byte_count);

	if (scratch == NULL)
		abort();
	memcpy(scratch, message, byte_count);
	walk_init(&walk, byte_count);
	for (size_t i = 0; i < byte_count * 8; i++) {
		scratch[i / 8] ^= (uint8_t)(1u << i % 8);
		visit_at(&walk, walk.area + walk.area_bytes - byte_count,
			 scratch, byte_count, MUTATE_BYTE, i / 8);
		scratch[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	walk_done(&walk);
	free(scratch);
	return walk.visited_count;
}
