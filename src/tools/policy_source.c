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

static void print_from(const struct postern_diagnostics *diagnostics,
		       enum postern_severity least)
{
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	char *text;
	size_t i;
	int result;

	for (i = 0; postern_diagnostics_get(diagnostics, i, &finding) == 0;
	     i++) {
		if (finding.severity < least)
			continue;
		result = postern_diagnostics_format(diagnostics, i, &text);
		if (result < 0) {
			(void)tool_error_result("policy", result, NULL);
			return;
		}
		fputs(text, tool_error_stream());
		free(text);
	}
}

void tool_findings_print(const struct postern_diagnostics *diagnostics)
{
	print_from(diagnostics, POSTERN_SEVERITY_WARNING);
}

void tool_findings_print_errors(const struct postern_diagnostics *diagnostics)
{
	print_from(diagnostics, POSTERN_SEVERITY_ERROR);
}

enum tool_status tool_error_findings(const char *what, int result,
				     size_t error_count)
{
	if (error_count == 0)
		return tool_error_result(what, result, NULL);
	return tool_error(what, "%zu error%s in the policy", error_count,
			  error_count == 1 ? "" : "s");
}

enum tool_status tool_policy_failed(const char *what, int result,
				    size_t error_count)
{
	enum tool_status status;

	status = tool_error_findings(what, result, error_count);
	/* A lack of resources says nothing about the policy. */
	return status == TOOL_BUSY ? status : TOOL_BAD_POLICY;
}

enum tool_status tool_policy_load(const struct postern_policy_options *options,
				  enum tool_policy_need need,
				  struct postern_policy **ret_policy)
{
	const char *what = options->file ? options->file : "policy";
	struct postern_diagnostics *diagnostics;
	enum tool_status status = TOOL_DONE;
	size_t error_count;
	int result;

	result = postern_diagnostics_new(&diagnostics);
	if (result < 0)
		return tool_error_result(what, result, NULL);
	result = postern_policy_load(options, diagnostics, ret_policy);
	if (result < 0 || need != TOOL_POLICY_FOR_CLIENT)
		tool_findings_print(diagnostics);
	error_count = postern_diagnostics_error_count(diagnostics);
	if (result < 0 || (need == TOOL_POLICY_WHOLE && error_count > 0)) {
		status = tool_policy_failed(what, result, error_count);
		if (result == 0)
			*ret_policy = postern_policy_free(*ret_policy);
	}
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
