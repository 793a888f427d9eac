/* SPDX-License-Identifier: ISC */
/*
 * What changes from one policy to another
 *
 * Not what was written differently: who gains, who loses, which limits change.
 * Everything is compared as a set, by name, so the order of rules and files
 * never shows.  Names are enough: a decision is put together from what the
 * rules say of the peers that a process matches, so where no name's part
 * changes, and no name's meaning, no decision does.
 */
#include "authoring/authoring_internal.h"

#include <string.h>

#include "policy/policy.h"
#include "policy/policy_grant.h"

/* Which of two sorted lists goes on: both when the names are equal. */
static int order_of(const char *old_name, const char *new_name)
{
	if (!old_name)
		return 1;
	return new_name ? strcmp(old_name, new_name) : -1;
}

static void diff_nodes(struct pst_policy_diff *diff)
{
	const struct pst_policy_node *old_node = diff->policies[PST_POLICY_DIFF_OLD]->nodes;
	const struct pst_policy_node *new_node = diff->policies[PST_POLICY_DIFF_NEW]->nodes;
	int order;

	while (old_node || new_node) {
		order = order_of(old_node ? old_node->name : NULL,
				 new_node ? new_node->name : NULL);
		pst_policy_diff_node(diff, order <= 0 ? old_node : NULL,
				     order >= 0 ? new_node : NULL);
		if (order <= 0)
			old_node = old_node->next;
		if (order >= 0)
			new_node = new_node->next;
	}
}

static void diff_tenants(struct pst_policy_diff *diff)
{
	const struct pst_policy_tenant *old_tenant = diff->policies[PST_POLICY_DIFF_OLD]->tenants;
	const struct pst_policy_tenant *new_tenant = diff->policies[PST_POLICY_DIFF_NEW]->tenants;
	int order;

	while (old_tenant || new_tenant) {
		order = order_of(old_tenant ? old_tenant->name : NULL,
				 new_tenant ? new_tenant->name : NULL);
		pst_policy_diff_tenant(diff, order <= 0 ? old_tenant : NULL,
				       order >= 0 ? new_tenant : NULL);
		if (order <= 0)
			old_tenant = old_tenant->next;
		if (order >= 0)
			new_tenant = new_tenant->next;
	}
}

/* As with a node: what bounds each channel is compared with the peers. */
static void diff_top_level(struct pst_policy_diff *diff)
{
	struct postern_decision old_sums = {0}, new_sums = {0};

	pst_policy_grant_add_scope(&old_sums, old_sums.process,
				   diff->policies[PST_POLICY_DIFF_OLD]->limits);
	pst_policy_grant_add_scope(&new_sums, new_sums.process,
				   diff->policies[PST_POLICY_DIFF_NEW]->limits);
	pst_policy_diff_enter(diff, "limits", NULL);
	pst_policy_diff_limits(diff, old_sums.process, new_sums.process);
}

int pst_policy_diff(const struct postern_policy *old_policy,
		    const struct postern_policy *new_policy, char **ret_text,
		    uint32_t *ret_change_count)
{
	struct pst_policy_diff diff = {
		.policies = {old_policy, new_policy},
	};
	size_t i;
	int r;

	r = pst_policy_diff_rules_init(&diff);
	if (r < 0) {
		pst_policy_diff_rules_done(&diff);
		return r;
	}
	diff_nodes(&diff);
	diff_tenants(&diff);
	for (i = 0; i < diff.peer_count; i++)
		pst_policy_diff_peer_lines(&diff, &diff.peers[i]);
	diff_top_level(&diff);
	pst_policy_diff_rules_done(&diff);

	if (diff.change_count == 0)
		pst_text_add_string(&diff.text, "no difference\n");
	r = pst_text_take(&diff.text, ret_text);
	if (r < 0)
		return r;
	*ret_change_count = diff.change_count;
	return 0;
}
