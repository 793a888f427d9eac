/* SPDX-License-Identifier: ISC */
/*
 * Does a process match a peer?  See policy_match.h
 *
 * Each key of a line has one function here.  A fact that is not certain makes
 * the match *unknown*, and the purpose of the caller decides for the safe side:
 * an allow does not match, a deny does.
 */
#include "policy/policy_match.h"

#include <string.h>

#include "base/search.h"
#include "policy/policy.h"
#include "policy/policy_label.h"

static enum pst_policy_match match_if(bool condition)
{
	return condition ? PST_POLICY_MATCH_YES : PST_POLICY_MATCH_NO;
}

static enum pst_policy_match any_of(enum pst_policy_match a,
				    enum pst_policy_match b)
{
	return a > b ? a : b;
}

/* The kernel shows overflow ids for ids that it cannot map, and -1 is no id. */
static bool is_identity(enum postern_fact_state fact, uint32_t id,
			uint32_t overflow_id)
{
	return fact == POSTERN_FACT_KNOWN && id != UINT32_MAX &&
	       id != PST_POLICY_OVERFLOW_ID &&
	       (overflow_id == 0 || id != overflow_id);
}

bool pst_policy_has_unmapped_uid(const struct postern_subject *subject)
{
	return subject->uid_fact == POSTERN_FACT_KNOWN &&
	       subject->uid != UINT32_MAX &&
	       !is_identity(subject->uid_fact, subject->uid,
			    subject->overflow_uid);
}

static bool has_uid(const struct postern_subject *subject)
{
	return is_identity(subject->uid_fact, subject->uid,
			   subject->overflow_uid);
}

static enum pst_policy_match match_user(const struct pst_policy_value *value,
					const struct postern_subject *subject)
{
	if (!has_uid(subject) || value->state == PST_POLICY_VALUE_UNRESOLVED)
		return PST_POLICY_MATCH_UNKNOWN;
	if (value->state == PST_POLICY_VALUE_ANY)
		return PST_POLICY_MATCH_YES;
	if (value->state == PST_POLICY_VALUE_RANGE)
		return match_if(value->number <= subject->uid &&
				subject->uid <= value->last);
	return match_if(value->number == subject->uid);
}

/* Effective and supplementary groups count alike.  A group that is not known
 * might be the wanted one, so only a complete list gives a "no". */
static enum pst_policy_match match_gid(uint64_t gid,
				       const struct postern_subject *subject)
{
	bool is_complete;
	uint32_t i;

	is_complete = is_identity(subject->gid_fact, subject->gid,
				  subject->overflow_gid);
	if (is_complete && subject->gid == gid)
		return PST_POLICY_MATCH_YES;

	if (subject->groups_fact == POSTERN_FACT_UNKNOWN)
		return PST_POLICY_MATCH_UNKNOWN;
	if (subject->groups_fact == POSTERN_FACT_KNOWN) {
		if (!subject->groups && subject->group_count > 0)
			return PST_POLICY_MATCH_UNKNOWN;
		for (i = 0; i < subject->group_count; i++) {
			if (!is_identity(POSTERN_FACT_KNOWN, subject->groups[i],
					 subject->overflow_gid))
				is_complete = false;
			else if (subject->groups[i] == gid)
				return PST_POLICY_MATCH_YES;
		}
	}
	return is_complete ? PST_POLICY_MATCH_NO : PST_POLICY_MATCH_UNKNOWN;
}

