/* SPDX-License-Identifier: ISC */
/*
 * Nodes and tenants, before and after
 *
 * The fields of a node, and the limits on the sum of its channels.  Limits that
 * bound each channel are compared with the peers, whose channels these are.  A
 * tenant's members are found by all of its peers, not only by the peer that a
 * node allows, so all of its limits are compared here, those of each channel too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "authoring/authoring_internal.h"
#include "base/result.h"
#include "policy/policy_builder.h"
#include "policy/policy_grant.h"

/* -- fields of a node ------------------------------------------------------ */

struct pst_policy_location
pst_diff_locate_key(const struct pst_policy_directive *block, const char *key)
{
	const struct pst_policy_directive *child = pst_policy_find_child(block, key);

	if (child)
		return pst_policy_location_of(child);
	return (struct pst_policy_location){.file = "built in"};
}

static struct pst_diff_value value_of_number(const char *format,
					     uint32_t number)
{
	struct pst_diff_value value = {.word = NULL};

	(void)snprintf(value.text, sizeof(value.text), format,
		       number); /* always fits */
	return value;
}

static struct pst_diff_value value_of_word(const char *word)
{
	return (struct pst_diff_value){.word = word};
}

/* A user or group, as it was written and as it was understood. */
static struct pst_diff_value
value_of_id(const char *word, enum postern_fact_state fact, uint32_t id)
{
	struct pst_diff_value value = value_of_number("%" PRIu32, id);

	value.word = word;
	if (fact != POSTERN_FACT_KNOWN)
		strcpy(value.text,
		       fact == POSTERN_FACT_ABSENT ? "absent" : "unknown");
	return value;
}

/* In the order in which their changes are shown, with the keys that set them. */
enum field {
	OWNER,
	SOCKET,
	SOCKET_MODE,
	SOCKET_GROUP,
	SLOTS,
	AUDIT,
	FIELD_COUNT
};

static const struct {
	const char *name;
	const char *key;
} fields[FIELD_COUNT] = {
	[OWNER] = {"owner", "owner"},
	[SOCKET] = {"socket", "socket"},
	[SOCKET_MODE] = {"socket mode", "socket"},
	[SOCKET_GROUP] = {"socket group", "socket"},
	[SLOTS] = {"slots", "slots"},
	[AUDIT] = {"audit", "audit"},
};

static const char *group_word(const struct pst_policy_directive *socket)
{
	const char *word = "of the node";
	uint32_t i;

	for (i = 2; i + 1 < socket->word_count; i += 2) {
		if (strcmp(socket->words[i].text, "group") == 0)
			word = socket->words[i + 1].text;
	}
	return word;
}

static void read_node(const struct pst_policy_node *node,
		      struct pst_diff_value values[static FIELD_COUNT])
{
	const struct pst_policy_directive *owner, *socket;
	size_t i;

	owner = pst_policy_find_child(node->directive, "owner");
	socket = pst_policy_find_child(node->directive, "socket");
	values[OWNER] = value_of_id(owner->words[owner->word_count - 1].text,
				    node->owner_fact, node->owner_uid);
	values[SOCKET] = value_of_word(node->socket_path);
	values[SOCKET_MODE] = value_of_number("%04" PRIo32, node->socket_mode);
	values[SOCKET_GROUP] = value_of_id(
		group_word(socket), node->socket_group_fact, node->socket_gid);
	values[SLOTS] = value_of_number("%" PRIu32, node->slot_count);
	values[AUDIT] = value_of_word(pst_policy_audit_names[node->audit % 3]);
	for (i = 0; i < FIELD_COUNT; i++)
		values[i].location =
			pst_diff_locate_key(node->directive, fields[i].key);
}

/* -- nodes ----------------------------------------------------------------- */

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

