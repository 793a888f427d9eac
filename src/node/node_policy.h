/* SPDX-License-Identifier: ISC */
/*
 * A node and the policy it lives by
 */
#ifndef POSTERN_NODE_NODE_POLICY_H
#define POSTERN_NODE_NODE_POLICY_H

#include "base/attributes.h"
#include "node/node_state.h"

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
 * Take over what of node->rules the node keeps at hand, and read the subordinate
 * uids of this host again: if that fails, those that are known stay.
 */
void pst_node_follow_policy(struct pst_node *node);

#endif
