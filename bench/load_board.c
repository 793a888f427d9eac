/* SPDX-License-Identifier: ISC */
/*
 * The board: counters and samples that all processes of a scenario share
 *
 * One shared mapping, made before any of them was started.  Each counter has
 * one writer, or is added to atomically; whoever looks takes what is there.
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct load_board *load_board;

bool load_board_new(void)
{
	void *place = mmap(NULL, sizeof(*load_board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (place == MAP_FAILED)
		return false;
	load_board = place;
	return true;
}

void load_board_clear(void)
{
	memset(load_board, 0, sizeof(*load_board));
}

void load_board_touch(void)
{
	const volatile char *bytes = (const volatile char *)load_board;
	size_t i;

	for (i = 0; i < sizeof(*load_board); i += 1024)
		(void)bytes[i];
}

void load_sample(enum load_sample_set set, uint64_t value_ns)
{
	struct load_samples *samples = &load_board->samples[set];
	uint32_t index = atomic_fetch_add(&samples->count, 1);

	if (index < LOAD_SAMPLES_MAX)
		samples->values_ns[index] =
			value_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)value_ns;
}

uint32_t load_sample_count(enum load_sample_set set)
{
	uint32_t count = atomic_load(&load_board->samples[set].count);

	return count > LOAD_SAMPLES_MAX ? LOAD_SAMPLES_MAX : count;
}

void load_forget_samples(enum load_sample_set set)
{
	atomic_store(&load_board->samples[set].count, 0);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint64_t load_percentile_ns(enum load_sample_set set, unsigned per_mille)
{
	uint32_t *values_ns = load_board->samples[set].values_ns;
	uint64_t count = load_sample_count(set), rank;

	if (count == 0)
		return 0;
	qsort(values_ns, count, sizeof(values_ns[0]), compare);
	rank = (count * per_mille + 999) / 1000;
	return values_ns[rank == 0 ? 0 : rank - 1];
}

uint64_t load_received(size_t first_member, size_t member_count)
{
	uint64_t sum = 0;
	size_t i;

	for (i = first_member; i < first_member + member_count; i++)
		sum += atomic_load(&load_board->members[i].received);
	return sum;
}

uint64_t load_faults(void)
{
	uint64_t sum = atomic_load(&load_board->strays);
	size_t i;

	for (i = 0; i < LOAD_MEMBERS_MAX; i++)
		sum += atomic_load(&load_board->members[i].faults) +
		       atomic_load(&load_board->members[i].failed);
	return sum;
}
