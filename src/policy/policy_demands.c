/* SPDX-License-Identifier: ISC */
/*
 * What a node's policy demands: see policy_demands.h
 *
 * A build or a kernel may lack something that a policy asks for.  Going on
 * without it would ignore a line somebody wrote for a reason, so every such
 * line is listed, and whoever opens a node refuses by the first one it cannot
 * honour.
 */
#include "policy/policy_demands.h"

#include <errno.h>

struct collector {
	struct pst_policy_demand *demands; /* NULL: only counting */
	size_t demand_count;
};

static void add_demand(struct collector *collector,
		       enum pst_policy_feature feature, const char *file,
		       uint32_t line, const char *words)
{
	if (collector->demands)
		collector->demands[collector->demand_count] =
			(struct pst_policy_demand){
				.feature = feature,
				.line = line,
				.file = file,
				.words = words,
			};
	collector->demand_count++;
}

static void add_security(struct collector *collector,
			 const struct pst_policy_security *security)
{
	if (security->minimum == POSTERN_SECURITY_NONE)
		return;
	add_demand(collector, PST_POLICY_FEATURE_SECURITY, security->place.file,
		   security->place.line,
		   security->minimum == POSTERN_SECURITY_MAC ? "security mac"
							     : "security aead");
}

static void add_limits(struct collector *collector,
		       const struct postern_policy_limit *limits)
{
	static const struct {
		enum postern_limit_key key;
		enum pst_policy_feature feature;
		const char *words;
	} features[] = {
		{POSTERN_LIMIT_RATE, PST_POLICY_FEATURE_RATE, "rate"},
		{POSTERN_LIMIT_BANDWIDTH, PST_POLICY_FEATURE_BANDWIDTH,
		 "bandwidth"},
		{POSTERN_LIMIT_HANDSHAKES, PST_POLICY_FEATURE_HANDSHAKES,
		 "handshakes"},
		{POSTERN_LIMIT_IDLE, PST_POLICY_FEATURE_IDLE, "idle"},
		{POSTERN_LIMIT_ON_EXCEED, PST_POLICY_FEATURE_ON_EXCEED,
		 "on-exceed"},
		{POSTERN_LIMIT_MEMORY, PST_POLICY_FEATURE_MEMORY, "memory"},
	};
	const struct postern_policy_limit *limit;
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		limit = &limits[features[i].key];
		if (limit->state != POSTERN_LIMIT_SET)
			continue;
		/* to block is what happens anyway */
		if (features[i].key == POSTERN_LIMIT_ON_EXCEED &&
		    limit->value == POSTERN_ON_EXCEED_BLOCK)
			continue;
		add_demand(collector, features[i].feature, limit->file,
			   limit->line, features[i].words);
	}
}

static void add_rule(struct collector *collector,
		     const struct pst_policy_rule *rule)
{
	const struct pst_policy_line *line;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		for (line = rule->peers[i]->lines; line; line = line->next) {
			if (line->key == PST_POLICY_LINE_KEY)
				add_demand(collector,
					   PST_POLICY_FEATURE_PEER_KEY,
					   line->place.file, line->place.line,
					   "key");
		}
	}
}

static void add_rules(struct collector *collector,
		      const struct pst_policy_node *node)
{
	const struct pst_policy_allow *allow;
	const struct pst_policy_rule *rule;

	for (rule = node->denies; rule; rule = rule->next)
		add_rule(collector, rule);
	for (allow = node->allows; allow; allow = allow->next) {
		add_rule(collector, &allow->rule);
		add_security(collector, &allow->security);
		add_limits(collector, allow->limits);
		if (allow->may_observe)
			add_demand(collector, PST_POLICY_FEATURE_OBSERVE,
				   allow->observe_place.file,
				   allow->observe_place.line, "observe");
	}
}

static void add_process(struct collector *collector,
			const struct postern_policy *policy)
{
	const struct postern_policy_limit *peers =
		&policy->limits[POSTERN_LIMIT_PEERS];
	const struct postern_policy_limit *peers_per_user =
		&policy->limits[POSTERN_LIMIT_PEERS_PER_USER];

	add_limits(collector, policy->limits);
	if (peers->state == POSTERN_LIMIT_SET)
		add_demand(collector, PST_POLICY_FEATURE_PROCESS_PEERS,
			   peers->file, peers->line, "peers");
	if (peers_per_user->state == POSTERN_LIMIT_SET)
		add_demand(collector, PST_POLICY_FEATURE_PROCESS_PEERS,
			   peers_per_user->file, peers_per_user->line,
			   "peers-per-user");
}

static void add_all(struct collector *collector,
		    const struct pst_policy_node *node)
{
	const struct pst_policy_tenant *tenant;
	const struct pst_policy_node_key *key;
	const struct pst_policy_rule *rule;

	add_security(collector, &node->security);
	for (key = node->keys; key; key = key->next)
		add_demand(collector, PST_POLICY_FEATURE_NODE_KEY,
			   key->place.file, key->place.line, "key");
	add_rules(collector, node);
	add_limits(collector, node->limits);
	for (tenant = node->policy->tenants; tenant; tenant = tenant->next) {
		add_demand(collector, PST_POLICY_FEATURE_TENANTS,
			   tenant->place.file, tenant->place.line,
			   tenant->words);
		add_security(collector, &tenant->security);
		add_limits(collector, tenant->limits);
		for (rule = tenant->members; rule; rule = rule->next)
			add_rule(collector, rule);
	}
	add_process(collector, node->policy);
}

int pst_policy_collect_demands(struct pst_policy_arena *arena,
			       struct pst_policy_node *node)
{
	struct collector collector = {0};

	add_all(&collector, node);
	collector.demands = pst_policy_arena_new(arena, collector.demand_count,
						 sizeof(*collector.demands));
	if (!collector.demands)
		return -ENOMEM;
	node->demand_count = collector.demand_count;
	node->demands = collector.demands;

	collector.demand_count = 0;
	add_all(&collector, node);
	return 0;
}
