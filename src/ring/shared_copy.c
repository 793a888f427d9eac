/* SPDX-License-Identifier: ISC */
/*
 * Copying payload into and out of shared memory
 *
 * In the C model a memcpy from memory that another process may write is a data
 * race.  In practice it is harmless if the compiler does not read the source
 * twice.  So all such copies are in these functions, which are not inlined and
 * end with a compiler barrier.
 *
 * Between honest sides the positions order every byte, so there is no race and
 * ThreadSanitizer is not disabled here.  A test that corrupts payload from a
 * second thread on purpose must suppress the report by the function's name.
 */
#include "ring/shared_copy.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Above this a call of memcpy() pays. */
#define PIECES_BYTES_MAX 64

/* The bytes that one instruction moves. */
struct piece {
	uint64_t words[2];
};

/* The compiler keeps no copy of memory across this barrier. */
static inline void forget_memory(void)
{
	__asm__ volatile("" : : : "memory");
}

/*
 * Whole words only, as in most short messages, or no bytes.  Other lengths
 * would copy some bytes twice or one by one.
 */
static inline bool is_few_pieces(size_t byte_count)
{
	return byte_count % sizeof(uint64_t) == 0 &&
	       byte_count <= PIECES_BYTES_MAX;
}

/* Copy in pieces, then a word if one is left. */
static inline void copy_pieces(uint8_t *to, const uint8_t *from,
			       size_t byte_count)
{
	struct piece piece;
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(piece) <= byte_count; i += sizeof(piece)) {
		memcpy(&piece, from + i, sizeof(piece));
		memcpy(to + i, &piece, sizeof(piece));
		forget_memory(); /* otherwise it becomes a memcpy() */
	}
	if (i < byte_count) {
		memcpy(&word, from + i, sizeof(word));
		memcpy(to + i, &word, sizeof(word));
	}
}

/* With byte_count 0 the addresses may be NULL; neither is used. */
static inline void copy(void *to, const void *from, size_t byte_count)
{
	if (is_few_pieces(byte_count))
		copy_pieces(to, from, byte_count);
	else
		memcpy(to, from, byte_count);
	forget_memory();
}

void pst_shared_copy_in(void *shared, const void *bytes, size_t byte_count)
{
	copy(shared, bytes, byte_count);
}

void pst_shared_copy_out(void *bytes, const void *shared, size_t byte_count)
{
	copy(bytes, shared, byte_count);
}
