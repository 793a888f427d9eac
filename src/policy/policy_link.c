/* SPDX-License-Identifier: ISC */
/*
 * Linking: names, extensions, and the facts about a node as a whole
 *
 * When everything is read, rules find their peers and extensions their nodes.
 * Lists are sorted by name, so that nothing depends on the order of files.  The
 * answers that other layers need again and again are computed once: which facts
 * a node looks at, and how large a ring it can grant.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_builder.h"
#include "policy/policy_grant.h"
#include "policy/policy_read.h"

/* The name of a peer that may be meant by an unknown one, or NULL. */
static const char *suggest_peer(struct pst_policy_builder *builder,
				const char *name)
{
	const struct pst_policy_peer *peer;
	const char *nearest = NULL;
	size_t cost;

	for (peer = builder->policy->peers; peer; peer = peer->next) {
		/* each is compared twice, with the name and the nearest */
		cost = 2 * strlen(name) * strlen(peer->name);
		if (cost > builder->suggestion_budget)
			return NULL;
		builder->suggestion_budget -= cost;
		pst_policy_suggest(name, peer->name, &nearest);
	}
	return nearest;
}

static void report_unknown_peer(struct pst_policy_builder *builder,
				const struct pst_policy_word *word)
{
	const char *nearest = NULL;
	char hint[120];

	/* The file that was not read may define it, and is reported. */
	if (builder->is_incomplete)
		return;
	if (!pst_policy_has_all_errors(builder, word->directive->source))
		nearest = suggest_peer(builder, word->text);
	if (nearest)
		(void)snprintf(hint, sizeof(hint), "did you mean '%s'?",
			       nearest); /* always fits */
	pst_policy_report(builder, word,
			  nearest ? hint
				  : "a peer is defined by 'peer NAME { }'",
			  "unknown peer '%s'", word->text);
}

/* Stands for a peer that is not defined: whether a process matches it is
 * unknown. */
static const struct pst_policy_peer *
new_unknown_peer(struct pst_policy_builder *builder,
		 const struct pst_policy_word *name)
{
	struct pst_policy_peer *peer = pst_policy_new_peer(builder, name);

	if (peer)
		peer->fault = *builder->block_fault ? *builder->block_fault
						    : builder->policy->fault;
	return peer;
}

static void link_rules(struct pst_policy_builder *builder,
		       struct pst_policy_rule *rule)
{
	const struct pst_policy_word *name;
	size_t i;

	for (; rule; rule = rule->next) {
		for (i = 0; i < rule->peer_count; i++) {
			name = &rule->directive->words[i + 1];
			rule->peers[i] = pst_policy_index_find(
				&builder->peer_index, name->text);
			if (rule->peers[i])
				continue;
			report_unknown_peer(builder, name);
			rule->peers[i] = new_unknown_peer(builder, name);
		}
	}
}

static void check_extender(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   const struct pst_policy_node *node)
{
	uint32_t uid = directive->source->owner_uid;

	if (uid != 0 && !pst_policy_is_owner(node, uid))
		pst_policy_report_as(
			builder,
			pst_policy_severity_of(
				builder, POSTERN_POLICY_WARN_ON_UNTRUSTED),
			&directive->words[2],
			"only a file of root may extend a node of another owner",
			"this file belongs to uid %u and not to the owner of "
			"node '%s'",
			uid, node->name);
}

/* Move the rules of an extension to the end of the lists of its node. */
static void merge_extension(struct pst_policy_node *node,
			    const struct pst_policy_node *content)
{
	if (content->allows) {
		*node->allow_tail = content->allows;
		node->allow_tail = content->allow_tail;
	}
	if (content->denies) {
		*node->deny_tail = content->denies;
		node->deny_tail = content->deny_tail;
	}
	if (content->requirements) {
		*node->requirement_tail = content->requirements;
		node->requirement_tail = content->requirement_tail;
	}
	pst_policy_limits_restrict(node->limits, content->limits);
	if (content->security.minimum > node->security.minimum)
		node->security = content->security;
}

static void link_extension(struct pst_policy_builder *builder,
			   const struct pst_policy_extension *extension)
{
	const struct pst_policy_word *name = &extension->directive->words[2];
	struct pst_policy_node *node;

	node = pst_policy_index_find(&builder->node_index, name->text);
	if (node) {
		(void)pst_policy_builder_enter(builder, &node->fault);
		check_extender(builder, extension->directive, node);
		merge_extension(node, &extension->content);
		if (!node->fault)
			node->fault = extension->content.fault;
	} else if (!builder->is_incomplete) {
		/* it may have been meant for any node, and may have a deny */
		pst_policy_report_in(
			builder, &builder->policy->fault, name,
			"'extend node' adds to a node that is defined elsewhere",
			"unknown node '%s'", name->text);
	}
}

