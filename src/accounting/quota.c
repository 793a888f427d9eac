/* SPDX-License-Identifier: ISC */
/*
 * Quotas
 *
 * All sums are computed by one pass over the charges of the process.  Admission
 * makes two dozen system calls, so a scan of some thousand small entries adds
 * little, and no counter can become wrong.
 */
#include "accounting/quota.h"

#include <stdio.h>
#include <string.h>

#include "base/result.h"
#include "policy/policy.h"

#define CHARGES_OF(list) PST_LIST_ENTRY(list, struct pst_charges, link)

/* The present charges of one scope. */
struct sum {
	uint64_t peers;
	uint64_t peers_of_uid;
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
	sum->peers_of_uid += charge->uid == uid;
	sum->memory_bytes += charge->memory_bytes;
}

static void add_allows(struct sums *sums, const struct pst_charge *charge)
{
	uint64_t bits;
	size_t word, bit;

	for (word = 0; word < POSTERN_ALLOWS_MAX / 64; word++)
		for (bits = charge->allow_bits[word]; bits != 0;
		     bits &= bits - 1) {
			bit = (size_t)__builtin_ctzll(bits);
			sums->allow_peers[word * 64 + bit]++;
		}
}

static void add_node(struct sums *sums, const struct pst_charges *charges,
		     bool is_this_node, const struct pst_quota_request *request)
{
	const struct pst_charge *charge;
	uint32_t i;

	for (i = 0; i < charges->slot_count; i++) {
		charge = &charges->charges[i];
		if (!charge->is_taken)
			continue;
		add(&sums->process, charge, request->uid);
		if (request->account && charge->account == request->account)
			add(&sums->tenant, charge, request->uid);
		if (!is_this_node)
			continue;
		add(&sums->node, charge, request->uid);
		add_allows(sums, charge);
	}
}

static bool refuse_by_limit(struct postern_error_info *error,
			    enum postern_reason reason,
			    const struct postern_policy_limit *limit,
			    const char *rule)
{
	(void)pst_error_set(error, reason);
	error->line = limit->line;
	(void)snprintf(error->file, sizeof(error->file), "%s",
		       limit->file ? limit->file : "");
	(void)snprintf(error->rule, sizeof(error->rule), "%s %llu", rule,
		       (unsigned long long)limit->value);
	return false;
}

/* Whether the sum and this much more are above the limit. */
static bool exceeds(const struct postern_policy_limit *limit, uint64_t sum,
		    uint64_t more)
{
	return limit->state == POSTERN_LIMIT_SET &&
	       (more > limit->value || sum > limit->value - more);
}

static bool check_scope(const struct postern_policy_limit *limits,
			const struct sum *sum, uint64_t memory_bytes,
			struct postern_error_info *error)
{
	if (exceeds(&limits[POSTERN_LIMIT_PEERS], sum->peers, 1))
		return refuse_by_limit(error, POSTERN_REASON_PEERS,
				       &limits[POSTERN_LIMIT_PEERS], "peers");
	if (exceeds(&limits[POSTERN_LIMIT_PEERS_PER_USER], sum->peers_of_uid,
		    1))
		return refuse_by_limit(error, POSTERN_REASON_PEERS_PER_USER,
				       &limits[POSTERN_LIMIT_PEERS_PER_USER],
				       "peers-per-user");
	if (exceeds(&limits[POSTERN_LIMIT_MEMORY], sum->memory_bytes,
		    memory_bytes))
		return refuse_by_limit(error, POSTERN_REASON_MEMORY,
				       &limits[POSTERN_LIMIT_MEMORY], "memory");
	return true;
}

/* An allow limits the number of its channels, and the memory of each. */
static bool check_allows(const struct sums *sums,
			 const struct pst_quota_request *request,
			 struct postern_error_info *error)
{
	const struct postern_policy_limit *limits;
	struct sum sum = {0};
	uint64_t bits;
	size_t allow;

	for (allow = 0; allow < POSTERN_ALLOWS_MAX; allow++) {
		bits = request->decision->allow_bits[allow / 64];
		if (!(bits >> (allow % 64) & 1))
			continue;
		limits = pst_policy_allow_limits(request->rules, allow);
		sum.peers = sums->allow_peers[allow];
		if (limits &&
		    !check_scope(limits, &sum, request->memory_bytes, error))
			return false;
	}
	return true;
}

static bool check_all(const struct pst_accounting *accounting,
		      const struct pst_charges *charges,
		      const struct pst_quota_request *request,
		      struct postern_error_info *error)
{
	const struct postern_decision *decision = request->decision;
	uint64_t memory_bytes = request->memory_bytes;
	struct sums sums = {0};
	struct pst_list *link;

	for (link = accounting->nodes.next; link != &accounting->nodes;
	     link = link->next)
		add_node(&sums, CHARGES_OF(link), CHARGES_OF(link) == charges,
			 request);
	return check_scope(decision->node, &sums.node, memory_bytes, error) &&
	       check_allows(&sums, request, error) &&
	       check_scope(decision->tenant, &sums.tenant, memory_bytes,
			   error) &&
	       check_scope(decision->process, &sums.process, memory_bytes,
			   error);
}

bool pst_quota_charge(struct pst_accounting *accounting,
		      struct pst_charges *charges, uint32_t slot_index,
		      const struct pst_quota_request *request,
		      struct postern_error_info *error)
{
	struct pst_charge *charge = &charges->charges[slot_index];
	bool is_allowed;

	pst_accounting_lock(accounting);
	is_allowed = check_all(accounting, charges, request, error);
	if (is_allowed) {
		charge->is_taken = true;
		charge->uid = request->uid;
		charge->account = request->account;
		charge->memory_bytes = request->memory_bytes;
		memcpy(charge->allow_bits, request->decision->allow_bits,
		       sizeof(charge->allow_bits));
	}
	pst_accounting_unlock(accounting);
	return is_allowed;
}

void pst_quota_release(struct pst_accounting *accounting,
		       struct pst_charges *charges, uint32_t slot_index)
{
	pst_accounting_lock(accounting);
	memset(&charges->charges[slot_index], 0,
	       sizeof(charges->charges[slot_index]));
	pst_accounting_unlock(accounting);
}

void pst_quota_move(struct pst_accounting *accounting,
		    struct pst_charges *charges, uint32_t slot_index,
		    const struct postern_decision *decision,
		    const struct pst_tenant_account *account)
{
	struct pst_charge *charge = &charges->charges[slot_index];

	pst_accounting_lock(accounting);
	if (charge->is_taken) {
		charge->account = account;
		memcpy(charge->allow_bits, decision->allow_bits,
		       sizeof(charge->allow_bits));
	}
	pst_accounting_unlock(accounting);
}

bool pst_quota_acquire_handshake(struct pst_accounting *accounting,
				 struct pst_uid_rate *rates,
				 const struct postern_policy_limit *limits,
				 uint64_t user, uint64_t now_ns,
				 struct postern_error_info *error)
{
	const struct pst_token_rate rate =
		pst_policy_limits_rate(limits, POSTERN_LIMIT_HANDSHAKES,
				       POSTERN_LIMIT_HANDSHAKES_BURST);
	bool is_allowed;

	pst_accounting_lock(accounting);
	is_allowed = pst_uid_rate_acquire(rates, &rate, user, now_ns);
	pst_accounting_unlock(accounting);
	return is_allowed ||
	       refuse_by_limit(error, POSTERN_REASON_HANDSHAKES,
			       &limits[POSTERN_LIMIT_HANDSHAKES], "handshakes");
}
