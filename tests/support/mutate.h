/* SPDX-License-Identifier: ISC */
/*
 * The mutation walk: every near neighbour of a valid message
 *
 * Fixed order, no randomness: a failing test fails again, and the mutation can
 * be named.  Walked are all other values of each single byte (so every bit
 * flip), every shorter length, and longer ones filled with zeros, with ones and
 * with the message's own beginning.
 *
 * Each mutation is laid out twice: ending right before a page that cannot be
 * touched, and beginning right behind one.  A reader that leaves its bytes dies
 * with SIGSEGV, with a sanitizer or without.
 */
#ifndef POSTERN_TESTS_MUTATE_H
#define POSTERN_TESTS_MUTATE_H

#include <stddef.h>
#include <stdint.h>

enum mutate_kind {
	MUTATE_BYTE,    /* at_offset has another value */
	MUTATE_CUT,     /* only the first at_offset bytes */
	MUTATE_EXTEND   /* longer by at_offset bytes */
};

struct mutation {
	const uint8_t *bytes;
	size_t byte_count;
	enum mutate_kind kind;
	size_t at_offset;
};

typedef void mutate_visit_fn(const struct mutation *mutation, void *user_data);

/*
 * Visit them all; extended ones have up to extend_bytes_max more bytes.
 * Returns how many were visited.
 */
size_t mutate_walk(const uint8_t *message, size_t byte_count,
		   size_t extend_bytes_max, mutate_visit_fn *visit,
		   void *user_data);

/*
 * Flip each bit alone, and lay it out once, before the guard: for what takes
 * too long to be done a hundred thousand times.
 */
size_t mutate_bits(const uint8_t *message, size_t byte_count,
		   mutate_visit_fn *visit, void *user_data);

#endif
