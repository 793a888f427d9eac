/* SPDX-License-Identifier: ISC */
/*
 * Quotas
 *
 * One pass over the charges of the process makes every sum.  Admission makes
 * two dozen system calls; a scan of some thousand small entries is not what it
 * costs, and there is no count that could be wrong.
 */
#include "node/quota.h"

#include <stdio.h>
#include <string.h>

#define CHARGES_OF(list) PST_LIST_ENTRY(list, struct pst_charges, link)

/* What one scope holds already. */
struct sum {
	uint64_t peers;
	uint64_t peers_of_user;
	uint64_t memory_bytes;
};

struct sums {
	struct sum process;
	struct sum tenant;
	struct sum node;
	uint64_t allow_peers[POSTERN_ALLOWS_MAX];
};

static void add(struct sum *sum, const struct pst_charge *charge, uid_t uid)
{
	sum->peers++;
	sum->peers_of_user += charge->uid == uid;
	sum->memory_bytes += charge->memory_bytes;
}

static void add_allows(struct sums *sums, const struct pst_charge *charge)
{
	uint64_t bits;
	size_t word;

	for (word = 0; word < POSTERN_ALLOWS_MAX / 64; word++)
		for (bits = charge->allow_bits[word]; bits != 0;
		     bits &= bits - 1)
			sums->allow_peers[word * 64 + (size_t)
					  __builtin_ctzll(bits)]++;
}

static void add_table(struct sums *sums, const struct pst_charges *table,
		      bool is_ours, const struct pst_quota_request *request)
{
	const struct pst_charge *charge;
	uint32_t i;

	for (i = 0; i < table->slot_count; i++) {
		charge = &table->charges[i];
		if (!charge->is_taken)
			continue;
		add(&sums->process, charge, request->uid);
		if (request->account && charge->account == request->account)
			add(&sums->tenant, charge, request->uid);
		if (!is_ours)
			continue;
		add(&sums->node, charge, request->uid);
		add_allows(sums, charge);
	}
}

static bool refuse_by_limit(struct postern_refusal *refusal,
			    enum postern_reason reason,
			    const struct postern_policy_limit *limit,
			    const char *rule)
{
	memset(refusal, 0, sizeof(*refusal));
	refusal->reason = reason;
	refusal->line = limit->line;
	(void)snprintf(refusal->file, sizeof(refusal->file), "%s",
		       limit->file ? limit->file : "");
	(void)snprintf(refusal->rule, sizeof(refusal->rule), "%s %llu", rule,
		       (unsigned long long)limit->value);
	return false;
}

/* Does one more of this size exceed the limit? */
static bool exceeds(const struct postern_policy_limit *limit, uint64_t sum,
		    uint64_t more)
{
	return limit->state == POSTERN_LIMIT_SET &&
	       (more > limit->value || sum > limit->value - more);
}

static bool admits(const struct postern_policy_limit *limits,
		   const struct sum *sum, uint64_t memory_bytes,
		   struct postern_refusal *refusal)
{
	if (exceeds(&limits[POSTERN_LIMIT_PEERS], sum->peers, 1))
		return refuse_by_limit(refusal, POSTERN_REASON_PEERS,
				       &limits[POSTERN_LIMIT_PEERS], "peers");
	if (exceeds(&limits[POSTERN_LIMIT_PEERS_PER_USER], sum->peers_of_user,
		    1))
		return refuse_by_limit(refusal, POSTERN_REASON_PEERS_PER_USER,
				       &limits[POSTERN_LIMIT_PEERS_PER_USER],
				       "peers-per-user");
	if (exceeds(&limits[POSTERN_LIMIT_MEMORY], sum->memory_bytes,
		    memory_bytes))
		return refuse_by_limit(refusal, POSTERN_REASON_MEMORY,
				       &limits[POSTERN_LIMIT_MEMORY],
				       "memory");
	return true;
}

/* Each matching allow bounds its own channels, and the memory of each. */
static bool allows_admit(const struct pst_node *node, const struct sums *sums,
			 const struct pst_quota_request *request,
			 struct postern_refusal *refusal)
{
	const struct postern_policy_limit *limits;
	struct sum sum = {0};
	size_t allow;

