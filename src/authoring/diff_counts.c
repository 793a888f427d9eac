/* SPDX-License-Identifier: ISC */
/*
 * The `peers` limits of allows that name several peers
 *
 * Each allow counts the channels of all its peers together, so such a limit is
 * not the property of one name: `allow a b` with two peers is another policy
 * than `allow a` with two and `allow b` with two.  Here each is known by the
 * set of the names it counts, those that keep their access: of gains and losses
 * is told elsewhere.  A limit that another one implies, because that counts
 * these and perhaps more and allows no more, is none.  For a single name the
 * least of all its limits is compared with its other limits, and is enough.
 */
#include "authoring/authoring_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The limit of one allow: the names that it counts are sorted, each once. */
struct count {
	const struct postern_policy_limit *limit;
	const struct pst_policy_diff_peer **peers;
	size_t peer_count;
	uint64_t some_of;  /* one bit for each name, though some share it */
	bool is_kept;      /* of several names, and not implied */
};

/* The counts of one node; peers is one array for all of them. */
struct counts {
	struct count *counts;
	size_t count;
	const struct pst_policy_diff_peer **peers;
};

static const struct postern_policy_limit *
limit_of(const struct pst_policy_allow *allow)
{
	return &allow->limits[POSTERN_LIMIT_PEERS];
}

static struct pst_policy_diff_peer *
find_peer(const struct pst_policy_diff *diff,
	  enum pst_policy_diff_version version,
	  const struct pst_policy_peer *peer)
{
	return diff->by_ordinal[version][peer->ordinal];
}

static int compare_places(const void *left, const void *right)
{
	const struct pst_policy_diff_peer *const *a = left, *const *b = right;

	return (*a > *b) - (*a < *b);
}

/* Write the names that an allow counts to peers, and make a count of them. */
static struct count read_count(const struct pst_policy_diff *diff,
			       enum pst_policy_diff_version version,
			       const struct pst_policy_allow *allow,
			       const struct pst_policy_diff_peer **peers)
{
	struct count count = {.limit = limit_of(allow), .peers = peers};
	const struct pst_policy_diff_peer *peer;
	size_t i, read_count = 0;

	for (i = 0; i < allow->rule.peer_count; i++) {
		peer = find_peer(diff, version, allow->rule.peers[i]);
		if (peer && peer->keeps_access)
			peers[read_count++] = peer;
	}
	if (read_count == 0)
		return count;
	qsort(peers, read_count, sizeof(peers[0]), compare_places);
	for (i = 0; i < read_count; i++) {
		if (count.peer_count > 0 &&
		    peers[count.peer_count - 1] == peers[i])
			continue;
		peers[count.peer_count++] = peers[i];
		count.some_of |= UINT64_C(1)
				 << ((size_t)(peers[i] - diff->peers) % 64);
	}
	return count;
}

/* Whether all that the one counts, the other counts too. */
static bool is_within(const struct count *count, const struct count *other)
{
	size_t i, j = 0;

	if (count->peer_count > other->peer_count ||
	    (count->some_of & ~other->some_of) != 0)
		return false;
	for (i = 0; i < count->peer_count; i++) {
		while (j < other->peer_count &&
		       other->peers[j] < count->peers[i])
			j++;
		if (j == other->peer_count ||
		    other->peers[j] != count->peers[i])
			return false;
	}
	return true;
}

/* Of two that say the same, the later one is implied. */
static bool is_implied(const struct counts *counts, size_t index)
{
	const struct count *count = &counts->counts[index], *other;
	size_t i;

	for (i = 0; i < counts->count; i++) {
		other = &counts->counts[i];
		if (i == index || other->limit->value > count->limit->value ||
		    !is_within(count, other))
			continue;
		if (other->limit->value < count->limit->value ||
		    other->peer_count > count->peer_count || i < index)
			return true;
	}
	return false;
}

