/* SPDX-License-Identifier: ISC */
/*
 * The decision
 *
 *	1. any deny that matches or may match:       refused
 *	2. no allow that matches for certain:        refused; because of
 *	   the key if an allow would match with it
 *	3. two tenants, or perhaps another tenant:   refused
 *	4. directions and observing: combined over all matching allows
 *	5. every limit: the strictest of those allows, the tenant, the node
 *	   and the top level; security: the greatest minimum
 *
 * Grants are combined, limits restrict, and a deny refuses.  Every step is over
 * a set, so the order of rules has no effect.  If several rules give the same
 * result, the decision names the first by file and line.
 *
 * Pure: it reads the table and the subject, writes the decision, and does
 * nothing else.
 */
#include <string.h>

#include "base/search.h"
#include "policy/policy_grant.h"
#include "policy/policy_match.h"
#include "policy/policy_table.h"

/* Append to a terminated text; the excess is cut. */
static void add_cut(char *text, size_t text_bytes, const char *more)
{
	size_t used_bytes = strlen(text);
	size_t more_bytes = strlen(more);

	if (more_bytes > text_bytes - used_bytes - 1)
		more_bytes = text_bytes - used_bytes - 1;
	memcpy(text + used_bytes, more, more_bytes);
	text[used_bytes + more_bytes] = '\0';
}

static void refuse(struct postern_error_info *error, enum postern_reason reason,
		   const struct pst_policy_location *location, const char *rule)
{
	memset(error, 0, sizeof(*error));
	error->reason = reason;
	if (location) {
		error->line = location->line;
		add_cut(error->file, sizeof(error->file), location->file);
	}
	add_cut(error->rule, sizeof(error->rule), rule);
}

static void add_detail(struct postern_error_info *error, const char *more)
{
	add_cut(error->detail, sizeof(error->detail), more);
}

void pst_policy_refuse_fault(const struct pst_policy_fault *fault,
			     struct postern_error_info *error)
{
	refuse(error, POSTERN_REASON_POLICY, &fault->location, "");
	add_detail(error, fault->text);
}

void pst_policy_refuse_unknown_node(const struct postern_policy *policy,
				    const char *node_name,
				    struct postern_error_info *error)
{
	refuse(error,
	       policy->fault ? POSTERN_REASON_POLICY
			     : POSTERN_REASON_UNKNOWN_NODE,
	       policy->fault ? &policy->fault->location : NULL, "");
	add_detail(error, "the policy has no node '");
	add_detail(error, node_name);
	add_detail(error, policy->fault
					? "' as far as it could be read: "
					: "'");
	if (policy->fault)
		add_detail(error, policy->fault->text);
}

/* No rule shows why such a process matches none: the user namespace is why. */
static void add_unmapped(struct postern_error_info *error,
			 const struct postern_subject *subject)
{
	if (pst_policy_has_unmapped_uid(subject))
		add_detail(error, "; its uid (65534 by default) stands for "
				  "all users that this user namespace does "
				  "not map, and matches no rule");
}

/* Step 1. */
static bool is_denied(const struct pst_policy_node *node,
		      const struct postern_subject *subject,
		      struct postern_error_info *error)
{
	const struct pst_policy_rule *rule, *first = NULL;
	const struct pst_policy_peer *peer = NULL, *first_peer = NULL;
	enum pst_policy_match match, first_match = PST_POLICY_MATCH_NO;

	for (rule = node->denies; rule; rule = rule->next) {
		match = pst_policy_match_rule(rule, subject,
					      PST_POLICY_PURPOSE_DENY, &peer);
		if (match == PST_POLICY_MATCH_NO || match < first_match)
			continue;
		if (match == first_match && first &&
		    !pst_policy_location_is_before(&rule->location,
						   &first->location))
			continue;
		first = rule;
		first_peer = peer;
		first_match = match;
	}
	if (!first)
		return false;

	refuse(error, POSTERN_REASON_DENIED, &first->location,
	       first->words);
	add_detail(error, first_match == PST_POLICY_MATCH_YES
				  ? "the process is peer '"
				  : "it cannot be told whether the "
				    "process is peer '");
	add_detail(error, first_peer->name);
	add_detail(error, "', which the node denies");
	add_unmapped(error, subject);
	return true;
}

/* The first allow that would match with the right key, and the peer; or
 * NULL. */
