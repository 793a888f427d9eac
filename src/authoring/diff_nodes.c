/* SPDX-License-Identifier: ISC */
/*
 * What a node is, before and after
 *
 * Its owner, socket, keys and so on, and what bounds the sum of its channels.
 * What bounds each channel wherever it stands is compared with the peers, whose
 * channels these are.
 */
#include "authoring/authoring_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/result.h"
#include "policy/policy_builder.h"
#include "policy/policy_grant.h"

#define NUMBER_TEXT_BYTES 32

static const struct pst_policy_directive *
find_key(const struct pst_policy_directive *block, const char *key)
{
	const struct pst_policy_directive *child;

	for (child = block->children; child; child = child->next) {
		if (strcmp(child->words[0].text, key) == 0)
			return child;
	}
	return NULL;
}

struct pst_policy_location
pst_policy_diff_place_of_key(const struct pst_policy_directive *block,
			     const char *key)
{
	const struct pst_policy_directive *child = find_key(block, key);

	if (child)
		return pst_policy_location_of(child);
	return (struct pst_policy_location){.file = "built in"};
}

/* A user or group, as it was written and as it was understood. */
struct account {
	enum postern_fact fact;
	uint32_t id;
	const char *word;
};

static struct account owner_of(const struct pst_policy_node *node)
{
	const struct pst_policy_directive *owner =
		find_key(node->directive, "owner");

	return (struct account){
		.fact = node->owner_fact,
		.id = node->owner_uid,
		.word = owner->words[owner->word_count - 1].text,
	};
}

static struct account group_of(const struct pst_policy_node *node)
{
	const struct pst_policy_directive *socket =
		find_key(node->directive, "socket");
	struct account group = {
		.fact = node->socket_group_fact,
		.id = node->socket_gid,
		.word = "of the node",
	};
	uint32_t i;

	for (i = 2; i + 1 < socket->word_count; i += 2) {
		if (strcmp(socket->words[i].text, "group") == 0)
			group.word = socket->words[i + 1].text;
	}
	return group;
}

static void write_id(const struct account *account,
		     char text[static NUMBER_TEXT_BYTES])
{
	if (account->fact == POSTERN_FACT_KNOWN)
		(void)snprintf(text, NUMBER_TEXT_BYTES, "%" PRIu32,
			       account->id); /* always fits */
	else
		strcpy(text, account->fact == POSTERN_FACT_ABSENT ? "absent"
								  : "unknown");
}

/* Words are shown unless it is their meaning that has changed. */
static void diff_accounts(struct pst_policy_diff *diff, const char *what,
			  const struct account *old_account,
			  const struct account *new_account,
			  const struct pst_policy_location *old_place,
			  const struct pst_policy_location *new_place)
{
	bool is_same_word = strcmp(old_account->word, new_account->word) == 0;
	char old_id[NUMBER_TEXT_BYTES], new_id[NUMBER_TEXT_BYTES];

	if (old_account->fact == new_account->fact &&
	    (old_account->fact == POSTERN_FACT_KNOWN
		     ? old_account->id == new_account->id
		     : is_same_word))
		return;
	if (!is_same_word) {
		pst_policy_diff_value(diff, what, old_account->word,
				      new_account->word, old_place, new_place);
		return;
	}
	write_id(old_account, old_id);
	write_id(new_account, new_id);
	pst_policy_diff_value(diff, what, old_id, new_id, old_place, new_place);
}

