/* SPDX-License-Identifier: ISC */
/*
 * Changes from one policy to another
 *
 * The meanings of two policies are compared, not their texts: which peers gain
 * or lose permissions, and which limits change.  Everything is compared as a
 * set, by name, so the order of rules and files has no effect.  Names are
 * sufficient: a decision combines the rules about the peers that a process matches,
 * so if no name's part and no name's meaning changes, no decision does.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "authoring/authoring_internal.h"
#include "policy/policy_grant.h"

/* -- lines ----------------------------------------------------------------- */

void pst_diff_enter(struct pst_diff *diff, const char *kind, const char *name)
{
	diff->block_kind = kind;
	diff->block_name = name;
	pst_diff_enter_peer(diff, NULL);
}

void pst_diff_enter_peer(struct pst_diff *diff, const char *name)
{
	diff->peer_name = name;
	diff->is_below_peer = name != NULL;
}

static void write_headings(struct pst_diff *diff)
{
	if (diff->block_kind)
		pst_text_add_format(&diff->text, "%s%s%s\n", diff->block_kind,
				    diff->block_name ? " " : "",
				    diff->block_name ? diff->block_name : "");
	if (diff->peer_name) {
		pst_print_indent(&diff->text, 1);
		pst_text_add_format(&diff->text, "peer %s\n", diff->peer_name);
	}
	diff->block_kind = NULL;
	diff->peer_name = NULL;
}

void pst_diff_begin(struct pst_diff *diff, char sign)
{
	write_headings(diff);
	pst_print_indent(&diff->text, diff->is_below_peer ? 2 : 1);
	pst_text_add_format(&diff->text, "%c ", sign);
	diff->change_count++;
}

static void add_location(struct pst_text *text,
			 const struct pst_policy_location *location)
{
	pst_text_add_harmless(text,
			      location->file ? location->file : "no rule");
	if (location->line > 0)
		pst_text_add_format(text, ":%" PRIu32, location->line);
}

void pst_diff_end(struct pst_diff *diff,
		  const struct pst_policy_location *location,
		  const struct pst_policy_location *new_location)
{
	pst_text_add_string(&diff->text, " (");
	add_location(&diff->text, location);
	if (new_location) {
		pst_text_add_string(&diff->text, " -> ");
		add_location(&diff->text, new_location);
	}
	pst_text_add_string(&diff->text, ")\n");
}

/* -- values ---------------------------------------------------------------- */

void pst_diff_value(struct pst_diff *diff, const char *what,
		    const struct pst_diff_value *old_value,
		    const struct pst_diff_value *new_value, const char *about)
{
	const char *old_shown = old_value->word ? old_value->word
						: old_value->text;
	const char *new_shown = new_value->word ? new_value->word
						: new_value->text;
	bool is_same_word = strcmp(old_shown, new_shown) == 0;

	if (strcmp(old_value->text, new_value->text) == 0 &&
	    (is_same_word || isdigit((unsigned char)old_value->text[0])))
		return;
	pst_diff_begin(diff, '~');
	pst_text_add_format(&diff->text, "%s ", what);
	pst_text_add_harmless(&diff->text,
			      is_same_word ? old_value->text : old_shown);
	pst_text_add_string(&diff->text, " -> ");
	pst_text_add_harmless(&diff->text,
			      is_same_word ? new_value->text : new_shown);
	pst_text_add_string(&diff->text, about);
	pst_diff_end(diff, &old_value->location, &new_value->location);
}

static struct pst_diff_value
value_of_security(const struct pst_policy_security *security)
{
	return (struct pst_diff_value){
		.word = pst_policy_security_name(security->minimum),
		.location = security->location,
	};
}

void pst_diff_security(struct pst_diff *diff,
		       const struct pst_policy_security *old_security,
		       const struct pst_policy_security *new_security)
{
	const struct pst_diff_value old_value = value_of_security(old_security);
	const struct pst_diff_value new_value = value_of_security(new_security);
	bool is_raised = new_security->minimum > old_security->minimum;

	pst_diff_value(diff, is_raised ? "security raised" : "security lowered",
		       &old_value, &new_value, "");
}

/* A limit that is not set bounds nothing; `block` is the weakest on-exceed. */
static struct pst_diff_value
value_of_limit(size_t limit_key, const struct postern_policy_limit *limit)
{
	struct pst_diff_value value = {.word = NULL};

	if (limit->state == POSTERN_LIMIT_UNSET &&
	    limit_key != POSTERN_LIMIT_ON_EXCEED) {
		strcpy(value.text, "no limit");
		return value;
	}
	pst_policy_limit_text(limit_key, limit->value, value.text);
	value.location.file = "built in";
	if (limit->state == POSTERN_LIMIT_SET) {
		value.location.file = limit->file;
		value.location.line = limit->line;
	}
	return value;
}

