/* SPDX-License-Identifier: ISC */
/*
 * The rules that name a peer
 *
 * Each block is read once, and each of its rules is added to a list of every
 * name in it.  So the work grows with the number of words, not with the number
 * of peers times the number of rules.
 */
#include "authoring/authoring_internal.h"

#include <stdlib.h>
#include <string.h>

#include "policy/policy_grant.h"

static int compare_names(const void *left, const void *right)
{
	const struct pst_diff_peer *a = left, *b = right;

	return strcmp(a->name, b->name);
}

/* Peers of one name, sorted next to each other, become one. */
static void join_peers(struct pst_diff *diff)
{
	struct pst_diff_peer *last = NULL, *peer;
	size_t i, count = 0;

	for (i = 0; i < diff->peer_count; i++) {
		peer = &diff->peers[i];
		if (last && strcmp(last->name, peer->name) == 0) {
			if (peer->sides[PST_DIFF_OLD].peer)
				last->sides[PST_DIFF_OLD] =
					peer->sides[PST_DIFF_OLD];
			else
				last->sides[PST_DIFF_NEW] =
					peer->sides[PST_DIFF_NEW];
			continue;
		}
		last = &diff->peers[count++];
		*last = *peer;
	}
	diff->peer_count = count;
}

static void add_peers(struct pst_diff *diff, enum pst_diff_version version)
{
	const struct pst_policy_peer *peer;
	struct pst_diff_peer *added;

	for (peer = diff->policies[version]->peers; peer; peer = peer->next) {
		added = &diff->peers[diff->peer_count++];
		added->name = peer->name;
		added->sides[version].peer = peer;
	}
}

static void add_use(struct pst_diff *diff, struct pst_diff_side *side,
		    const char *kind, const char *name)
{
	struct pst_diff_use *use;

	if (side->last_use && side->last_use->kind == kind &&
	    side->last_use->name == name)
		return;
	use = pst_arena_new(&diff->arena, 1, sizeof(*use));
	if (!use)
		return;
	use->kind = kind;
	use->name = name;
	if (side->last_use)
		side->last_use->next = use;
	else
		side->uses = use;
	side->last_use = use;
}

/* Of the rules of a node, or (tenant not NULL) of a tenant. */
static void add_uses(struct pst_diff *diff, enum pst_diff_version version,
		     const struct pst_policy_rule *rule, const char *node_name,
		     const struct pst_policy_tenant *tenant)
{
	static const char node_kind[] = "node", tenant_kind[] = "tenant";
	struct pst_diff_side *side;
	struct pst_diff_peer *peer;
	size_t i;

	for (; rule; rule = rule->next) {
		for (i = 0; i < rule->peer_count; i++) {
			peer = pst_diff_find_peer(diff, version,
						  rule->peers[i]);
			if (!peer)
				continue;
			side = &peer->sides[version];
			add_use(diff, side, tenant ? tenant_kind : node_kind,
				tenant ? tenant->name : node_name);
			/* a process of two tenants is refused */
			if (tenant && side->tenant != tenant) {
				side->tenant = tenant;
				side->tenant_count++;
			}
		}
	}
}

static void read_uses(struct pst_diff *diff, enum pst_diff_version version)
{
	const struct postern_policy *policy = diff->policies[version];
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_allow *allow;
	const struct pst_policy_node *node;

	for (node = policy->nodes; node; node = node->next) {
		for (allow = node->allows; allow; allow = allow->next)
			add_uses(diff, version, &allow->rule, node->name, NULL);
		add_uses(diff, version, node->denies, node->name, NULL);
	}
	for (tenant = policy->tenants; tenant; tenant = tenant->next)
		add_uses(diff, version, tenant->members, NULL, tenant);
}

