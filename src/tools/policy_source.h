/* SPDX-License-Identifier: ISC */
/*
 * The policy that a subcommand works with
 *
 * Most subcommands begin by loading one.  When that fails, they print every
 * diagnostic, and then one line that says that the policy cannot be used.
 */
#ifndef POSTERN_TOOLS_POLICY_SOURCE_H
#define POSTERN_TOOLS_POLICY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <postern/policy.h>

#include "tool.h"

/* Which diagnostics are printed when the policy loads. */
enum tool_policy_need {
	TOOL_POLICY_FOR_CLIENT, /* none */
	TOOL_POLICY_FOR_NODE    /* all */
};

/*
 * Load the policy of options->file, or of the system.  An error in it counts
 * when a node that it concerns is used.  Ends the process if the policy cannot
 * be loaded.
 */
struct postern_policy *
tool_policy_load(const struct postern_policy_options *options,
		 enum tool_policy_need need);

/*
 * The same without messages.  Returns the result of postern_policy_load().  The
 * diagnostics are NULL if there is no memory for them.
 */
int tool_policy_read(const struct postern_policy_options *options,
		     struct postern_diagnostics **ret_diagnostics,
		     struct postern_policy **ret_policy);

/* The file, or "policy" for the policy of the system. */
const char *tool_policy_name(const struct postern_policy_options *options);

bool tool_policy_find_node(const struct postern_policy *policy,
			   const char *name,
			   struct postern_node_description *ret_description);

/* Print the diagnostics of at least this severity, in gcc's form, to standard
 * error. */
void tool_diagnostics_print(const struct postern_diagnostics *diagnostics,
			    enum postern_severity least);

bool tool_diagnostics_contain(const struct postern_diagnostics *diagnostics,
			      const struct postern_diagnostic *diagnostic);

/* Print how many errors the policy has, or the result if it has none. */
enum tool_status tool_error_policy(const char *what, int result,
				   size_t error_count);

/* The same for a subcommand that needs the policy: the status is
 * TOOL_BAD_POLICY, except for a lack of resources. */
enum tool_status tool_policy_failed(const char *what, int result,
				    size_t error_count);

/*
 * The text of a file, or of standard input for NULL.  It may be unterminated,
 * and need not be trusted.  The caller frees it.  Ends the process if the file
 * cannot be read.
 */
char *tool_file_read(const char *path, size_t *ret_text_bytes);

#endif