static void diff_socket(struct pst_policy_diff *diff,
			const struct pst_policy_node *old_node,
			const struct pst_policy_node *new_node)
{
	const struct account old_group = group_of(old_node);
	const struct account new_group = group_of(new_node);
	char old_mode[NUMBER_TEXT_BYTES], new_mode[NUMBER_TEXT_BYTES];

	pst_policy_diff_value(diff, "socket", old_node->socket_path,
			      new_node->socket_path, &old_node->socket_location,
			      &new_node->socket_location);
	(void)snprintf(old_mode, sizeof(old_mode), "%04" PRIo32,
		       old_node->socket_mode); /* always fits */
	(void)snprintf(new_mode, sizeof(new_mode), "%04" PRIo32,
		       new_node->socket_mode); /* always fits */
	pst_policy_diff_value(diff, "socket mode", old_mode, new_mode,
			      &old_node->socket_location,
			      &new_node->socket_location);
	diff_accounts(diff, "socket group", &old_group, &new_group,
		      &old_node->socket_location, &new_node->socket_location);
}

static bool has_key(const struct pst_policy_node *node,
		    const struct pst_policy_node_key *wanted)
{
	const struct pst_policy_node_key *key;

	for (key = node->keys; key; key = key->next) {
		if (memcmp(key->key, wanted->key, sizeof(key->key)) == 0)
			return true;
	}
	return false;
}

static const char *text_of_key(const struct pst_policy_node *node,
			       const struct pst_policy_node_key *key)
{
	const struct pst_policy_directive *child = node->directive->children;

	while (child->line != key->location.line ||
	       strcmp(child->words[0].text, "key") != 0)
		child = child->next;
	return child->words[1].text;
}

static void diff_keys(struct pst_policy_diff *diff, char sign,
		      const struct pst_policy_node *node,
		      const struct pst_policy_node *other)
{
	const struct pst_policy_node_key *key;

	for (key = node->keys; key; key = key->next) {
		if (has_key(other, key))
			continue;
		pst_policy_diff_begin(diff, sign);
		pst_text_add_format(&diff->text, "key %s",
				    text_of_key(node, key));
		pst_policy_diff_end(diff, &key->location);
	}
}

static const struct pst_policy_requirement *
find_requirement(const struct pst_policy_node *node, uint32_t feature)
{
	const struct pst_policy_requirement *requirement = node->requirements;

	while (requirement && (requirement->features & feature) == 0)
		requirement = requirement->next;
	return requirement;
}

/* Features that node requires and other does not. */
static void diff_requirements(struct pst_policy_diff *diff, char sign,
			      const struct pst_policy_node *node,
			      const struct pst_policy_node *other)
{
	const struct pst_policy_requirement *requirement;
	size_t i;

	for (i = 0; i < PST_FEATURE_COUNT; i++) {
		requirement = find_requirement(node, 1u << i);
		if (!requirement || find_requirement(other, 1u << i))
			continue;
		pst_policy_diff_begin(diff, sign);
		pst_text_add_format(&diff->text, "require %s",
				    pst_feature_names[i]);
		pst_policy_diff_end(diff, &requirement->location);
	}
}

static void list_requirements(struct pst_policy_diff *diff,
			      const struct pst_policy_node *node)
{
	size_t i;

	for (i = 0; i < PST_FEATURE_COUNT; i++) {
		if (find_requirement(node, 1u << i))
			pst_text_add_format(&diff->text, ", require %s",
					    pst_feature_names[i]);
	}
}

static void diff_numbers(struct pst_policy_diff *diff,
			 const struct pst_policy_node *old_node,
			 const struct pst_policy_node *new_node)
{
	static const char *const audits[] = {"all", "deny", "none"};
	char old_slots[NUMBER_TEXT_BYTES], new_slots[NUMBER_TEXT_BYTES];
	struct pst_policy_location old_place, new_place;

	old_place = pst_policy_diff_place_of_key(old_node->directive, "slots");
	new_place = pst_policy_diff_place_of_key(new_node->directive, "slots");
	(void)snprintf(old_slots, sizeof(old_slots), "%" PRIu32,
		       old_node->slot_count); /* always fits */
	(void)snprintf(new_slots, sizeof(new_slots), "%" PRIu32,
		       new_node->slot_count); /* always fits */
	pst_policy_diff_value(diff, "slots", old_slots, new_slots, &old_place,
			      &new_place);

	old_place = pst_policy_diff_place_of_key(old_node->directive, "audit");
	new_place = pst_policy_diff_place_of_key(new_node->directive, "audit");
	pst_policy_diff_value(diff, "audit", audits[old_node->audit % 3],
			      audits[new_node->audit % 3], &old_place,
			      &new_place);
}

