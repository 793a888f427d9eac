/* SPDX-License-Identifier: ISC */
/*
 * Memory for secrets
 *
 * libsodium's guarded allocation lacks two properties, which are added here: it
 * does not fail when the memory could not be locked, and a forked child
 * inherits a copy.
 */
#include "crypto/secret.h"

#include <sodium.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The bytes that libsodium keeps before the allocation, in the same pages. */
#define CANARY_BYTES 16

/* The allocation ends at the end of its last page; see sodium_malloc(). */
static int wipe_in_children(void *secret, size_t byte_count)
{
	uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t end = (uintptr_t)secret + byte_count;
	uintptr_t first = (uintptr_t)secret - CANARY_BYTES;
	uintptr_t start = first & ~(page_bytes - 1);

	if (end % page_bytes != 0)
		return -1;
	return madvise((void *)start, end - start, MADV_WIPEONFORK);
}

void *pst_secret_new(size_t byte_count)
{
	void *secret;

	/* sodium_init() may be called any number of times. */
	if (byte_count == 0 || sodium_init() < 0)
		return NULL;
	secret = sodium_malloc(byte_count);
	if (!secret)
		return NULL;
	/* sodium_malloc() ignores a failed lock: lock again for the result. */
	if (sodium_mlock(secret, byte_count) < 0 ||
	    wipe_in_children(secret, byte_count) < 0) {
		sodium_free(secret);
		return NULL;
	}
	sodium_memzero(secret, byte_count);
	return secret;
}

void *pst_secret_free(void *secret)
{
	sodium_free(secret);
	return NULL;
}

void pst_secret_wipe(void *bytes, size_t byte_count)
{
	sodium_memzero(bytes, byte_count);
}