	for (allow = 0; allow < POSTERN_ALLOWS_MAX; allow++) {
		if (!(request->decision->allow_bits[allow / 64] >>
			      (allow % 64) & 1))
			continue;
		limits = pst_policy_allow_limits(node->rules, allow);
		sum.peers = sums->allow_peers[allow];
		if (limits && !admits(limits, &sum, request->memory_bytes,
				      refusal))
			return false;
	}
	return true;
}

static bool all_admit(const struct pst_node *node,
		      const struct pst_quota_request *request,
		      struct postern_refusal *refusal)
{
	const struct postern_decision *decision = request->decision;
	uint64_t memory_bytes = request->memory_bytes;
	struct sums sums = {0};
	struct pst_list *link;

	for (link = node->ledger->tables.next; link != &node->ledger->tables;
	     link = link->next)
		add_table(&sums, CHARGES_OF(link),
			  CHARGES_OF(link) == &node->charges, request);
	return admits(decision->node, &sums.node, memory_bytes, refusal) &&
	       allows_admit(node, &sums, request, refusal) &&
	       admits(decision->tenant, &sums.tenant, memory_bytes, refusal) &&
	       admits(decision->process, &sums.process, memory_bytes, refusal);
}

bool pst_quota_charge(struct pst_node *node, uint32_t slot_index,
		      const struct pst_quota_request *request,
		      struct postern_refusal *refusal)
{
	struct pst_charge *charge = &node->charges.charges[slot_index];
	bool is_admitted;

	pst_ledger_lock(node->ledger);
	is_admitted = all_admit(node, request, refusal);
	if (is_admitted) {
		charge->is_taken = true;
		charge->uid = request->uid;
		charge->account = request->account;
		charge->memory_bytes = request->memory_bytes;
		memcpy(charge->allow_bits, request->decision->allow_bits,
		       sizeof(charge->allow_bits));
	}
	pst_ledger_unlock(node->ledger);
	return is_admitted;
}

void pst_quota_give_back(struct pst_node *node, uint32_t slot_index)
{
	pst_ledger_lock(node->ledger);
	memset(&node->charges.charges[slot_index], 0,
	       sizeof(node->charges.charges[slot_index]));
	pst_ledger_unlock(node->ledger);
}

void pst_quota_move(struct pst_node *node, uint32_t slot_index,
		    const struct postern_decision *decision,
		    const struct pst_account *account)
{
	struct pst_charge *charge = &node->charges.charges[slot_index];

	pst_ledger_lock(node->ledger);
	if (charge->is_taken) {
		charge->account = account;
		memcpy(charge->allow_bits, decision->allow_bits,
		       sizeof(charge->allow_bits));
	}
	pst_ledger_unlock(node->ledger);
}

static bool take_handshake(struct pst_uid_buckets *buckets,
			   const struct postern_policy_limit *limits,
			   uint64_t user, uint64_t now_ns,
			   struct postern_refusal *refusal)
{
	struct pst_token_rate rate =
		pst_metering_rate(limits, POSTERN_LIMIT_HANDSHAKES,
				  POSTERN_LIMIT_HANDSHAKES_BURST);

	if (pst_uid_buckets_take(buckets, &rate, user, now_ns))
		return true;
	return refuse_by_limit(refusal, POSTERN_REASON_HANDSHAKES,
			       &limits[POSTERN_LIMIT_HANDSHAKES], "handshakes");
}

bool pst_quota_handshake(struct pst_node *node, uint64_t user,
			 struct postern_refusal *refusal)
{
	bool is_admitted;

	if (!take_handshake(&node->handshakes,
			    pst_policy_node_limits(node->rules), user,
			    node->now_ns, refusal))
		return false;
	pst_ledger_lock(node->ledger);
	is_admitted = take_handshake(&node->ledger->handshakes,
				     pst_policy_process_limits(node->policy),
				     user, node->now_ns, refusal);
	pst_ledger_unlock(node->ledger);
	return is_admitted;
}

bool pst_quota_tenant_handshake(struct pst_node *node, uint64_t user,
				struct pst_account *account,
				const struct postern_decision *decision,
				struct postern_refusal *refusal)
{
	bool is_admitted;

	if (!account)
		return true;
	pst_ledger_lock(node->ledger);
	is_admitted = take_handshake(&account->handshakes, decision->tenant,
				     user, node->now_ns, refusal);
	pst_ledger_unlock(node->ledger);
	return is_admitted;
}
