/* SPDX-License-Identifier: ISC */
/*
 * Random bytes from the kernel: session ids and temporary names
 */
#ifndef POSTERN_OS_ENTROPY_H
#define POSTERN_OS_ENTROPY_H

#include <stddef.h>

#include "base/attributes.h"

/*
 * Fill the whole buffer.  Waits only on a host that has just booted and has no
 * entropy yet.  0 or -errno; after an error the buffer must not be used.
 */
PST_MUST_CHECK int pst_entropy_fill(void *buffer, size_t byte_count);

#endif
