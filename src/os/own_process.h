/* SPDX-License-Identifier: ISC */
/* Ids, limits and pid of this process */
#ifndef POSTERN_OS_OWN_PROCESS_H
#define POSTERN_OS_OWN_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/*
 * The one uid of this process.  Returns 0, or -EPERM if real, effective and
 * saved uid differ: such a process could switch to another user.
 */
PST_MUST_CHECK int pst_own_uid(uid_t *ret_uid);

/*
 * The uid that stands for every user that this process's user namespace does
 * not map.  The namespace may map this uid, too; then it does not distinguish
 * that user from an unmapped one.  Returns 0, -EOPNOTSUPP if the namespace maps
 * every uid, as the initial one does, or -errno if this cannot be determined.
 */
PST_MUST_CHECK int pst_own_unmapped_uid(uid_t *ret_uid);

/* As other processes of our pid namespace see it. */
pid_t pst_own_pid(void);

/* The limit on descriptors (RLIMIT_NOFILE). */
size_t pst_own_descriptor_limit(void);

size_t pst_own_page_bytes(void);

#endif
