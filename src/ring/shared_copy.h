/* SPDX-License-Identifier: ISC */
/*
 * Copying payload into and out of shared memory
 *
 * Out: the bytes may change while they are copied, if the peer breaks the rules
 * and writes into what it has published.  Then the copy is a mixture, no more:
 * it is made once, into private memory, and nothing looks at the source again.
 */
#ifndef POSTERN_RING_SHARED_COPY_H
#define POSTERN_RING_SHARED_COPY_H

#include <stddef.h>
#include <stdint.h>

void pst_shared_copy_in(void *shared, const void *bytes, size_t byte_count);
void pst_shared_copy_out(void *bytes, const void *shared, size_t byte_count);

/*
 * Ask for a line that will be written, taken from whoever has it.  The compiler's
 * own hint is one for reading unless it is told of the processor, and would leave
 * the line with the reader too, who has to be asked again then.
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
