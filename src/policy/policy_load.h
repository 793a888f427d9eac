/* SPDX-License-Identifier: ISC */
/*
 * Loading policy files: from directories, drop-ins and names to one table
 *
 * Trusted files are read whole and given to the builder, which asks for names,
 * processes and key files of this host.  policy_load.c is the only file of this
 * layer that makes system calls.
 */
#ifndef POSTERN_POLICY_POLICY_LOAD_H
#define POSTERN_POLICY_POLICY_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "policy/policy.h"
#include "policy/policy_host.h"

struct pst_name_table;

/*
 * Load the files that the options name.  features are the POSTERN_FEATURE_* bits
 * of this host.  Returns 0 (also with has_errors), -EINVAL (the one file
 * that the options name cannot be read or parsed, and diagnostics has an
 * error), -ENOMEM, -EMFILE, -ENFILE or another -errno.
 */
PST_MUST_CHECK
int pst_policy_load(const struct postern_policy_options *options,
		    uint32_t features, struct postern_diagnostics *diagnostics,
		    struct postern_policy **ret_policy);

/* Would a file of this name be read in a directory of policy files? */
bool pst_policy_is_file_name(const char *name);

/*
 * Let host answer about users and groups of this host only, from a table that
 * the caller frees after the last question.  0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_host_init_names(struct pst_policy_host *ret_host,
			       struct pst_name_table **ret_names);

#endif
