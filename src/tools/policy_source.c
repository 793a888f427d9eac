/* SPDX-License-Identifier: ISC */
/*
 * The policy that a subcommand works with
 */
#include "policy_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

/* One byte more than a policy file may have: the parser reports the excess. */
#define TEXT_BYTES_MAX ((1u << 20) + 1)

void tool_diagnostics_print(const struct postern_diagnostics *diagnostics,
			    enum postern_severity least)
{
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	char *text;
	size_t i;
	int result;

	for (i = 0; postern_diagnostics_at(diagnostics, i, &diagnostic) == 0;
	     i++) {
		if (diagnostic.severity < least)
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

bool tool_diagnostics_contain(const struct postern_diagnostics *diagnostics,
			      const struct postern_diagnostic *diagnostic)
{
	struct postern_diagnostic other = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	for (i = 0; postern_diagnostics_at(diagnostics, i, &other) == 0; i++)
		if (other.severity == diagnostic->severity &&
		    other.line == diagnostic->line &&
		    other.column == diagnostic->column &&
		    strcmp(other.file, diagnostic->file) == 0 &&
		    strcmp(other.message, diagnostic->message) == 0)
			return true;
	return false;
}

enum tool_status tool_error_policy(const char *what, int result,
				   size_t error_count)
{
	if (error_count == 0)
		return tool_error_result(what, result, NULL);
	return tool_error(TOOL_REFUSED, what, "%zu error%s in the policy",
			  error_count, error_count == 1 ? "" : "s");
}

enum tool_status tool_policy_failed(const char *what, int result,
				    size_t error_count)
{
	enum tool_status status;

	status = tool_error_policy(what, result, error_count);
	/* A lack of resources says nothing about the policy. */
	return status == TOOL_BUSY ? status : TOOL_BAD_POLICY;
}

const char *tool_policy_name(const struct postern_policy_options *options)
{
	return options->file ? options->file : "policy";
}

int tool_policy_read(const struct postern_policy_options *options,
		     struct postern_diagnostics **ret_diagnostics,
		     struct postern_policy **ret_policy)
{
	int result;

	*ret_diagnostics = NULL;
	*ret_policy = NULL;
	result = postern_diagnostics_new(ret_diagnostics);
	return result < 0 ? result :
	       postern_policy_load(options, *ret_diagnostics, ret_policy);
}

struct postern_policy *
tool_policy_load(const struct postern_policy_options *options,
		 enum tool_policy_need need)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	int result;

	result = tool_policy_read(options, &diagnostics, &policy);
	if (result < 0 || need != TOOL_POLICY_FOR_CLIENT)
		tool_diagnostics_print(diagnostics, POSTERN_SEVERITY_WARNING);
	if (result < 0)
		tool_exit(tool_policy_failed(
			tool_policy_name(options), result,
			postern_diagnostics_error_count(diagnostics)));
	postern_diagnostics_free(diagnostics);
	return policy;
}

bool tool_policy_find_node(const struct postern_policy *policy,
			   const char *name,
			   struct postern_node_description *ret_description)
{
	size_t i;

	*ret_description =
		(struct postern_node_description)POSTERN_NODE_DESCRIPTION_INIT;
	for (i = 0; postern_policy_node_at(policy, i, ret_description) == 0;
	     i++)
		if (strcmp(ret_description->name, name) == 0)
			return true;
	return false;
}

char *tool_file_read(const char *path, size_t *ret_text_bytes)
{
	const char *what = path ? path : "standard input";
	FILE *stream = path ? fopen(path, "re") : stdin;
	char *text;

	if (!stream)
		tool_fail(TOOL_BAD_INPUT, what, "%s", strerror(errno));
	text = malloc(TEXT_BYTES_MAX);
	if (!text)
		tool_fail_system(what, ENOMEM);
	*ret_text_bytes = fread(text, 1, TEXT_BYTES_MAX, stream);
	if (ferror(stream))
		tool_fail(TOOL_BAD_INPUT, what, "%s", strerror(errno));
	if (path)
		fclose(stream);
	return text;
}
