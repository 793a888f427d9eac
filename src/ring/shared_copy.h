/* SPDX-License-Identifier: ISC */
/*
 * Copying payload into and out of shared memory
 *
 * A peer that violates the protocol can change the bytes while they are copied
 * out.  The copy then is a mixture, but it is made once, to private memory, and
 * the source is not read again.
 */
#ifndef POSTERN_RING_SHARED_COPY_H
#define POSTERN_RING_SHARED_COPY_H

#include <stddef.h>
#include <stdint.h>

void pst_shared_copy_in(void *shared, const void *bytes, size_t byte_count);
void pst_shared_copy_out(void *bytes, const void *shared, size_t byte_count);

/*
 * Request a cache line for writing, exclusively.  On x86-64 the compiler's
 * builtin requests it for reading unless the target processor is named; the
 * line would stay shared with the reader and need a second request.
 */
static inline void pst_shared_prefetch_to_write(const uint8_t *line)
{
#if defined(__x86_64__)
	__asm__ volatile("prefetchw %0" : : "m"(*line));
#else
	__builtin_prefetch(line, 1);
#endif
}

#endif
