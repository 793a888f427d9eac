/* SPDX-License-Identifier: ISC */
/*
 * Copying payload into and out of shared memory: what is not short
 *
 * Not inlined into its callers, and forgetful at its end; shared_copy.h says
 * why.
 */
#include "ring/shared_copy.h"

void pst_shared_copy_long(void *to, const void *from, size_t byte_count)
{
	/* An empty message has no bytes, and perhaps no address. */
	if (byte_count != 0)
		memcpy(to, from, byte_count);
	pst_shared_copy_forget();
}
