/* SPDX-License-Identifier: ISC */
/*
 * Subjects: the facts that a policy decides on, read from the host
 *
 * A subject is built from the credentials of a peer, or from those of a process
 * or user without a connection.  All take the same path, so that the policy
 * decides equally.  A fact that the host does not tell stays unknown.
 */
#ifndef POSTERN_IDENTITY_SUBJECT_H
#define POSTERN_IDENTITY_SUBJECT_H

#include <stdint.h>

#include <postern/subject.h>
#include <postern/policy.h>

#include "base/attributes.h"
#include "os/peer_credentials.h"
#include "policy/policy.h"

/* The facts to read for a node's rules: PST_PEER_WANT_* bits. */
unsigned pst_subject_wants(const struct pst_policy_node *rules);

/*
 * The subject borrows the strings and groups of the credentials, and copies the
 * key; NULL means that the peer has none.
 */
void pst_subject_init(struct postern_subject *subject,
		      const struct pst_peer_credentials *credentials,
		      const uint8_t *key, uid_t overflow_uid,
		      gid_t overflow_gid);

/* 0, -ESRCH (no such process), or another -errno. */
PST_MUST_CHECK
int pst_subject_new_for_pid(int32_t pid,
			    const struct postern_subject_options *options,
			    struct postern_subject **ret_subject);

/*
 * A user by name or number.  0, -ENOENT (no such user), -ENOTUNIQ (several uids
 * have the name), -EACCES (a file is not trusted), or another -errno.
 */
PST_MUST_CHECK
int pst_subject_new_for_user(const char *user,
			     struct postern_subject **ret_subject);

/* Only for subjects of the two functions above.  Accepts and returns NULL. */
struct postern_subject *pst_subject_free(struct postern_subject *subject);

/* The gid of a group by name or number; results as for a user. */
PST_MUST_CHECK int pst_gid_from_group(const char *group, uint32_t *ret_gid);

#endif
