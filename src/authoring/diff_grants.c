/* SPDX-License-Identifier: ISC */
/*
 * What one peer may do at one node, before and after
 *
 * A peer's name stands for whoever matches it and nothing else.  What such a
 * process is granted is put together by the functions that decide, from the
 * rules that have the name.  A process that matches several peers gets what
 * they have together, so a decision can only change where one of them does.
 */
#include "authoring/authoring_internal.h"

#include <string.h>

#include "policy/policy_grant.h"
#include "policy/policy_units.h"

struct standing {
	enum pst_policy_diff_version version;
	const struct pst_policy_diff_side *side;
	const struct pst_policy_rule *deny;    /* the first that has it */
	const struct pst_policy_allow *allow;  /* likewise */
	size_t tenant_count;  /* a process of two is refused */
	bool has_access;
	struct postern_decision grant;
};

/* Beside the two directions. */
#define MAY_OBSERVE 4u

static uint32_t powers_of(const struct pst_policy_allow *allow)
{
	return allow->directions | (allow->may_observe ? MAY_OBSERVE : 0);
}

/* The first by place of the allows that give the peer any of these powers. */
static const struct pst_policy_allow *
find_allow(const struct standing *standing, uint32_t powers)
{
	const struct pst_policy_allow *allow, *first = NULL;
	const struct pst_policy_diff_ref *ref;

	for (ref = standing->side ? standing->side->refs : NULL; ref;
	     ref = ref->next) {
		allow = ref->allow;
		if (!allow || (powers_of(allow) & powers) == 0)
			continue;
		if (!first ||
		    pst_policy_location_is_before(allow->rule.location.file,
						  allow->rule.location.line,
						  first->rule.location.file,
						  first->rule.location.line))
			first = allow;
	}
	return first;
}

static void find_standing(const struct pst_policy_node *node,
			  const struct pst_policy_diff_side *side,
			  enum pst_policy_diff_version version,
			  struct standing *ret_standing)
{
	const struct pst_policy_diff_ref *ref;

	memset(ret_standing, 0, sizeof(*ret_standing));
	if (!node || !side->peer)
		return;
	ret_standing->version = version;
	ret_standing->side = side;
	ret_standing->deny = pst_policy_diff_first_rule(side);
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

static void add_access(struct pst_policy_diff *diff, char sign,
		       const char *words, const struct standing *standing,
		       const struct standing *other)
{
	const struct postern_decision *grant = &standing->grant;

	pst_policy_diff_begin(diff, sign);
	pst_text_add_format(&diff->text, "%s access: %s%s", words,
			    pst_policy_directions_name(grant->directions),
			    grant->may_observe ? ", observe" : "");
	pst_policy_diff_list_security(diff, grant->security);
	pst_policy_diff_list_limits(diff, grant->channel);
	if (other->tenant_count > 1)
		pst_text_add_string(&diff->text, sign == '-'
							 ? "; is of two tenants"
							 : "; was of two "
							   "tenants");
	pst_policy_diff_end(diff, &standing->allow->rule.location);
}

/* What `standing` has, and the other one of the same peer has not. */
static void add_powers(struct pst_policy_diff *diff, char sign,
		       const char *words, const struct standing *standing,
		       const struct standing *other)
{
	static const struct {
		uint32_t power;
		const char *words;
	} powers[] = {
		{POSTERN_DIRECTION_SEND, "direction send"},
		{POSTERN_DIRECTION_RECEIVE, "direction receive"},
		{MAY_OBSERVE, "observe"},
	};
	const struct pst_policy_allow *allow;
	size_t i;

	for (i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		allow = find_allow(standing, powers[i].power);
		if (!allow || find_allow(other, powers[i].power))
			continue;
		pst_policy_diff_begin(diff, sign);
		pst_text_add_format(&diff->text, "%s %s", words,
				    powers[i].words);
		pst_policy_diff_end(diff, powers[i].power == MAY_OBSERVE
						  ? &allow->observe_location
						  : &allow->rule.location);
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

static bool is_shared_count(const struct pst_policy_diff *diff,
			    const struct standing *standing)
{
	return pst_policy_diff_is_shared_count(
		diff, standing->version, standing->side,
		&standing->grant.channel[POSTERN_LIMIT_PEERS]);
}

static void diff_grants(struct pst_policy_diff *diff,
			const struct standing *old_standing,
			const struct standing *new_standing)
{
	struct pst_policy_security old_security, new_security;
	size_t i;

	add_powers(diff, '+', "gains", new_standing, old_standing);
	add_powers(diff, '-', "loses", old_standing, new_standing);
	old_security = security_of(&old_standing->grant);
	new_security = security_of(&new_standing->grant);
	pst_policy_diff_security(diff, &old_security, &new_security);
	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (i == POSTERN_LIMIT_PEERS &&
		    is_shared_count(diff, old_standing) &&
		    is_shared_count(diff, new_standing))
			continue;
		pst_policy_diff_limit(diff, i, &old_standing->grant.channel[i],
				      &new_standing->grant.channel[i], "");
	}
}

/* A node that is not there denies nobody. */
static void diff_denies(struct pst_policy_diff *diff,
			const struct pst_policy_rule *old_deny,
			const struct pst_policy_rule *new_deny)
{
	if (new_deny && !old_deny) {
		pst_policy_diff_begin(diff, '-');
		pst_text_add_string(&diff->text, "denied now");
		pst_policy_diff_end(diff, &new_deny->location);
	}
	if (old_deny && !new_deny) {
		pst_policy_diff_begin(diff, '+');
		pst_text_add_string(&diff->text, "no longer denied");
		pst_policy_diff_end(diff, &old_deny->location);
	}
}

bool pst_policy_diff_has_access(const struct pst_policy_node *node,
				const struct pst_policy_diff_side *side)
{
	struct standing standing;

	find_standing(node, side, PST_POLICY_DIFF_OLD, &standing);
	return standing.has_access;
}

void pst_policy_diff_access(struct pst_policy_diff *diff,
			    const struct pst_policy_diff_peer *peer,
			    const struct pst_policy_node *old_node,
			    const struct pst_policy_node *new_node)
{
	struct standing old_standing, new_standing;

	find_standing(old_node, &peer->sides[PST_POLICY_DIFF_OLD],
		      PST_POLICY_DIFF_OLD, &old_standing);
	find_standing(new_node, &peer->sides[PST_POLICY_DIFF_NEW],
		      PST_POLICY_DIFF_NEW, &new_standing);

	pst_policy_diff_enter_peer(diff, peer->name);
	if (peer->keeps_access)
		diff_grants(diff, &old_standing, &new_standing);
	else if (new_standing.has_access)
		add_access(diff, '+', "gains", &new_standing, &old_standing);
	else if (old_standing.has_access)
		add_access(diff, '-', "loses", &old_standing, &new_standing);
	if (old_node && new_node)
		diff_denies(diff, old_standing.deny, new_standing.deny);
}
