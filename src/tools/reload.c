/* SPDX-License-Identifier: ISC */
/*
 * Another policy for the node that `receive` has open
 */
#include "reload.h"

#include <stdint.h>

#include "errors.h"
#include "policy_source.h"

void tool_reload(struct postern_node *node, const char *node_name,
		 const struct postern_policy_options *source)
{
	struct postern_refusal refusal = {0};
	struct postern_policy *policy;
	uint32_t lost_count;
	int result;

	if (tool_policy_load(source, true, &policy) != TOOL_DONE) {
		tool_warning(node_name, "not reloaded: the policy in force "
			     "stays");
		return;
	}
	result = postern_node_reload(node, policy, &refusal, &lost_count);
	postern_policy_free(policy);
	if (result < 0) {
		(void)tool_error_result(node_name, result, &refusal);
		tool_warning(node_name, "not reloaded: the policy in force "
			     "stays");
	}
}
