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

void pst_shared_copy_in(void *shared, const void *bytes, size_t byte_count);
void pst_shared_copy_out(void *bytes, const void *shared, size_t byte_count);

#endif
