/* SPDX-License-Identifier: ISC */
/*
 * What a tenant is, before and after
 *
 * Whether a process is a member is found by all of the tenant's peers, whatever
 * peer the node admits it by, so all of its limits are compared here, those of
 * each channel too.
 */
#include "authoring/authoring_internal.h"

#include <inttypes.h>
#include <stdio.h>

static void diff_members(struct pst_policy_diff *diff,
			 const struct pst_policy_tenant *old_tenant,
			 const struct pst_policy_tenant *new_tenant)
{
	const struct pst_policy_rule *old_rule, *new_rule;
	const struct pst_policy_diff_peer *peer;
	size_t i;

	pst_policy_diff_read_tenants(diff, old_tenant, new_tenant);
	for (i = 0; i < diff->named_count; i++) {
		peer = diff->named[i];
		old_rule = pst_policy_diff_first_rule(
			&peer->sides[PST_POLICY_DIFF_OLD]);
		new_rule = pst_policy_diff_first_rule(
			&peer->sides[PST_POLICY_DIFF_NEW]);
		if (!old_rule == !new_rule)
			continue;
		pst_policy_diff_begin(diff, new_rule ? '+' : '-');
		pst_text_add_format(&diff->text, "member %s", peer->name);
		pst_policy_diff_end(diff, new_rule ? &new_rule->location
						   : &old_rule->location);
	}
}

static void diff_blocks(struct pst_policy_diff *diff,
			const struct pst_policy_tenant *old_tenant,
			const struct pst_policy_tenant *new_tenant)
{
	struct pst_policy_location old_place, new_place;
	char old_weight[16], new_weight[16];

	(void)snprintf(old_weight, sizeof(old_weight), "%" PRIu32,
		       old_tenant->weight); /* always fits */
	(void)snprintf(new_weight, sizeof(new_weight), "%" PRIu32,
		       new_tenant->weight); /* always fits */
	old_place =
		pst_policy_diff_place_of_key(old_tenant->directive, "weight");
	new_place =
		pst_policy_diff_place_of_key(new_tenant->directive, "weight");
	pst_policy_diff_value(diff, "weight", old_weight, new_weight,
			      &old_place, &new_place);
	pst_policy_diff_security(diff, &old_tenant->security,
				 &new_tenant->security);
	pst_policy_diff_limits(diff, old_tenant->limits, new_tenant->limits);
}

static void add_tenant(struct pst_policy_diff *diff, char sign,
		       const char *words,
		       const struct pst_policy_tenant *tenant)
{
	pst_policy_diff_begin(diff, sign);
	pst_text_add_format(&diff->text, "%s: weight %" PRIu32, words,
			    tenant->weight);
	pst_policy_diff_list_security(diff, tenant->security.minimum);
	pst_policy_diff_list_limits(diff, tenant->limits);
	pst_policy_diff_end(diff, &tenant->location);
}

void pst_policy_diff_tenant(struct pst_policy_diff *diff,
			    const struct pst_policy_tenant *old_tenant,
			    const struct pst_policy_tenant *new_tenant)
{
	pst_policy_diff_enter(diff, "tenant",
			      old_tenant ? old_tenant->name : new_tenant->name);
	if (!old_tenant)
		add_tenant(diff, '+', "added", new_tenant);
	else if (!new_tenant)
		add_tenant(diff, '-', "removed", old_tenant);
	else
		diff_blocks(diff, old_tenant, new_tenant);
	diff_members(diff, old_tenant, new_tenant);
}
