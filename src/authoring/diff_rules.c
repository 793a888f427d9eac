/* SPDX-License-Identifier: ISC */
/*
 * The rules that name a peer
 *
 * Each block is read once, and each of its rules is added to a list of every
 * name in it.  So the work grows with the number of words, not with the number
 * of peers times the number of rules.
 */
#include "authoring/authoring_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_grant.h"

static void *new_object(struct pst_diff *diff, struct pst_arena *arena,
			size_t count, size_t object_bytes)
{
	void *object = pst_arena_new(arena, count, object_bytes);

	if (!object)
		diff->text.has_failed = true;
	return object;
}

void *pst_diff_alloc(struct pst_diff *diff, size_t count, size_t object_bytes)
{
	return new_object(diff, &diff->block_arena, count, object_bytes);
}

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
	use = new_object(diff, &diff->arena, 1, sizeof(*use));
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

static void add_uses(struct pst_diff *diff, enum pst_diff_version version,
		     const struct pst_policy_rule *rule, const char *kind,
		     const char *name)
{
	struct pst_diff_peer *peer;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		peer = pst_diff_find_peer(diff, version, rule->peers[i]);
		if (peer)
			add_use(diff, &peer->sides[version], kind, name);
	}
}

/* A process of two tenants is refused, so each name counts its tenants. */
static void add_member(struct pst_diff_side *side,
		       const struct pst_policy_tenant *tenant)
{
	if (side->tenant == tenant)
		return;
	side->tenant = tenant;
	side->tenant_count++;
}

static void read_uses(struct pst_diff *diff, enum pst_diff_version version)
{
	static const char node_kind[] = "node", tenant_kind[] = "tenant";
	const struct postern_policy *policy = diff->policies[version];
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_allow *allow;
	const struct pst_policy_node *node;
	const struct pst_policy_rule *rule;
	struct pst_diff_peer *peer;
	size_t i;

	for (node = policy->nodes; node; node = node->next) {
		for (allow = node->allows; allow; allow = allow->next)
			add_uses(diff, version, &allow->rule, node_kind,
				 node->name);
		for (rule = node->denies; rule; rule = rule->next)
			add_uses(diff, version, rule, node_kind, node->name);
	}
	for (tenant = policy->tenants; tenant; tenant = tenant->next) {
		for (rule = tenant->members; rule; rule = rule->next) {
			add_uses(diff, version, rule, tenant_kind,
				 tenant->name);
			for (i = 0; i < rule->peer_count; i++) {
				peer = pst_diff_find_peer(diff, version,
							  rule->peers[i]);
				if (peer)
					add_member(&peer->sides[version],
						   tenant);
			}
		}
	}
}

static int new_arrays(struct pst_diff *diff)
{
	size_t i, most = 0;

	for (i = 0; i < 2; i++) {
		diff->by_ordinal[i] = new_object(
			diff, &diff->arena, diff->policies[i]->ordinal_count,
			sizeof(diff->by_ordinal[i][0]));
		most += diff->policies[i]->ordinal_count;
	}
	diff->peers =
		new_object(diff, &diff->arena, most, sizeof(diff->peers[0]));
	diff->named =
		new_object(diff, &diff->arena, most, sizeof(diff->named[0]));
	return diff->text.has_failed ? -ENOMEM : 0;
}

int pst_diff_rules_init(struct pst_diff *diff)
{
	struct pst_diff_peer *peer;
	size_t i, j;
	int r;

	r = new_arrays(diff);
	if (r < 0)
		return r;
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
	return 0;
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
	ref = pst_diff_alloc(diff, 1, sizeof(*ref));
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

static void add_rules(struct pst_diff *diff, enum pst_diff_version version,
		      const struct pst_policy_rule *rule)
{
	size_t i;

	for (; rule; rule = rule->next) {
		for (i = 0; i < rule->peer_count; i++)
			add_ref(diff, version, rule->peers[i], rule, NULL);
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

void pst_diff_read_nodes(struct pst_diff *diff,
			 const struct pst_policy_node *old_node,
			 const struct pst_policy_node *new_node)
{
	const struct pst_policy_node *const nodes[] = {old_node, new_node};
	const struct pst_policy_allow *allow;
	size_t i, j;

	forget_rules(diff);
	for (i = 0; i < 2; i++) {
		if (!nodes[i])
			continue;
		for (allow = nodes[i]->allows; allow; allow = allow->next) {
			for (j = 0; j < allow->rule.peer_count; j++)
				add_ref(diff, (enum pst_diff_version)i,
					allow->rule.peers[j], &allow->rule,
					allow);
		}
		add_rules(diff, (enum pst_diff_version)i, nodes[i]->denies);
	}
	sort_named(diff);
}

void pst_diff_read_tenants(struct pst_diff *diff,
			   const struct pst_policy_tenant *old_tenant,
			   const struct pst_policy_tenant *new_tenant)
{
	forget_rules(diff);
	if (old_tenant)
		add_rules(diff, PST_DIFF_OLD, old_tenant->members);
	if (new_tenant)
		add_rules(diff, PST_DIFF_NEW, new_tenant->members);
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
		if (!first ||
		    pst_policy_location_is_before(
			    ref->rule->location.file, ref->rule->location.line,
			    first->location.file, first->location.line))
			first = ref->rule;
	}
	return first;
}
