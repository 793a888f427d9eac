/* SPDX-License-Identifier: ISC */
/*
 * What spans several texts
 *
 * When everything is read: rules find their peers, extensions their nodes, and
 * what can only be judged as a whole is judged.  Lists are sorted by name, so
 * that nothing depends on the order of files.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_block.h"
#include "policy/policy_builder.h"
#include "policy/policy_limits.h"

static const struct pst_policy_peer *
find_peer(const struct pst_policy_builder *builder, const char *name)
{
	const struct pst_policy_peer *peer;

	for (peer = builder->policy->peers; peer; peer = peer->next) {
		if (strcmp(peer->name, name) == 0)
			return peer;
	}
	return NULL;
}

static int report_unknown_peer(struct pst_policy_builder *builder,
			       const struct pst_policy_directive *directive,
			       uint32_t word_index)
{
	const char *name = directive->words[word_index].text;
	const struct pst_policy_peer *peer;
	const char *nearest = NULL;
	char hint[120];

	for (peer = builder->policy->peers; peer; peer = peer->next)
		pst_policy_suggest(name, peer->name, &nearest);
	if (nearest)
		(void)snprintf(hint, sizeof(hint), "did you mean '%s'?",
			       nearest); /* always fits */
	return pst_policy_report_word(
		builder, directive, word_index,
		nearest ? hint : "a peer is defined by 'peer NAME { }'",
		"unknown peer '%s'", name);
}

static int link_rule(struct pst_policy_builder *builder,
		     struct pst_policy_rule *rule)
{
	const struct pst_policy_directive *directive = rule->directive;
	uint32_t i;
	int r;

	for (i = 1; i < directive->word_count; i++) {
		rule->peers[i - 1] =
			find_peer(builder, directive->words[i].text);
		if (rule->peers[i - 1])
			continue;
		r = report_unknown_peer(builder, directive, i);
		if (r < 0)
			return r;
	}
	return 0;
}

static int link_rules(struct pst_policy_builder *builder,
		      struct pst_policy_rule *rules)
{
	struct pst_policy_rule *rule;
	int r;

	for (rule = rules; rule; rule = rule->next) {
		r = link_rule(builder, rule);
		if (r < 0)
			return r;
	}
	return 0;
}

