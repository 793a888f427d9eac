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

/*
 * The uid that stands for every user whom this process's user namespace does
 * not map.  The namespace may map this uid, too: then it does not tell that user
 * from an unmapped one.  Returns 0, or -EOPNOTSUPP where the namespace maps every
 * uid, as the initial one does.  Returns -errno where that cannot be found out.
 */
PST_MUST_CHECK int pst_own_unmapped_uid(uid_t *ret_uid);

/* As others see it in our pid namespace. */
pid_t pst_own_pid(void);

/* How many descriptors it may have (RLIMIT_NOFILE). */
size_t pst_own_descriptor_limit(void);

size_t pst_own_page_bytes(void);

#endif
