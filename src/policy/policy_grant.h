/* SPDX-License-Identifier: ISC */
/*
 * What rules add to a decision
 *
 * Grants are combined and limits restrict: how an allow, a tenant, a node and
 * the top level make one grant.  The decision calls these functions for a
 * process, the comparison of two policies for the name of a peer.  Only this
 * module knows which of two values of a limit is the stricter.  Pure.
 */
#ifndef POSTERN_POLICY_POLICY_GRANT_H
#define POSTERN_POLICY_POLICY_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "policy/policy_table.h"

/* Restrict each of POSTERN_LIMIT_CAPACITY limits by others that apply too; one
 * that is unset changes nothing.  Of equals the first by file and line stays, so
 * order never matters. */
void pst_policy_limits_restrict(struct postern_policy_limit *limits,
				const struct postern_policy_limit *others);

/*
 * Complete the limits of one channel: limits that are unset get their built-in
 * value, and the message is restricted to the largest that fits the ring.
 */
void pst_policy_limits_complete(struct postern_policy_limit *limits);

/* Whether a is before b by name and line; ties in favour of neither. */
bool pst_policy_location_is_before(const struct pst_policy_location *a,
				   const struct pst_policy_location *b);

/* Directions and observing are combined, security rises, limits of each channel
 * restrict. */
void pst_policy_grant_add_allow(struct postern_decision *decision,
				const struct pst_policy_allow *allow);

void pst_policy_grant_add_tenant(struct postern_decision *decision,
				 const struct pst_policy_tenant *tenant);

/* The node and the top level; then limits that are unset get built-in values. */
void pst_policy_grant_add_node(struct postern_decision *decision,
			       const struct pst_policy_node *node);

/* Add the limits of a scope: those of each channel restrict the channel's, the
 * others stay limits of the scope.  All are arrays of POSTERN_LIMIT_CAPACITY. */
void pst_policy_grant_add_scope(struct postern_decision *decision,
				struct postern_policy_limit *scope_limits,
				const struct postern_policy_limit *limits);

#endif
