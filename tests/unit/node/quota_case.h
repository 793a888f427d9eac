/* SPDX-License-Identifier: ISC */
/*
 * Two nodes of one policy, for the tests of quotas
 *
 * They are made by hand: a policy, a book and slots, no sockets.
 */
#ifndef POSTERN_UNIT_NODE_QUOTA_CASE_H
#define POSTERN_UNIT_NODE_QUOTA_CASE_H

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "node/quota.h"
#include "node/terms.h"
#include "support/expect.h"
#include "support/policy_host.h"

#define SLOTS 64
#define ALICE 1001
#define BOB 1002
#define CAROL 1003
#define MEMORY 1000

struct place {
	struct pst_node node;
	struct pst_charge charges[SLOTS];
	bool is_used[SLOTS];
};

static struct place first, second;
static struct postern_policy *policy;

static inline void open_with(struct place *place, const char *name,
			     const struct postern_policy *of)
{
	struct pst_node *node = &place->node;

	memset(place, 0, sizeof(*place));
	node->policy = of;
	node->rules = pst_policy_find_node(of, name);
	expect(node->rules);
	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	node->slot_count = SLOTS;
	node->charges.charges = place->charges;
	node->charges.slot_count = SLOTS;
	pst_list_init(&node->charges.link);
	expect_equal(pst_ledger_open(of, NULL, &node->ledger), 0);
	pst_ledger_enter(node->ledger, &node->charges);
	expect_equal(pst_tenants_open(of, node->ledger, &node->tenant_queues),
		     0);
	node->now_ns = 1000 * PST_NS_PER_SECOND;
}

static inline void close_place(struct place *place)
{
	struct pst_node *node = &place->node;

	if (!node->ledger)
		return;
	pst_tenants_close(&node->tenant_queues, node->ledger);
	pst_ledger_strike(node->ledger, &node->charges);
	node->ledger = pst_ledger_unref(node->ledger);
}

/* Two nodes of one policy; the four texts are limits of its four places. */
static inline void set_up(const char *of_allow, const char *of_tenant,
			  const char *of_node, const char *of_top)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "limits {\n%s\n}\n"
		       "peer alice { user alice }\n"
		       "peer bob { user bob }\n"
		       "peer carol { user carol }\n"
		       "tenant t {\nmembers alice bob\nlimits {\n%s\n}\n}\n"
		       "node n {\nowner user ordersd\nsocket /run/n\n"
		       "limits {\n%s\n}\n"
		       "allow alice bob {\ndirection both\nlimits {\n%s\n}\n}\n"
		       "allow carol {\ndirection both\n}\n}\n"
		       "node m {\nowner user ordersd\nsocket /run/m\n"
		       "allow alice bob carol {\ndirection both\n}\n}\n"
		       "end\n",
		       of_top, of_tenant, of_node, of_allow);
	policy = policy_load_valid(text);
	open_with(&first, "n", policy);
	open_with(&second, "m", policy);
}

static inline void tear_down(void)
{
	close_place(&first);
	close_place(&second);
	policy = (struct postern_policy *)(uintptr_t)pst_policy_unref(policy);
}

static inline struct postern_decision decide(const struct place *place,
					     uint32_t uid)
{
	struct postern_subject subject = policy_subject(uid, 1);
	struct postern_decision decision;

	pst_policy_decide(place->node.policy, place->node.name, &subject,
			  &decision);
	expect_equal(decision.is_admitted, 1);
	return decision;
}

static inline enum postern_reason try(struct place *place, uint32_t slot,
				      uint32_t uid, uint64_t memory_bytes)
{
	struct postern_decision decision = decide(place, uid);
	const struct pst_quota_request request = {
		.uid = uid,
		.account = pst_tenant_queue_for(&place->node.tenant_queues,
						&decision)
				   ->account,
		.memory_bytes = memory_bytes,
		.decision = &decision,
	};
	struct postern_refusal refusal = {0};

	if (pst_quota_charge(&place->node, slot, &request, &refusal)) {
		place->is_used[slot] = true;
		return POSTERN_REASON_NONE;
	}
	/* The line that says so, wherever it is. */
	expect(refusal.line > 0);
	ck_assert_str_eq(refusal.file, "test.conf");
	return refusal.reason;
}

/* In the first slot that is free. */
static inline enum postern_reason admit(struct place *place, uint32_t uid)
{
	uint32_t slot = 0;

	while (place->is_used[slot])
		slot++;
	return try(place, slot, uid, MEMORY);
}

static inline void give_back(struct place *place, uint32_t slot)
{
	pst_quota_give_back(&place->node, slot);
	place->is_used[slot] = false;
}

#define expect_admitted(place, uid) \
	expect_equal(admit(place, uid), POSTERN_REASON_NONE)
#define expect_refused(place, uid, reason) \
	expect_equal(admit(place, uid), POSTERN_REASON_##reason)

#endif