static const struct pst_policy_allow *
find_candidate(const struct pst_policy_node *node,
	       const struct postern_subject *subject,
	       const struct pst_policy_peer **ret_peer)
{
	const struct pst_policy_allow *allow, *first = NULL;
	const struct pst_policy_peer *peer = NULL;

	for (allow = node->allows; allow; allow = allow->next) {
		if (pst_policy_match_rule(&allow->rule, subject,
					  PST_POLICY_PURPOSE_CANDIDATE,
					  &peer) != PST_POLICY_MATCH_YES)
			continue;
		if (first &&
		    !pst_policy_location_is_before(&allow->rule.location,
						   &first->rule.location))
			continue;
		first = allow;
		*ret_peer = peer;
	}
	return first;
}

static void refuse_key(const struct pst_policy_allow *allow,
		       const struct pst_policy_peer *peer, bool has_key,
		       struct postern_error_info *error)
{
	refuse(error, POSTERN_REASON_KEY, &allow->rule.location,
	       allow->rule.words);
	add_detail(error, "peer '");
	add_detail(error, peer->name);
	add_detail(error, has_key ? "' is known by its key, and the "
				    "process has another one"
				  : "' is known by its key, and the "
				    "process proves none");
}

static void refuse_no_allow(const struct pst_policy_node *node,
			    const struct postern_subject *subject,
			    struct postern_error_info *error)
{
	const struct pst_policy_peer *peer = NULL;
	const struct pst_policy_allow *allow;

	allow = find_candidate(node, subject, &peer);
	if (allow) {
		refuse_key(allow, peer, subject->key_fact == POSTERN_FACT_KNOWN,
			   error);
		return;
	}
	refuse(error, POSTERN_REASON_NO_ALLOW, &node->location, "node ");
	add_cut(error->rule, sizeof(error->rule), node->name);
	add_detail(error, node->allows
					? "no allow of the node matches the "
					  "process"
					: "the node allows nobody");
	if (node->allows)
		add_unmapped(error, subject);
}

/* Steps 2 and 4, and the allows' part of 5. */
static bool is_allowed(const struct pst_policy_node *node,
		       const struct postern_subject *subject,
		       struct postern_decision *decision)
{
	const struct pst_policy_peer *peer = NULL;
	const struct pst_policy_allow *allow;
	bool has_matched = false;
	size_t allow_index = 0;

	for (allow = node->allows; allow; allow = allow->next, allow_index++) {
		if (pst_policy_match_rule(&allow->rule, subject,
					  PST_POLICY_PURPOSE_ALLOW,
					  &peer) != PST_POLICY_MATCH_YES)
			continue;
		has_matched = true;
		decision->allow_bits[allow_index / 64] |= UINT64_C(1)
							  << allow_index % 64;
		pst_policy_grant_add_allow(decision, allow);
		if (!decision->peer_name ||
		    strcmp(peer->name, decision->peer_name) < 0)
			decision->peer_name = peer->name;
	}
	return has_matched;
}

static void refuse_two_tenants(const struct pst_policy_tenant *first,
			       const struct pst_policy_tenant *second,
			       struct postern_error_info *error)
{
	refuse(error, POSTERN_REASON_AMBIGUOUS_TENANT, &first->location,
	       first->words);
	add_cut(error->rule, sizeof(error->rule), ", ");
	add_cut(error->rule, sizeof(error->rule), second->words);
	add_detail(error, "the process is a member of ");
	add_detail(error, first->words_and_location);
	add_detail(error, " and of ");
	add_detail(error, second->words_and_location);
}

static void refuse_unknown_tenant(const struct pst_policy_tenant *tenant,
				  const struct postern_subject *subject,
				  struct postern_error_info *error)
{
	refuse(error, POSTERN_REASON_UNKNOWN_TENANT, &tenant->location,
	       tenant->words);
	add_detail(error, "it cannot be told whether the process is a "
			  "member of ");
	add_detail(error, tenant->words_and_location);
	add_unmapped(error, subject);
}

/* Step 3.  Tenants are sorted by name. */
static bool has_clear_tenant(const struct postern_policy *policy,
			     const struct postern_subject *subject,
			     const struct pst_policy_tenant **ret_tenant,
			     struct postern_error_info *error)
{
	const struct pst_policy_tenant *tenant, *certain = NULL;
	const struct pst_policy_tenant *possible = NULL;
	enum pst_policy_match match;

