/* SPDX-License-Identifier: ISC */
/*
 * Random policies and processes for the oracle
 *
 * Values come from small sets, so that peers overlap, several allows match, and
 * denies hit: a random policy in which nothing ever meets would prove nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/policy_oracle.h"

#define KEY_A "x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"
#define KEY_B "x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4"

struct pool {
	const char *key;
	const char *values[6];
	uint32_t value_count;
};

/* The strong ones first. */
static const struct pool pools[] = {
	{"user", {"alice", "bob", "1003", "1001", "collector", "*"}, 6},
	{"group", {"acme", "5002", "contractors", "empty", "5001"}, 5},
	{"user", {"alice", "bob", "1003", "1001-1002", "*"}, 5},
	{"group", {"acme", "globex", "5003", "5009"}, 4},
	{"label", {"red", "blue label"}, 2},
	{"key", {KEY_A, KEY_B}, 2},
	{"pid", {"77:7700", "78:7800", "99:9900"}, 3},
	{"unit", {"a.service", "b.service"}, 2},
	{"cgroup", {"/a", "/a/b", "/"}, 3},
	{"exe", {"/bin/x", "/bin/y"}, 2},
	{"userns", {"same"}, 1},
};
#define STRONG_COUNT 7
#define POOL_COUNT (sizeof(pools) / sizeof(pools[0]))

static const char *const securities[] = {NULL, NULL, "none", "mac", "aead"};

static bool one_in(struct random *random, uint32_t count)
{
	return random_below(random, count) == 0;
}

static bool has_line(const struct oracle_peer *peer,
		     bool is_wanted(const char *))
{
	size_t i;

	for (i = 0; i < peer->line_count; i++) {
		if (is_wanted(peer->lines[i].key))
			return true;
	}
	return false;
}

static bool is_advisory(const char *key)
{
	return strcmp(key, "unit") == 0 || strcmp(key, "cgroup") == 0 ||
	       strcmp(key, "exe") == 0 || strcmp(key, "userns") == 0;
}

static bool is_key(const char *key)
{
	return strcmp(key, "key") == 0;
}

static void make_line(struct oracle_peer *peer, const struct pool *pool,
		      struct random *random)
{
	struct oracle_line *line = &peer->lines[peer->line_count++];
	size_t i;

	line->key = pool->key;
	line->value_count = 1 + random_below(random, 2);
	if (pool->value_count == 1)
		line->value_count = 1;
	for (i = 0; i < line->value_count; i++) {
		line->values[i] =
			pool->values[random_below(random, pool->value_count)];
		if (strcmp(line->values[i], "*") == 0) {
			line->values[0] = "*";
			line->value_count = 1;
		}
	}
}

static void make_peer(struct oracle_peer *peer, unsigned int number,
		      struct random *random)
{
	uint32_t extra_count;
	const struct pool *pool;

	*peer = (struct oracle_peer){0};
	(void)snprintf(peer->name, sizeof(peer->name), "peer-%u", number);
	peer->has_pidns_any = one_in(random, 3);
	make_line(peer, &pools[random_below(random, STRONG_COUNT)], random);
	for (extra_count = random_below(random, 3); extra_count > 0;
	     extra_count--) {
		pool = &pools[random_below(random, (uint32_t)POOL_COUNT)];
		/* userns may stand once only */
		if (strcmp(pool->key, "userns") == 0 &&
		    has_line(peer, is_advisory))
			continue;
		make_line(peer, pool, random);
	}
}

static uint64_t maybe(struct random *random, uint64_t base, uint32_t factor)
{
	return one_in(random, 3) ? base * (1 + random_below(random, factor)) :
				   0;
}

static void make_limits(struct oracle_limits *limits, bool is_allow,
			struct random *random)
{
	static const char *const on_exceed[] = {"block", "drop", "disconnect"};

