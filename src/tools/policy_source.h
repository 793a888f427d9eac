/* SPDX-License-Identifier: ISC */
/*
 * The policy that a subcommand works with
 *
 * Nearly every subcommand begins by loading one, and says the same things when
 * that fails: every finding, then one line that ends the matter.
 */
#ifndef POSTERN_TOOLS_POLICY_SOURCE_H
#define POSTERN_TOOLS_POLICY_SOURCE_H

#include <stdbool.h>

#include <postern/policy.h>

#include "tool.h"

/*
 * Load the policy of options->file, or of the system.  What is wrong with it is
 * printed to standard error, mere warnings only when show_warnings says so.
 * On TOOL_DONE *ret_policy is the caller's to free.
 */
enum tool_status tool_policy_load(const struct postern_policy_options *options,
				  bool show_warnings,
				  struct postern_policy **ret_policy);

/* Print every finding, in gcc's form, to standard error. */
void tool_findings_print(const struct postern_diagnostics *diagnostics);

/*
 * The line that ends a failure: how many errors were found, or, where there are
 * none, what the result says.
 */
enum tool_status
tool_error_findings(const char *what, int result,
		    const struct postern_diagnostics *diagnostics);

/*
 * The description of the node called name.  TOOL_DONE, or an error was printed.
 */
enum tool_status
tool_policy_find_node(const struct postern_policy *policy, const char *name,
		      struct postern_node_description *ret_description);

#endif
