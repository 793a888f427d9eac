/* SPDX-License-Identifier: ISC */
/*
 * Memory for secrets
 *
 * Between guard pages, locked into memory, left out of core dumps, zero in a
 * forked child, and wiped when it is freed.  Memory that cannot be all of that
 * is not given out.
 *
 * Each is a page of its own of RLIMIT_MEMLOCK.  In a forked child a secret is
 * forgotten, never freed: what guards it is zero there too.
 */
#ifndef POSTERN_CRYPTO_SECRET_H
#define POSTERN_CRYPTO_SECRET_H

#include <stddef.h>

#include "base/attributes.h"

/*
 * Zeroed.  Aligned as its size is: to 16 if that is a multiple of 16, and so
 * on, up to a page.  NULL if there is no memory, or none that can be locked.
 */
PST_MUST_CHECK void *pst_secret_new(size_t byte_count);

/* Wipes it.  Accepts NULL; returns NULL. */
void *pst_secret_free(void *secret);

/* For copies elsewhere, on the stack above all. */
void pst_secret_wipe(void *bytes, size_t byte_count);

#endif
