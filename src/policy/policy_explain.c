/* SPDX-License-Identifier: ISC */
/*
 * Why the decision is what it is
 *
 * The functions that decide also evaluate the rules here, and the verdict is the
 * decision itself, so an explanation cannot disagree with a node.  Every rule is
 * shown with every line of its peers, because the line that nearly matched often
 * explains a refusal.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policy/policy.h"
#include "policy/policy_match.h"
#include "policy/policy_table.h"
#include "policy/policy_units.h"

#define ANSWER_COLUMN 44
#define LOCATION_COLUMN 60
#define LIMIT_VALUE_COLUMN 30
#define LIMIT_LOCATION_COLUMN 46

/* The process: facts that are known, or known to be absent.  Every other fact is
 * unknown. */

static void add_id(struct pst_text *text, const char *name,
		   enum postern_fact_state fact, uint32_t id,
		   uint32_t overflow_id)
{
	if (fact != POSTERN_FACT_KNOWN) {
		pst_text_add_format(text, "%s unknown", name);
		return;
	}
	pst_text_add_format(text, "%s %" PRIu32, name, id);
	if (id == PST_POLICY_OVERFLOW_ID ||
	    (overflow_id != 0 && id == overflow_id))
		pst_text_add_string(text, " (not mapped: unknown)");
}

static void add_groups(struct pst_text *text,
		       const struct postern_subject *subject)
{
	uint32_t i;

	if (subject->groups_fact == POSTERN_FACT_UNKNOWN ||
	    (subject->group_count > 0 && !subject->groups)) {
		pst_text_add_string(text, ", other groups unknown");
		return;
	}
	if (subject->groups_fact == POSTERN_FACT_ABSENT ||
	    subject->group_count == 0) {
		pst_text_add_string(text, ", no other groups");
		return;
	}
	pst_text_add_string(text, ", groups");
	for (i = 0; i < subject->group_count; i++)
		pst_text_add_format(text, " %" PRIu32, subject->groups[i]);
}

static void add_pid(struct pst_text *text,
		    const struct postern_subject *subject)
{
	if (pst_policy_has_hidden_pid(subject))
		pst_text_add_string(text, ", pid not visible here");
	else if (subject->pid_fact == POSTERN_FACT_KNOWN)
		pst_text_add_format(text, ", pid %" PRId32, subject->pid);
	if (subject->pid_inode_fact == POSTERN_FACT_KNOWN)
		pst_text_add_format(text, ", pid inode %" PRIu64,
				    subject->pid_inode);
}

static void add_text(struct pst_text *text, const char *name,
		     enum postern_fact_state fact, const char *value)
{
	if (fact == POSTERN_FACT_ABSENT)
		pst_text_add_format(text, ", no %s", name);
	if (fact != POSTERN_FACT_KNOWN || !value)
		return;
	pst_text_add_format(text, ", %s ", name);
	pst_text_add_harmless(text, value);
}

static void add_subject(struct pst_text *text,
			const struct postern_subject *subject)
{
	pst_text_add_string(text, "process: ");
	add_id(text, "uid", subject->uid_fact, subject->uid,
	       subject->overflow_uid);
	add_id(text, ", gid", subject->gid_fact, subject->gid,
	       subject->overflow_gid);
	add_groups(text, subject);
	add_pid(text, subject);
	add_text(text, "label", subject->label_fact, subject->label);
	add_text(text, "unit", subject->unit_fact, subject->unit);
	add_text(text, "cgroup", subject->cgroup_fact, subject->cgroup);
	add_text(text, "exe", subject->exe_fact, subject->exe);
	if (subject->userns == POSTERN_USERNS_SAME)
		pst_text_add_string(text, ", userns same");
	if (subject->userns == POSTERN_USERNS_OTHER)
		pst_text_add_string(text, ", userns another");
	pst_text_add_string(text, subject->key_fact == POSTERN_FACT_KNOWN
					  ? ", a proven key\n"
					  : ", no key\n");
}

/* The rules */

