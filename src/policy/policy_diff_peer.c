/* SPDX-License-Identifier: ISC */
/*
 * Who a peer is, before and after
 *
 * A peer is a set of lines, a line a set of values, both without order.  Values
 * are compared as they were understood when their policy was loaded: a name and
 * its number are the same, and a name whose number has changed is not.
 */
#include "policy/policy_diff.h"

#include <stdlib.h>
#include <string.h>

static bool has_member(const struct pst_policy_value *value, uint32_t uid)
{
	size_t i;

	for (i = 0; i < value->member_uid_count; i++) {
		if (value->member_uids[i] == uid)
			return true;
	}
	return false;
}

/* Every member of one group is one of the other. */
static bool has_members(const struct pst_policy_value *value,
			const struct pst_policy_value *other)
{
	size_t i;

	for (i = 0; i < other->member_uid_count; i++) {
		if (!has_member(value, other->member_uids[i]))
			return false;
	}
	return true;
}

static bool is_same_value(enum pst_policy_line_key key,
			  const struct pst_policy_value *a,
			  const struct pst_policy_value *b)
{
	if (a->state != b->state)
		return false;
	switch (key) {
	case PST_POLICY_LINE_USER:
	case PST_POLICY_LINE_GROUP:
		if (a->state == PST_POLICY_VALUE_UNRESOLVED)
			return strcmp(a->text, b->text) == 0;
		return a->number == b->number && has_members(a, b) &&
		       has_members(b, a);
	case PST_POLICY_LINE_PID:
		return a->number == b->number;
	case PST_POLICY_LINE_KEY:
		return memcmp(a->key, b->key, sizeof(a->key)) == 0;
	case PST_POLICY_LINE_USERNS:
		return true;
	case PST_POLICY_LINE_LABEL:
	case PST_POLICY_LINE_UNIT:
	case PST_POLICY_LINE_CGROUP:
	case PST_POLICY_LINE_EXE:
	default:
		return strcmp(a->text, b->text) == 0;
	}
}

/* Every value of one line is one of the other. */
static bool has_values(const struct pst_policy_line *line,
		       const struct pst_policy_line *other)
{
	size_t i, j;

	for (i = 0; i < other->value_count; i++) {
		for (j = 0; j < line->value_count; j++) {
			if (is_same_value(line->key, &line->values[j],
					  &other->values[i]))
				break;
		}
		if (j == line->value_count)
			return false;
	}
	return true;
}

static bool has_line(const struct pst_policy_peer *peer,
		     const struct pst_policy_line *wanted)
{
	const struct pst_policy_line *line;

	for (line = peer->lines; line; line = line->next) {
		if (line->key == wanted->key && has_values(line, wanted) &&
		    has_values(wanted, line))
			return true;
	}
	return false;
}

/* A line that is new in its policy, but was written like this before. */
static const struct pst_policy_line *
find_reworded(const struct pst_policy_peer *peer,
	      const struct pst_policy_peer *other,
	      const struct pst_policy_line *wanted)
{
	const struct pst_policy_line *line;

	for (line = peer->lines; line; line = line->next) {
		if (strcmp(line->words, wanted->words) == 0 &&
		    !has_line(other, line))
			return line;
	}
	return NULL;
}

static void add_meaning(struct pst_policy_diff *diff,
			const struct pst_policy_line *old_line,
			const struct pst_policy_line *new_line)
{
	pst_policy_diff_begin(diff, '~');
	pst_policy_text_add_harmless(&diff->text, old_line->words);
	pst_policy_text_add_string(&diff->text, " means others than before");
	pst_policy_diff_end_both(diff, &old_line->place, &new_line->place);
}

static void add_line(struct pst_policy_diff *diff, char sign,
		     const char *words, const struct pst_policy_place *place)
{
	pst_policy_diff_begin(diff, sign);
	pst_policy_text_add_harmless(&diff->text, words);
	pst_policy_diff_end(diff, place);
}

static void diff_lines(struct pst_policy_diff *diff,
		       const struct pst_policy_peer *old_peer,
		       const struct pst_policy_peer *new_peer)
{
	const struct pst_policy_line *line, *reworded;

	for (line = old_peer->lines; line; line = line->next) {
		if (has_line(new_peer, line))
			continue;
		reworded = find_reworded(new_peer, old_peer, line);
		if (reworded)
			add_meaning(diff, line, reworded);
		else
			add_line(diff, '-', line->words, &line->place);
	}
	for (line = new_peer->lines; line; line = line->next) {
		if (!has_line(old_peer, line) &&
		    !find_reworded(old_peer, new_peer, line))
			add_line(diff, '+', line->words, &line->place);
	}
}

static void diff_hidden_pids(struct pst_policy_diff *diff,
			     const struct pst_policy_peer *old_peer,
			     const struct pst_policy_peer *new_peer)
{
	const struct pst_policy_peer *peer;
	struct pst_policy_place place;

	if (old_peer->admits_hidden_pid == new_peer->admits_hidden_pid)
		return;
	peer = new_peer->admits_hidden_pid ? new_peer : old_peer;
	place = pst_policy_diff_place_of_key(peer->directive, "pidns");
	add_line(diff, peer == new_peer ? '+' : '-', "pidns any", &place);
}

static bool node_names(const struct pst_policy_node *node,
		       const struct pst_policy_peer *peer)
{
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next) {
		if (pst_policy_diff_has_peer(&allow->rule, peer))
			return true;
	}
	return pst_policy_diff_first_rule(node->denies, peer) != NULL;
}

static void add_use(struct pst_policy_text *uses, const char *kind,
		    const char *name)
{
	pst_policy_text_add_format(uses, "%s%s %s",
				   uses->byte_count > 0 ? ", " : "", kind,
				   name);
}

static void add_uses(struct pst_policy_text *uses,
		     const struct postern_policy *policy,
		     const struct pst_policy_peer *peer)
{
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_node *node;

	for (node = policy->nodes; node; node = node->next) {
		if (node_names(node, peer))
			add_use(uses, "node", node->name);
	}
	for (tenant = policy->tenants; tenant; tenant = tenant->next) {
		if (pst_policy_diff_first_rule(tenant->members, peer))
			add_use(uses, "tenant", tenant->name);
	}
}

/* Whoever is named by nothing can be anybody; of the others it is said where
 * they are named, since that is where their change is felt. */
void pst_policy_diff_peer_lines(struct pst_policy_diff *diff,
				const struct pst_policy_diff_peer *peer)
{
	const uint32_t change_count = diff->change_count;
	struct pst_policy_text uses = {0};
	char *words;

	if (!peer->old_peer || !peer->new_peer)
		return;
	add_uses(&uses, diff->new_policy, peer->new_peer);
	if (uses.byte_count == 0)
		add_uses(&uses, diff->old_policy, peer->old_peer);
	if (uses.byte_count > 0) {
		pst_policy_diff_enter(diff, "peer", peer->name);
		diff_lines(diff, peer->old_peer, peer->new_peer);
		diff_hidden_pids(diff, peer->old_peer, peer->new_peer);
	}
	if (pst_policy_text_take(&uses, &words) < 0) {
		diff->text.has_failed = true;
		return;
	}
	if (diff->change_count > change_count)
		pst_policy_text_add_format(&diff->text, "    = named by %s\n",
					   words);
	free(words);
}
