/* SPDX-License-Identifier: ISC */
/*
 * A node and the policy it lives by
 */
#ifndef POSTERN_NODE_NODE_POLICY_H
#define POSTERN_NODE_NODE_POLICY_H

#include "base/attributes.h"
#include "node/node_internal.h"

/*
 * The rules of the node: -ENOENT when there is no such node, -EINVAL when it
 * depends on an error of the policy; the refusal says more.
 */
PST_MUST_CHECK int pst_node_find_rules(const struct postern_policy *policy,
				       const char *name,
				       const struct pst_policy_node **ret_rules,
				       struct postern_refusal *refusal);

/*
 * Can this process serve the node by these rules, with this key (or NULL)?  0,
 * -EACCES (not the owner, not the key, or the group cannot be given), or
 * another -errno; the refusal says more.
 */
PST_MUST_CHECK int pst_node_check_policy(const struct pst_node *node,
					 const struct pst_policy_node *rules,
					 const struct pst_node_key *key,
					 struct postern_refusal *refusal);

/*
 * Derive a binding from the policy, and read the subordinate uids of this host.
 * 0, -EACCES (a fault of a file: the refusal names it), or the lack of a
 * resource.
 */
PST_MUST_CHECK int pst_node_bind_policy(const struct pst_node *node,
					const struct postern_policy *policy,
					const struct pst_policy_node *rules,
					struct pst_node_key *key,
					struct pst_policy_binding *ret_binding,
					struct postern_refusal *refusal);

#endif
