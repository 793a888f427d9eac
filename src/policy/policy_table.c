/* SPDX-License-Identifier: ISC */
/*
 * Lifetime and accessors of the table
 *
 * The reference count is an object of its own, so that a const table can be
 * shared: each holder of a reference may read, and none may write.
 */
#include "policy/policy_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/refcount.h"

struct pst_policy_count {
	struct pst_refcount references;
	struct postern_policy *policy;
};

struct postern_policy *pst_policy_table_new(void)
{
	struct postern_policy *policy = calloc(1, sizeof(*policy));
	struct pst_policy_count *count = calloc(1, sizeof(*count));

	if (!policy || !count) {
		free(policy);
		free(count);
		return NULL;
	}
	pst_refcount_init(&count->references);
	count->policy = policy;
	policy->count = count;
	return policy;
}

static void forget_rule_directives(struct pst_policy_rule *rule)
{
	for (; rule; rule = rule->next)
		rule->directive = NULL;
}

void pst_policy_table_free_directives(struct postern_policy *policy)
{
	struct pst_policy_requirement *requirement;
	struct pst_policy_tenant *tenant;
	struct pst_policy_allow *allow;
	struct pst_policy_node *node;
	struct pst_policy_peer *peer;

	for (peer = policy->peers; peer; peer = peer->next)
		peer->directive = NULL;
	for (tenant = policy->tenants; tenant; tenant = tenant->next) {
		tenant->directive = NULL;
		forget_rule_directives(tenant->members);
	}
	for (node = policy->nodes; node; node = node->next) {
		node->directive = NULL;
		for (allow = node->allows; allow; allow = allow->next)
			allow->rule.directive = NULL;
		forget_rule_directives(node->denies);
		for (requirement = node->requirements; requirement;
		     requirement = requirement->next)
			requirement->directive = NULL;
	}
	pst_arena_done(&policy->directive_arena);
}

const struct postern_policy *pst_policy_ref(const struct postern_policy *policy)
{
	if (policy)
		pst_refcount_ref(&policy->count->references);
	return policy;
}

const struct postern_policy *
pst_policy_unref(const struct postern_policy *policy)
{
	struct pst_policy_count *count;

	if (!policy)
		return NULL;
	count = policy->count;
	if (pst_refcount_unref(&count->references)) {
		pst_arena_done(&count->policy->arena);
		pst_arena_done(&count->policy->directive_arena);
		free(count->policy);
		free(count);
	}
	return NULL;
}

const struct pst_policy_node *
pst_policy_node_at(const struct postern_policy *policy, size_t node_index)
{
	return node_index < policy->node_count ? policy->node_at[node_index]
					       : NULL;
}

void pst_policy_describe_node(const struct pst_policy_node *node,
			      struct postern_node_description *ret_description)
{
	*ret_description = (struct postern_node_description){
		.size_bytes = sizeof(*ret_description),
		.name = node->name,
		.socket_path = node->socket_path ? node->socket_path : "",
		.file = node->location.file,
		.line = node->location.line,
		.owner_fact = node->owner_fact,
		.owner_uid = node->owner_uid,
		.socket_mode = node->socket_mode,
		.socket_group_fact = node->socket_group_fact,
		.socket_gid = node->socket_gid,
		.security = node->security.minimum,
		.slot_count = node->slot_count,
		.audit = node->audit,
		.allow_count = (uint32_t)node->allow_count,
		.deny_count = (uint32_t)node->deny_count,
		.error = node->fault ? node->fault->text : NULL,
		.connect_error = node->connect_fault ? node->connect_fault->text
						     : NULL,
	};
}

const struct pst_policy_requirement *
pst_policy_find_unmet(const struct pst_policy_node *node, uint32_t features)
{
	const struct pst_policy_requirement *requirement = node->requirements;

	while (requirement && (requirement->features & ~features) == 0)
		requirement = requirement->next;
	return requirement;
}

bool pst_policy_demands_security(const struct pst_policy_node *node)
{
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_allow *allow;

	if (node->security.minimum > POSTERN_SECURITY_NONE)
		return true;
	for (allow = node->allows; allow; allow = allow->next)
		if (allow->security.minimum > POSTERN_SECURITY_NONE)
			return true;
	for (tenant = node->policy->tenants; tenant; tenant = tenant->next)
		if (tenant->security.minimum > POSTERN_SECURITY_NONE)
			return true;
	return false;
}

const struct postern_policy_limit *
pst_policy_allow_limits(const struct pst_policy_node *node, size_t allow_index)
{
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next) {
		if (allow_index-- == 0)
			return allow->limits;
	}
	return NULL;
}
