/* SPDX-License-Identifier: ISC */
/*
 * Permissions of peers at one node, before and after
 *
 * A peer's name stands for the processes that match it and for nothing else.
 * The grant of such a process is combined by the functions that decide, from the
 * rules that have the name.  A process that matches several peers gets the
 * permissions of all of them, so a decision can only change if one of these does.
 */
#include <stdlib.h>
#include <string.h>

#include "authoring/authoring_internal.h"
#include "policy/policy_grant.h"

/* The permissions of one peer in one of the policies. */
struct standing {
	enum pst_diff_version version;
	const struct pst_diff_side *side;
	const struct pst_policy_rule *deny;   /* the first that has it */
	const struct pst_policy_allow *allow; /* likewise */
	size_t tenant_count;		      /* a process of two is refused */
	bool has_access;
	struct postern_decision grant;
};

/* Beside the two directions. */
#define MAY_OBSERVE 4u

static uint32_t powers_of(const struct pst_policy_allow *allow)
{
	return allow->directions | (allow->may_observe ? MAY_OBSERVE : 0);
}

/* The first by location of the allows that give the peer any of these powers. */
static const struct pst_policy_allow *
find_allow(const struct standing *standing, uint32_t powers)
{
	const struct pst_policy_allow *allow, *first = NULL;
	const struct pst_diff_ref *ref;

	for (ref = standing->side ? standing->side->refs : NULL; ref;
	     ref = ref->next) {
		allow = ref->allow;
		if (!allow || (powers_of(allow) & powers) == 0)
			continue;
		if (!first ||
		    pst_policy_location_is_before(&allow->rule.location,
						  &first->rule.location))
			first = allow;
	}
	return first;
}

static void find_standing(const struct pst_policy_node *node,
			  const struct pst_diff_side *side,
			  enum pst_diff_version version,
			  struct standing *ret_standing)
{
	const struct pst_diff_ref *ref;

	memset(ret_standing, 0, sizeof(*ret_standing));
	if (!node || !side->peer)
		return;
	ret_standing->version = version;
	ret_standing->side = side;
	ret_standing->deny = pst_diff_first_rule(side);
	ret_standing->allow = find_allow(ret_standing, UINT32_MAX);
	if (!ret_standing->allow)
		return;

	for (ref = side->refs; ref; ref = ref->next) {
		if (ref->allow)
			pst_policy_grant_add_allow(&ret_standing->grant,
						   ref->allow);
	}
	ret_standing->tenant_count = side->tenant_count;
	if (side->tenant_count == 1)
		pst_policy_grant_add_tenant(&ret_standing->grant, side->tenant);
	pst_policy_grant_add_node(&ret_standing->grant, node);
	ret_standing->has_access = !ret_standing->deny &&
				   ret_standing->tenant_count < 2;
}

static bool has_access(const struct pst_policy_node *node,
		       const struct pst_diff_peer *peer,
		       enum pst_diff_version version)
{
	struct standing standing;

	find_standing(node, &peer->sides[version], version, &standing);
	return standing.has_access;
}

/* -- `peers` limits of allows that name several peers ----------------------- */

/*
 * Each allow counts the channels of all its peers together, so such a limit is
 * not the property of one name: `allow a b` with two peers is another policy
 * than `allow a` with two and `allow b` with two.  Here each limit is known by
 * the set of the names that it counts, as far as these keep their access: gains
 * and losses are reported elsewhere.  A limit is left out if another one implies
 * it, which counts these names and perhaps more and allows no more.  For a
 * single name the least of all its limits is compared with its other limits,
 * which is sufficient.
 */

/* The limit of one allow: the names that it counts are sorted, each once. */
struct count {
	const struct postern_policy_limit *limit;
	const struct pst_diff_peer **peers;
	size_t peer_count;
	uint64_t some_of; /* one bit for each name, though some share it */
	bool is_kept;	  /* of several names, and not implied */
};

/* The counts of one node. */
struct counts {
	struct count *counts;
	size_t count;
};

static const struct postern_policy_limit *
limit_of(const struct pst_policy_allow *allow)
{
	return &allow->limits[POSTERN_LIMIT_PEERS];
}