static void diff_keys(struct pst_diff *diff, char sign,
		      const struct pst_policy_node *node,
		      const struct pst_policy_node *other)
{
	const struct pst_policy_node_key *key;

	for (key = node->keys; key; key = key->next) {
		if (has_key(other, key))
			continue;
		pst_diff_begin(diff, sign);
		pst_text_add_format(&diff->text, "key %s", key->text);
		pst_diff_end(diff, &key->location, NULL);
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
static void diff_requirements(struct pst_diff *diff, char sign,
			      const struct pst_policy_node *node,
			      const struct pst_policy_node *other)
{
	const struct pst_policy_requirement *requirement;
	size_t i;

	for (i = 0; i < PST_FEATURE_COUNT; i++) {
		requirement = find_requirement(node, 1u << i);
		if (!requirement || find_requirement(other, 1u << i))
			continue;
		pst_diff_begin(diff, sign);
		pst_text_add_format(&diff->text, "require %s",
				    pst_feature_names[i]);
		pst_diff_end(diff, &requirement->location, NULL);
	}
}

static void list_requirements(struct pst_diff *diff,
			      const struct pst_policy_node *node)
{
	size_t i;

	for (i = 0; i < PST_FEATURE_COUNT; i++) {
		if (find_requirement(node, 1u << i))
			pst_text_add_format(&diff->text, ", require %s",
					    pst_feature_names[i]);
	}
}

static void diff_node_blocks(struct pst_diff *diff,
			     const struct pst_policy_node *old_node,
			     const struct pst_policy_node *new_node)
{
	struct pst_diff_value old_values[FIELD_COUNT], new_values[FIELD_COUNT];
	struct postern_decision old_sums = {0}, new_sums = {0};
	size_t i;

	read_node(old_node, old_values);
	read_node(new_node, new_values);
	for (i = OWNER; i < SLOTS; i++)
		pst_diff_value(diff, fields[i].name, &old_values[i],
			       &new_values[i], "");
	diff_keys(diff, '-', old_node, new_node);
	diff_keys(diff, '+', new_node, old_node);
	pst_diff_security(diff, &old_node->security, &new_node->security);
	diff_requirements(diff, '-', old_node, new_node);
	diff_requirements(diff, '+', new_node, old_node);
	for (i = SLOTS; i < FIELD_COUNT; i++)
		pst_diff_value(diff, fields[i].name, &old_values[i],
			       &new_values[i], "");
	pst_policy_grant_add_node(&old_sums, old_node);
	pst_policy_grant_add_node(&new_sums, new_node);
	pst_diff_limits(diff, old_sums.node, new_sums.node);
}

static void add_node(struct pst_diff *diff, char sign, const char *words,
		     const struct pst_policy_node *node)
{
	struct pst_diff_value values[FIELD_COUNT];
	struct postern_decision sums = {0};

	read_node(node, values);
	pst_diff_begin(diff, sign);
	pst_text_add_format(&diff->text, "%s: owner ", words);
	pst_text_add_harmless(&diff->text, values[OWNER].word);
	pst_text_add_string(&diff->text, ", socket ");
	pst_text_add_harmless(&diff->text, values[SOCKET].word);
	pst_text_add_format(&diff->text, " mode %s", values[SOCKET_MODE].text);
	pst_diff_list_security(diff, node->security.minimum);
	list_requirements(diff, node);
	pst_policy_grant_add_node(&sums, node);
	pst_diff_list_limits(diff, sums.node);
	pst_diff_end(diff, &node->location, NULL);
}

void pst_diff_node(struct pst_diff *diff,
		   const struct pst_policy_node *old_node,
		   const struct pst_policy_node *new_node)
{
	pst_diff_enter(diff, "node",
		       old_node ? old_node->name : new_node->name);
	if (!old_node)
		add_node(diff, '+', "added", new_node);
	else if (!new_node)
		add_node(diff, '-', "removed", old_node);
	else
		diff_node_blocks(diff, old_node, new_node);
	pst_diff_read_nodes(diff, old_node, new_node);
	pst_diff_grants(diff, old_node, new_node);
}

/* -- tenants --------------------------------------------------------------- */

static void diff_members(struct pst_diff *diff,
			 const struct pst_policy_tenant *old_tenant,
			 const struct pst_policy_tenant *new_tenant)
{
	const struct pst_policy_rule *old_rule, *new_rule;
	const struct pst_diff_peer *peer;
	size_t i;

	pst_diff_read_tenants(diff, old_tenant, new_tenant);
	for (i = 0; i < diff->named_count; i++) {
		peer = diff->named[i];
		old_rule = pst_diff_first_rule(&peer->sides[PST_DIFF_OLD]);
		new_rule = pst_diff_first_rule(&peer->sides[PST_DIFF_NEW]);
		if (!old_rule == !new_rule)
			continue;
		pst_diff_begin(diff, new_rule ? '+' : '-');
		pst_text_add_format(&diff->text, "member %s", peer->name);
		pst_diff_end(diff, new_rule ? &new_rule->location
					    : &old_rule->location, NULL);
	}
}

static void add_tenant(struct pst_diff *diff, char sign, const char *words,
		       const struct pst_policy_tenant *tenant)
{
	pst_diff_begin(diff, sign);
	pst_text_add_format(&diff->text, "%s: weight %" PRIu32, words,
			    tenant->weight);
	pst_diff_list_security(diff, tenant->security.minimum);
	pst_diff_list_limits(diff, tenant->limits);
	pst_diff_end(diff, &tenant->location, NULL);
}

static struct pst_diff_value read_weight(const struct pst_policy_tenant *tenant)
{
	struct pst_diff_value value =
		value_of_number("%" PRIu32, tenant->weight);

	value.location = pst_diff_locate_key(tenant->directive, "weight");
	return value;
}

static void diff_tenant_blocks(struct pst_diff *diff,
			       const struct pst_policy_tenant *old_tenant,
			       const struct pst_policy_tenant *new_tenant)
{
	const struct pst_diff_value old_weight = read_weight(old_tenant);
	const struct pst_diff_value new_weight = read_weight(new_tenant);

	pst_diff_value(diff, "weight", &old_weight, &new_weight, "");
	pst_diff_security(diff, &old_tenant->security, &new_tenant->security);
	pst_diff_limits(diff, old_tenant->limits, new_tenant->limits);
}

void pst_diff_tenant(struct pst_diff *diff,
		     const struct pst_policy_tenant *old_tenant,
		     const struct pst_policy_tenant *new_tenant)
{
	pst_diff_enter(diff, "tenant",
		       old_tenant ? old_tenant->name : new_tenant->name);
	if (!old_tenant)
		add_tenant(diff, '+', "added", new_tenant);
	else if (!new_tenant)
		add_tenant(diff, '-', "removed", old_tenant);
	else
		diff_tenant_blocks(diff, old_tenant, new_tenant);
	diff_members(diff, old_tenant, new_tenant);
}
