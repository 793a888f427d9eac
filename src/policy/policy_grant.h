/* SPDX-License-Identifier: ISC */
/*
 * What rules add to a decision
 *
 * Grants add up, limits squeeze: how an allow, a tenant, a node and the top
 * level make one grant, whoever found out that they apply.  The decision asks
 * that for a process, the comparison of two policies for a peer's name.  Pure.
 */
#ifndef POSTERN_POLICY_POLICY_GRANT_H
#define POSTERN_POLICY_POLICY_GRANT_H

#include <postern/policy.h>

#include "policy/policy_table.h"

/* Directions and observing join, security rises, each channel is squeezed. */
void pst_policy_grant_add_allow(struct postern_decision *decision,
				const struct pst_policy_allow *allow);

void pst_policy_grant_add_tenant(struct postern_decision *decision,
				 const struct pst_policy_tenant *tenant);

/* The node and the top level; what nothing limits gets its built-in bounds. */
void pst_policy_grant_add_node(struct postern_decision *decision,
			       const struct pst_policy_node *node);

/* A scope's limits: what bounds each channel joins the channel's, the others
 * stay the scope's own.  All are arrays of POSTERN_LIMIT_ROOM. */
void pst_policy_grant_add_scope(struct postern_decision *decision,
				struct postern_policy_limit *scope_limits,
				const struct postern_policy_limit *limits);

#endif