static struct pst_policy_node *
find_node(const struct pst_policy_builder *builder, const char *name)
{
	struct pst_policy_node *node;

	for (node = builder->policy->nodes; node; node = node->next) {
		if (strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}

static int check_extender(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  const struct pst_policy_node *node)
{
	uint32_t uid = directive->source->owner_uid;

	if (uid == 0 ||
	    (node->owner_fact == POSTERN_FACT_KNOWN && node->owner_uid == uid))
		return 0;
	return pst_policy_report_word_as(
		builder,
		pst_policy_severity_of(builder,
				       POSTERN_POLICY_WARN_ON_UNTRUSTED),
		directive, 2,
		"only a file of root may extend a node of another owner",
		"this file belongs to uid %u and not to the owner of node "
		"'%s'",
		uid, node->name);
}

/* Move what an extension holds to the end of its node's lists. */
static void merge_extension(struct pst_policy_node *node,
			    const struct pst_policy_node *content)
{
	struct pst_policy_allow **allow_place = &node->allows;
	struct pst_policy_rule **deny_place = &node->denies;

	while (*allow_place)
		allow_place = &(*allow_place)->next;
	*allow_place = content->allows;
	while (*deny_place)
		deny_place = &(*deny_place)->next;
	*deny_place = content->denies;

	pst_policy_limits_squeeze(node->limits, content->limits);
	if (content->security.minimum > node->security.minimum)
		node->security = content->security;
}

static int link_extensions(struct pst_policy_builder *builder)
{
	const struct pst_policy_extension *extension;
	struct pst_policy_node *node;
	int r;

	for (extension = builder->extensions; extension;
	     extension = extension->next) {
		node = find_node(builder, extension->directive->words[2].text);
		if (!node) {
			r = pst_policy_report_word(
				builder, extension->directive, 2,
				"'extend node' adds to a node that is defined "
				"elsewhere",
				"unknown node '%s'",
				extension->directive->words[2].text);
			if (r < 0)
				return r;
			continue;
		}
		r = check_extender(builder, extension->directive, node);
		if (r < 0)
			return r;
		merge_extension(node, &extension->content);
	}
	return 0;
}

static int check_sockets(struct pst_policy_builder *builder)
{
	const struct pst_policy_node *node, *earlier;
	struct pst_policy_source *source;
	char hint[300];
	int r;

	for (node = builder->policy->nodes; node; node = node->next) {
		for (earlier = builder->policy->nodes; earlier != node;
		     earlier = earlier->next) {
			if (!earlier->socket_path || !node->socket_path ||
			    strcmp(earlier->socket_path, node->socket_path))
				continue;
			(void)snprintf(hint, sizeof(hint),
				       "node '%s' has it at %s:%u:%u",
				       earlier->name,
				       earlier->socket_place.file,
				       earlier->socket_place.line,
				       earlier->socket_place
					       .column); /* cut if too long */
			source = builder->policy->sources;
			while (strcmp(source->name, node->socket_place.file))
				source = source->next;
			r = pst_policy_report_place(
				builder, source, node->socket_place.line,
				node->socket_place.column, 6, hint,
				"two nodes with one socket");
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Sorting lists of a few elements that are nearly sorted. */
static void sort_nodes(struct postern_policy *policy)
{
	struct pst_policy_node *node, *next, *sorted = NULL, **place;

	for (node = policy->nodes; node; node = next) {
		next = node->next;
		place = &sorted;
		while (*place && strcmp((*place)->name, node->name) < 0)
			place = &(*place)->next;
		node->next = *place;
		*place = node;
		policy->node_count++;
	}
	policy->nodes = sorted;
}

static void sort_tenants(struct postern_policy *policy)
{
	struct pst_policy_tenant *tenant, *next, *sorted = NULL, **place;
	uint32_t tenant_index = 0;

	for (tenant = policy->tenants; tenant; tenant = next) {
		next = tenant->next;
		place = &sorted;
		while (*place && strcmp((*place)->name, tenant->name) < 0)
			place = &(*place)->next;
		tenant->next = *place;
		*place = tenant;
	}
	policy->tenants = sorted;
	for (tenant = sorted; tenant; tenant = tenant->next)
		tenant->tenant_index = tenant_index++;
}

static int link_names(struct pst_policy_builder *builder)
{
	struct pst_policy_tenant *tenant;
	struct pst_policy_allow *allow;
	struct pst_policy_node *node;
	int r;

	for (tenant = builder->policy->tenants; tenant; tenant = tenant->next) {
		r = link_rules(builder, tenant->members);
		if (r < 0)
			return r;
	}
	for (node = builder->policy->nodes; node; node = node->next) {
		r = link_rules(builder, node->denies);
		if (r < 0)
			return r;
		for (allow = node->allows; allow; allow = allow->next) {
			r = link_rule(builder, &allow->rule);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int pst_policy_link(struct pst_policy_builder *builder)
{
	struct pst_policy_node *node;
	int r;

	r = link_extensions(builder);
	if (r < 0)
		return r;
	r = link_names(builder);
	if (r < 0)
		return r;
	r = check_sockets(builder);
	if (r < 0)
		return r;
	for (node = builder->policy->nodes; node; node = node->next) {
		r = pst_policy_check_node(builder, node);
		if (r < 0)
			return r;
	}
	/* the rest looks through references that must all be there */
	if (builder->error_count > 0)
		return 0;

	sort_nodes(builder->policy);
	sort_tenants(builder->policy);
	for (node = builder->policy->nodes; node; node = node->next)
		pst_policy_link_node(node);
	return 0;
}
