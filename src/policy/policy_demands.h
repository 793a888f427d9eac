/* SPDX-License-Identifier: ISC */
/*
 * What a node's policy demands of the layers that carry it out
 */
#ifndef POSTERN_POLICY_POLICY_DEMANDS_H
#define POSTERN_POLICY_POLICY_DEMANDS_H

#include "base/attributes.h"
#include "policy/policy_arena.h"
#include "policy/policy_table.h"

/* Write node->demands.  Returns 0 or -ENOMEM. */
PST_MUST_CHECK
int pst_policy_collect_demands(struct pst_policy_arena *arena,
			       struct pst_policy_node *node);

#endif
