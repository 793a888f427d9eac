/* SPDX-License-Identifier: ISC */
/*
 * Reading blocks: the functions of policy_read_*.c
 *
 * Errors of the policy are reported and recorded, and reading continues, so that
 * one run reports all of them.
 */
#ifndef POSTERN_POLICY_POLICY_READ_H
#define POSTERN_POLICY_POLICY_READ_H

#include "policy/policy_block.h"
#include "policy/policy_table.h"

/* Blocks of the top level: the object is not used. */
pst_policy_read_fn pst_policy_read_peer;
pst_policy_read_fn pst_policy_read_tenant;
pst_policy_read_fn pst_policy_read_node;
pst_policy_read_fn pst_policy_read_extension;

/* A peer of this name without lines, or NULL when memory is out. */
struct pst_policy_peer *
pst_policy_new_peer(struct pst_policy_builder *builder,
		    const struct pst_policy_word *name);

/* An `allow`, and a `deny` or `members`, at the end of a list: the field is its
 * tail.  The peers are found later. */
pst_policy_read_fn pst_policy_read_allow;
pst_policy_read_fn pst_policy_read_rule;

/* A struct pst_policy_security. */
pst_policy_read_fn pst_policy_read_security;

/* An array of POSTERN_LIMIT_CAPACITY; the block restricts those that are set.
 * The block that it is in decides which keys are valid. */
pst_policy_read_fn pst_policy_read_limits;

#endif
