/* SPDX-License-Identifier: ISC */
/*
 * Copying payload into and out of shared memory
 *
 * Out: the bytes may change while they are copied, if the peer breaks the rules
 * and writes into what it has published.  Then the copy is a mixture, no more:
 * it is made once, into private memory, and nothing looks at the source again.
 *
 * In the C model a copy from memory that another process may write is a data
 * race.  On the machine it is harmless as long as the compiler does not read
 * the source a second time in place of the copy; so all of it is done here, and
 * ends with a barrier behind which no use of the copy can be turned back into a
 * read of the source.
 *
 * Between honest sides the positions order every byte, and there is no race.
 * ThreadSanitizer therefore watches these copies like any other, and so the
 * tests would see a position published too early.
 */
#ifndef POSTERN_RING_SHARED_COPY_H
#define POSTERN_RING_SHARED_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Above this a call of memcpy() is worth its price. */
#define PST_SHARED_COPY_SHORT_BYTES 64

/* shared_copy.c: of any length. */
void pst_shared_copy_long(void *to, const void *from, size_t byte_count);

/* What the compiler knows of memory ends here. */
static inline void pst_shared_copy_forget(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline void pst_shared_copy_word(uint8_t *to, const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	memcpy(to, &word, sizeof(word));
	pst_shared_copy_forget(); /* nor is this loop a memcpy() after all */
}

/*
 * At least one word: in words, since a message is mostly made of them just
 * before it is sent, and what was stored in words is not loaded well in vectors.
 * Where each lies must not depend on the length, which has only just been
 * fetched: the processor guesses that there is one more and fetches ahead.  (A
 * last word at `byte_count - 8` alone cost a fifth of a round trip.)  Only what
 * is no whole word is copied with a part of the one before it.
 */
static inline void pst_shared_copy_short(uint8_t *to, const uint8_t *from,
					 size_t byte_count)
{
	size_t i, last = byte_count - sizeof(uint64_t);

	for (i = 0; i <= last; i += sizeof(uint64_t))
		pst_shared_copy_word(to + i, from + i);
	if (i != byte_count)
		pst_shared_copy_word(to + last, from + last);
}

static inline void pst_shared_copy(void *to, const void *from,
				   size_t byte_count)
{
	if (byte_count - sizeof(uint64_t) <=
	    PST_SHARED_COPY_SHORT_BYTES - sizeof(uint64_t))
		pst_shared_copy_short(to, from, byte_count);
	else
		pst_shared_copy_long(to, from, byte_count);
}

static inline void pst_shared_copy_in(void *shared, const void *bytes,
				      size_t byte_count)
{
	pst_shared_copy(shared, bytes, byte_count);
}

static inline void pst_shared_copy_out(void *bytes, const void *shared,
				       size_t byte_count)
{
	pst_shared_copy(bytes, shared, byte_count);
}

#endif
