/* SPDX-License-Identifier: ISC */
/*
 * Reading blocks: the functions of policy_read_*.c
 *
 * They only fail with -ENOMEM.  Errors of the policy are reported and recorded,
 * and reading continues, so that one run reports all of them.
 */
#ifndef POSTERN_POLICY_POLICY_READ_H
#define POSTERN_POLICY_POLICY_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "policy/policy_block.h"
#include "policy/policy_table.h"

/* Blocks of the top level: the object is not used. */
pst_policy_read_fn pst_policy_read_peer;
pst_policy_read_fn pst_policy_read_tenant;
pst_policy_read_fn pst_policy_read_node;
pst_policy_read_fn pst_policy_read_extension;

PST_MUST_CHECK
int pst_policy_read_allow(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  struct pst_policy_allow *allow);

/* A `deny` or `members` at the end of a list; its peers are found later. */
PST_MUST_CHECK
int pst_policy_read_rule(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 struct pst_policy_rule ***rule_tail);
PST_MUST_CHECK
int pst_policy_read_security(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     struct pst_policy_security *security);

/* The block that a `limits` block is in decides which keys are valid. */
enum pst_policy_scope {
	PST_POLICY_SCOPE_ALLOW,
	PST_POLICY_SCOPE_TENANT,
	PST_POLICY_SCOPE_NODE,
	PST_POLICY_SCOPE_PROCESS
};

/* limits are POSTERN_LIMIT_ROOM; the block restricts those that are set. */
PST_MUST_CHECK
int pst_policy_read_limits(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   enum pst_policy_scope scope,
			   struct postern_policy_limit *limits);

#endif
