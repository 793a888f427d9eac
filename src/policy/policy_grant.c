/* SPDX-License-Identifier: ISC */
/*
 * What rules add to a decision: see policy_grant.h
 */
#include "policy/policy_grant.h"

#include "policy/policy_limits.h"

static void raise_security(struct postern_decision *decision,
			   const struct pst_policy_security *security)
{
	if (security->location.line == 0 ||
	    security->minimum < decision->security)
		return;
	if (security->minimum == decision->security &&
	    decision->security_line != 0 &&
	    !pst_policy_location_is_before(
		    security->location.file, security->location.line,
		    decision->security_file, decision->security_line))
		return;
	decision->security = security->minimum;
	decision->security_line = security->location.line;
	decision->security_file = security->location.file;
}

void pst_policy_grant_add_allow(struct postern_decision *decision,
				const struct pst_policy_allow *allow)
{
	decision->directions |= allow->directions;
	decision->may_observe |= allow->may_observe;
	raise_security(decision, &allow->security);
	pst_policy_limits_restrict(decision->channel, allow->limits);
}

void pst_policy_grant_add_scope(struct postern_decision *decision,
				struct postern_policy_limit *scope_limits,
				const struct postern_policy_limit *limits)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (pst_policy_limit_is_per_channel(i))
			pst_policy_limit_restrict(i, &decision->channel[i],
						  &limits[i]);
		else
			scope_limits[i] = limits[i];
	}
}

void pst_policy_grant_add_tenant(struct postern_decision *decision,
				 const struct pst_policy_tenant *tenant)
{
	decision->tenant_name = tenant->name;
	decision->tenant_index = tenant->tenant_index;
	decision->tenant_weight = tenant->weight;
	raise_security(decision, &tenant->security);
	pst_policy_grant_add_scope(decision, decision->tenant, tenant->limits);
}

void pst_policy_grant_add_node(struct postern_decision *decision,
			       const struct pst_policy_node *node)
{
	raise_security(decision, &node->security);
	pst_policy_grant_add_scope(decision, decision->node, node->limits);
	pst_policy_grant_add_scope(decision, decision->process,
				   node->policy->limits);
	pst_policy_limits_complete(decision->channel);
}
