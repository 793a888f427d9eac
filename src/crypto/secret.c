/* SPDX-License-Identifier: ISC */
/*
 * Memory for secrets
 *
 * libsodium's guarded allocation is all of it but two things: it goes on when
 * the memory could not be locked, and a forked child has a copy.
 */
#include "crypto/secret.h"

#include <sodium.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* What libsodium keeps in the same pages, before the bytes it gives out. */
#define CANARY_BYTES 16

/* It ends where its last page ends; see sodium_malloc(). */
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

	/* Once is enough, and it may be asked any number of times. */
	if (byte_count == 0 || sodium_init() < 0)
		return NULL;
	secret = sodium_malloc(byte_count);
	if (!secret)
		return NULL;
	/* The second time, to hear whether the first went well. */
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
