/* SPDX-License-Identifier: ISC */
/*
 * Rules that have no effect
 *
 * They are looked for when a policy is checked, not when a node uses it.  A
 * process of two tenants is refused at every node, and an `exe` that the node
 * cannot read or that is a symbolic link never matches.  These are warnings:
 * such a policy is strict, but not invalid.
 *
 * Only certain cases are reported.  For peers that have no lines but `user` and
 * `group`, these are the uids and the members of the groups; for others, a peer
 * that two tenants name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_builder.h"
#include "policy/policy_match.h"

#define PROGRAM_BYTES 4096

/* -- two tenants ----------------------------------------------------------- */

/* A uid that is a member of a tenant by a word of a `members` line, or a peer
 * that has lines beyond `user` and `group`. */
struct membership {
	const struct pst_policy_peer *peer;  /* NULL: a uid */
	uint32_t uid;
	uint32_t word_index;
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_rule *rule;
};

struct memberships {
	struct membership *list;
	size_t count;
	size_t capacity;
	size_t budget;  /* comparisons and memberships that are left */
	bool has_failed;
};

/* Enough for some hundred groups of a thousand members.  Cases beyond it are
 * not reported, so that a check of the largest policies ends soon. */
#define BUDGET 1000000u

static bool spend(struct memberships *memberships, size_t cost)
{
	if (cost > memberships->budget) {
		memberships->budget = 0;
		return false;
	}
	memberships->budget -= cost;
	return true;
}

static void add_membership(struct memberships *memberships,
			   const struct membership *membership)
{
	struct membership *list;
	size_t capacity;

	if (memberships->count == memberships->capacity) {
		capacity = memberships->capacity * 2 + 64;
		list = reallocarray(memberships->list, capacity,
				    sizeof(list[0]));
		if (!list) {
			memberships->has_failed = true;
			return;
		}
		memberships->list = list;
		memberships->capacity = capacity;
	}
	memberships->list[memberships->count++] = *membership;
}

static bool lists_uid(const struct pst_policy_line *line, uint32_t uid)
{
	const struct pst_policy_value *value;
	size_t i;

	for (i = 0; i < line->value_count; i++) {
		value = &line->values[i];
		if (value->state == PST_POLICY_VALUE_ANY ||
		    (value->state == PST_POLICY_VALUE_RANGE &&
		     value->number <= uid && uid <= value->last))
			return true;
		if (value->state != PST_POLICY_VALUE_EXACT)
			continue;
		if (line->key == PST_POLICY_LINE_USER && value->number == uid)
			return true;
		if (pst_policy_has_member(value, uid))
			return true;
	}
	return false;
}

/* A process of this uid, in the groups of its entry, is the peer. */
static bool is_peer(struct memberships *memberships,
		    const struct pst_policy_peer *peer, uint32_t uid)
{
	const struct pst_policy_line *line;

	for (line = peer->lines; line; line = line->next)
		if (!spend(memberships, 1 + line->value_count) ||
		    !lists_uid(line, uid))
			return false;
	return true;
}

static void add_uid(struct memberships *memberships,
		    const struct membership *membership, uint64_t uid)
{
	struct membership of_uid = *membership;

	if (!is_peer(memberships, membership->peer, (uint32_t)uid))
		return;
	of_uid.peer = NULL;
	of_uid.uid = (uint32_t)uid;
	add_membership(memberships, &of_uid);
}

/* The uids of one line are enough: the others only take some away. */
static void add_uids_of(struct memberships *memberships,
			const struct pst_policy_line *line,
			const struct membership *membership)
{
	const struct pst_policy_value *value;
	size_t i, j;

	for (i = 0; i < line->value_count; i++) {
		value = &line->values[i];
		if (value->state != PST_POLICY_VALUE_EXACT)
			continue;
		if (line->key == PST_POLICY_LINE_USER)
			add_uid(memberships, membership, value->number);
		for (j = 0; memberships->budget > 0 &&
			    j < value->member_uid_count; j++)
			add_uid(memberships, membership,
				value->member_uids[j]);
	}
}

/* NULL if other facts than uids and groups decide.  A `user` line is preferred:
 * comparing two large groups would take long. */
static const struct pst_policy_line *
line_with_uids(const struct pst_policy_peer *peer)
{
	const struct pst_policy_line *line, *user = NULL, *group = NULL;
	size_t group_count = 0;

	for (line = peer->lines; line; line = line->next) {
		if (line->key == PST_POLICY_LINE_GROUP) {
			group = line;
			group_count++;
		} else if (line->key != PST_POLICY_LINE_USER) {
			return NULL;
		} else if (line->values[0].state != PST_POLICY_VALUE_ANY) {
			user = line;
		}
	}
	if (user)
		return user;
	return group_count == 1 ? group : NULL;
}

static void add_rule(struct memberships *memberships,
		     const struct pst_policy_tenant *tenant,
		     const struct pst_policy_rule *rule)
{
	struct membership membership = {.tenant = tenant, .rule = rule};
	const struct pst_policy_line *line;
	uint32_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (rule->peers[i]->fault)
			continue;
		membership.word_index = i + 1;
		membership.peer = rule->peers[i];
		line = line_with_uids(rule->peers[i]);
		if (line)
			add_uids_of(memberships, line, &membership);
		else
			add_membership(memberships, &membership);
	}
}

