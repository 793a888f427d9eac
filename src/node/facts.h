/* SPDX-License-Identifier: ISC */
/*
 * The facts of a process or user that has no socket here
 */
#ifndef POSTERN_NODE_FACTS_H
#define POSTERN_NODE_FACTS_H

#include <stdint.h>

#include <postern/facts.h>

#include "base/attributes.h"

/* 0, -ESRCH (there is no such process), or another -errno. */
PST_MUST_CHECK
int pst_facts_new_of_process(int32_t pid,
			     const struct postern_facts_options *options,
			     struct postern_facts **ret_facts);

/*
 * By name or number.  0, -ENOENT (no such user), -ENOTUNIQ (several uids have
 * the name), -EACCES (a file is not trusted), or another -errno.
 */
PST_MUST_CHECK
int pst_facts_new_of_user(const char *user, struct postern_facts **ret_facts);

const struct postern_subject *
pst_facts_subject(const struct postern_facts *facts);

struct postern_facts *pst_facts_free(struct postern_facts *facts);

/* The gid of a group by name or number; results as for a user. */
PST_MUST_CHECK int pst_facts_find_group(const char *group, uint32_t *ret_gid);

#endif
