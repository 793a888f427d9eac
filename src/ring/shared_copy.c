/* SPDX-License-Identifier: ISC */
/*
 * Copying payload into and out of shared memory
 *
 * In the C model a memcpy from memory that another process may write is a data
 * race.  On the machine it is harmless as long as the compiler does not read
 * the source a second time; so it is done in this one place, in functions that
 * are not inlined into their callers, and ends with a barrier that lets no
 * later use of the copy be turned back into a read of the source.
 *
 * Between honest sides the positions order every byte, and there is no race.
 * ThreadSanitizer therefore watches these copies like any other, and so the
 * tests would see a position published too early.  A test that corrupts payload
 * from a second thread on purpose has to suppress its report by our name.
 */
#include "ring/shared_copy.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Above this a call of memcpy() is worth its price. */
#define PIECES_BYTES_MAX 64

/* As much as one instruction moves. */
struct piece {
	uint64_t words[2];
};

/* What the compiler knows of memory ends here. */
static inline void forget_memory(void)
{
	__asm__ volatile("" : : : "memory");
}

/*
 * Whole words, as most short messages are; no bytes too.  Other lengths would
 * need some bytes twice, or one by one.
 */
static inline bool is_few_pieces(size_t byte_count)
{
	return byte_count % sizeof(uint64_t) == 0 &&
	       byte_count <= PIECES_BYTES_MAX;
}

/* Pieces, and a word if one is left. */
static inline void copy_pieces(uint8_t *to, const uint8_t *from,
			       size_t byte_count)
{
	struct piece piece;
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(piece) <= byte_count; i += sizeof(piece)) {
		memcpy(&piece, from + i, sizeof(piece));
		memcpy(to + i, &piece, sizeof(piece));
		forget_memory(); /* or the compiler makes it a memcpy() */
	}
	if (i < byte_count) {
		memcpy(&word, from + i, sizeof(word));
		memcpy(to + i, &word, sizeof(word));
	}
}

/* An empty message has no bytes, and perhaps no address: none is touched. */
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
