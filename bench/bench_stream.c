/* SPDX-License-Identifier: ISC */
/*
 * The seldom parts of the measuring loops: fills, marks and the clock
 */
#include "bench_stream.h"

#include <time.h>

uint64_t bench_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on Linux */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* splitmix64: each number has a fill of its own. */
static uint8_t next_byte(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint8_t)(z >> 56);
}

void bench_fill(uint8_t *bytes, size_t byte_count, uint64_t number)
{
	size_t i;

	for (i = 0; i < byte_count; i++)
		bytes[i] = next_byte(&number);
}

bool bench_is_filled(const uint8_t *bytes, size_t byte_count, uint64_t number)
{
	size_t i;

	for (i = 0; i < byte_count; i++)
		if (bytes[i] != next_byte(&number))
			return false;
	return true;
}

bool bench_checker_note_mark(struct bench_checker *checker, uint64_t head)
{
	uint64_t number = head & ~BENCH_MARKS;

	if (head & BENCH_MARK_BEGIN) {
		checker->first_number = number;
		checker->result.elapsed_ns = bench_now_ns();
		return true;
	}
	checker->result.count = number - checker->first_number;
	checker->result.elapsed_ns = bench_now_ns() -
				     checker->result.elapsed_ns;
	return false;
}
