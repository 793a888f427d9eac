/* SPDX-License-Identifier: ISC */
/*
 * Memory for secrets
 *
 * The memory is between guard pages, locked, excluded from core dumps, zero in
 * a forked child, and wiped when it is freed.  If one of these properties is
 * not available, the allocation fails.
 *
 * Each allocation uses at least one page of RLIMIT_MEMLOCK.  A forked child
 * must not free a secret, because libsodium's guard bytes are zero there, too.
 */
#ifndef POSTERN_CRYPTO_SECRET_H
#define POSTERN_CRYPTO_SECRET_H

#include <stddef.h>

#include "base/attributes.h"

/*
 * Allocate zeroed memory.  It is aligned as its size is: to 16 if the size is a
 * multiple of 16, and so on, up to a page.  NULL if there is no memory, or none
 * that can be locked.
 */
PST_MUST_CHECK void *pst_secret_new(size_t byte_count);

/* Wipe and free.  Accepts NULL; returns NULL. */
void *pst_secret_free(void *secret);

/* Wipe a copy in other memory, such as the stack. */
void pst_secret_wipe(void *bytes, size_t byte_count);

#endif
