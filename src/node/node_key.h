/* SPDX-License-Identifier: ISC */
/*
 * A node's own key
 *
 * Counted, since it is held by the node and by every handshake that began with
 * it: the node may have its next key before those are over.  One thread.
 */
#ifndef POSTERN_NODE_NODE_KEY_H
#define POSTERN_NODE_NODE_KEY_H

#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/identity.h"
#include "policy/policy.h"

struct pst_node_key;

/*
 * From its file; a NULL path leads to NULL, no key.  0, or with a refusal
 * -EACCES (also for a missing file), -ENOMEM, or another -errno.
 */
PST_MUST_CHECK int pst_node_key_new(const char *path,
				    struct postern_refusal *refusal,
				    struct pst_node_key **ret_key);

/* Both accept NULL; unref returns it. */
struct pst_node_key *pst_node_key_ref(struct pst_node_key *key);
struct pst_node_key *pst_node_key_unref(struct pst_node_key *key);

/* NULL for NULL. */
const struct pst_identity *
pst_node_key_identity(const struct pst_node_key *key);

/*
 * A node has a key exactly if its policy lists some, and one of those.  0, or
 * -EACCES with a refusal that says what to do about it.
 */
PST_MUST_CHECK int pst_node_key_check(const struct pst_node_key *key,
				      const struct pst_policy_node *rules,
				      struct postern_refusal *refusal);

#endif