	*limits = (struct oracle_limits){0};
	if (one_in(random, 2))
		return;
	if (one_in(random, 3))
		limits->ring = UINT64_C(4096) << random_below(random, 10);
	limits->message = maybe(random, 1000, 200);
	if (limits->ring && limits->message + 16 > limits->ring)
		limits->message = limits->ring - 8;
	limits->memory = maybe(random, 1 << 20, 50);
	limits->rate = maybe(random, 100, 50);
	if (limits->rate)
		limits->rate_burst = 1 + random_below(random, 5000);
	limits->bandwidth = maybe(random, 1024, 50);
	if (limits->bandwidth)
		limits->bandwidth_burst = 1 + random_below(random, 50000);
	limits->idle = maybe(random, 1000000, 50);
	limits->peers = maybe(random, 1, 9);
	if (one_in(random, 4))
		limits->on_exceed = on_exceed[random_below(random, 3)];
	if (is_allow)
		return;
	limits->peers_per_user = maybe(random, 1, 9);
	limits->handshakes = maybe(random, 1, 9);
	if (limits->handshakes)
		limits->handshakes_burst = 1 + random_below(random, 9);
}

static void make_rule(const struct oracle_policy *policy,
		      struct oracle_node *node, struct oracle_rule *rule,
		      struct random *random)
{
	static const char *const directions[] = {"send", "receive", "both"};
	const struct oracle_peer *peer;
	size_t i;

	*rule = (struct oracle_rule){0};
	rule->is_deny = one_in(random, 4);
	rule->direction = directions[random_below(random, 3)];
	rule->security = securities[random_below(random, 5)];
	rule->observe = one_in(random, 4);
	rule->block = random_below(random, 3);
	rule->peer_count = 1 + random_below(random, ORACLE_VALUES - 1);
	make_limits(&rule->limits, true, random);
	for (i = 0; i < rule->peer_count; i++) {
		rule->peers[i] =
			random_below(random, (uint32_t)policy->peer_count);
		peer = &policy->peers[rule->peers[i]];
		if (rule->is_deny && has_line(peer, is_advisory))
			rule->is_deny = false;
		if (has_line(peer, is_key))
			node->has_key = true;
	}
	/* in one block an allow may only raise */
	if (rule->block == 0 && rule->security && node->security[0])
		rule->security = NULL;
}

static void make_node(struct oracle_policy *policy, unsigned int number,
		      struct random *random)
{
	struct oracle_node *node = &policy->nodes[number];
	size_t i;

	*node = (struct oracle_node){0};
	(void)snprintf(node->name, sizeof(node->name), "node-%u", number);
	for (i = 0; i < 2; i++) {
		node->security[i] = securities[random_below(random, 5)];
		make_limits(&node->limits[i], false, random);
	}
	for (i = 0; i < 3; i++)
		if (one_in(random, 3))
			node->required[i] =
				random_below(random, POSTERN_FEATURES_ALL + 1);
	node->rule_count = random_below(random, ORACLE_RULES + 1);
	for (i = 0; i < node->rule_count; i++)
		make_rule(policy, node, &node->rules[i], random);
}

static void make_tenant(struct oracle_policy *policy, unsigned int number,
			struct random *random)
{
	struct oracle_tenant *tenant = &policy->tenants[number];
	size_t i;

	*tenant = (struct oracle_tenant){0};
	(void)snprintf(tenant->name, sizeof(tenant->name), "tenant-%u",
		       number);
	tenant->weight = 1 + random_below(random, 9);
	tenant->security = securities[random_below(random, 5)];
	make_limits(&tenant->limits, false, random);
	tenant->members.peer_count = 1 + random_below(random, 2);
	for (i = 0; i < tenant->members.peer_count; i++)
		tenant->members.peers[i] =
			random_below(random, (uint32_t)policy->peer_count);
}

