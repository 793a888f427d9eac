/* SPDX-License-Identifier: ISC */
/*
 * postern policy diff, fmt, show: tools for authors of policies
 *
 * The only file of the tool that uses code that is not in the shared library:
 * authoring/ is linked statically and loads policies itself.  Only options,
 * numbers and texts pass between the two.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "authoring/authoring.h"
#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

static void print_diagnostics(struct pst_authoring_report *report)
{
	if (report->diagnostics)
		fputs(report->diagnostics, tool_error_stream());
	pst_authoring_report_done(report);
}

/* Print the diagnostics of a policy, and the failure if it cannot be used. */
static enum tool_status print_report(const char *what,
				     struct pst_authoring_report *report)
{
	print_diagnostics(report);
	if (report->result == 0)
		return TOOL_DONE;
	return tool_policy_failed(what, report->result, report->error_count);
}

static enum tool_status print_text(int result, char *text)
{
	if (result < 0)
		return tool_error_result("policy", result, NULL);
	fputs(text, stdout);
	free(text);
	return TOOL_DONE;
}

static uint32_t policy_flags(bool assume_names)
{
	return POSTERN_POLICY_WARN_ON_UNTRUSTED |
	       (assume_names ? POSTERN_POLICY_ASSUME_NAMES : 0);
}

/* -- policy diff ----------------------------------------------------------- */

/*
 * The exit status of diff(1): since 1 means a difference, a file that does not
 * load has another status.
 */
#define SAME TOOL_DONE
#define DIFFERENT TOOL_REFUSED
#define IN_TROUBLE TOOL_MISUSED

static enum tool_status run_diff(const struct tool_command *command, int argc,
				 char **argv)
{
	struct postern_policy_options sources[] = {
		POSTERN_POLICY_OPTIONS_INIT, POSTERN_POLICY_OPTIONS_INIT};
	bool assume_names = false;
	const struct tool_option options[] = {
		{.name = "assume-names", .flag = &assume_names,
		 .help = "unknown users and groups are a warning"},
		{0}
	};
	struct pst_authoring_report reports[2];
	enum tool_status status = SAME;
	uint32_t change_count = 0;
	char *text = NULL, **files;
	int result;
	size_t i;

	files = tool_options_parse(command, options, argc, argv);
	for (i = 0; i < 2; i++) {
		sources[i].file = files[i];
		sources[i].flags = policy_flags(assume_names);
	}
	result = pst_authoring_diff(&sources[0], &sources[1],
				    postern_features(), reports, &text,
				    &change_count);
	for (i = 0; i < 2; i++) {
		if (print_report(files[i], &reports[i]) != TOOL_DONE)
			status = IN_TROUBLE;
	}
	if (status != SAME || print_text(result, text) != TOOL_DONE)
		return IN_TROUBLE;
	return change_count > 0 ? DIFFERENT : SAME;
}

const struct tool_command tool_command_policy_diff = {
	.name = "policy diff",
	.operands = "OLD NEW",
	.summary = "show who gains, who loses and which limits change",
	.description =
		"Compare what the policies in the files OLD and NEW mean, "
		"whatever the order of\ntheir rules.  A line for each change "
		"begins with + (added, or more is allowed),\n- (removed, or "
		"less is allowed) or ~ (another value).  The exit status is 0 "
		"when\nnothing differs, 1 when something does, 2 when a file "
		"is invalid.\n",
	.run = run_diff,
};

/* -- policy fmt ------------------------------------------------------------ */

static enum tool_status format_text(const char *text, size_t text_bytes,
				    const char *file, uint32_t flags)
{
	struct pst_authoring_report report;
	char *formatted;
	int result;

	result = pst_authoring_format(text, text_bytes, file, flags, &report,
				      &formatted);
	print_diagnostics(&report);
	if (result == 0)
		return print_text(result, formatted);
	(void)tool_error_policy(file, result, report.error_count);
	return TOOL_BAD_POLICY;
}

static enum tool_status run_fmt(const struct tool_command *command, int argc,
				char **argv)
{
	bool is_numeric = false;
	const struct tool_option options[] = {
		{.name = "numeric", .flag = &is_numeric,
		 .help = "write users and groups as numbers"},
		{0}
	};
	enum tool_status status;
	const char *file;
	size_t text_bytes;
	char *text;

	file = *tool_options_parse(command, options, argc, argv);
	if (file && strcmp(file, "-") == 0)
		file = NULL;
	text = tool_file_read(file, &text_bytes);
	status = format_text(text, text_bytes, file ? file : "standard input",
			     is_numeric ? PST_AUTHORING_FORMAT_NUMERIC : 0);
	free(text);
	return status;
}

const struct tool_command tool_command_policy_fmt = {
	.name = "policy fmt",
	.operands = "[FILE]",
	.summary = "print a policy text in canonical form",
	.description =
		"Print FILE, or standard input, in canonical form: indentation "
		"and order of\nkeys; comments are kept.\n",
	.run = run_fmt,
};

/* -- policy show ----------------------------------------------------------- */

static enum tool_status run_show(const struct tool_command *command, int argc,
				 char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	bool assume_names = false;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		{.name = "assume-names", .flag = &assume_names,
		 .help = "unknown users and groups are a warning"},
		{0}
	};
	struct pst_authoring_report report;
	enum tool_status status;
	char *text;
	int result;

	tool_options_parse(command, options, argc, argv);
	source.flags = policy_flags(assume_names);
	result = pst_authoring_show(&source, postern_features(), &report,
				    &text);
	status = print_report(tool_policy_name(&source), &report);
	return status == TOOL_DONE ? print_text(result, text) : status;
}

const struct tool_command tool_command_policy_show = {
	.name = "policy show",
	.summary = "show the merged policy, each line with its origin",
	.description = "Show what all files of the policy add up to; each line "
		       "says where it comes from.\n",
	.run = run_show,
};