void pst_diff_rules_init(struct pst_diff *diff)
{
	const size_t old_count = diff->policies[PST_DIFF_OLD]->ordinal_count;
	const size_t new_count = diff->policies[PST_DIFF_NEW]->ordinal_count;
	const size_t most = old_count + new_count;
	struct pst_diff_peer *peer;
	size_t i, j;

	diff->by_ordinal[PST_DIFF_OLD] =
		pst_arena_new(&diff->arena, old_count, sizeof(peer));
	diff->by_ordinal[PST_DIFF_NEW] =
		pst_arena_new(&diff->arena, new_count, sizeof(peer));
	diff->peers = pst_arena_new(&diff->arena, most, sizeof(*peer));
	diff->named = pst_arena_new(&diff->arena, most, sizeof(peer));
	if (diff->arena.has_failed)
		return;
	add_peers(diff, PST_DIFF_OLD);
	add_peers(diff, PST_DIFF_NEW);
	qsort(diff->peers, diff->peer_count, sizeof(diff->peers[0]),
	      compare_names);
	join_peers(diff);
	for (i = 0; i < diff->peer_count; i++) {
		peer = &diff->peers[i];
		for (j = 0; j < 2; j++) {
			if (peer->sides[j].peer)
				diff->by_ordinal[j]
						[peer->sides[j].peer->ordinal] =
					peer;
		}
	}
	read_uses(diff, PST_DIFF_OLD);
	read_uses(diff, PST_DIFF_NEW);
}

static void add_ref(struct pst_diff *diff, enum pst_diff_version version,
		    const struct pst_policy_peer *named,
		    const struct pst_policy_rule *rule,
		    const struct pst_policy_allow *allow)
{
	struct pst_diff_peer *peer = pst_diff_find_peer(diff, version, named);
	struct pst_diff_side *side;
	struct pst_diff_ref *ref;

	if (!peer)
		return;
	side = &peer->sides[version];
	ref = pst_arena_new(&diff->block_arena, 1, sizeof(*ref));
	if (!ref)
		return;
	ref->rule = rule;
	ref->allow = allow;
	ref->next = side->refs;
	side->refs = ref;
	if (!peer->is_named) {
		peer->is_named = true;
		diff->named[diff->named_count++] = peer;
	}
}

/* allow: of which they are the rule, or NULL. */
static void add_rules(struct pst_diff *diff, enum pst_diff_version version,
		      const struct pst_policy_rule *rule,
		      const struct pst_policy_allow *allow)
{
	size_t i;

	for (; rule; rule = rule->next) {
		for (i = 0; i < rule->peer_count; i++)
			add_ref(diff, version, rule->peers[i], rule, allow);
	}
}

static void forget_rules(struct pst_diff *diff)
{
	size_t i;

	for (i = 0; i < diff->named_count; i++) {
		diff->named[i]->sides[PST_DIFF_OLD].refs = NULL;
		diff->named[i]->sides[PST_DIFF_NEW].refs = NULL;
		diff->named[i]->is_named = false;
		diff->named[i]->keeps_access = false;
	}
	diff->named_count = 0;
	pst_arena_done(&diff->block_arena);
}

/* The peers are an array that is sorted by name. */
int pst_diff_compare_peers(const void *left, const void *right)
{
	const struct pst_diff_peer *const *a = left, *const *b = right;

	return (*a > *b) - (*a < *b);
}

static void sort_named(struct pst_diff *diff)
{
	if (diff->named_count > 0)
		qsort(diff->named, diff->named_count, sizeof(diff->named[0]),
		      pst_diff_compare_peers);
}

static void read_node(struct pst_diff *diff, enum pst_diff_version version,
		      const struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;

	if (!node)
		return;
	for (allow = node->allows; allow; allow = allow->next)
		add_rules(diff, version, &allow->rule, allow);
	add_rules(diff, version, node->denies, NULL);
}

void pst_diff_read_nodes(struct pst_diff *diff,
			 const struct pst_policy_node *old_node,
			 const struct pst_policy_node *new_node)
{
	forget_rules(diff);
	read_node(diff, PST_DIFF_OLD, old_node);
	read_node(diff, PST_DIFF_NEW, new_node);
	sort_named(diff);
}

void pst_diff_read_tenants(struct pst_diff *diff,
			   const struct pst_policy_tenant *old_tenant,
			   const struct pst_policy_tenant *new_tenant)
{
	forget_rules(diff);
	if (old_tenant)
		add_rules(diff, PST_DIFF_OLD, old_tenant->members, NULL);
	if (new_tenant)
		add_rules(diff, PST_DIFF_NEW, new_tenant->members, NULL);
	sort_named(diff);
}

const struct pst_policy_rule *
pst_diff_first_rule(const struct pst_diff_side *side)
{
	const struct pst_diff_ref *ref;
	const struct pst_policy_rule *first = NULL;

	for (ref = side->refs; ref; ref = ref->next) {
		if (ref->allow)
			continue;
		if (!first || pst_policy_location_is_before(
				      &ref->rule->location, &first->location))
			first = ref->rule;
	}
	return first;
}