void pst_diff_limit(struct pst_diff *diff, size_t limit_key,
		    const struct postern_policy_limit *old_limit,
		    const struct postern_policy_limit *new_limit,
		    const char *about)
{
	const struct pst_diff_value old_value =
		value_of_limit(limit_key, old_limit);
	const struct pst_diff_value new_value =
		value_of_limit(limit_key, new_limit);
	char what[32];

	(void)snprintf(what, sizeof(what), "limit %s",
		       pst_policy_limit_name(limit_key)); /* always fits */
	pst_diff_value(diff, what, &old_value, &new_value, about);
}

void pst_diff_limits(struct pst_diff *diff,
		     const struct postern_policy_limit *old_limits,
		     const struct postern_policy_limit *new_limits)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++)
		pst_diff_limit(diff, i, &old_limits[i], &new_limits[i], "");
}

void pst_diff_list_security(struct pst_diff *diff,
			    enum postern_security security)
{
	if (security != POSTERN_SECURITY_NONE)
		pst_text_add_format(&diff->text, ", security %s",
				    pst_policy_security_name(security));
}

void pst_diff_list_limits(struct pst_diff *diff,
			  const struct postern_policy_limit *limits)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (limits[i].state != POSTERN_LIMIT_SET)
			continue;
		pst_text_add_string(&diff->text, ", ");
		pst_print_limit(&diff->text, i, limits[i].value);
	}
}

/* -- policies -------------------------------------------------------------- */

/* Compare the names of two sorted lists; the end of a list comes last. */
static int compare_names(const char *old_name, const char *new_name)
{
	if (!old_name)
		return 1;
	return new_name ? strcmp(old_name, new_name) : -1;
}

static void diff_nodes(struct pst_diff *diff)
{
	const struct pst_policy_node *old_node =
		diff->policies[PST_DIFF_OLD]->nodes;
	const struct pst_policy_node *new_node =
		diff->policies[PST_DIFF_NEW]->nodes;
	int order;

	while (old_node || new_node) {
		order = compare_names(old_node ? old_node->name : NULL,
				      new_node ? new_node->name : NULL);
		pst_diff_node(diff, order <= 0 ? old_node : NULL,
			      order >= 0 ? new_node : NULL);
		if (order <= 0)
			old_node = old_node->next;
		if (order >= 0)
			new_node = new_node->next;
	}
}

static void diff_tenants(struct pst_diff *diff)
{
	const struct pst_policy_tenant *old_tenant =
		diff->policies[PST_DIFF_OLD]->tenants;
	const struct pst_policy_tenant *new_tenant =
		diff->policies[PST_DIFF_NEW]->tenants;
	int order;

	while (old_tenant || new_tenant) {
		order = compare_names(old_tenant ? old_tenant->name : NULL,
				      new_tenant ? new_tenant->name : NULL);
		pst_diff_tenant(diff, order <= 0 ? old_tenant : NULL,
				order >= 0 ? new_tenant : NULL);
		if (order <= 0)
			old_tenant = old_tenant->next;
		if (order >= 0)
			new_tenant = new_tenant->next;
	}
}

/* Limits that bound each channel are compared with the peers. */
static void diff_top_level(struct pst_diff *diff)
{
	struct postern_decision sums[2] = {0};
	size_t i;

	for (i = 0; i < 2; i++)
		pst_policy_grant_add_scope(&sums[i], sums[i].process,
					   diff->policies[i]->limits);
	pst_diff_enter(diff, "limits", NULL);
	pst_diff_limits(diff, sums[PST_DIFF_OLD].process,
			sums[PST_DIFF_NEW].process);
}

int pst_diff_policies(const struct postern_policy *old_policy,
		      const struct postern_policy *new_policy, char **ret_text,
		      uint32_t *ret_change_count)
{
	struct pst_diff diff = {.policies = {old_policy, new_policy}};
	size_t i;
	int r;

	pst_diff_rules_init(&diff);
	if (!diff.arena.has_failed) {
		diff_nodes(&diff);
		diff_tenants(&diff);
		for (i = 0; i < diff.peer_count; i++)
			pst_diff_peer_lines(&diff, &diff.peers[i]);
		diff_top_level(&diff);
	}
	diff.text.has_failed |= diff.arena.has_failed ||
				diff.block_arena.has_failed;
	pst_arena_done(&diff.block_arena);
	pst_arena_done(&diff.arena);

	if (diff.change_count == 0)
		pst_text_add_string(&diff.text, "no difference\n");
	r = pst_text_take(&diff.text, ret_text);
	if (r < 0)
		return r;
	*ret_change_count = diff.change_count;
	return 0;
}
