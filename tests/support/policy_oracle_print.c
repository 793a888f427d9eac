/* SPDX-License-Identifier: ISC */
/*
 * The oracle's policies as texts
 *
 * Everything that has no order in the language is put in a random one: the
 * lines of a block, the blocks of a file, the files.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/policy_oracle.h"

#define ITEM_BYTES 6000
#define ITEMS_MAX 24

enum item_kind {
	ITEM_PEER,
	ITEM_TENANT,
	ITEM_NODE,
	ITEM_EXTENSION,
	ITEM_LIMITS
};

struct item {
	enum item_kind kind;
	size_t number;
	size_t block;
	char *text;
};

__attribute__((format(printf, 2, 3)))
static void add(char *text, const char *format, ...)
{
	size_t used_bytes = strlen(text);
	va_list arguments;
	int byte_count;

	va_start(arguments, format);
	byte_count = vsnprintf(text + used_bytes, ITEM_BYTES - used_bytes,
			       format, arguments);
	va_end(arguments);
	if (byte_count < 0 || (size_t)byte_count >= ITEM_BYTES - used_bytes)
		abort();
}

static void shuffle(size_t *order, size_t count, struct random *random)
{
	size_t i, j, swap;

	for (i = 0; i < count; i++)
		order[i] = i;
	for (i = count; i > 1; i--) {
		j = random_below(random, (uint32_t)i);
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
}

static void add_limit_line(char *text, const struct oracle_limits *limits,
			   size_t line)
{
	static const char *const names[] = {"ring", "message", "memory",
					    "idle", "peers",
					    "peers-per-user"};
	const uint64_t values[] = {limits->ring, limits->message,
				   limits->memory, limits->idle / 1000000,
				   limits->peers, limits->peers_per_user};
	static const char *const units[] = {"B", "B", "B", "ms", "", ""};

	if (line < 6 && values[line])
		add(text, "%s %" PRIu64 "%s\n", names[line], values[line],
		    units[line]);
	if (line == 6 && limits->rate == limits->rate_burst && limits->rate)
		add(text, "rate %" PRIu64 "/s\n", limits->rate);
	else if (line == 6 && limits->rate)
		add(text, "rate %" PRIu64 "/s burst %" PRIu64 "\n",
		    limits->rate, limits->rate_burst);
	if (line == 7 && limits->bandwidth)
		add(text, "bandwidth %" PRIu64 "B/s burst %" PRIu64 "B\n",
		    limits->bandwidth, limits->bandwidth_burst);
	if (line == 8 && limits->handshakes)
		add(text, "handshakes %" PRIu64 "/s burst %" PRIu64 "\n",
		    limits->handshakes, limits->handshakes_burst);
	if (line == 9 && limits->on_exceed)
		add(text, "on-exceed %s\n", limits->on_exceed);
}

static void add_limits(char *text, const struct oracle_limits *limits,
		       struct random *random)
{
	size_t order[ORACLE_LIMIT_LINES], i;

	add(text, "limits {  # a comment\n");
	shuffle(order, ORACLE_LIMIT_LINES, random);
	for (i = 0; i < ORACLE_LIMIT_LINES; i++)
		add_limit_line(text, limits, order[i]);
	add(text, "}\n");
}

static void add_security(char *text, const char *security)
{
	if (security)
		add(text, "security %s\n", security);
}

static void print_peer(char *text, const struct oracle_peer *peer,
		       struct random *random)
{
	size_t order[ORACLE_LINES], i, j;
	const struct oracle_line *line;

	add(text, "peer %s {\n", peer->name);
	if (peer->has_pidns_any)
		add(text, "pidns any\n");
	shuffle(order, peer->line_count, random);
	for (i = 0; i < peer->line_count; i++) {
		line = &peer->lines[order[i]];
		add(text, "\t%s", line->key);
		for (j = 0; j < line->value_count; j++)
			add(text,
			    strchr(line->values[j], ' ') ? " \"%s\"" : " %s",
			    line->values[j]);
		add(text, "\n");
	}
	add(text, "}\n");
}

static void add_peers(char *text, const struct oracle_policy *policy,
		      const struct oracle_rule *rule)
{
	size_t i;

	for (i = 0; i < rule->peer_count; i++)
		add(text, " %s", policy->peers[rule->peers[i]].name);
}

static void print_tenant(char *text, const struct oracle_policy *policy,
			 const struct oracle_tenant *tenant,
			 struct random *random)
{
	size_t i;

	/* on one line or on several: it is the same */
	add(text, "tenant %s {\nmembers", tenant->name);
	for (i = 0; i < tenant->members.peer_count; i++) {
		if (i > 0 && random_below(random, 2) == 0)
			add(text, "\nmembers");
		add(text, " %s",
		    policy->peers[tenant->members.peers[i]].name);
	}
	add(text, "\n");
	add_security(text, tenant->security);
	add_limits(text, &tenant->limits, random);
	add(text, "weight %u\n}\n", tenant->weight);
}

static void add_rule(char *text, const struct oracle_policy *policy,
		     const struct oracle_rule *rule, struct random *random)
{
	if (rule->is_deny) {
		add(text, "deny");
		add_peers(text, policy, rule);
		add(text, "\n");
		return;
	}
	add(text, "allow");
	add_peers(text, policy, rule);
	add(text, " {\ndirection %s\n", rule->direction);
	add_security(text, rule->security);
	if (rule->observe)
		add(text, "observe\n");
	add_limits(text, &rule->limits, random);
	add(text, "}\n");
}

