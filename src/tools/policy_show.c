/* SPDX-License-Identifier: ISC */
/*
 * postern policy show: the policy that results from all files
 *
 * What several directories, drop-ins and `extend node` blocks add up to, as one
 * text in which each line says where it comes from.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	bool assume_names = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		{.name = "assume-names", .flag = &assume_names,
		 .help = "unknown users and groups are a warning"},
	};
	struct postern_policy *policy;
	enum tool_status status;
	char *text;
	int result;

	tool_options_parse(command, options,
			   sizeof(options) / sizeof(options[0]), argc, argv);
	source.flags = POSTERN_POLICY_WARN_ON_UNTRUSTED;
	if (assume_names)
		source.flags |= POSTERN_POLICY_ASSUME_NAMES;
	status = tool_policy_load(&source, TOOL_POLICY_WHOLE, &policy);
	if (status != TOOL_DONE)
		return status;
	result = postern_policy_show(policy, &text);
	postern_policy_free(policy);
	if (result < 0)
		return tool_error_result("policy", result, NULL);
	fputs(text, stdout);
	free(text);
	return TOOL_DONE;
}

const struct tool_command tool_command_policy_show = {
	.name = "policy show",
	.operands = "",
	.summary = "show the merged policy, each line with its origin",
	.description = "Show what all files of the policy add up to; each line "
		       "says where it comes from.\n",
	.run = run,
};
