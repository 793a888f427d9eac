/* SPDX-License-Identifier: ISC */
/*
 * Another policy for the node that `receive` has open
 */
#include "reload.h"

#include <stdint.h>

#include "errors.h"
#include "notify.h"
#include "policy_source.h"

static void say_nothing_changed(const char *node_name)
{
	tool_warning(node_name, "not reloaded: the policy in force stays");
}

/* NULL: it was told, and recorded by the node, why not.  A policy with errors
 * loads: the node judges whether they concern it. */
static struct postern_policy *load(struct postern_node *node,
				   const struct postern_policy_options *source)
{
	const char *what = source->file ? source->file : "policy";
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	int result, r;

	result = postern_diagnostics_new(&diagnostics);
	if (result < 0) {
		(void)tool_error_result(what, result, NULL);
		return NULL;
	}
	result = postern_policy_load(source, diagnostics, &policy);
	tool_findings_print(diagnostics);
	if (result < 0) {
		(void)tool_error_findings(
			what, result,
			postern_diagnostics_error_count(diagnostics));
		r = postern_node_reload_failed(node, result, diagnostics);
		if (r < 0)
			(void)tool_error_result(what, r, NULL);
	}
	postern_diagnostics_free(diagnostics);
	return policy;
}

void tool_reload(struct postern_node *node, const char *node_name,
		 const struct postern_policy_options *source)
{
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct postern_policy *policy;
	uint32_t lost_count;
	int result;

	tool_notify_reloading();
	policy = load(node, source);
	if (!policy) {
		say_nothing_changed(node_name);
		tool_notify_ready();
		return;
	}
	result = postern_node_reload(node, policy, &refusal, &lost_count);
	postern_policy_free(policy);
	if (result < 0) {
		(void)tool_error_result(node_name, result, &refusal);
		say_nothing_changed(node_name);
	}
	tool_notify_ready();
}