static int compare_memberships(const void *left, const void *right)
{
	const struct membership *a = left, *b = right;

	if (!a->peer != !b->peer)
		return a->peer ? 1 : -1;
	if (a->peer && a->peer != b->peer)
		return strcmp(a->peer->name, b->peer->name);
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	return strcmp(a->tenant->name, b->tenant->name);
}

static void warn_of_two_tenants(struct pst_policy_builder *builder,
				const struct membership *first,
				const struct membership *second)
{
	const struct pst_policy_word *word =
		&second->rule->directive->words[second->word_index];
	char hint[300];

	(void)snprintf(hint, sizeof(hint),
		       "its other tenant is '%s', by '%s' at %s:%u: every node "
		       "refuses a process of two tenants",
		       first->tenant->name, first->rule->words,
		       first->rule->location.file,
		       first->rule->location.line); /* cut when too long */
	if (second->peer)
		pst_policy_report_as(builder, POSTERN_SEVERITY_WARNING, word,
				     hint, "peer '%s' is in two tenants",
				     second->peer->name);
	else
		pst_policy_report_as(builder, POSTERN_SEVERITY_WARNING, word,
				     hint, "uid %u is in two tenants",
				     second->uid);
}

static void lint_memberships(struct pst_policy_builder *builder,
			     const struct memberships *memberships)
{
	const struct membership *list = memberships->list;
	size_t i;

	if (memberships->count > 0)
		qsort(memberships->list, memberships->count, sizeof(*list),
		      compare_memberships);
	for (i = 1; i < memberships->count; i++) {
		if (list[i].peer == list[i - 1].peer &&
		    list[i].uid == list[i - 1].uid &&
		    list[i].tenant != list[i - 1].tenant)
			warn_of_two_tenants(builder, &list[i - 1], &list[i]);
	}
}

static void lint_tenants(struct pst_policy_builder *builder)
{
	struct memberships memberships = {.budget = BUDGET};
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_rule *rule;

	for (tenant = builder->policy->tenants; tenant; tenant = tenant->next)
		for (rule = tenant->members; rule; rule = rule->next)
			add_rule(&memberships, tenant, rule);
	if (memberships.has_failed)
		pst_policy_builder_arena(builder)->has_failed = true;
	else
		lint_memberships(builder, &memberships);
	free(memberships.list);
}

/* -- programs -------------------------------------------------------------- */

/* The link is followed when the program starts: /proc shows its target. */
static void lint_program(struct pst_policy_builder *builder,
			 const struct pst_policy_word *path)
{
	const struct pst_policy_host *host = &builder->options.host;
	char target[PROGRAM_BYTES], hint[PROGRAM_BYTES + 40];

	if (!host->find_program ||
	    host->find_program(host->user_data, path->text, target,
			       sizeof(target)) < 0 ||
	    strcmp(path->text, target) == 0)
		return;
	(void)snprintf(hint, sizeof(hint), "write the path it leads to: %s",
		       target); /* always fits */
	pst_policy_report_as(
		builder, POSTERN_SEVERITY_WARNING, path, hint,
		"exe '%s' never matches: it is or passes a symbolic link",
		path->text);
}

static void lint_programs(struct pst_policy_builder *builder)
{
	const struct pst_policy_directive *directive;
	const struct pst_policy_peer *peer;
	uint32_t i;

	for (peer = builder->policy->peers; peer; peer = peer->next) {
		for (directive = peer->directive->children; directive;
		     directive = directive->next) {
			if (strcmp(directive->words[0].text, "exe") != 0)
				continue;
			for (i = 1; i < directive->word_count; i++)
				lint_program(builder, &directive->words[i]);
		}
	}
}

/* Whether a process of this uid can be the peer, by its `user` lines. */
static bool may_have_uid(const struct pst_policy_peer *peer, uint32_t uid)
{
	const struct pst_policy_line *line;

	for (line = peer->lines; line; line = line->next)
		if (line->key == PST_POLICY_LINE_USER && !lists_uid(line, uid))
			return false;
	return true;
}

static void lint_allowed_peer(struct pst_policy_builder *builder,
			      const struct pst_policy_node *node,
			      const struct pst_policy_rule *rule, size_t index)
{
	const struct pst_policy_peer *peer = rule->peers[index];

	if (peer->fault || !(peer->facts_used & PST_POLICY_FACT_EXE))
		return;
	pst_policy_report_as(
		builder, POSTERN_SEVERITY_WARNING,
		&rule->directive->words[index + 1],
		"only a node of root can read the 'exe' of another user's "
		"process",
		may_have_uid(peer, node->owner_uid)
			? "peer '%s' has an 'exe': it only matches processes "
			  "of the owner of node '%s'"
			: "peer '%s' has an 'exe': it never matches at node "
			  "'%s'",
		peer->name, node->name);
}

static void lint_node(struct pst_policy_builder *builder,
		      const struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;
	size_t i;

	if (node->owner_fact != POSTERN_FACT_KNOWN || node->owner_uid == 0)
		return;
	for (allow = node->allows; allow; allow = allow->next)
		for (i = 0; i < allow->rule.peer_count; i++)
			lint_allowed_peer(builder, node, &allow->rule, i);
}

void pst_policy_lint(struct pst_policy_builder *builder)
{
	const struct pst_policy_node *node;

	lint_tenants(builder);
	/* names of another host: so are its programs */
	if (!(builder->options.flags & POSTERN_POLICY_ASSUME_NAMES))
		lint_programs(builder);
	for (node = builder->policy->nodes; node; node = node->next)
		lint_node(builder, node);
}
