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

/* The name of a peer in a rule, by its index. */
static const struct pst_policy_word *name_of(const struct pst_policy_rule *rule,
					     size_t index)
{
	return &rule->directive->words[index + 1];
}

/* A process can change the facts of an advisory line, and so escape the
 * deny. */
static void check_denied_peer(struct pst_policy_builder *builder,
			      const struct pst_policy_word *name,
			      const struct pst_policy_peer *peer)
{
	const struct pst_policy_line *line;
	char hint[300] = "";

	if (!uses(peer, ADVISORY_FACTS))
		return;
	if (!pst_policy_has_all_errors(builder, name->directive->source)) {
		for (line = peer->lines; line->key <= PST_POLICY_LINE_PID;)
			line = line->next;
		(void)snprintf(hint, sizeof(hint),
			       "'%s' at %s:%u:%u: a process can change that",
			       line->words, line->location.file,
			       line->location.line,
			       line->location.column); /* cut when too long */
	}
	pst_policy_report(builder, name, hint,
			  "deny of peer '%s', which has an advisory line",
			  peer->name);
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

static void check_deny(struct pst_policy_builder *builder,
		       const struct pst_policy_rule *rule, bool lacks_key)
{
	const struct pst_policy_peer *peer;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		peer = rule->peers[i];
		check_denied_peer(builder, name_of(rule, i), peer);
		if (lacks_key && uses(peer, PST_POLICY_FACT_KEY))
			pst_policy_report_as(
				builder, POSTERN_SEVERITY_WARNING,
				name_of(rule, i),
				"nobody can prove a key to a node that has none",
				"deny of peer '%s' by key never matches",
				peer->name);
	}
}

static void check_allow(struct pst_policy_builder *builder,
			const struct pst_policy_node *node,
			const struct pst_policy_rule *rule, bool lacks_key)
{
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (has_unconfined_label(rule->peers[i]))
			pst_policy_report_as(
				builder, POSTERN_SEVERITY_WARNING,
				name_of(rule, i),
				"only a deny matches unconfined processes",
				"allow of peer '%s' by label 'unconfined' never "
				"matches",
				rule->peers[i]->name);
	}
	/* the key that the node lacks may be in the wrong block, and so any
	 * node's */
	for (i = 0; i < rule->peer_count; i++) {
		if (lacks_key && uses(rule->peers[i], PST_POLICY_FACT_KEY))
			pst_policy_report_in(
				builder, &builder->policy->fault,
				name_of(rule, i),
				"nobody can prove a key to a node that has none: "
				"give the node a 'key'",
				"peer '%s' has a key, node '%s' has none",
				rule->peers[i]->name, node->name);
	}
}

static void check_node(struct pst_policy_builder *builder,
		       const struct pst_policy_node *node)
{
	const bool lacks_key = !node->keys && !node->has_errors;
	const struct pst_policy_allow *allow;
	const struct pst_policy_rule *rule;
	uint32_t allow_count = 0;

	for (rule = node->denies; rule; rule = rule->next)
		check_deny(builder, rule, lacks_key);
	for (allow = node->allows; allow; allow = allow->next) {
		if (++allow_count == POSTERN_ALLOWS_MAX + 1)
			pst_policy_report(builder,
					  &allow->rule.directive->words[0],
					  "name several peers in one allow",
					  "node '%s' has more than %d allows",
					  node->name, POSTERN_ALLOWS_MAX);
		check_allow(builder, node, &allow->rule, lacks_key);
	}
}

static void check_socket(struct pst_policy_builder *builder,
			 struct pst_policy_index *sockets,
			 struct pst_policy_node *node)
{
	const struct pst_policy_directive *socket =
		pst_policy_find_child(node->directive, "socket");
	struct pst_policy_location location;
	struct pst_policy_node *earlier;
	char hint[300];

	earlier = pst_policy_index_add(sockets,
				       pst_policy_builder_arena(builder),
				       node->socket_path, node);
	if (!earlier)
		return;
	location = pst_policy_location_of(
		pst_policy_find_child(earlier->directive, "socket"));
	(void)snprintf(hint, sizeof(hint), "node '%s' has it at %s:%u:%u",
		       earlier->name, location.file, location.line,
		       location.column); /* cut when too long */
	pst_policy_report_in(builder, &node->fault, &socket->words[0], hint,
			     "two nodes with one socket");
	if (!earlier->fault)
		earlier->fault = node->fault;
}

void pst_policy_check(struct pst_policy_builder *builder)
{
	struct pst_policy_index sockets = {NULL};
	struct pst_policy_node *node;

	for (node = builder->policy->nodes; node; node = node->next)
		if (node->socket_path)
			check_socket(builder, &sockets, node);
	pst_policy_index_done(&sockets);
	for (node = builder->policy->nodes; node; node = node->next) {
		(void)pst_policy_builder_enter(builder, &node->fault);
		check_node(builder, node);
	}
}
