/* SPDX-License-Identifier: ISC */
/*
 * What this process is and may do
 */
#ifndef POSTERN_OS_OWN_PROCESS_H
#define POSTERN_OS_OWN_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/*
 * The one uid of this process.  Returns 0, or -EPERM where real, effective and
 * saved uid differ: such a process could become somebody else.
 */
PST_MUST_CHECK int pst_own_uid(uid_t *ret_uid);

/* As others see it in our pid namespace. */
pid_t pst_own_pid(void);

/* How many descriptors it may have (RLIMIT_NOFILE). */
size_t pst_own_descriptor_limit(void);

size_t pst_own_page_bytes(void);

#endif
