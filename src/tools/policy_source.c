/* SPDX-License-Identifier: ISC */
/*
 * The policy that a subcommand works with
 *
 * Loading one and telling what is wrong with it, the same way everywhere.
 */
#include "policy_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

void tool_findings_print(const struct postern_diagnostics *diagnostics)
{
	size_t count = postern_diagnostics_count(diagnostics);
	char *text;
	size_t i;
	int result;

	for (i = 0; i < count; i++) {
		result = postern_diagnostics_format(diagnostics, i, &text);
		if (result < 0) {
			(void)tool_error_result("policy", result, NULL);
			return;
		}
		fputs(text, stderr);
		free(text);
	}
}

enum tool_status
tool_error_findings(const char *what, int result,
		    const struct postern_diagnostics *diagnostics)
{
	size_t error_count = postern_diagnostics_error_count(diagnostics);

	if (error_count == 0)
		return tool_error_result(what, result, NULL);
	return tool_error(what, "%zu error%s in the policy", error_count,
			  error_count == 1 ? "" : "s");
}

/* A lack of resources says nothing about the policy. */
static enum tool_status bad_policy(enum tool_status status)
{
	return status == TOOL_BUSY ? status : TOOL_BAD_POLICY;
}

enum tool_status tool_policy_load(const struct postern_policy_options *options,
				  bool show_warnings,
				  struct postern_policy **ret_policy)
{
	const char *what = options->file ? options->file : "policy";
	struct postern_diagnostics *diagnostics;
	enum tool_status status = TOOL_DONE;
	int result;

	result = postern_diagnostics_new(&diagnostics);
	if (result < 0)
		return tool_error_result(what, result, NULL);
	result = postern_policy_load(options, diagnostics, ret_policy);
	if (result < 0 || show_warnings)
		tool_findings_print(diagnostics);
	if (result < 0)
		status = bad_policy(tool_error_findings(what, result,
							diagnostics));
	postern_diagnostics_free(diagnostics);
	return status;
}

enum tool_status
tool_policy_find_node(const struct postern_policy *policy, const char *name,
		      struct postern_node_description *ret_description)
{
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	size_t i;

	for (i = 0; postern_policy_node_at(policy, i, &description) == 0; i++) {
		if (strcmp(description.name, name) == 0) {
			*ret_description = description;
			return TOOL_DONE;
		}
	}
	return tool_error_input(name, "no such node in the policy");
}
