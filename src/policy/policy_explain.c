/* SPDX-License-Identifier: ISC */
/*
 * Why the decision is what it is
 *
 * The rules are evaluated by the very functions that decide, and the verdict is
 * the decision itself, so an explanation cannot disagree with what a node does.
 * Every rule is shown, with every line of its peers: who asks why somebody was
 * refused usually wants to see the line that nearly matched.
 */
#include "policy/policy_explain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/policy_match.h"
#include "policy/policy_table.h"

#define ANSWER_COLUMN 44
#define PLACE_COLUMN 60

static const char *const answers[] = {
	[PST_POLICY_MATCH_NO] = "no",
	[PST_POLICY_MATCH_UNKNOWN] = "unknown",
	[PST_POLICY_MATCH_YES] = "yes",
};

/* One row: what, answer, where; places are the longest, so they come last. */
static void add_row(struct pst_text *text, const char *indent,
		    const char *words,
		    const struct pst_policy_location *location,
		    const char *answer)
{
	pst_text_add_format(text, "%s%s", indent, words);
	pst_text_add_padding(text, ANSWER_COLUMN, 2);
	pst_text_add_string(text, answer);
	pst_text_add_padding(text, PLACE_COLUMN, 2);
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

/* The program of a process is one of the line's, but its file was replaced or
 * removed since it started: the kernel says so behind the path. */
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

static void add_deny(struct pst_text *text, const struct pst_policy_rule *rule,
		     const struct postern_subject *subject)
{
	static const char *const results[] = {
		[PST_POLICY_MATCH_NO] = "not matched",
		[PST_POLICY_MATCH_UNKNOWN] = "unknown: denied",
		[PST_POLICY_MATCH_YES] = "matched",
	};

	add_row(text, "", rule->words, &rule->location,
		results[pst_policy_match_rule(rule, subject,
					      PST_POLICY_PURPOSE_DENY, NULL)]);
	add_peers(text, rule, subject, PST_POLICY_PURPOSE_DENY);
}

static void add_allow(struct pst_text *text, const struct pst_policy_rule *rule,
		      const struct postern_subject *subject)
{
	static const char *const results[] = {
		[PST_POLICY_MATCH_NO] = "not matched",
		[PST_POLICY_MATCH_UNKNOWN] = "unknown",
		[PST_POLICY_MATCH_YES] = "matched",
	};

	add_row(text, "", rule->words, &rule->location,
		results[pst_policy_match_rule(rule, subject,
					      PST_POLICY_PURPOSE_ALLOW, NULL)]);
	add_peers(text, rule, subject, PST_POLICY_PURPOSE_ALLOW);
}

static void add_tenant(struct pst_text *text,
		       const struct pst_policy_tenant *tenant,
		       const struct postern_subject *subject)
{
	static const char *const results[] = {
		[PST_POLICY_MATCH_NO] = "not a member",
		[PST_POLICY_MATCH_UNKNOWN] = "unknown: refused",
		[PST_POLICY_MATCH_YES] = "member",
	};
	const struct pst_policy_rule *rule;

	add_row(text, "", tenant->words, &tenant->location,
		results[pst_policy_match_tenant(tenant, subject)]);
	for (rule = tenant->members; rule; rule = rule->next)
		add_peers(text, rule, subject, PST_POLICY_PURPOSE_MEMBER);
}

static void add_refusal(struct pst_text *text,
			const struct postern_refusal *refusal)
{
	pst_text_add_string(text, "verdict: refused: ");
	pst_text_add_harmless(text, refusal->detail);
	if (refusal->rule[0] != '\0') {
		pst_text_add_format(text, "\n  by %s at ", refusal->rule);
		pst_text_add_harmless(text, refusal->file);
		pst_text_add_format(text, ":%" PRIu32, refusal->line);
	}
	pst_text_add(text, "\n", 1);
}

int pst_policy_explain(const struct postern_policy *policy,
		       const char *node_name,
		       const struct postern_subject *subject, char **ret_text)
{
	struct postern_decision decision;
	struct pst_text text = {0};
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_allow *allow;
	const struct pst_policy_node *node;
	const struct pst_policy_rule *rule;

	node = pst_policy_find_node(policy, node_name);
	if (!node)
		return -ENOENT;

	pst_text_add_format(&text, "node %s at ", node->name);
	pst_text_add_harmless(&text, node->location.file);
	pst_text_add_format(&text, ":%" PRIu32 "\n", node->location.line);
	pst_policy_explain_subject(&text, subject);
	pst_text_add_string(&text, "\n");

	for (rule = node->denies; rule; rule = rule->next)
		add_deny(&text, rule, subject);
	for (allow = node->allows; allow; allow = allow->next)
		add_allow(&text, &allow->rule, subject);
	for (tenant = policy->tenants; tenant; tenant = tenant->next)
		add_tenant(&text, tenant, subject);
	if (node->denies || node->allows || policy->tenants)
		pst_text_add_string(&text, "\n");

	pst_policy_decide(policy, node_name, subject, &decision);
	if (decision.is_admitted)
		pst_policy_explain_grant(&text, &decision);
	else
		add_refusal(&text, &decision.refusal);
	return pst_text_take(&text, ret_text);
}