static int compare_uids(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

bool pst_policy_has_member(const struct pst_policy_value *value, uint32_t uid)
{
	size_t i = pst_search_first(&uid, value->member_uids,
				    value->member_uid_count, sizeof(uid),
				    compare_uids);

	return i < value->member_uid_count && value->member_uids[i] == uid;
}

static enum pst_policy_match
match_members(const struct pst_policy_value *value,
	      const struct postern_subject *subject)
{
	if (value->member_uid_count == 0)
		return PST_POLICY_MATCH_NO;
	if (!has_uid(subject))
		return PST_POLICY_MATCH_UNKNOWN;
	return match_if(pst_policy_has_member(value, subject->uid));
}

static enum pst_policy_match match_group(const struct pst_policy_value *value,
					 const struct postern_subject *subject,
					 enum pst_policy_purpose purpose)
{
	enum pst_policy_match match;

	if (value->state == PST_POLICY_VALUE_UNRESOLVED)
		return PST_POLICY_MATCH_UNKNOWN;
	match = match_gid(value->number, subject);
	/* A process that dropped the group, or never had it, still belongs to a
	 * member of it: a deny must not depend on the groups of the process. */
	if (purpose == PST_POLICY_PURPOSE_DENY)
		match = any_of(match, match_members(value, subject));
	return match;
}

static enum pst_policy_match
match_text(const char *wanted, enum postern_fact_state fact, const char *text)
{
	if (fact == POSTERN_FACT_ABSENT)
		return PST_POLICY_MATCH_NO;
	if (fact != POSTERN_FACT_KNOWN || !text)
		return PST_POLICY_MATCH_UNKNOWN;
	return match_if(strcmp(wanted, text) == 0);
}

/*
 * A profile that only complains confines nothing, so its name is no reason to
 * allow a process.  Of a stack, each profile is a reason to deny it.
 */
static enum pst_policy_match match_label(const char *wanted,
					 const struct postern_subject *subject,
					 enum pst_policy_purpose purpose)
{
	struct pst_policy_label_relation relation;

	if (subject->label_fact == POSTERN_FACT_ABSENT)
		return PST_POLICY_MATCH_NO;
	if (subject->label_fact != POSTERN_FACT_KNOWN || !subject->label)
		return PST_POLICY_MATCH_UNKNOWN;

	relation = pst_policy_label_compare(wanted, subject->label);
	if (purpose == PST_POLICY_PURPOSE_DENY && relation.has_all)
		return PST_POLICY_MATCH_YES;
	if (relation.is_hidden)
		return PST_POLICY_MATCH_UNKNOWN;
	if (!relation.has_all)
		return PST_POLICY_MATCH_NO;
	if (relation.is_same && relation.confinement == PST_POLICY_CONFINED)
		return PST_POLICY_MATCH_YES;
	/* not a member for certain, and yet it must not escape the limits */
	if (purpose == PST_POLICY_PURPOSE_MEMBER)
		return PST_POLICY_MATCH_UNKNOWN;
	return relation.is_same && relation.confinement ==
					   PST_POLICY_CONFINEMENT_UNKNOWN
		       ? PST_POLICY_MATCH_UNKNOWN
		       : PST_POLICY_MATCH_NO;
}

/* A prefix of whole parts: /a/b covers /a/b and /a/b/c, not /a/bc. */
static enum pst_policy_match
match_cgroup(const char *prefix, enum postern_fact_state fact, const char *path)
{
	size_t prefix_bytes = strlen(prefix);

	if (fact == POSTERN_FACT_ABSENT)
		return PST_POLICY_MATCH_NO;
	if (fact != POSTERN_FACT_KNOWN || !path)
		return PST_POLICY_MATCH_UNKNOWN;
	if (strncmp(prefix, path, prefix_bytes) != 0)
		return PST_POLICY_MATCH_NO;
	return match_if(prefix_bytes == 1 || path[prefix_bytes] == '\0' ||
			path[prefix_bytes] == '/');
}

bool pst_policy_has_hidden_pid(const struct postern_subject *subject)
{
	return subject->pid_fact == POSTERN_FACT_ABSENT ||
	       (subject->pid_fact == POSTERN_FACT_KNOWN && subject->pid <= 0);
}

static enum pst_policy_match match_pid(const struct pst_policy_value *value,
				       const struct postern_subject *subject)
{
	if (value->state == PST_POLICY_VALUE_DEAD)
		return PST_POLICY_MATCH_NO;
	/* pid 0 is no process that can be named here */
	if (pst_policy_has_hidden_pid(subject) ||
	    subject->pid_inode_fact != POSTERN_FACT_KNOWN)
		return PST_POLICY_MATCH_UNKNOWN;
	return match_if(value->number == subject->pid_inode);
}

static enum pst_policy_match match_key(const struct pst_policy_value *value,
				       const struct postern_subject *subject,
				       enum pst_policy_purpose purpose)
{
	if (purpose == PST_POLICY_PURPOSE_CANDIDATE)
		return PST_POLICY_MATCH_YES;
	return match_if(
		subject->key_fact == POSTERN_FACT_KNOWN &&
		memcmp(value->key, subject->key, sizeof(subject->key)) == 0);
}

static enum pst_policy_match match_userns(const struct postern_subject *subject)
{
	switch (subject->userns) {
	case POSTERN_USERNS_SAME:
		return PST_POLICY_MATCH_YES;
	case POSTERN_USERNS_OTHER:
		return PST_POLICY_MATCH_NO;
	case POSTERN_USERNS_UNKNOWN:
	default:
		return PST_POLICY_MATCH_UNKNOWN;
	}
}

static enum pst_policy_match match_value(const struct pst_policy_line *line,
					 const struct pst_policy_value *value,
					 const struct postern_subject *subject,
					 enum pst_policy_purpose purpose)
{
	switch (line->key) {
	case PST_POLICY_LINE_USER:
		return match_user(value, subject);
	case PST_POLICY_LINE_GROUP:
		return match_group(value, subject, purpose);
	case PST_POLICY_LINE_LABEL:
		return match_label(value->text, subject, purpose);
	case PST_POLICY_LINE_KEY:
		return match_key(value, subject, purpose);
	case PST_POLICY_LINE_PID:
		return match_pid(value, subject);
	case PST_POLICY_LINE_UNIT:
		return match_text(value->text, subject->unit_fact,
				  subject->unit);
	case PST_POLICY_LINE_CGROUP:
		return match_cgroup(value->text, subject->cgroup_fact,
				    subject->cgroup);
	case PST_POLICY_LINE_EXE:
		return match_text(value->text, subject->exe_fact, subject->exe);
	case PST_POLICY_LINE_USERNS:
		return match_userns(subject);
	default:
		return PST_POLICY_MATCH_UNKNOWN;
	}
}

enum pst_policy_match
pst_policy_match_line(const struct pst_policy_line *line,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose)
{
	enum pst_policy_match match = PST_POLICY_MATCH_NO;
	size_t i;

	for (i = 0; i < line->value_count; i++)
		match = any_of(match, match_value(line, &line->values[i],
						  subject, purpose));
	return match;
}

enum pst_policy_match
pst_policy_match_peer(const struct pst_policy_peer *peer,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose)
{
	enum pst_policy_match match = PST_POLICY_MATCH_YES, line_match;
	const struct pst_policy_line *line;

	if (peer->fault)
		return PST_POLICY_MATCH_UNKNOWN;
	for (line = peer->lines; line; line = line->next) {
		line_match = pst_policy_match_line(line, subject, purpose);
		if (line_match < match)
			match = line_match;
	}

	if ((purpose == PST_POLICY_PURPOSE_ALLOW ||
	     purpose == PST_POLICY_PURPOSE_CANDIDATE) &&
	    !peer->admits_hidden_pid && pst_policy_has_hidden_pid(subject))
		match = PST_POLICY_MATCH_NO;
	return match;
}

enum pst_policy_match
pst_policy_match_rule(const struct pst_policy_rule *rule,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose,
		      const struct pst_policy_peer **ret_peer)
{
	enum pst_policy_match match = PST_POLICY_MATCH_NO, peer_match;
	const struct pst_policy_peer *peer = NULL;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		peer_match =
			pst_policy_match_peer(rule->peers[i], subject, purpose);
		if (peer_match == PST_POLICY_MATCH_NO || peer_match < match)
			continue;
		if (peer_match > match || !peer ||
		    strcmp(rule->peers[i]->name, peer->name) < 0)
			peer = rule->peers[i];
		match = peer_match;
	}
	if (ret_peer && peer)
		*ret_peer = peer;
	return match;
}

enum pst_policy_match
pst_policy_match_tenant(const struct pst_policy_tenant *tenant,
			const struct postern_subject *subject)
{
	enum pst_policy_match match = PST_POLICY_MATCH_NO, rule_match;
	const struct pst_policy_rule *rule;

	for (rule = tenant->members; rule; rule = rule->next) {
		rule_match = pst_policy_match_rule(
			rule, subject, PST_POLICY_PURPOSE_MEMBER, NULL);
		if (rule_match > match)
			match = rule_match;
	}
	return match;
}
