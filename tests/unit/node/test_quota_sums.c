/* SPDX-License-Identifier: ISC */
/*
 * Quotas: what is counted together, as nodes, policies and threads come and go;
 * and handshakes
 */
#include "node/quota.h"

#include <pthread.h>
#include <stdatomic.h>

#include "unit/node/quota_case.h"

/* -- books ----------------------------------------------------------------- */

START_TEST(a_closed_node_leaves_no_charges)
{
	set_up("", "", "", "peers 2");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, BOB);
	expect_refused(&second, CAROL, PEERS);
	close_place(&first);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(nodes_of_two_policy_objects_are_counted_apart)
{
	struct postern_policy *other;

	set_up("", "", "", "peers 1");
	other = policy_load_valid(
		"policy-version 1\n"
		"limits {\npeers 1\n}\n"
		"peer alice { user alice }\n"
		"node n {\nowner user ordersd\nsocket /run/n\n"
		"allow alice {\ndirection both\n}\n}\n"
		"end\n");
	close_place(&second);
	open_with(&second, "n", other);
	expect_admitted(&first, ALICE);
	expect_admitted(&second, ALICE);
	close_place(&second);
	(void)pst_policy_unref(other);
	tear_down();
}
END_TEST

START_TEST(a_book_is_inherited_by_a_policy_that_has_none)
{
	struct pst_ledger *ledger, *again;
	struct postern_policy *heir = policy_load_valid("policy-version 1\n"
							"end\n");

	set_up("", "", "", "");
	expect_equal(pst_ledger_open(heir, first.node.ledger, &ledger), 0);
	expect(ledger == first.node.ledger);
	/* And kept, whoever else would leave it one. */
	expect_equal(pst_ledger_open(heir, NULL, &again), 0);
	expect(again == ledger);
	ledger = pst_ledger_unref(ledger);
	again = pst_ledger_unref(again);
	tear_down();
	(void)pst_policy_unref(heir);
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
	pst_quota_move(&first.node, 0, &decision, NULL);
	expect_admitted(&first, BOB);
	expect_refused(&second, ALICE, PEERS);
	tear_down();
}
END_TEST

static atomic_int holders, holders_most;

static void *admit_and_leave(void *user_data)
{
	struct place *place = user_data;
	int admitted = 0, i;

	for (i = 0; i < 50000; i++) {
		if (admit(place, ALICE) != POSTERN_REASON_NONE)
			continue;
		admitted++;
		if (atomic_fetch_add(&holders, 1) > 0)
			atomic_store(&holders_most, 2);
		atomic_fetch_sub(&holders, 1);
		give_back(place, 0);
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

static int knock(struct place *place, uint32_t uid)
{
	struct postern_decision decision = decide(place, uid);
	struct postern_refusal refusal = {0};
	int count = 0;

	while (pst_quota_handshake(&place->node, uid, &refusal) &&
	       pst_quota_tenant_handshake(
		       &place->node, uid,
		       pst_tenant_queue_for(&place->node.tenant_queues,
					    &decision)
			       ->account,
		       &decision, &refusal)) {
		count++;
		if (count == 100)
			return count;
	}
	expect_equal(refusal.reason, POSTERN_REASON_HANDSHAKES);
	expect(refusal.line > 0);
	return count;
}

START_TEST(handshakes_of_a_tenant_bound_each_uid_of_it)
{
	set_up("", "handshakes 1/s burst 3", "", "");
	expect_equal(knock(&first, ALICE), 3);
	expect_equal(knock(&second, ALICE), 0);
	expect_equal(knock(&second, BOB), 3);
	expect_equal(knock(&first, CAROL), 100);
	tear_down();
}
END_TEST

START_TEST(handshakes_of_a_node_bound_each_uid_there)
{
	set_up("", "", "handshakes 1/s burst 3", "");
	expect_equal(knock(&first, ALICE), 3);
	expect_equal(knock(&first, CAROL), 3);
	expect_equal(knock(&first, ALICE), 0);
	expect_equal(knock(&second, ALICE), 100);
	first.node.now_ns += 2 * PST_NS_PER_SECOND;
	expect_equal(knock(&first, ALICE), 2);
	tear_down();
}
END_TEST

START_TEST(handshakes_of_the_top_level_bound_each_uid_anywhere)
{
	set_up("", "", "", "handshakes 1/s burst 3");
	expect_equal(knock(&first, ALICE), 3);
	expect_equal(knock(&second, ALICE), 0);
	expect_equal(knock(&second, BOB), 3);
	tear_down();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quota sums");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(t, a_closed_node_leaves_no_charges);
	tcase_add_test(t, nodes_of_two_policy_objects_are_counted_apart);
	tcase_add_test(t, a_book_is_inherited_by_a_policy_that_has_none);
	tcase_add_test(t, a_moved_charge_counts_where_it_went);
	tcase_add_test(t, two_threads_share_what_there_is);
	tcase_add_test(t, handshakes_of_a_tenant_bound_each_uid_of_it);
	tcase_add_test(t, handshakes_of_a_node_bound_each_uid_there);
	tcase_add_test(t, handshakes_of_the_top_level_bound_each_uid_anywhere);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
