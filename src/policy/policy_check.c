/* SPDX-License-Identifier: ISC */
/*
 * Checks of nodes as a whole
 *
 * The rules of a node are in its own block and in extensions, about peers that
 * are defined elsewhere.  They are checked together when all texts are read and
 * names are resolved: each socket has one node, no deny depends on a line that
 * a process can change, and no allow needs a key that nobody can prove.
 */
#include <stdio.h>

#include "policy/policy_builder.h"
#include "policy/policy_label.h"

#define ADVISORY_FACTS                                                         \
	(PST_POLICY_FACT_UNIT | PST_POLICY_FACT_CGROUP | PST_POLICY_FACT_EXE | \
	 PST_POLICY_FACT_USERNS)

static bool uses(const struct pst_policy_peer *peer, uint32_t facts)
{
	return (peer->facts_used & facts) != 0;
}

/* A process can change the facts of an advisory line, and so escape the
 * deny. */
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
			builder, POSTERN_SEVERITY_WARNING, rule->directive,
			i + 1, "nobody can prove a key to a node that has none",
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
	const struct pst_policy_fault **before =
		pst_policy_builder_enter(builder, &builder->policy->fault);
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

static int check_node(struct pst_policy_builder *builder,
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

static int check_socket(struct pst_policy_builder *builder,
			struct pst_policy_index *sockets,
			struct pst_policy_node *node)
{
	struct pst_policy_node *earlier;
	void *present;
	char hint[300];
	int r;

	if (!node->socket_path)
		return 0;
	r = pst_policy_index_add(sockets, pst_policy_builder_arena(builder),
				 node->socket_path, node, &present);
	if (r < 0 || !present)
		return r;
	earlier = present;
	(void)snprintf(hint, sizeof(hint), "node '%s' has it at %s:%u:%u",
		       earlier->name, earlier->socket_location.file,
		       earlier->socket_location.line,
		       earlier->socket_location.column); /* cut if too long */
	(void)pst_policy_builder_enter(builder, &node->fault);
	r = pst_policy_report_at(builder, node->directive->source,
				 node->socket_location.line,
				 node->socket_location.column, 6, hint,
				 "two nodes with one socket");
	if (!earlier->fault)
		earlier->fault = node->fault;
	return r;
}

static int check_sockets(struct pst_policy_builder *builder)
{
	struct pst_policy_index sockets = {NULL};
	struct pst_policy_node *node;
	int r = 0;

	for (node = builder->policy->nodes; node && r == 0; node = node->next)
		r = check_socket(builder, &sockets, node);
	pst_policy_index_done(&sockets);
	return r;
}

int pst_policy_check(struct pst_policy_builder *builder)
{
	struct pst_policy_node *node;
	int r;

	r = check_sockets(builder);
	if (r < 0)
		return r;
	for (node = builder->policy->nodes; node; node = node->next) {
		(void)pst_policy_builder_enter(builder, &node->fault);
		r = check_node(builder, node);
		if (r < 0)
			return r;
	}
	return 0;
}
