/* SPDX-License-Identifier: ISC */
/*
 * Quotas: what is counted together, as nodes, policies and threads come and go;
 * and handshakes
 */
#include "accounting/quota.h"

#include <pthread.h>
#include <stdatomic.h>

#include "policy/policy_table.h"
#include "unit/accounting/quota_case.h"
#include "support/test_case.h"

/* -- sums ------------------------------------------------------------------ */

START_TEST(a_closed_node_leaves_no_charges)
{
	set_up("", "", "", "peers 2");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, BOB);
	expect_refused(&second, CAROL, PEERS);
	close_node(&first);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(nodes_with_two_accountings_are_counted_apart)
{
	struct pst_accounting *other;

	set_up("", "peers 1", "", "");
	close_node(&second);
	expect_equal(pst_accounting_new(&other), 0);
	open_node(&second, "m", policy, other);
	other = pst_accounting_unref(other);
	expect_admitted(&first, ALICE);
	expect_refused(&first, BOB, PEERS);
	expect_admitted(&second, BOB);
	tear_down();
}
END_TEST

/* Each node applies the limits of its own policy to the common sum. */
START_TEST(nodes_of_two_policies_can_be_counted_together)
{
	struct postern_policy *other;

	set_up("", "", "", "peers 1");
	other = policy_load_valid(
		"policy-version 1\n"
		"limits {\npeers 2\n}\n"
		"peer alice { user alice }\n"
		"tenant t {\nmembers alice\n}\n"
		"node n {\nowner user ordersd\nsocket /run/n\n"
		"allow alice {\ndirection both\n}\n}\n"
		"end\n");
	close_node(&second);
	open_node(&second, "n", other, common);
	expect_admitted(&second, ALICE);
	expect_refused(&first, ALICE, PEERS);
	expect_admitted(&second, ALICE);
	expect_refused(&second, ALICE, PEERS);
	close_node(&second);
	(void)pst_policy_unref(other);
	tear_down();
}
END_TEST

/* The same peer by a new decision: out of one tenant's sum, into another's. */
START_TEST(a_moved_charge_counts_where_it_went)
{
	struct postern_decision decision;

	set_up("", "peers 1", "", "");
	expect_admitted(&first, ALICE);
	expect_refused(&first, BOB, PEERS);
	decision = decide(&first, CAROL);
	pst_quota_move(first.accounting, &first.charges, 0, &decision, NULL);
	expect_admitted(&first, BOB);
	expect_refused(&second, ALICE, PEERS);
	tear_down();
}
END_TEST

static atomic_int holders, holders_most;

static void *admit_and_leave(void *user_data)
{
	struct node *node = user_data;
	int admitted = 0, i;

	for (i = 0; i < 50000; i++) {
		if (admit(node, ALICE) != POSTERN_REASON_NONE)
			continue;
		admitted++;
		if (atomic_fetch_add(&holders, 1) > 0)
			atomic_store(&holders_most, 2);
		atomic_fetch_sub(&holders, 1);
		release(node, 0);
	}
	return (void *)(intptr_t)admitted;
}

/* One place for both: each gets it at times, never both at once, and in the end
 * nobody has it. */
START_TEST(two_threads_share_what_there_is)
{
	pthread_t thread;
	void *admitted, *admitted_here;

	set_up("", "peers 1", "", "");
	expect_equal(pthread_create(&thread, NULL, admit_and_leave, &first),
		     0);
	admitted_here = admit_and_leave(&second);
	expect_equal(pthread_join(thread, &admitted), 0);
	expect((intptr_t)admitted > 0 && (intptr_t)admitted_here > 0);
	expect_equal(holders_most, 0);
	expect_admitted(&first, ALICE);
	expect_refused(&second, ALICE, PEERS);
	tear_down();
}
END_TEST

/* -- handshakes ------------------------------------------------------------ */

static bool acquire(struct node *node, struct pst_uid_rate *rates,
		    const struct postern_policy_limit *limits, uint32_t uid,
		    struct postern_error_info *error)
{
	return pst_quota_acquire_handshake(node->accounting, rates, limits, uid,
					   node->now_ns, error);
}

/* How many attempts of a uid are allowed at this moment, at most 100. */
static int attempt_all(struct node *node, uint32_t uid)
{
	struct postern_decision decision = decide(node, uid);
	struct pst_tenant_account *account = account_for(node, &decision);
	struct postern_error_info error = {0};
	int count = 0;

	while (acquire(node, &node->handshakes,
		       node->rules->limits, uid, &error) &&
	       acquire(node, &node->accounting->handshakes,
		       node->policy->limits, uid,
		       &error) &&
	       (!account || acquire(node, &account->handshakes,
				    decision.tenant, uid, &error))) {
		count++;
		if (count == 100)
			return count;
	}
	expect_equal(error.reason, POSTERN_REASON_HANDSHAKES);
	expect(error.line > 0);
	return count;
}

START_TEST(handshakes_of_a_tenant_bound_each_uid_of_it)
{
	set_up("", "handshakes 1/s burst 3", "", "");
	expect_equal(attempt_all(&first, ALICE), 3);
	expect_equal(attempt_all(&second, ALICE), 0);
	expect_equal(attempt_all(&second, BOB), 3);
	expect_equal(attempt_all(&first, CAROL), 100);
	tear_down();
}
END_TEST

START_TEST(handshakes_of_a_node_bound_each_uid_there)
{
	set_up("", "", "handshakes 1/s burst 3", "");
	expect_equal(attempt_all(&first, ALICE), 3);
	expect_equal(attempt_all(&first, CAROL), 3);
	expect_equal(attempt_all(&first, ALICE), 0);
	expect_equal(attempt_all(&second, ALICE), 100);
	first.now_ns += 2 * PST_NS_PER_SECOND;
	expect_equal(attempt_all(&first, ALICE), 2);
	tear_down();
}
END_TEST

START_TEST(handshakes_of_the_top_level_bound_each_uid_anywhere)
{
	set_up("", "", "", "handshakes 1/s burst 3");
	expect_equal(attempt_all(&first, ALICE), 3);
	expect_equal(attempt_all(&second, ALICE), 0);
	expect_equal(attempt_all(&second, BOB), 3);
	tear_down();
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
