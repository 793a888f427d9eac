/* SPDX-License-Identifier: ISC */
/*
 * The `peers` limits of allows that name several peers
 *
 * Each allow counts the channels of all its peers together, so such a limit is
 * not the property of one name: `allow a b` with two peers is another policy
 * than `allow a` with two and `allow b` with two.  Here each is known by the
 * set of the names it counts, those who keep their access: of gains and losses
 * is told elsewhere.  A limit that another one implies, because that counts
 * these and perhaps more and allows no more, is none.  For a single name the
 * least of all its limits is compared with its other limits, and is enough.
 */
#include "policy/policy_diff.h"

#include <stdlib.h>
#include <string.h>

static int compare_with_name(const void *key, const void *element)
{
	const struct pst_policy_diff_peer *peer = element;

	return strcmp(key, peer->name);
}

static bool counts(const struct pst_policy_diff *diff, const char *name)
{
	const struct pst_policy_diff_peer *peer;

	peer = bsearch(name, diff->peers, diff->peer_count,
		       sizeof(diff->peers[0]), compare_with_name);
	return peer && peer->keeps_access;
}

static bool has_name(const struct pst_policy_rule *rule, const char *name)
{
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (strcmp(rule->peers[i]->name, name) == 0)
			return true;
	}
	return false;
}

/* Whether all that the one counts, the other counts too. */
static bool is_within(const struct pst_policy_diff *diff,
		      const struct pst_policy_rule *rule,
		      const struct pst_policy_rule *other)
{
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (counts(diff, rule->peers[i]->name) &&
		    !has_name(other, rule->peers[i]->name))
			return false;
	}
	return true;
}

static bool is_shared(const struct pst_policy_diff *diff,
		      const struct pst_policy_rule *rule)
{
	const struct pst_policy_peer *first = NULL;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (!counts(diff, rule->peers[i]->name))
			continue;
		if (first && first != rule->peers[i])
			return true;
		first = rule->peers[i];
	}
	return false;
}

static const struct postern_policy_limit *
limit_of(const struct pst_policy_allow *allow)
{
	return &allow->limits[POSTERN_LIMIT_PEERS];
}

/* Of two that say the same, the later one is implied. */
static bool is_implied(const struct pst_policy_diff *diff,
		       const struct pst_policy_node *node,
		       const struct pst_policy_allow *allow)
{
	const struct pst_policy_allow *other;
	bool is_after = false;

	for (other = node->allows; other; other = other->next) {
		if (other == allow) {
			is_after = true;
			continue;
		}
		if (limit_of(other)->state != POSTERN_LIMIT_SET ||
		    limit_of(other)->value > limit_of(allow)->value ||
		    !is_within(diff, &allow->rule, &other->rule))
			continue;
		if (limit_of(other)->value < limit_of(allow)->value ||
		    !is_within(diff, &other->rule, &allow->rule) || !is_after)
			return true;
	}
	return false;
}

static bool is_shared_count(const struct pst_policy_diff *diff,
			    const struct pst_policy_node *node,
			    const struct pst_policy_allow *allow)
{
	return limit_of(allow)->state == POSTERN_LIMIT_SET &&
	       is_shared(diff, &allow->rule) && !is_implied(diff, node, allow);
}

/* The one of the node that counts the same names, or no limit. */
static struct postern_policy_limit
find_same(const struct pst_policy_diff *diff,
	  const struct pst_policy_node *node,
	  const struct pst_policy_allow *allow)
{
	const struct pst_policy_allow *other;

	for (other = node->allows; other; other = other->next) {
		if (is_within(diff, &allow->rule, &other->rule) &&
		    is_within(diff, &other->rule, &allow->rule) &&
		    is_shared_count(diff, node, other))
			return *limit_of(other);
	}
	return (struct postern_policy_limit){.state = POSTERN_LIMIT_UNSET};
}

/* A limit is known by its place: a block has at most one of each. */
bool pst_policy_diff_is_shared_count(const struct pst_policy_diff *diff,
				     const struct pst_policy_node *node,
				     const struct postern_policy_limit *limit)
{
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next) {
		if (limit->state == POSTERN_LIMIT_SET &&
		    limit_of(allow)->file == limit->file &&
		    limit_of(allow)->line == limit->line)
			return is_shared(diff, &allow->rule);
	}
	return false;
}

static void add_count(struct pst_policy_diff *diff,
		      const struct pst_policy_rule *rule,
		      const struct postern_policy_limit *old_limit,
		      const struct postern_policy_limit *new_limit)
{
	struct pst_policy_text about = {0};
	const char *separator = " for all of ";
	char *words;
	size_t i;

	for (i = 0; i < diff->peer_count; i++) {
		if (!diff->peers[i].keeps_access ||
		    !has_name(rule, diff->peers[i].name))
			continue;
		pst_policy_text_add_string(&about, separator);
		pst_policy_text_add_string(&about, diff->peers[i].name);
		separator = ", ";
	}
	if (pst_policy_text_take(&about, &words) < 0) {
		diff->text.has_failed = true;
		return;
	}
	pst_policy_diff_limit(diff, POSTERN_LIMIT_PEERS, old_limit, new_limit,
			      words);
	free(words);
}

void pst_policy_diff_shared_counts(struct pst_policy_diff *diff,
				   const struct pst_policy_node *old_node,
				   const struct pst_policy_node *new_node)
{
	const struct pst_policy_allow *allow;
	struct postern_policy_limit same;

	for (allow = old_node->allows; allow; allow = allow->next) {
		if (!is_shared_count(diff, old_node, allow))
			continue;
		same = find_same(diff, new_node, allow);
		add_count(diff, &allow->rule, limit_of(allow), &same);
	}
	for (allow = new_node->allows; allow; allow = allow->next) {
		if (!is_shared_count(diff, new_node, allow))
			continue;
		same = find_same(diff, old_node, allow);
		if (same.state == POSTERN_LIMIT_UNSET)
			add_count(diff, &allow->rule, &same, limit_of(allow));
	}
}