static int compare_nodes(const void *left, const void *right)
{
	struct pst_policy_node *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

static int compare_tenants(const void *left, const void *right)
{
	struct pst_policy_tenant *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

/* Of two definitions the first in the order of reading stays: it is marked as
 * unusable. */
static size_t drop_duplicates(const struct pst_policy_builder *builder,
			      struct pst_policy_node **nodes, size_t count)
{
	size_t i, kept_count = 0;

	for (i = 0; i < count; i++)
		if (pst_policy_index_find(&builder->node_index,
					  nodes[i]->name) == nodes[i])
			nodes[kept_count++] = nodes[i];
	return kept_count;
}

static void sort_nodes(const struct pst_policy_builder *builder)
{
	struct postern_policy *policy = builder->policy;
	struct pst_policy_node *node, **tail;
	size_t i, count = 0;

	for (node = policy->nodes; node; node = node->next)
		count++;
	policy->node_at = pst_arena_new(&policy->arena, count,
					sizeof(policy->node_at[0]));
	if (!policy->node_at)
		return;
	for (i = 0, node = policy->nodes; node; node = node->next)
		policy->node_at[i++] = node;
	qsort(policy->node_at, count, sizeof(policy->node_at[0]),
	      compare_nodes);
	count = drop_duplicates(builder, policy->node_at, count);
	policy->node_count = count;

	for (i = 0, tail = &policy->nodes; i < count; i++) {
		*tail = policy->node_at[i];
		tail = &policy->node_at[i]->next;
	}
	*tail = NULL;
}

static void sort_tenants(struct postern_policy *policy)
{
	struct pst_policy_tenant *tenant, **tail;
	size_t i, count = 0;

	for (tenant = policy->tenants; tenant; tenant = tenant->next)
		count++;
	policy->tenant_at = pst_arena_new(&policy->arena, count,
					  sizeof(policy->tenant_at[0]));
	if (!policy->tenant_at)
		return;
	for (i = 0, tenant = policy->tenants; tenant; tenant = tenant->next)
		policy->tenant_at[i++] = tenant;
	qsort(policy->tenant_at, count, sizeof(policy->tenant_at[0]),
	      compare_tenants);
	policy->tenant_count = count;

	for (i = 0, tail = &policy->tenants; i < count; i++) {
		policy->tenant_at[i]->tenant_index = (uint32_t)i;
		*tail = policy->tenant_at[i];
		tail = &policy->tenant_at[i]->next;
	}
	*tail = NULL;
}

static void link_names(struct pst_policy_builder *builder)
{
	struct pst_policy_tenant *tenant;
	struct pst_policy_allow *allow;
	struct pst_policy_node *node;

	for (tenant = builder->policy->tenants; tenant; tenant = tenant->next) {
		(void)pst_policy_builder_enter(builder, &tenant->members_fault);
		link_rules(builder, tenant->members);
	}
	for (node = builder->policy->nodes; node; node = node->next) {
		(void)pst_policy_builder_enter(builder, &node->fault);
		link_rules(builder, node->denies);
		for (allow = node->allows; allow; allow = allow->next)
			link_rules(builder, &allow->rule);
	}
}

static uint32_t facts_of_rules(const struct pst_policy_rule *rule)
{
	uint32_t used = 0;
	size_t i;

	for (; rule; rule = rule->next) {
		for (i = 0; i < rule->peer_count; i++)
			used |= rule->peers[i]->facts_used;
	}
	return used;
}

/* Tenants too: their lines are matched with every process, to find its tenant. */
static void find_facts(struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;

	node->facts_used = facts_of_rules(node->denies) |
			   node->policy->tenant_facts_used;
	/* the rule of an allow is not in a list of rules */
	for (allow = node->allows; allow; allow = allow->next)
		node->facts_used |= facts_of_rules(&allow->rule);
}

/* A tenant only restricts limits, so tenants are left out. */
static void find_ceilings(struct pst_policy_node *node)
{
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY];
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next) {
		memcpy(limits, allow->limits, sizeof(limits));
		pst_policy_limits_restrict(limits, node->limits);
		pst_policy_limits_restrict(limits, node->policy->limits);
		pst_policy_limits_complete(limits);
		if (limits[POSTERN_LIMIT_RING].value > node->ring_ceiling_bytes)
			node->ring_ceiling_bytes =
				limits[POSTERN_LIMIT_RING].value;
		if (limits[POSTERN_LIMIT_MESSAGE].value >
		    node->message_ceiling_bytes)
			node->message_ceiling_bytes =
				limits[POSTERN_LIMIT_MESSAGE].value;
	}
}

static void link_tenants(struct postern_policy *policy)
{
	const struct pst_policy_tenant *tenant;

	for (tenant = policy->tenants; tenant; tenant = tenant->next)
		policy->tenant_facts_used |= facts_of_rules(tenant->members);
}

static void link_node(struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;
	const struct pst_policy_rule *rule;

	for (rule = node->denies; rule; rule = rule->next)
		node->deny_count++;
	for (allow = node->allows; allow; allow = allow->next)
		node->allow_count++;
	find_facts(node);
	find_ceilings(node);
}

void pst_policy_link(struct pst_policy_builder *builder)
{
	const struct pst_arena *arena = pst_policy_builder_arena(builder);
	const struct pst_policy_extension *extension;
	struct pst_policy_node *node;

	for (extension = builder->extensions; extension;
	     extension = extension->next)
		link_extension(builder, extension);
	link_names(builder);
	if (arena->has_failed)
		return;
	/* Where a text is missing no node can be opened, and every second
	 * message would follow from the first. */
	if (!builder->is_incomplete) {
		pst_policy_check(builder);
		if (builder->options.flags & POSTERN_POLICY_LINT)
			pst_policy_lint(builder);
	}

	sort_nodes(builder);
	sort_tenants(builder->policy);
	if (arena->has_failed)
		return;
	link_tenants(builder->policy);
	for (node = builder->policy->nodes; node; node = node->next)
		link_node(node);
	builder->policy->ordinal_count = builder->peer_count;
	pst_policy_link_faults(builder->policy);
}
