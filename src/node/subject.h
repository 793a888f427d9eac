/* SPDX-License-Identifier: ISC */
/*
 * From what the kernel says to what the policy asks
 */
#ifndef POSTERN_NODE_SUBJECT_H
#define POSTERN_NODE_SUBJECT_H

#include <postern/policy.h>

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

#endif
