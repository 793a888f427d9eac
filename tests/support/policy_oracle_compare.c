/* SPDX-License-Identifier: ISC */
/*
 * Where a decision differs from the oracle's
 */
#include <string.h>

#include "policy/policy.h"
#include "policy/policy_table.h"
#include "support/policy_oracle.h"

static const char *compare_limits(const struct oracle_limits *wanted,
				  const struct postern_policy_limit *limits)
{
	static const char *const words[] = {"block", "drop", "disconnect"};
	const uint64_t values[POSTERN_LIMIT_COUNT] = {
		wanted->ring, wanted->message, wanted->memory, wanted->rate,
		wanted->rate_burst, wanted->bandwidth, wanted->bandwidth_burst,
		wanted->idle, 0, wanted->peers, wanted->peers_per_user,
		wanted->handshakes, wanted->handshakes_burst,
	};
	static const char *const names[POSTERN_LIMIT_COUNT] = {
		"ring", "message", "memory", "rate", "rate burst", "bandwidth",
		"bandwidth burst", "idle", "on-exceed", "peers",
		"peers-per-user", "handshakes", "handshakes burst",
	};
	bool is_set;
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		is_set = limits[i].state != POSTERN_LIMIT_UNSET;
		if (i == POSTERN_LIMIT_ON_EXCEED) {
			if (is_set != (wanted->on_exceed != NULL) ||
			    (is_set && strcmp(wanted->on_exceed,
					      words[limits[i].value]) != 0))
				return names[i];
			continue;
		}
		if (is_set != (values[i] != 0) || limits[i].value != values[i])
			return names[i];
		if ((limits[i].state == POSTERN_LIMIT_SET) !=
		    (limits[i].file != NULL))
			return "origin";
	}
	return NULL;
}

bool oracle_requires_the_same(const struct oracle_node *node,
			      const struct postern_policy *policy)
{
	const struct pst_policy_node *found =
		pst_policy_find_node(policy, node->name);
	const struct pst_policy_requirement *required;
	uint32_t features = 0;

	while ((required = pst_policy_find_unmet(found, features)))
		features |= required->features;
	return features == (node->required[0] | node->required[1] |
			    node->required[2]);
}

const char *oracle_compare(const struct oracle_decision *wanted,
			   const struct postern_decision *decision)
{
	const char *difference;
	size_t i;

	if (wanted->is_allowed != (decision->is_allowed == 1))
		return "admission";
	if (wanted->reason != decision->error.reason)
		return "reason";
	if (wanted->directions != decision->directions)
		return "directions";
	if (wanted->may_observe != (decision->may_observe == 1))
		return "observe";
	if (wanted->security != decision->security)
		return "security";
	if (wanted->is_allowed && wanted->weight != decision->tenant_weight)
		return "weight";
	if ((wanted->tenant != NULL) != (decision->tenant_name != NULL) ||
	    (wanted->tenant && strcmp(wanted->tenant, decision->tenant_name)))
		return "tenant";
	for (i = 0; i < 64; i++) {
		if ((i < ORACLE_RULES && wanted->allows[i]) !=
		    (decision->allow_bits[0] >> i & 1))
			return "matching allows";
	}
	difference = compare_limits(&wanted->channel, decision->channel);
	if (!difference)
		difference = compare_limits(&wanted->tenant_limits,
					    decision->tenant);
	if (!difference)
		difference = compare_limits(&wanted->node_limits,
					    decision->node);
	if (!difference)
		difference = compare_limits(&wanted->process_limits,
					    decision->process);
	return difference;
}
