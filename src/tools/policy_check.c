/* SPDX-License-Identifier: ISC */
/*
 * postern policy check: would this policy load?
 *
 * Findings go to standard error in gcc's form, so that an editor jumps to them,
 * or to standard output as one JSON array for a program.
 */
#include <stdio.h>

#include <postern/policy.h>

#include "errors.h"
#include "json.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

struct check {
	const char *policy_file;
	bool is_strict;
	bool is_json;
	bool assume_names;
	size_t json_count;  /* findings printed as JSON so far */
};

static void print_json_finding(struct check *check,
			       const struct postern_diagnostic *finding)
{
	printf("%s\n  {\"severity\": \"%s\", \"file\": ",
	       check->json_count++ > 0 ? "," : "",
	       finding->severity == POSTERN_SEVERITY_ERROR ? "error" :
	       "warning");
	tool_json_print_text(finding->file);
	printf(", \"line\": %u, \"column\": %u, \"width\": %u, \"message\": ",
	       finding->line, finding->column, finding->width);
	tool_json_print_text(finding->message);
	printf(", \"hint\": ");
	tool_json_print_text(finding->hint);
	printf("}");
}

static void print_findings(struct check *check,
			   const struct postern_diagnostics *diagnostics)
{
	struct postern_diagnostic finding;
	size_t i;

	if (!check->is_json) {
		tool_findings_print(diagnostics);
		return;
	}
	for (i = 0; postern_diagnostics_get(diagnostics, i, &finding) == 0; i++)
		print_json_finding(check, &finding);
}

/* A file that is in order is worth a word; for programs the status says it. */
static enum tool_status judge(const struct check *check, const char *file,
			      int result,
			      const struct postern_diagnostics *diagnostics)
{
	const char *what = file ? file : "policy";
	size_t warning_count;

	if (result < 0 || postern_diagnostics_error_count(diagnostics) > 0)
		return tool_error_findings(what, result, diagnostics);
	warning_count = postern_diagnostics_count(diagnostics);
	if (check->is_strict && warning_count > 0)
		return tool_error(what, "%zu warning%s, and --strict",
				  warning_count, warning_count == 1 ? "" : "s");
	if (!check->is_json)
		printf("%s: valid\n", what);
	return TOOL_DONE;
}

static enum tool_status check_one(struct check *check, const char *file)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	enum tool_status status;
	int result;

	options.file = file;
	options.flags = POSTERN_POLICY_WARN_ON_UNTRUSTED;
	if (check->assume_names)
		options.flags |= POSTERN_POLICY_ASSUME_NAMES;

	result = postern_diagnostics_new(&diagnostics);
	if (result < 0)
		return tool_error_result("policy", result, NULL);
	result = postern_policy_load(&options, diagnostics, &policy);
	print_findings(check, diagnostics);
	status = judge(check, file, result, diagnostics);
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return status;
}

static enum tool_status check_all(struct check *check, char **files)
{
	enum tool_status status = TOOL_DONE;

	if (!files[0])
		return check_one(check, check->policy_file) == TOOL_DONE ?
		       TOOL_DONE : TOOL_REFUSED;
	for (; *files; files++)
		if (check_one(check, *files) != TOOL_DONE)
			status = TOOL_REFUSED;
	return status;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct check check = {0};
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&check.policy_file),
		{.name = "strict", .flag = &check.is_strict,
		 .help = "a warning is an error"},
		{.name = "json", .flag = &check.is_json,
		 .help = "findings as a JSON array on standard output"},
		{.name = "assume-names", .flag = &check.assume_names,
		 .help = "unknown users and groups are a warning"},
	};
	enum tool_status status;
	char **files;

	files = tool_options_parse(command, options,
				   sizeof(options) / sizeof(options[0]), argc,
				   argv);
	if (files[0] && check.policy_file)
		return tool_misuse(command, "--policy and a FILE operand "
				   "exclude each other");
	if (check.is_json)
		printf("[");
	status = check_all(&check, files);
	if (check.is_json)
		printf("%s]\n", check.json_count > 0 ? "\n" : "");
	return status;
}

const struct tool_command tool_command_policy_check = {
	.name = "policy check",
	.operands = "[FILE]...",
	.operand_count_min = 0,
	.operand_count_max = 1 << 20,
	.summary = "check policy files and show what is wrong with them",
	.description =
		"Check each FILE on its own, or else the system's policy.\n",
	.run = run,
};
