/* SPDX-License-Identifier: ISC */
/*
 * postern policy fmt: the canonical form of a policy text
 *
 * A filter: what comes out means the same, comments included, and formatting it
 * again changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <postern/policy.h>

#include "errors.h"
#include "file_text.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

static enum tool_status format_text(const char *text, size_t text_bytes,
				    const char *file, uint32_t flags)
{
	struct postern_diagnostics *diagnostics;
	enum tool_status status = TOOL_DONE;
	char *formatted;
	int result;

	result = postern_diagnostics_new(&diagnostics);
	if (result < 0)
		return tool_error_result(file, result, NULL);
	result = postern_policy_format(text, text_bytes, file, flags,
				       diagnostics, &formatted);
	tool_findings_print(diagnostics);
	if (result < 0) {
		(void)tool_error_findings(file, result, diagnostics);
		status = TOOL_BAD_POLICY;
	} else {
		fputs(formatted, stdout);
		free(formatted);
	}
	postern_diagnostics_free(diagnostics);
	return status;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	bool is_numeric = false;
	const struct tool_option options[] = {
		{.name = "numeric", .flag = &is_numeric,
		 .help = "write users and groups as numbers"},
	};
	enum tool_status status;
	const char *file;
	size_t text_bytes;
	char *text;

	file = *tool_options_parse(command, options,
				   sizeof(options) / sizeof(options[0]), argc,
				   argv);
	if (file && strcmp(file, "-") == 0)
		file = NULL;
	status = tool_file_read(file, &text, &text_bytes);
	if (status != TOOL_DONE)
		return status;
	status = format_text(text, text_bytes, file ? file : "standard input",
			     is_numeric ? POSTERN_POLICY_FORMAT_NUMERIC : 0);
	free(text);
	return status;
}

const struct tool_command tool_command_policy_fmt = {
	.name = "policy fmt",
	.operands = "[FILE]",
	.operand_count_max = 1,
	.summary = "print a policy text in canonical form",
	.description =
		"Print FILE, or standard input, in canonical form: indentation "
		"and order of\nkeys; comments are kept.\n",
	.run = run,
};
