/* SPDX-License-Identifier: ISC */
/*
 * The merged policy
 *
 * All files together as one text that loads to the same policy: extensions are
 * part of their nodes, the strictest limit wins, and every line ends with its
 * location in the files.
 */
#include <inttypes.h>
#include <string.h>

#include "authoring/authoring_internal.h"
#include "base/text.h"
#include "policy/policy.h"
#include "policy/policy_units.h"
#include "policy/policy_grant.h"
#include "policy/policy_table.h"

#define ORIGIN_COLUMN 56u

static void add_origin(struct pst_text *text, const char *file, uint32_t line)
{
	pst_text_add_harmless(text, file);
	pst_text_add_format(text, ":%" PRIu32, line);
}

static void end_line(struct pst_text *text, const char *file, uint32_t line)
{
	pst_text_add_padding(text, ORIGIN_COLUMN, 2);
	pst_text_add_string(text, "# ");
	add_origin(text, file, line);
	pst_text_add_string(text, "\n");
}

static void add_close(struct pst_text *text, size_t depth)
{
	pst_print_indent(text, depth);
	pst_text_add_string(text, "}\n");
}

static void add_line(struct pst_text *text,
		     const struct pst_policy_directive *directive, size_t depth)
{
	pst_print_indent(text, depth);
	pst_print_words(text, directive);
	end_line(text, directive->source->name, directive->line);
}

/* Recursion is bounded by the depth of the tree. */
static void add_tree(struct pst_text *text,
		     const struct pst_policy_directive *directive, size_t depth)
{
	const struct pst_policy_directive *child = NULL;

	add_line(text, directive, depth);
	if (!directive->has_block)
		return;
	while ((child = pst_print_next(directive->words[0].text,
				       directive->children, child)))
		add_tree(text, child, depth + 1);
	add_close(text, depth);
}

static bool is_burst(size_t limit_key)
{
	return limit_key == POSTERN_LIMIT_RATE_BURST ||
	       limit_key == POSTERN_LIMIT_BANDWIDTH_BURST ||
	       limit_key == POSTERN_LIMIT_HANDSHAKES_BURST;
}

/* A rate and its burst share a line, and may come from two. */
static void add_limit(struct pst_text *text,
		      const struct postern_policy_limit *limits,
		      size_t limit_key)
{
	const struct postern_policy_limit *limit = &limits[limit_key];
	const struct postern_policy_limit *burst = NULL;
	char value[PST_POLICY_LIMIT_TEXT_BYTES];

	pst_print_limit(text, limit_key, limit->value);
	if (limit_key + 1 < POSTERN_LIMIT_COUNT && is_burst(limit_key + 1)) {
		burst = limit + 1;
		pst_policy_limit_text(limit_key + 1, burst->value, value);
		pst_text_add_format(text, " burst %s", value);
	}
	pst_text_add_padding(text, ORIGIN_COLUMN, 2);
	pst_text_add_string(text, "# ");
	add_origin(text, limit->file, limit->line);
	if (burst && (burst->line != limit->line ||
		      strcmp(burst->file, limit->file) != 0)) {
		pst_text_add_string(text, ", burst ");
		add_origin(text, burst->file, burst->line);
	}
	pst_text_add_string(text, "\n");
}

static bool has_limits(const struct postern_policy_limit *limits)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (limits[i].state == POSTERN_LIMIT_SET)
			return true;
	}
	return false;
}

/*
 * A ring and a message of different blocks may not fit each other, which in one
 * block is an error.  The message that fits is shown then, which is the one
 * that holds.
 */
static void add_limits(struct pst_text *text,
		       const struct postern_policy_limit *limits, size_t depth)
{
	struct postern_policy_limit shown[POSTERN_LIMIT_CAPACITY];
	size_t i;

	if (!has_limits(limits))
		return;
	memcpy(shown, limits, sizeof(shown));
	if (shown[POSTERN_LIMIT_RING].state == POSTERN_LIMIT_SET &&
	    shown[POSTERN_LIMIT_MESSAGE].state == POSTERN_LIMIT_SET)
		pst_policy_limits_complete(shown);

	pst_print_indent(text, depth);
	pst_text_add_string(text, "limits {\n");
	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (shown[i].state != POSTERN_LIMIT_SET || is_burst(i))
			continue;
		pst_print_indent(text, depth + 1);
		add_limit(text, shown, i);
	}
	add_close(text, depth);
}

static bool is_merged(const struct pst_policy_directive *directive)
{
	const char *key = directive->words[0].text;

	return strcmp(key, "security") == 0 || strcmp(key, "require") == 0 ||
	       strcmp(key, "allow") == 0 || strcmp(key, "deny") == 0 ||
	       strcmp(key, "limits") == 0;
}

/* A security of an allow below that of its node, which an extension may have
 * raised, has no effect, and would be an error in one block. */
static void add_allow(struct pst_text *text, const struct pst_policy_node *node,
		      const struct pst_policy_allow *allow)
{
	const struct pst_policy_directive *directive = allow->rule.directive;
	const struct pst_policy_directive *child = NULL;
	bool is_raising = allow->security.minimum >= node->security.minimum;

	add_line(text, directive, 1);
	while ((child = pst_print_next("allow", directive->children, child))) {
		if (is_raising || strcmp(child->words[0].text, "security") != 0)
			add_tree(text, child, 2);
	}
	add_close(text, 1);
}

static void add_node(struct pst_text *text, const struct pst_policy_node *node)
{
	const struct pst_policy_requirement *requirement;
	const struct pst_policy_directive *child = NULL;
	const struct pst_policy_allow *allow;
	const struct pst_policy_rule *rule;

	add_line(text, node->directive, 0);
	while ((child = pst_print_next("node", node->directive->children,
				       child))) {
		if (!is_merged(child))
			add_tree(text, child, 1);
	}
	if (node->security.location.line > 0) {
		pst_print_indent(text, 1);
		pst_text_add_format(
			text, "security %s",
			pst_policy_security_name(node->security.minimum));
		end_line(text, node->security.location.file,
			 node->security.location.line);
	}
	for (requirement = node->requirements; requirement;
	     requirement = requirement->next)
		add_tree(text, requirement->directive, 1);
	for (allow = node->allows; allow; allow = allow->next)
		add_allow(text, node, allow);
	for (rule = node->denies; rule; rule = rule->next)
		add_tree(text, rule->directive, 1);
	add_limits(text, node->limits, 1);
	add_close(text, 0);
}

int pst_show_policy(const struct postern_policy *policy, char **ret_text)
{
	struct pst_text text = {0};
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_node *node;
	const struct pst_policy_peer *peer;

	pst_text_add_string(&text, "policy-version 1\n");
	if (has_limits(policy->limits))
		pst_text_add_string(&text, "\n");
	add_limits(&text, policy->limits, 0);
	for (peer = policy->peers; peer; peer = peer->next) {
		pst_text_add_string(&text, "\n");
		add_tree(&text, peer->directive, 0);
	}
	for (tenant = policy->tenants; tenant; tenant = tenant->next) {
		pst_text_add_string(&text, "\n");
		add_tree(&text, tenant->directive, 0);
	}
	for (node = policy->nodes; node; node = node->next) {
		pst_text_add_string(&text, "\n");
		add_node(&text, node);
	}
	pst_text_add_string(&text, "\nend\n");
	return pst_text_take(&text, ret_text);
}