/* Write the names that an allow counts to peers, and make a count of them. */
static struct count read_count(const struct pst_diff *diff,
			       enum pst_diff_version version,
			       const struct pst_policy_allow *allow,
			       const struct pst_diff_peer **peers)
{
	struct count count = {.limit = limit_of(allow), .peers = peers};
	const struct pst_diff_peer *peer;
	size_t i, read_count = 0;

	for (i = 0; i < allow->rule.peer_count; i++) {
		peer = pst_diff_find_peer(diff, version, allow->rule.peers[i]);
		if (peer && peer->keeps_access)
			peers[read_count++] = peer;
	}
	if (read_count == 0)
		return count;
	qsort(peers, read_count, sizeof(peers[0]), pst_diff_compare_peers);
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

static struct counts read_counts(struct pst_diff *diff,
				 enum pst_diff_version version,
				 const struct pst_policy_node *node)
{
	const struct pst_diff_peer **peers;
	const struct pst_policy_allow *allow;
	struct counts counts = {0};
	size_t i;

	counts.counts = pst_arena_new(&diff->block_arena, node->allow_count,
				      sizeof(counts.counts[0]));
	for (allow = node->allows; counts.counts && allow;
	     allow = allow->next) {
		if (limit_of(allow)->state != POSTERN_LIMIT_SET)
			continue;
		peers = pst_arena_new(&diff->block_arena,
				      allow->rule.peer_count, sizeof(peers[0]));
		if (!peers)
			break;
		counts.counts[counts.count++] =
			read_count(diff, version, allow, peers);
	}
	for (i = 0; i < counts.count; i++)
		counts.counts[i].is_kept = counts.counts[i].peer_count > 1 &&
					   !is_implied(&counts, i);
	return counts;
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

/* A limit is known by its location: a block has at most one of each. */
static bool is_shared_count(const struct pst_diff *diff,
			    const struct standing *standing)
{
	const struct postern_policy_limit *limit =
		&standing->grant.channel[POSTERN_LIMIT_PEERS];
	const struct pst_diff_peer *peer, *first = NULL;
	const struct pst_diff_ref *ref;
	size_t i;

	if (limit->state != POSTERN_LIMIT_SET)
		return false;
	for (ref = standing->side->refs; ref; ref = ref->next) {
		if (ref->allow && limit_of(ref->allow)->file == limit->file &&
		    limit_of(ref->allow)->line == limit->line)
			break;
	}
	for (i = 0; ref && i < ref->rule->peer_count; i++) {
		peer = pst_diff_find_peer(diff, standing->version,
					  ref->rule->peers[i]);
		if (!peer || !peer->keeps_access)
			continue;
		if (first && first != peer)
			return true;
		first = peer;
	}
	return false;
}

static void add_count(struct pst_diff *diff, const struct count *count,
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
	pst_diff_limit(diff, POSTERN_LIMIT_PEERS,
		       old_limit ? old_limit : &unset,
		       new_limit ? new_limit : &unset, words);
	free(words);
}

static void diff_shared_counts(struct pst_diff *diff,
			       const struct pst_policy_node *old_node,
			       const struct pst_policy_node *new_node)
{
	const struct counts old_counts =
		read_counts(diff, PST_DIFF_OLD, old_node);
	const struct counts new_counts =
		read_counts(diff, PST_DIFF_NEW, new_node);
	const struct count *count;
	size_t i;

	for (i = 0; i < old_counts.count; i++) {
		count = &old_counts.counts[i];
		if (count->is_kept)
			add_count(diff, count, count->limit,
				  find_same(&new_counts, count));
	}
	for (i = 0; i < new_counts.count; i++) {
		count = &new_counts.counts[i];
		if (count->is_kept && !find_same(&old_counts, count))
			add_count(diff, count, NULL, count->limit);
	}
}

/* -- one peer --------------------------------------------------------------- */

static void add_access(struct pst_diff *diff, char sign, const char *words,
		       const struct standing *standing,
		       const struct standing *other)
{
	const struct postern_decision *grant = &standing->grant;

	pst_diff_begin(diff, sign);
	pst_text_add_format(&diff->text, "%s access: %s%s", words,
			    pst_policy_directions_name(grant->directions),
			    grant->may_observe ? ", observe" : "");
	pst_diff_list_security(diff, grant->security);
	pst_diff_list_limits(diff, grant->channel);
	if (other->tenant_count > 1)
		pst_text_add_format(&diff->text, "; %s of two tenants",
				    sign == '-' ? "is" : "was");
	pst_diff_end(diff, &standing->allow->rule.location, NULL);
}

/* The permissions of `standing` that the other one of the same peer lacks. */
static void add_powers(struct pst_diff *diff, char sign, const char *words,
		       const struct standing *standing,
		       const struct standing *other)
{
	static const struct {
		uint32_t power;
		const char *words;
	} powers[] = {
		{POSTERN_DIRECTION_TO_NODE, "direction send"},
		{POSTERN_DIRECTION_FROM_NODE, "direction receive"},
		{MAY_OBSERVE, "observe"},
	};
	const struct pst_policy_allow *allow;
	size_t i;

	for (i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		allow = find_allow(standing, powers[i].power);
		if (!allow || find_allow(other, powers[i].power))
			continue;
		pst_diff_begin(diff, sign);
		pst_text_add_format(&diff->text, "%s %s", words,
				    powers[i].words);
		pst_diff_end(diff, powers[i].power == MAY_OBSERVE
					   ? &allow->observe_location
					   : &allow->rule.location, NULL);
	}
}

static struct pst_policy_security
security_of(const struct postern_decision *grant)
{
	return (struct pst_policy_security){
		.minimum = grant->security,
		.location = {.file = grant->security_file,
			     .line = grant->security_line},
	};
}

static void diff_kept_access(struct pst_diff *diff,
			     const struct standing *old_standing,
			     const struct standing *new_standing)
{
	struct pst_policy_security old_security, new_security;
	size_t i;

	add_powers(diff, '+', "gains", new_standing, old_standing);
	add_powers(diff, '-', "loses", old_standing, new_standing);
	old_security = security_of(&old_standing->grant);
	new_security = security_of(&new_standing->grant);
	pst_diff_security(diff, &old_security, &new_security);
	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (i == POSTERN_LIMIT_PEERS &&
		    is_shared_count(diff, old_standing) &&
		    is_shared_count(diff, new_standing))
			continue;
		pst_diff_limit(diff, i, &old_standing->grant.channel[i],
			       &new_standing->grant.channel[i], "");
	}
}

/* For a node that both policies define. */
static void diff_denies(struct pst_diff *diff,
			const struct pst_policy_rule *old_deny,
			const struct pst_policy_rule *new_deny)
{
	if (new_deny && !old_deny) {
		pst_diff_begin(diff, '-');
		pst_text_add_string(&diff->text, "denied now");
		pst_diff_end(diff, &new_deny->location, NULL);
	}
	if (old_deny && !new_deny) {
		pst_diff_begin(diff, '+');
		pst_text_add_string(&diff->text, "no longer denied");
		pst_diff_end(diff, &old_deny->location, NULL);
	}
}

static void diff_access(struct pst_diff *diff, const struct pst_diff_peer *peer,
			const struct pst_policy_node *old_node,
			const struct pst_policy_node *new_node)
{
	struct standing old_standing, new_standing;

	find_standing(old_node, &peer->sides[PST_DIFF_OLD], PST_DIFF_OLD,
		      &old_standing);
	find_standing(new_node, &peer->sides[PST_DIFF_NEW], PST_DIFF_NEW,
		      &new_standing);

	pst_diff_enter_peer(diff, peer->name);
	if (peer->keeps_access)
		diff_kept_access(diff, &old_standing, &new_standing);
	else if (new_standing.has_access)
		add_access(diff, '+', "gains", &new_standing, &old_standing);
	else if (old_standing.has_access)
		add_access(diff, '-', "loses", &old_standing, &new_standing);
	if (old_node && new_node)
		diff_denies(diff, old_standing.deny, new_standing.deny);
}

void pst_diff_grants(struct pst_diff *diff,
		     const struct pst_policy_node *old_node,
		     const struct pst_policy_node *new_node)
{
	struct pst_diff_peer *peer;
	size_t i;

	for (i = 0; i < diff->named_count; i++) {
		peer = diff->named[i];
		peer->keeps_access = has_access(old_node, peer, PST_DIFF_OLD) &&
				     has_access(new_node, peer, PST_DIFF_NEW);
	}
	if (old_node && new_node)
		diff_shared_counts(diff, old_node, new_node);
	for (i = 0; i < diff->named_count; i++)
		diff_access(diff, diff->named[i], old_node, new_node);
}