static void add_rules(char *text, const struct oracle_policy *policy,
		      struct oracle_node *node, size_t block,
		      size_t *allow_count, struct random *random)
{
	size_t order[ORACLE_RULES], i;
	struct oracle_rule *rule;

	shuffle(order, node->rule_count, random);
	for (i = 0; i < node->rule_count; i++) {
		rule = &node->rules[order[i]];
		if (rule->block != block)
			continue;
		if (!rule->is_deny)
			rule->allow_index = (*allow_count)++;
		add_rule(text, policy, rule, random);
	}
}

/* All in one line, or a line each. */
static void add_required(char *text, uint32_t features, struct random *random)
{
	static const char *const names[] = {"passrights", "peerpidfd", "pidfs",
					    "noexec-seal", "aes"};
	bool is_begun = false;
	size_t order[5], i;

	shuffle(order, 5, random);
	for (i = 0; i < 5; i++) {
		if ((features & 1u << order[i]) == 0)
			continue;
		if (is_begun && random_below(random, 2) == 0)
			add(text, "\n");
		if (!is_begun || text[strlen(text) - 1] == '\n')
			add(text, "require");
		add(text, " %s", names[order[i]]);
		is_begun = true;
	}
	if (is_begun)
		add(text, "\n");
}

static void print_node(char *text, const struct oracle_policy *policy,
		       struct oracle_node *node, size_t *allow_count,
		       struct random *random)
{
	add(text, "node %s {\n", node->name);
	add_rules(text, policy, node, 0, allow_count, random);
	add(text, "owner user ordersd\nsocket /run/%s\n", node->name);
	add_security(text, node->security[0]);
	add_required(text, node->required[0], random);
	add_limits(text, &node->limits[0], random);
	if (node->has_key)
		add(text, "key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8"
			  "A0C4\n");
	add(text, "}\n");
}

static void print_extension(char *text, const struct oracle_policy *policy,
			    struct oracle_node *node, size_t block,
			    size_t *allow_count, struct random *random)
{
	add(text, "\nextend node %s {\n", node->name);
	add_required(text, node->required[block], random);
	if (block == 1) {
		add_limits(text, &node->limits[1], random);
		add_security(text, node->security[1]);
	}
	add_rules(text, policy, node, block, allow_count, random);
	add(text, "}\n");
}

static size_t make_items(const struct oracle_policy *policy, struct item *items,
			 struct random *random)
{
	struct item plain[ITEMS_MAX];
	size_t order[ITEMS_MAX], i, block, count = 0;

	for (i = 0; i < policy->peer_count; i++)
		plain[count++] = (struct item){ITEM_PEER, i, 0, NULL};
	for (i = 0; i < policy->tenant_count; i++)
		plain[count++] = (struct item){ITEM_TENANT, i, 0, NULL};
	for (i = 0; i < policy->node_count; i++) {
		plain[count++] = (struct item){ITEM_NODE, i, 0, NULL};
		for (block = 1; block < 3; block++)
			plain[count++] =
				(struct item){ITEM_EXTENSION, i, block, NULL};
	}
	for (i = 0; i < 2; i++)
		plain[count++] = (struct item){ITEM_LIMITS, i, 0, NULL};

	shuffle(order, count, random);
	for (i = 0; i < count; i++)
		items[i] = plain[order[i]];
	return count;
}

static void print_item(struct oracle_policy *policy, struct item *item,
		       size_t *allow_count, struct random *random)
{
	char text[ITEM_BYTES];

	text[0] = '\0';
	switch (item->kind) {
	case ITEM_PEER:
		print_peer(text, &policy->peers[item->number], random);
		break;
	case ITEM_TENANT:
		print_tenant(text, policy, &policy->tenants[item->number],
			     random);
		break;
	case ITEM_NODE:
		print_node(text, policy, &policy->nodes[item->number],
			   allow_count, random);
		break;
	case ITEM_EXTENSION:
		print_extension(text, policy, &policy->nodes[item->number],
				item->block, allow_count, random);
		break;
	case ITEM_LIMITS:
	default:
		add_limits(text, &policy->limits[item->number], random);
		break;
	}
	item->text = strdup(text);
	if (!item->text)
		abort();
}

/* Nodes before extensions: that is how their allows are counted. */
static void print_items(struct oracle_policy *policy, struct item *items,
			size_t count, struct random *random)
{
	size_t allow_counts[ORACLE_NODES] = {0}, unused = 0, i;

	for (i = 0; i < count; i++) {
		if (items[i].kind == ITEM_NODE)
			print_item(policy, &items[i],
				   &allow_counts[items[i].number], random);
	}
	for (i = 0; i < count; i++) {
		if (items[i].kind == ITEM_EXTENSION)
			print_item(policy, &items[i],
				   &allow_counts[items[i].number], random);
		else if (items[i].kind != ITEM_NODE)
			print_item(policy, &items[i], &unused, random);
	}
}

/* The items from first to before end, as a file. */
static char *join_items(const struct item *items, size_t first, size_t end)
{
	static const char head[] = "policy-version 1\n";
	static const char tail[] = "end\n";
	size_t byte_count = sizeof(head) + sizeof(tail), i;
	char *text;

	for (i = first; i < end; i++)
		byte_count += strlen(items[i].text);
	text = malloc(byte_count);
	if (!text)
		abort();
	strcpy(text, head);
	for (i = first; i < end; i++)
		strcat(text, items[i].text);
	return strcat(text, tail);
}

void oracle_policy_print(struct oracle_policy *policy, struct random *random,
			 size_t file_count, char *ret_texts[ORACLE_FILES])
{
	struct item items[ITEMS_MAX];
	size_t count, i;

	count = make_items(policy, items, random);
	print_items(policy, items, count, random);
	for (i = 0; i < file_count; i++)
		ret_texts[i] = join_items(items, i * count / file_count,
					  (i + 1) * count / file_count);
	for (i = 0; i < count; i++)
		free(items[i].text);
}
