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

/* Out of the ring: above this a call of memcpy() is worth its price. */
#define WORDS_BYTES_MAX 64

/* What the compiler knows of memory ends here. */
static inline void forget_memory(void)
{
	__asm__ volatile("" : : : "memory");
}

void pst_shared_copy_in(void *shared, const void *bytes, size_t byte_count)
{
	/* An empty message has no bytes, and perhaps no address. */
	if (byte_count != 0)
		memcpy(shared, bytes, byte_count);
	forget_memory();
}

/*
 * As most short messages are, no bytes too.  Any other would need some bytes
 * twice, or one by one.
 */
static inline bool is_few_words(size_t byte_count)
{
	return byte_count % sizeof(uint64_t) == 0 &&
	       byte_count <= WORDS_BYTES_MAX;
}

static inline void copy_words(uint8_t *to, const uint8_t *from,
			      size_t byte_count)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < byte_count; i += sizeof(word)) {
		memcpy(&word, from + i, sizeof(word));
		memcpy(to + i, &word, sizeof(word));
		forget_memory(); /* nor is the loop a memcpy() after all */
	}
}

void pst_shared_copy_out(void *bytes, const void *shared, size_t byte_count)
{
	if (is_few_words(byte_count)) {
		copy_words(bytes, shared, byte_count);
		return;
	}
	memcpy(bytes, shared, byte_count);
	forget_memory();
}
