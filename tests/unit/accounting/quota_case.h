/* SPDX-License-Identifier: ISC */
/*
 * Two nodes of one policy, for the tests of quotas
 *
 * Each is only what quotas need of a node: its rules and its charges.
 */
#ifndef POSTERN_UNIT_ACCOUNTING_QUOTA_CASE_H
#define POSTERN_UNIT_ACCOUNTING_QUOTA_CASE_H

#include <stdio.h>
#include <string.h>

#include "accounting/quota.h"
#include "base/clock.h"
#include "support/expect.h"
#include "support/policy_host.h"

#define SLOTS 64
#define ALICE 1001
#define BOB 1002
#define CAROL 1003
#define MEMORY 1000

struct node {
	const struct postern_policy *policy;
	const struct pst_policy_node *rules;
	const char *name;
	uint64_t now_ns;
	struct pst_accounting *accounting;
	struct pst_tenant_account *account; /* of the tenant `t` */
	struct pst_uid_rate handshakes;
	struct pst_charges charges;
	struct pst_charge slots[SLOTS];
};

static struct node first, second;
static struct postern_policy *policy;
static struct pst_accounting *common;

static inline void open_node(struct node *node, const char *name,
			     const struct postern_policy *of,
			     struct pst_accounting *accounting)
{
	memset(node, 0, sizeof(*node));
	node->policy = of;
	node->rules = pst_policy_find_node(of, name);
	expect(node->rules);
	node->name = name;
	node->charges.charges = node->slots;
	node->charges.slot_count = SLOTS;
	pst_list_init(&node->charges.link);
	node->accounting = pst_accounting_ref(accounting);
	pst_accounting_add(node->accounting, &node->charges);
	expect_equal(pst_tenant_account_open(node->accounting, "t",
					     &node->account), 0);
	node->now_ns = 1000 * PST_NS_PER_SECOND;
}

static inline void close_node(struct node *node)
{
	if (!node->accounting)
		return;
	node->account = pst_tenant_account_close(node->accounting,
						 node->account);
	pst_accounting_remove(node->accounting, &node->charges);
	node->accounting = pst_accounting_unref(node->accounting);
}

/* Two nodes of one policy, with common sums; the four texts are limits of its four scopes. */
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
	expect_equal(pst_accounting_new(&common), 0);
	open_node(&first, "n", policy, common);
	open_node(&second, "m", policy, common);
}

static inline void tear_down(void)
{
	close_node(&first);
	close_node(&second);
	common = pst_accounting_unref(common);
	policy = (struct postern_policy *)(uintptr_t)pst_policy_unref(policy);
}

static inline struct postern_decision decide(const struct node *node,
					     uint32_t uid)
{
	struct postern_subject subject = policy_subject(uid, 1);
	struct postern_decision decision;

	pst_policy_decide(node->policy, node->name, &subject,
			  &decision);
	expect_equal(decision.is_allowed, 1);
	return decision;
}

static inline struct pst_tenant_account *
account_for(const struct node *node, const struct postern_decision *decision)
{
	return decision->tenant_name ? node->account : NULL;
}

static inline enum postern_reason try(struct node *node, uint32_t slot,
				      uint32_t uid, uint64_t memory_bytes)
{
	struct postern_decision decision = decide(node, uid);
	const struct pst_quota_request request = {
		.uid = uid,
		.account = account_for(node, &decision),
		.memory_bytes = memory_bytes,
		.rules = node->rules,
		.decision = &decision,
	};
	struct postern_error_info error = {0};

	if (pst_quota_charge(node->accounting, &node->charges, slot, &request,
			     &error))
		return POSTERN_REASON_NONE;
	/* The line that sets the limit, in any scope. */
	expect(error.line > 0);
	ck_assert_str_eq(error.file, "test.conf");
	return error.reason;
}

/* In the first slot that is free. */
static inline enum postern_reason admit(struct node *node, uint32_t uid)
{
	uint32_t slot = 0;

	while (node->slots[slot].is_taken)
		slot++;
	return try(node, slot, uid, MEMORY);
}

static inline void release(struct node *node, uint32_t slot)
{
	pst_quota_release(node->accounting, &node->charges, slot);
}

#define expect_admitted(node, uid) \
	expect_equal(admit(node, uid), POSTERN_REASON_NONE)
#define expect_refused(node, uid, reason) \
	expect_equal(admit(node, uid), POSTERN_REASON_##reason)

#endif
