/* SPDX-License-Identifier: ISC */
/*
 * Another policy for the node that `receive` has open
 */
#ifndef POSTERN_TOOLS_RELOAD_H
#define POSTERN_TOOLS_RELOAD_H

#include <postern/node.h>
#include <postern/policy.h>

/*
 * Load the policy again from where it came from, and give it to the node.  What
 * is wrong with it is printed, and the node lives on by the one it has.
 */
void tool_reload(struct postern_node *node, const char *node_name,
		 const struct postern_policy_options *source);

#endif
