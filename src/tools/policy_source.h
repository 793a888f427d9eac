/* SPDX-License-Identifier: ISC */
/*
 * The policy that a subcommand works with
 *
 * Nearly every subcommand begins by loading one, and says the same things when
 * that fails: every finding, then one line that ends the matter.
 */
#ifndef POSTERN_TOOLS_POLICY_SOURCE_H
#define POSTERN_TOOLS_POLICY_SOURCE_H

#include <postern/policy.h>

#include "tool.h"

/* How much of the policy a subcommand needs, and which findings it prints. */
enum tool_policy_need {
	/* One node: an error counts when the node is used.  Prints nothing when
	 * the policy loads. */
	TOOL_POLICY_FOR_CLIENT,
	/* The same, and prints every finding. */
	TOOL_POLICY_FOR_NODE,
	/* All of it: prints every finding, and any error is a failure. */
	TOOL_POLICY_WHOLE
};

/*
 * Load the policy of options->file, or of the system.  Findings are printed to
 * standard error, all of them when it fails.  On TOOL_DONE *ret_policy is the
 * caller's to free.
 */
enum tool_status tool_policy_load(const struct postern_policy_options *options,
				  enum tool_policy_need need,
				  struct postern_policy **ret_policy);

/* Print every finding, in gcc's form, to standard error; or the errors only. */
void tool_findings_print(const struct postern_diagnostics *diagnostics);
void tool_findings_print_errors(const struct postern_diagnostics *diagnostics);

/*
 * The line that ends a failure: how many errors were found, or, where there are
 * none, what the result says.
 */
enum tool_status
tool_error_findings(const char *what, int result, size_t error_count);

/* The same for a subcommand that cannot do without the policy: the status is
 * TOOL_BAD_POLICY, but for a lack of resources. */
enum tool_status
tool_policy_failed(const char *what, int result, size_t error_count);

/*
 * The description of the node called name.  TOOL_DONE, or an error was printed.
 */
enum tool_status
tool_policy_find_node(const struct postern_policy *policy, const char *name,
		      struct postern_node_description *ret_description);

#endif
