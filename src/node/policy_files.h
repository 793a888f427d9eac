/* SPDX-License-Identifier: ISC */
/*
 * Policy files: from directories, drop-ins and names to one table
 */
#ifndef POSTERN_NODE_POLICY_FILES_H
#define POSTERN_NODE_POLICY_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "policy/policy.h"

/*
 * Load what the options say; findings go to diagnostics.  Returns 0 (see
 * pst_policy_has_errors()), -EINVAL (the one file that the options name cannot
 * be read or parsed, and diagnostics has an error), -ENOMEM, -EMFILE, -ENFILE
 * or another -errno.
 */
PST_MUST_CHECK
int pst_policy_files_load(const struct postern_policy_options *options,
			  struct postern_diagnostics *diagnostics,
			  struct postern_policy **ret_policy);

/* Would a file of this name be read in a directory of policy files? */
bool pst_policy_files_is_name(const char *name);

#endif