/* By the match. */
static const char *const answers[] = {"no", "unknown", "yes"};
static const char *const deny_results[] = {"not matched", "unknown: denied",
					   "matched"};
static const char *const allow_results[] = {"not matched", "unknown",
					    "matched"};
static const char *const tenant_results[] = {"not a member", "unknown: refused",
					     "member"};

/* One row: words, answer, location.  Locations are the longest, so they are
 * last. */
static void add_row(struct pst_text *text, const char *indent,
		    const char *words,
		    const struct pst_policy_location *location,
		    const char *answer)
{
	pst_text_add_format(text, "%s%s", indent, words);
	pst_text_add_padding(text, ANSWER_COLUMN, 2);
	pst_text_add_string(text, answer);
	pst_text_add_padding(text, LOCATION_COLUMN, 2);
	pst_text_add_harmless(text, location->file);
	pst_text_add_format(text, ":%" PRIu32 "\n", location->line);
}

static const char *answer_of_peer(const struct pst_policy_peer *peer,
				  const struct postern_subject *subject,
				  enum pst_policy_purpose purpose)
{
	if (purpose == PST_POLICY_PURPOSE_ALLOW && !peer->admits_hidden_pid &&
	    pst_policy_has_hidden_pid(subject))
		return "no: hidden pid without pidns any";
	return answers[pst_policy_match_peer(peer, subject, purpose)];
}

/* Whether the program of the process is one of the line, but its file was
 * replaced or removed after it started: then the kernel appends a mark to the
 * path. */
static bool has_replaced_program(const struct pst_policy_line *line,
				 const struct postern_subject *subject)
{
	static const char mark[] = " (deleted)";
	size_t i, path_bytes;

	if (subject->exe_fact != POSTERN_FACT_KNOWN || !subject->exe)
		return false;
	for (i = 0; i < line->value_count; i++) {
		path_bytes = strlen(line->values[i].text);
		if (strncmp(line->values[i].text, subject->exe, path_bytes) ==
			    0 &&
		    strcmp(subject->exe + path_bytes, mark) == 0)
			return true;
	}
	return false;
}

static const char *answer_of_line(const struct pst_policy_line *line,
				  const struct postern_subject *subject,
				  enum pst_policy_purpose purpose)
{
	enum pst_policy_match match;

	match = pst_policy_match_line(line, subject, purpose);
	if (line->key != PST_POLICY_LINE_EXE)
		return answers[match];
	if (match == PST_POLICY_MATCH_NO && has_replaced_program(line, subject))
		return "no: its file was replaced";
	/* of a process that is only imagined, nothing could be read */
	if (match == PST_POLICY_MATCH_UNKNOWN &&
	    subject->pid_fact == POSTERN_FACT_KNOWN)
		return "unknown: only root can read it";
	return answers[match];
}

static void add_peers(struct pst_text *text, const struct pst_policy_rule *rule,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose)
{
	const struct pst_policy_peer *peer;
	const struct pst_policy_line *line;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		peer = rule->peers[i];
		add_row(text, "  peer ", peer->name, &peer->location,
			answer_of_peer(peer, subject, purpose));
		for (line = peer->lines; line; line = line->next)
			add_row(text, "    ", line->words, &line->location,
				answer_of_line(line, subject, purpose));
	}
}

static void add_rule(struct pst_text *text, const struct pst_policy_rule *rule,
		     const struct postern_subject *subject,
		     enum pst_policy_purpose purpose,
		     const char *const *results)
{
	add_row(text, "", rule->words, &rule->location,
		results[pst_policy_match_rule(rule, subject, purpose, NULL)]);
	add_peers(text, rule, subject, purpose);
}

