/* SPDX-License-Identifier: ISC */
/*
 * What changes from one policy to another
 *
 * Not what was written differently: who gains, who loses, which limits change.
 * Everything is compared as a set, by name, so the order of rules and files
 * never shows.  Names are enough: a decision is put together from what the
 * rules say of the peers that a process matches, so where no name's part
 * changes, and no name's meaning, no decision does.
 */
#include "policy/policy_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/policy_grant.h"
#include "policy/policy_limits.h"

bool pst_policy_diff_has_peer(const struct pst_policy_rule *rule,
			      const struct pst_policy_peer *peer)
{
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (rule->peers[i] == peer)
			return true;
	}
	return false;
}

const struct pst_policy_rule *
pst_policy_diff_first_rule(const struct pst_policy_rule *rules,
			   const struct pst_policy_peer *peer)
{
	const struct pst_policy_rule *rule, *first = NULL;

	for (rule = rules; rule; rule = rule->next) {
		if (!pst_policy_diff_has_peer(rule, peer))
			continue;
		if (!first ||
		    pst_policy_place_is_before(rule->place.file,
					       rule->place.line,
					       first->place.file,
					       first->place.line))
			first = rule;
	}
	return first;
}

static int compare_peers(const void *a, const void *b)
{
	const struct pst_policy_diff_peer *peer = a, *other = b;

	return strcmp(peer->name, other->name);
}

/* Peers of one name, sorted next to each other, become one. */
static void join_peers(struct pst_policy_diff *diff)
{
	struct pst_policy_diff_peer *last = NULL, *peer;
	size_t i, count = 0;

	for (i = 0; i < diff->peer_count; i++) {
		peer = &diff->peers[i];
		if (last && strcmp(last->name, peer->name) == 0) {
			if (peer->old_peer)
				last->old_peer = peer->old_peer;
			else
				last->new_peer = peer->new_peer;
			continue;
		}
		last = &diff->peers[count++];
		*last = *peer;
	}
	diff->peer_count = count;
}

static int find_peers(struct pst_policy_diff *diff)
{
	const struct pst_policy_peer *peer;
	size_t count = 0;

	for (peer = diff->old_policy->peers; peer; peer = peer->next)
		count++;
	for (peer = diff->new_policy->peers; peer; peer = peer->next)
		count++;
	if (count == 0)
		return 0;
	diff->peers = calloc(count, sizeof(diff->peers[0]));
	if (!diff->peers)
		return -ENOMEM;

	for (peer = diff->old_policy->peers; peer; peer = peer->next)
		diff->peers[diff->peer_count++] =
			(struct pst_policy_diff_peer){.name = peer->name,
						      .old_peer = peer};
	for (peer = diff->new_policy->peers; peer; peer = peer->next)
		diff->peers[diff->peer_count++] =
			(struct pst_policy_diff_peer){.name = peer->name,
						      .new_peer = peer};
	qsort(diff->peers, count, sizeof(diff->peers[0]), compare_peers);
	join_peers(diff);
	return 0;
}

/* Which of two sorted lists goes on: both when the names are equal. */
static int order_of(const char *old_name, const char *new_name)
{
	if (!old_name)
		return 1;
	return new_name ? strcmp(old_name, new_name) : -1;
}

static void diff_nodes(struct pst_policy_diff *diff)
{
	const struct pst_policy_node *old_node = diff->old_policy->nodes;
	const struct pst_policy_node *new_node = diff->new_policy->nodes;
	int order;

	while (old_node || new_node) {
		order = order_of(old_node ? old_node->name : NULL,
				 new_node ? new_node->name : NULL);
		pst_policy_diff_node(diff, order <= 0 ? old_node : NULL,
				     order >= 0 ? new_node : NULL);
		if (order <= 0)
			old_node = old_node->next;
		if (order >= 0)
			new_node = new_node->next;
	}
}

static void diff_tenants(struct pst_policy_diff *diff)
{
	const struct pst_policy_tenant *old_tenant = diff->old_policy->tenants;
	const struct pst_policy_tenant *new_tenant = diff->new_policy->tenants;
	int order;

	while (old_tenant || new_tenant) {
		order = order_of(old_tenant ? old_tenant->name : NULL,
				 new_tenant ? new_tenant->name : NULL);
		pst_policy_diff_tenant(diff, order <= 0 ? old_tenant : NULL,
				       order >= 0 ? new_tenant : NULL);
		if (order <= 0)
			old_tenant = old_tenant->next;
		if (order >= 0)
			new_tenant = new_tenant->next;
	}
}

/* As with a node: what bounds each channel is compared with the peers. */
static void diff_top_level(struct pst_policy_diff *diff)
{
	struct postern_decision old_sums = {0}, new_sums = {0};

	pst_policy_grant_add_scope(&old_sums, old_sums.process,
				   diff->old_policy->limits);
	pst_policy_grant_add_scope(&new_sums, new_sums.process,
				   diff->new_policy->limits);
	pst_policy_diff_enter(diff, "limits", NULL);
	pst_policy_diff_limits(diff, old_sums.process, new_sums.process);
}

int pst_policy_diff(const struct postern_policy *old_policy,
		    const struct postern_policy *new_policy, char **ret_text,
		    uint32_t *ret_change_count)
{
	struct pst_policy_diff diff = {
		.old_policy = old_policy,
		.new_policy = new_policy,
	};
	size_t i;
	int r;

	r = find_peers(&diff);
	if (r < 0)
		return r;
	diff_nodes(&diff);
	diff_tenants(&diff);
	for (i = 0; i < diff.peer_count; i++)
		pst_policy_diff_peer_lines(&diff, &diff.peers[i]);
	diff_top_level(&diff);
	free(diff.peers);

	if (diff.change_count == 0)
		pst_policy_text_add_string(&diff.text, "no difference\n");
	r = pst_policy_text_take(&diff.text, ret_text);
	if (r < 0)
		return r;
	*ret_change_count = diff.change_count;
	return 0;
}
