/* SPDX-License-Identifier: ISC */
/*
 * This host's users and groups, as a policy asks for them
 */
#ifndef POSTERN_NODE_POLICY_NAMES_H
#define POSTERN_NODE_POLICY_NAMES_H

#include "base/attributes.h"
#include "os/name_table.h"
#include "policy/policy.h"

/*
 * Let host answer about names only, from a table that the caller frees once
 * the host is asked no more.  0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_names_init(struct pst_policy_host *ret_host,
			  struct pst_name_table **ret_names);

#endif