	for (tenant = policy->tenants; tenant; tenant = tenant->next) {
		match = pst_policy_match_tenant(tenant, subject);
		if (match == PST_POLICY_MATCH_YES && certain) {
			refuse_two_tenants(certain, tenant, error);
			return false;
		}
		if (match == PST_POLICY_MATCH_YES)
			certain = tenant;
		if (match == PST_POLICY_MATCH_UNKNOWN && !possible)
			possible = tenant;
	}
	if (possible) {
		refuse_unknown_tenant(possible, subject, error);
		return false;
	}
	*ret_tenant = certain;
	return true;
}

static void refuse_all(struct postern_decision *ret_decision)
{
	const struct postern_error_info error = ret_decision->error;

	memset(ret_decision, 0, sizeof(*ret_decision));
	ret_decision->size_bytes = sizeof(*ret_decision);
	ret_decision->error = error;
}

void pst_policy_decide(const struct postern_policy *policy,
		       const char *node_name,
		       const struct postern_subject *subject,
		       struct postern_decision *ret_decision)
{
	const struct pst_policy_tenant *tenant = NULL;
	const struct pst_policy_node *node;

	memset(ret_decision, 0, sizeof(*ret_decision));
	ret_decision->size_bytes = sizeof(*ret_decision);

	node = pst_policy_find_node(policy, node_name);
	if (!node) {
		pst_policy_refuse_unknown_node(policy, node_name,
					       &ret_decision->error);
		return;
	}
	if (node->fault) {
		pst_policy_refuse_fault(node->fault, &ret_decision->error);
		return;
	}
	if (is_denied(node, subject, &ret_decision->error))
		return;
	if (!is_allowed(node, subject, ret_decision)) {
		refuse_no_allow(node, subject, &ret_decision->error);
		return;
	}
	if (!has_clear_tenant(policy, subject, &tenant,
			      &ret_decision->error)) {
		refuse_all(ret_decision);
		return;
	}

	ret_decision->tenant_weight = 1;
	if (tenant)
		pst_policy_grant_add_tenant(ret_decision, tenant);
	pst_policy_grant_add_node(ret_decision, node);
	ret_decision->is_allowed = 1;
}

bool pst_policy_may_match_later(const struct pst_policy_node *node,
				const struct postern_subject *subject,
				bool *ret_needs_key,
				struct postern_error_info *error)
{
	const struct pst_policy_peer *peer = NULL;
	const struct pst_policy_allow *allow;

	if (node->fault) {
		pst_policy_refuse_fault(node->fault, error);
		return false;
	}
	if (is_denied(node, subject, error))
		return false;
	if (!find_candidate(node, subject, &peer)) {
		refuse_no_allow(node, subject, error);
		return false;
	}
	for (allow = node->allows; allow; allow = allow->next)
		if (pst_policy_match_rule(&allow->rule, subject,
					  PST_POLICY_PURPOSE_ALLOW,
					  NULL) == PST_POLICY_MATCH_YES)
			break;
	*ret_needs_key = !allow;
	return true;
}

static enum postern_security
greater_security(enum postern_security a, enum postern_security b)
{
	return a > b ? a : b;
}

enum postern_security
pst_policy_security_floor(const struct pst_policy_node *node,
			  const struct postern_subject *subject)
{
	enum postern_security floor = node->security.minimum;
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next)
		if (node->fault ||
		    pst_policy_match_rule(&allow->rule, subject,
					  PST_POLICY_PURPOSE_ALLOW,
					  NULL) != PST_POLICY_MATCH_NO)
			floor = greater_security(floor,
						 allow->security.minimum);
	for (tenant = node->policy->tenants; tenant; tenant = tenant->next)
		if (tenant->fault ||
		    pst_policy_match_tenant(tenant, subject) !=
			    PST_POLICY_MATCH_NO)
			floor = greater_security(floor,
						 tenant->security.minimum);
	return floor;
}

static int compare_name(const void *name, const void *node)
{
	const struct pst_policy_node *const *element = node;

	return strcmp(name, (*element)->name);
}

const struct pst_policy_node *
pst_policy_find_node(const struct postern_policy *policy, const char *name)
{
	size_t i = pst_search_first(name, policy->node_at, policy->node_count,
				    sizeof(policy->node_at[0]), compare_name);

	return i < policy->node_count &&
			       strcmp(policy->node_at[i]->name, name) == 0
		       ? policy->node_at[i]
		       : NULL;
}
