/* SPDX-License-Identifier: ISC */
/*
 * One node as a whole
 *
 * A node's rules stand in its own block and in extensions, about peers that
 * stand elsewhere.  Here they are judged together, and what the other layers
 * will ask of a node again and again is found once: which facts it looks at,
 * and how large a ring it can give.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_builder.h"
#include "policy/policy_grant.h"
#include "policy/policy_label.h"

#define ADVISORY_FACTS                                             \
	(PST_POLICY_FACT_UNIT | PST_POLICY_FACT_CGROUP |           \
	 PST_POLICY_FACT_EXE | PST_POLICY_FACT_USERNS)

static bool uses(const struct pst_policy_peer *peer, uint32_t facts)
{
	return (peer->facts_used & facts) != 0;
}

/* A process can change what an advisory line looks at, and so slip out. */
static int check_denied_peer(struct pst_policy_builder *builder,
			     const struct pst_policy_rule *rule, uint32_t index)
{
	const struct pst_policy_peer *peer = rule->peers[index];
	const struct pst_policy_line *line;
	char hint[300] = "";

	if (!uses(peer, ADVISORY_FACTS))
		return 0;
	if (!pst_policy_has_all_errors(builder, rule->directive->source)) {
		for (line = peer->lines; line->key <= PST_POLICY_LINE_PID;)
			line = line->next;
		(void)snprintf(hint, sizeof(hint),
			       "'%s' at %s:%u:%u: a process can change that",
			       line->words, line->location.file,
			       line->location.line,
			       line->location.column); /* cut when too long */
	}
	return pst_policy_report_word(
		builder, rule->directive, index + 1, hint,
		"deny of peer '%s', which has an advisory line", peer->name);
}

static int check_deny(struct pst_policy_builder *builder,
		      const struct pst_policy_node *node,
		      const struct pst_policy_rule *rule)
{
	uint32_t i;
	int r;

	for (i = 0; i < rule->peer_count; i++) {
		r = check_denied_peer(builder, rule, i);
		if (r < 0)
			return r;
		if (node->keys || node->has_errors ||
		    !uses(rule->peers[i], PST_POLICY_FACT_KEY))
			continue;
		r = pst_policy_report_word_as(
			builder, POSTERN_SEVERITY_WARNING,
			rule->directive, i + 1,
			"nobody can prove a key to a node that has none",
			"deny of peer '%s' by key never matches",
			rule->peers[i]->name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The key that the node lacks may be in the wrong block, and so any node's. */
static int report_keyless(struct pst_policy_builder *builder,
			  const struct pst_policy_node *node,
			  const struct pst_policy_rule *rule, uint32_t index)
{
	const struct pst_policy_fault **before = pst_policy_builder_enter(
		builder, &builder->policy->fault);
	int r;

	r = pst_policy_report_word(
		builder, rule->directive, index + 1,
		"nobody can prove a key to a node that has none: "
		"give the node a 'key'",
		"peer '%s' has a key, node '%s' has none",
		rule->peers[index]->name, node->name);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static bool has_unconfined_label(const struct pst_policy_peer *peer)
{
	const struct pst_policy_line *line;
	size_t i;

	for (line = peer->lines; line; line = line->next)
		for (i = 0; i < line->value_count; i++)
			if (line->key == PST_POLICY_LINE_LABEL &&
			    pst_policy_label_is_unconfined(
				    line->values[i].text))
				return true;
	return false;
}

static int warn_of_unconfined(struct pst_policy_builder *builder,
			      const struct pst_policy_rule *rule)
{
	uint32_t i;
	int r;

	for (i = 0; i < rule->peer_count; i++) {
		if (!has_unconfined_label(rule->peers[i]))
			continue;
		r = pst_policy_report_word_as(
			builder, POSTERN_SEVERITY_WARNING, rule->directive,
			i + 1, "only a deny matches unconfined processes",
			"allow of peer '%s' by label 'unconfined' never "
			"matches",
			rule->peers[i]->name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_allow(struct pst_policy_builder *builder,
		       const struct pst_policy_node *node,
		       const struct pst_policy_rule *rule)
{
	uint32_t i;
	int r;

	r = warn_of_unconfined(builder, rule);
	if (r < 0 || node->keys || node->has_errors)
		return r;
	for (i = 0; i < rule->peer_count; i++) {
		if (!uses(rule->peers[i], PST_POLICY_FACT_KEY))
			continue;
		r = report_keyless(builder, node, rule, i);
		if (r < 0)
			return r;
	}
	return 0;
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

/* Tenants too: to know who pays, their lines are looked at for everybody. */
static void find_facts(struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;

	node->facts_used = facts_of_rules(node->denies) |
			   node->policy->tenant_facts_used;
	/* the rule of an allow is not in a list of rules */
	for (allow = node->allows; allow; allow = allow->next)
		node->facts_used |= facts_of_rules(&allow->rule);
}

/* Tenants could only lower it, so they do not count. */
static void find_ceilings(struct pst_policy_node *node)
{
	struct postern_policy_limit limits[POSTERN_LIMIT_ROOM];
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

int pst_policy_check_node(struct pst_policy_builder *builder,
			  const struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;
	const struct pst_policy_rule *rule;
	uint32_t allow_count = 0;
	int r;

	for (rule = node->denies; rule; rule = rule->next) {
		r = check_deny(builder, node, rule);
		if (r < 0)
			return r;
	}
	for (allow = node->allows; allow; allow = allow->next) {
		if (++allow_count == POSTERN_ALLOWS_MAX + 1) {
			r = pst_policy_report_word(
				builder, allow->rule.directive, 0,
				"name several peers in one allow",
				"node '%s' has more than %d allows", node->name,
				POSTERN_ALLOWS_MAX);
			if (r < 0)
				return r;
		}
		r = check_allow(builder, node, &allow->rule);
		if (r < 0)
			return r;
	}
	return 0;
}

void pst_policy_link_tenants(struct postern_policy *policy)
{
	const struct pst_policy_tenant *tenant;

	for (tenant = policy->tenants; tenant; tenant = tenant->next)
		policy->tenant_facts_used |= facts_of_rules(tenant->members);
}

void pst_policy_link_node(struct pst_policy_node *node)
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