void oracle_policy_make(struct oracle_policy *policy, struct random *random)
{
	unsigned int i;

	*policy = (struct oracle_policy){0};
	policy->peer_count = 1 + random_below(random, ORACLE_PEERS);
	for (i = 0; i < policy->peer_count; i++)
		make_peer(&policy->peers[i], i, random);
	if (one_in(random, 2))
		policy->tenant_count = random_below(random, ORACLE_TENANTS + 1);
	for (i = 0; i < policy->tenant_count; i++)
		make_tenant(policy, i, random);
	policy->node_count = 1 + random_below(random, ORACLE_NODES);
	for (i = 0; i < policy->node_count; i++)
		make_node(policy, i, random);
	for (i = 0; i < 2; i++)
		make_limits(&policy->limits[i], false, random);
}

static enum postern_fact_state make_fact(struct random *random)
{
	if (one_in(random, 8))
		return POSTERN_FACT_UNKNOWN;
	return one_in(random, 8) ? POSTERN_FACT_ABSENT : POSTERN_FACT_KNOWN;
}

static const char *pick(struct random *random, const char *a, const char *b,
			const char *c)
{
	const char *const texts[] = {a, b, c};

	return texts[random_below(random, 3)];
}

static void make_ids(struct postern_subject *subject, uint32_t *groups,
		     struct random *random)
{
	static const uint32_t uids[] = {1001, 1001, 1002,  1003,
					2001, 0,    65534, 60000};
	static const uint32_t gids[] = {5001, 5002,  5003,  5004,
					5009, 65534, 60000, 1};
	uint32_t i;

	subject->uid_fact = make_fact(random);
	subject->uid = uids[random_below(random, 8)];
	subject->gid_fact = make_fact(random);
	subject->gid = gids[random_below(random, 8)];
	subject->groups_fact = make_fact(random);
	subject->groups = groups;
	subject->group_count = random_below(random, 4);
	for (i = 0; i < subject->group_count; i++)
		groups[i] = gids[random_below(random, 8)];
	if (one_in(random, 2))
		subject->overflow_uid = 60000;
	if (one_in(random, 2))
		subject->overflow_gid = 60000;
}

void oracle_subject_make(struct postern_subject *subject, uint32_t *groups,
			 struct random *random)
{
	*subject = (struct postern_subject)POSTERN_SUBJECT_INIT;
	make_ids(subject, groups, random);
	subject->pid_fact = make_fact(random);
	subject->pid = one_in(random, 8) ? 0 : 77;
	subject->pid_inode_fact = make_fact(random);
	subject->pid_inode = one_in(random, 2) ? 7700 :
			     one_in(random, 2) ? 7800 :
						 9900;
	subject->label_fact = make_fact(random);
	subject->label = pick(random, "red", "blue label", NULL);
	subject->unit_fact = make_fact(random);
	subject->unit = pick(random, "a.service", "b.service", "c.service");
	subject->cgroup_fact = make_fact(random);
	subject->cgroup = pick(random, "/a/b/c", "/ab", "/a");
	subject->exe_fact = make_fact(random);
	subject->exe = pick(random, "/bin/x", "/bin/y", "/bin/xy");
	subject->userns = (enum postern_userns)random_below(random, 3);
	subject->key_fact = make_fact(random);
	memset(subject->key, 0, sizeof(subject->key));
	memcpy(subject->key,
	       one_in(random, 2) ?
		       "\xde\x9e\xdb\x7d\x7b\x7d\xc1\xb4\xd3\x5b\x61\xc2\xec"
		       "\xe4\x35\x37\x3f\x83\x43\xc8\x5b\x78\x67\x4d\xad\xfc"
		       "\x7e\x14\x6f\x88\x2b\x4f" :
		       "\x7e\x11\x3f\xe5\x67\x36\x9f\x57\x05\xe1\x9d\x2f\xd6"
		       "\xed\xa8\xe3\x3d\x66\xde\xae\x5b\xed\xdf\x64\xda\xce"
		       "\x30\xeb\x2f\x00\xd0\x2e",
	       sizeof(subject->key));
}
