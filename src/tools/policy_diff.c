/* SPDX-License-Identifier: ISC */
/*
 * postern policy diff: what would change with another policy?
 *
 * The exit status is diff(1)'s, so that a script can tell "nothing changes"
 * from "something does" and both from "it cannot be said": where 1 is an
 * answer, a file that does not load must be something else.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

#define SAME TOOL_DONE
#define DIFFERENT TOOL_REFUSED
#define IN_TROUBLE TOOL_MISUSED

static enum tool_status compare(const struct postern_policy *old_policy,
				const struct postern_policy *new_policy)
{
	uint32_t change_count;
	char *text;
	int result;

	result = postern_policy_diff(old_policy, new_policy, &text,
				     &change_count);
	if (result < 0) {
		(void)tool_error_result("policy", result, NULL);
		return IN_TROUBLE;
	}
	fputs(text, stdout);
	free(text);
	return change_count > 0 ? DIFFERENT : SAME;
}

/* Both are loaded in any case, so that one run tells what is wrong. */
static enum tool_status compare_files(char **files, uint32_t flags)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_policy *policies[2] = {NULL, NULL};
	enum tool_status status = SAME;
	size_t i;

	source.flags = flags;
	for (i = 0; i < 2; i++) {
		source.file = files[i];
		if (tool_policy_load(&source, TOOL_POLICY_WHOLE,
				     &policies[i]) != TOOL_DONE)
			status = IN_TROUBLE;
	}
	if (status == SAME)
		status = compare(policies[0], policies[1]);
	for (i = 0; i < 2; i++)
		postern_policy_free(policies[i]);
	return status;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	uint32_t flags = POSTERN_POLICY_WARN_ON_UNTRUSTED;
	bool assume_names = false;
	const struct tool_option options[] = {
		{.name = "assume-names", .flag = &assume_names,
		 .help = "unknown users and groups are a warning"},
	};
	char **files;

	files = tool_options_parse(command, options,
				   sizeof(options) / sizeof(options[0]), argc,
				   argv);
	if (assume_names)
		flags |= POSTERN_POLICY_ASSUME_NAMES;
	return compare_files(files, flags);
}

const struct tool_command tool_command_policy_diff = {
	.name = "policy diff",
	.operands = "OLD NEW",
	.operand_count_min = 2,
	.operand_count_max = 2,
	.summary = "show who gains, who loses and which limits change",
	.description =
		"Compare what the policies in the files OLD and NEW mean, "
		"whatever the order of\ntheir rules.  A line for each change "
		"begins with + (added, or more is allowed),\n- (removed, or "
		"less is allowed) or ~ (another value).  The exit status is 0 "
		"when\nnothing differs, 1 when something does, 2 when a file "
		"is invalid.\n",
	.run = run,
};