static void diff_blocks(struct pst_policy_diff *diff,
			const struct pst_policy_node *old_node,
			const struct pst_policy_node *new_node)
{
	const struct account old_owner = owner_of(old_node);
	const struct account new_owner = owner_of(new_node);
	struct postern_decision old_sums = {0}, new_sums = {0};
	struct pst_policy_location old_place, new_place;

	old_place = pst_policy_diff_place_of_key(old_node->directive, "owner");
	new_place = pst_policy_diff_place_of_key(new_node->directive, "owner");
	diff_accounts(diff, "owner", &old_owner, &new_owner, &old_place,
		      &new_place);
	diff_socket(diff, old_node, new_node);
	diff_keys(diff, '-', old_node, new_node);
	diff_keys(diff, '+', new_node, old_node);
	pst_policy_diff_security(diff, &old_node->security,
				 &new_node->security);
	diff_requirements(diff, '-', old_node, new_node);
	diff_requirements(diff, '+', new_node, old_node);
	diff_numbers(diff, old_node, new_node);
	pst_policy_grant_add_node(&old_sums, old_node);
	pst_policy_grant_add_node(&new_sums, new_node);
	pst_policy_diff_limits(diff, old_sums.node, new_sums.node);
}

static void add_node(struct pst_policy_diff *diff, char sign,
		     const char *words, const struct pst_policy_node *node)
{
	struct postern_decision sums = {0};

	pst_policy_diff_begin(diff, sign);
	pst_text_add_format(&diff->text, "%s: owner ", words);
	pst_text_add_harmless(&diff->text, owner_of(node).word);
	pst_text_add_string(&diff->text, ", socket ");
	pst_text_add_harmless(&diff->text, node->socket_path);
	pst_text_add_format(&diff->text, " mode %04" PRIo32, node->socket_mode);
	pst_policy_diff_list_security(diff, node->security.minimum);
	list_requirements(diff, node);
	pst_policy_grant_add_node(&sums, node);
	pst_policy_diff_list_limits(diff, sums.node);
	pst_policy_diff_end(diff, &node->location);
}

static void find_who_stays(struct pst_policy_diff *diff,
			   const struct pst_policy_node *old_node,
			   const struct pst_policy_node *new_node)
{
	struct pst_policy_diff_peer *peer;
	size_t i;

	for (i = 0; i < diff->named_count; i++) {
		peer = diff->named[i];
		peer->keeps_access =
			pst_policy_diff_has_access(
				old_node, &peer->sides[PST_POLICY_DIFF_OLD]) &&
			pst_policy_diff_has_access(
				new_node, &peer->sides[PST_POLICY_DIFF_NEW]);
	}
}

void pst_policy_diff_node(struct pst_policy_diff *diff,
			  const struct pst_policy_node *old_node,
			  const struct pst_policy_node *new_node)
{
	size_t i;

	pst_policy_diff_enter(diff, "node",
			      old_node ? old_node->name : new_node->name);
	if (!old_node)
		add_node(diff, '+', "added", new_node);
	else if (!new_node)
		add_node(diff, '-', "removed", old_node);
	else
		diff_blocks(diff, old_node, new_node);

	pst_policy_diff_read_nodes(diff, old_node, new_node);
	find_who_stays(diff, old_node, new_node);
	if (old_node && new_node)
		pst_policy_diff_shared_counts(diff, old_node, new_node);
	for (i = 0; i < diff->named_count; i++)
		pst_policy_diff_access(diff, diff->named[i], old_node,
				       new_node);
}
