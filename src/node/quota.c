/* SPDX-License-Identifier: ISC */
/*
 * Quotas
 *
 * A charge stands in the slot it is for, and a count is made by looking at the
 * slots.  So nothing can be given back twice or forgotten: when the slot goes,
 * the charge is gone.  Admission makes a dozen system calls; a scan of some
 * hundred slots is not what it costs.
 */
#include "node/quota.h"

#include <stdio.h>
#include <string.h>

static bool has_allow(const struct pst_peer *peer, size_t allow_index)
{
	return peer->allow_bits[allow_index / 64] >> (allow_index % 64) & 1;
}

static bool is_over(const struct postern_policy_limit *limit, uint64_t count)
{
	return limit->state == POSTERN_LIMIT_SET && count >= limit->value;
}

static bool refuse_by_limit(struct postern_refusal *refusal,
			    enum postern_reason reason,
			    const struct postern_policy_limit *limit,
			    const char *rule)
{
	memset(refusal, 0, sizeof(*refusal));
	refusal->reason = reason;
	refusal->line = limit->line;
	(void)snprintf(refusal->file, sizeof(refusal->file), "%s", limit->file);
	(void)snprintf(refusal->rule, sizeof(refusal->rule), "%s %llu", rule,
		       (unsigned long long)limit->value);
	return false;
}

static bool allows_admit(const struct pst_node *node,
			 const struct postern_decision *decision,
			 struct postern_refusal *refusal)
{
	const struct postern_policy_limit *limits;
	size_t allow;
	uint64_t count;
	uint32_t i;

	for (allow = 0; allow < POSTERN_ALLOWS_MAX; allow++) {
		if (!(decision->allow_bits[allow / 64] >> (allow % 64) & 1))
			continue;
		limits = pst_policy_allow_limits(node->rules, allow);
		if (!limits)
			continue;
		for (count = 0, i = 0; i < node->slot_count; i++)
			count += node->peers[i].is_charged &&
				 has_allow(&node->peers[i], allow);
		if (is_over(&limits[POSTERN_LIMIT_PEERS], count))
			return refuse_by_limit(refusal, POSTERN_REASON_PEERS,
					       &limits[POSTERN_LIMIT_PEERS],
					       "peers");
	}
	return true;
}

bool pst_quota_admits(const struct pst_node *node,
		      const struct postern_decision *decision, uid_t uid,
		      struct postern_refusal *refusal)
{
	const struct postern_policy_limit *limits = decision->node;
	uint64_t count = 0, of_user = 0;
	uint32_t i;

	for (i = 0; i < node->slot_count; i++) {
		count += node->peers[i].is_charged;
		of_user += node->peers[i].is_charged &&
			   node->peers[i].uid == uid;
	}
	if (is_over(&limits[POSTERN_LIMIT_PEERS], count))
		return refuse_by_limit(refusal, POSTERN_REASON_PEERS,
				       &limits[POSTERN_LIMIT_PEERS], "peers");
	if (is_over(&limits[POSTERN_LIMIT_PEERS_PER_USER], of_user))
		return refuse_by_limit(refusal, POSTERN_REASON_PEERS_PER_USER,
				       &limits[POSTERN_LIMIT_PEERS_PER_USER],
				       "peers-per-user");
	return allows_admit(node, decision, refusal);
}

void pst_quota_charge(struct pst_peer *peer,
		      const struct postern_decision *decision, uid_t uid)
{
	peer->is_charged = true;
	peer->uid = uid;
	memcpy(peer->allow_bits, decision->allow_bits,
	       sizeof(peer->allow_bits));
}

void pst_quota_give_back(struct pst_peer *peer)
{
	peer->is_charged = false;
	peer->uid = UINT32_MAX;
	memset(peer->allow_bits, 0, sizeof(peer->allow_bits));
}
