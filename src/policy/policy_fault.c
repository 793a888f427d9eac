/* SPDX-License-Identifier: ISC */
/*
 * Blocks that an error makes unusable
 *
 * An error inside a block concerns the nodes that depend on the block.
 * Dropping a line must not allow or loosen anything: a node is unusable as a
 * whole if one of its denies or allows has an error, or if a process could
 * escape the limits of its tenant.  An error outside of the blocks makes every
 * node unusable.
 *
 * A node depends on the peers that it names, and on each tenant that a process
 * which it allows may be a member of.  Only lines that hold one value for each
 * process (user, label, key, pid, unit, exe) prove that it cannot be a member.
 */
#include <string.h>

#include "policy/policy_builder.h"
#include "policy/policy_label.h"
#include "policy/policy_table.h"

/* Could one process have both values? */
static bool may_be_equal(enum pst_policy_line_key key,
			 const struct pst_policy_value *a,
			 const struct pst_policy_value *b)
{
	if (a->state != PST_POLICY_VALUE_EXACT ||
	    b->state != PST_POLICY_VALUE_EXACT)
		return true;
	switch (key) {
	case PST_POLICY_LINE_USER:
	case PST_POLICY_LINE_PID:
		return a->number == b->number;
	case PST_POLICY_LINE_KEY:
		return memcmp(a->key, b->key, sizeof(a->key)) == 0;
	case PST_POLICY_LINE_LABEL:
		/* a process with a stack has several */
		return strcmp(a->text, b->text) == 0 ||
		       pst_policy_label_is_stack(a->text) ||
		       pst_policy_label_is_stack(b->text);
	case PST_POLICY_LINE_UNIT:
	case PST_POLICY_LINE_EXE:
		return strcmp(a->text, b->text) == 0;
	case PST_POLICY_LINE_GROUP:
	case PST_POLICY_LINE_CGROUP:
	case PST_POLICY_LINE_USERNS:
	default:
		return true;
	}
}

static bool may_both_match(const struct pst_policy_line *a,
			   const struct pst_policy_line *b)
{
	size_t i, j;

	if (a->key != b->key)
		return true;
	for (i = 0; i < a->value_count; i++)
		for (j = 0; j < b->value_count; j++)
			if (may_be_equal(a->key, &a->values[i], &b->values[j]))
				return true;
	return false;
}

/*
 * How many lines may be compared to find the nodes of faulty tenants.  Beyond
 * that every node with an allow counts as one of them: a large policy with an
 * error takes no long search, and no node opens that should not.
 */
#define COMPARISON_BUDGET 1000000u

/* The faulty tenants, most often none, and the comparisons that are left. */
struct search {
	const struct pst_policy_tenant **tenants;
	size_t tenant_count;
	size_t budget;
};

/* Could one process be both peers? */
static bool may_overlap(struct search *search, const struct pst_policy_peer *a,
			const struct pst_policy_peer *b)
{
	const struct pst_policy_line *a_line, *b_line;

	for (a_line = a->lines; a_line; a_line = a_line->next) {
		for (b_line = b->lines; b_line; b_line = b_line->next) {
			/* values with values */
			const size_t cost = 1 + a_line->value_count *
							b_line->value_count;

			if (cost > search->budget) {
				search->budget = 0;
				return true;
			}
			search->budget -= cost;
			if (!may_both_match(a_line, b_line))
				return false;
		}
	}
	return true;
}

static bool may_be_member(struct search *search,
			  const struct pst_policy_tenant *tenant,
			  const struct pst_policy_peer *peer)
{
	const struct pst_policy_rule *rule;
	size_t i;

	for (rule = tenant->members; rule; rule = rule->next)
		for (i = 0; i < rule->peer_count; i++)
			if (may_overlap(search, rule->peers[i], peer))
				return true;
	return false;
}

static bool depends_on(struct search *search, const struct pst_policy_node *node,
		       const struct pst_policy_tenant *tenant)
{
	const struct pst_policy_allow *allow;
	size_t i;

	if (tenant->members_fault)
		return node->allows != NULL;
	for (allow = node->allows; allow; allow = allow->next)
		for (i = 0; i < allow->rule.peer_count; i++)
			if (may_be_member(search, tenant,
					  allow->rule.peers[i]))
				return true;
	return false;
}

/* Of the peers of a list of rules. */
static const struct pst_policy_fault *
fault_of_rules(const struct pst_policy_rule *rule)
{
	size_t i;

	for (; rule; rule = rule->next)
		for (i = 0; i < rule->peer_count; i++)
			if (rule->peers[i]->fault)
				return rule->peers[i]->fault;
	return NULL;
}

static const struct pst_policy_fault *
fault_of_tenants(struct search *search, const struct pst_policy_node *node)
{
	size_t i;

	if (!node->allows)
		return NULL;
	for (i = 0; i < search->tenant_count; i++)
		if (depends_on(search, node, search->tenants[i]))
			return search->tenants[i]->fault;
	return NULL;
}

static void link_node(struct search *search, struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;

	if (!node->connect_fault)
		node->connect_fault = node->directive->source->fault;
	if (node->connect_fault)
		node->fault = node->connect_fault;
	if (!node->fault)
		node->fault = fault_of_rules(node->denies);
	/* the rule of an allow is a list of its own */
	for (allow = node->allows; allow && !node->fault; allow = allow->next)
		node->fault = fault_of_rules(&allow->rule);
	if (!node->fault)
		node->fault = fault_of_tenants(search, node);
	if (!node->fault)
		node->fault = node->policy->fault;
}

void pst_policy_link_faults(struct postern_policy *policy)
{
	struct search search = {.budget = COMPARISON_BUDGET};
	struct pst_policy_tenant *tenant;
	struct pst_policy_node *node;

	search.tenants = pst_arena_new(&policy->arena, policy->tenant_count,
				       sizeof(search.tenants[0]));
	if (!search.tenants)
		return;
	for (tenant = policy->tenants; tenant; tenant = tenant->next) {
		if (!tenant->members_fault)
			tenant->members_fault = fault_of_rules(tenant->members);
		if (!tenant->fault)
			tenant->fault = tenant->members_fault;
		if (tenant->fault)
			search.tenants[search.tenant_count++] = tenant;
	}
	for (node = policy->nodes; node; node = node->next)
		link_node(&search, node);
}