static int read_counts(const struct pst_policy_diff *diff,
		       enum pst_policy_diff_version version,
		       const struct pst_policy_node *node,
		       struct counts *counts)
{
	size_t i, used_count = 0, peer_count = 0;
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next)
		peer_count += allow->rule.peer_count;
	counts->counts = calloc(node->allow_count + 1,
				sizeof(counts->counts[0]));
	counts->peers = calloc(peer_count + 1, sizeof(counts->peers[0]));
	if (!counts->counts || !counts->peers)
		return -ENOMEM;

	for (allow = node->allows; allow; allow = allow->next) {
		if (limit_of(allow)->state != POSTERN_LIMIT_SET)
			continue;
		counts->counts[counts->count] = read_count(
			diff, version, allow, counts->peers + used_count);
		used_count += counts->counts[counts->count++].peer_count;
	}
	for (i = 0; i < counts->count; i++)
		counts->counts[i].is_kept =
			counts->counts[i].peer_count > 1 &&
			!is_implied(counts, i);
	return 0;
}

/* The one that counts the same names, or NULL. */
static const struct postern_policy_limit *find_same(const struct counts *counts,
						    const struct count *count)
{
	const struct count *other;
	size_t i;

	for (i = 0; i < counts->count; i++) {
		other = &counts->counts[i];
		if (other->is_kept && other->peer_count == count->peer_count &&
		    is_within(count, other))
			return other->limit;
	}
	return NULL;
}

/* A limit is known by its place: a block has at most one of each. */
bool pst_policy_diff_is_shared_count(const struct pst_policy_diff *diff,
				     enum pst_policy_diff_version version,
				     const struct pst_policy_diff_side *side,
				     const struct postern_policy_limit *limit)
{
	const struct pst_policy_diff_peer *peer, *first = NULL;
	const struct pst_policy_diff_ref *ref;
	size_t i;

	if (limit->state != POSTERN_LIMIT_SET)
		return false;
	for (ref = side->refs; ref; ref = ref->next) {
		if (ref->allow && limit_of(ref->allow)->file == limit->file &&
		    limit_of(ref->allow)->line == limit->line)
			break;
	}
	for (i = 0; ref && i < ref->rule->peer_count; i++) {
		peer = find_peer(diff, version, ref->rule->peers[i]);
		if (!peer || !peer->keeps_access)
			continue;
		if (first && first != peer)
			return true;
		first = peer;
	}
	return false;
}

static void add_count(struct pst_policy_diff *diff, const struct count *count,
		      const struct postern_policy_limit *old_limit,
		      const struct postern_policy_limit *new_limit)
{
	static const struct postern_policy_limit unset = {
		.state = POSTERN_LIMIT_UNSET};
	struct pst_text about = {0};
	char *words;
	size_t i;

	for (i = 0; i < count->peer_count; i++) {
		pst_text_add_string(&about, i == 0 ? " for all of " : ", ");
		pst_text_add_string(&about, count->peers[i]->name);
	}
	if (pst_text_take(&about, &words) < 0) {
		diff->text.has_failed = true;
		return;
	}
	pst_policy_diff_limit(diff, POSTERN_LIMIT_PEERS,
			      old_limit ? old_limit : &unset,
			      new_limit ? new_limit : &unset, words);
	free(words);
}

static void diff_counts(struct pst_policy_diff *diff,
			const struct counts *old_counts,
			const struct counts *new_counts)
{
	const struct count *count;
	size_t i;

	for (i = 0; i < old_counts->count; i++) {
		count = &old_counts->counts[i];
		if (count->is_kept)
			add_count(diff, count, count->limit,
				  find_same(new_counts, count));
	}
	for (i = 0; i < new_counts->count; i++) {
		count = &new_counts->counts[i];
		if (count->is_kept && !find_same(old_counts, count))
			add_count(diff, count, NULL, count->limit);
	}
}

void pst_policy_diff_shared_counts(struct pst_policy_diff *diff,
				   const struct pst_policy_node *old_node,
				   const struct pst_policy_node *new_node)
{
	struct counts old_counts = {0}, new_counts = {0};

	if (read_counts(diff, PST_POLICY_DIFF_OLD, old_node, &old_counts) < 0 ||
	    read_counts(diff, PST_POLICY_DIFF_NEW, new_node, &new_counts) < 0)
		diff->text.has_failed = true;
	else
		diff_counts(diff, &old_counts, &new_counts);
	free(old_counts.counts);
	free(old_counts.peers);
	free(new_counts.counts);
	free(new_counts.peers);
}
