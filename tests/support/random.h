/* SPDX-License-Identifier: ISC */
/*
 * Random numbers for tests
 *
 * The same seed gives the same numbers on every machine, so a failing run can
 * be repeated.  (The generator is splitmix64.)
 */
#ifndef POSTERN_SUPPORT_RANDOM_H
#define POSTERN_SUPPORT_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_u64(struct random *random)
{
	uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

/* 0 to bound - 1; near enough to uniform for a small bound. */
static inline uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(((random_u64(random) >> 32) * bound) >> 32);
}

#endif