static void add_rules(struct pst_text *text, const struct pst_policy_node *node,
		      const struct postern_subject *subject)
{
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_allow *allow;
	const struct pst_policy_rule *rule;

	for (rule = node->denies; rule; rule = rule->next)
		add_rule(text, rule, subject, PST_POLICY_PURPOSE_DENY,
			 deny_results);
	for (allow = node->allows; allow; allow = allow->next)
		add_rule(text, &allow->rule, subject, PST_POLICY_PURPOSE_ALLOW,
			 allow_results);
	for (tenant = node->policy->tenants; tenant; tenant = tenant->next) {
		add_row(text, "", tenant->words, &tenant->location,
			tenant_results[pst_policy_match_tenant(tenant,
							       subject)]);
		for (rule = tenant->members; rule; rule = rule->next)
			add_peers(text, rule, subject,
				  PST_POLICY_PURPOSE_MEMBER);
	}
	if (node->denies || node->allows || node->policy->tenants)
		pst_text_add_string(text, "\n");
}

/* The verdict: each limit with its scope and rule, in the units of a policy */

static void add_line(struct pst_text *text, const char *scope, const char *name,
		     const char *value, const char *file, uint32_t line)
{
	pst_text_add_format(text, "  %-10s %s", scope, name);
	pst_text_add_padding(text, LIMIT_VALUE_COLUMN, 1);
	pst_text_add_string(text, value);
	pst_text_add_padding(text, LIMIT_LOCATION_COLUMN, 2);
	pst_text_add_harmless(text, file ? file : "built in");
	if (file)
		pst_text_add_format(text, ":%" PRIu32, line);
	pst_text_add(text, "\n", 1);
}

static void add_limits(struct pst_text *text, const char *scope,
		       const struct postern_policy_limit *limits)
{
	char value[PST_POLICY_LIMIT_TEXT_BYTES];
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (limits[i].state == POSTERN_LIMIT_UNSET)
			continue;
		pst_policy_limit_text(i, limits[i].value, value);
		add_line(text, scope, pst_policy_limit_name(i), value,
			 limits[i].file, limits[i].line);
	}
}

static void add_grant(struct pst_text *text,
		      const struct postern_decision *decision)
{
	pst_text_add_format(text, "verdict: admitted as peer '%s'",
			    decision->peer_name);
	if (decision->tenant_name)
		pst_text_add_format(text, ", of tenant '%s'",
				    decision->tenant_name);
	pst_text_add_format(text, "\n  direction  %s%s\n",
			    pst_policy_directions_name(decision->directions),
			    decision->may_observe ? ", may observe" : "");
	add_line(text, "security", "",
		 pst_policy_security_name(decision->security),
		 decision->security_file, decision->security_line);
	add_limits(text, "channel", decision->channel);
	add_limits(text, "tenant", decision->tenant);
	add_limits(text, "node", decision->node);
	add_limits(text, "process", decision->process);
}

static void add_refusal(struct pst_text *text,
			const struct postern_error_info *error)
{
	pst_text_add_string(text, "verdict: refused: ");
	pst_text_add_harmless(text, error->detail);
	if (error->rule[0] != '\0') {
		pst_text_add_format(text, "\n  by %s at ", error->rule);
		pst_text_add_harmless(text, error->file);
		pst_text_add_format(text, ":%" PRIu32, error->line);
	}
	pst_text_add(text, "\n", 1);
}

int pst_policy_explain(const struct postern_policy *policy,
		       const char *node_name,
		       const struct postern_subject *subject, char **ret_text)
{
	struct postern_decision decision;
	struct pst_text text = {0};
	const struct pst_policy_node *node;

	node = pst_policy_find_node(policy, node_name);
	if (!node)
		return -ENOENT;

	pst_text_add_format(&text, "node %s at ", node->name);
	pst_text_add_harmless(&text, node->location.file);
	pst_text_add_format(&text, ":%" PRIu32 "\n", node->location.line);
	add_subject(&text, subject);
	pst_text_add_string(&text, "\n");

	add_rules(&text, node, subject);
	pst_policy_decide(policy, node_name, subject, &decision);
	if (decision.is_allowed)
		add_grant(&text, &decision);
	else
		add_refusal(&text, &decision.error);
	return pst_text_take(&text, ret_text);
}
