/* SPDX-License-Identifier: ISC */
/*
 * The facts of a process or user that has no socket here
 */
#ifndef POSTERN_IDENTITY_SUBJECT_H
#define POSTERN_IDENTITY_SUBJECT_H

#include <stdint.h>

#include <postern/facts.h>
#include <postern/policy.h>

#include "base/attributes.h"
#include "os/peer_credentials.h"
#include "policy/policy.h"

/* The facts to read for a node's rules: PST_PEER_WANT_* bits. */
unsigned pst_subject_wants(const struct pst_policy_node *rules);

/* The subject borrows the texts and groups of the credentials; key, which may
 * be NULL for none, is copied. */
void pst_subject_init(struct postern_subject *subject,
		      const struct pst_peer_credentials *credentials,
		      const uint8_t *key, uid_t overflow_uid,
		      gid_t overflow_gid);

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
