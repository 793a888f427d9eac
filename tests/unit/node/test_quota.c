/* SPDX-License-Identifier: ISC */
/*
 * Quotas: every limit on peers and memory, in every place it may stand
 *
 * Nodes are made by hand here: a policy, a book and slots, no sockets.
 */
#include "node/quota.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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

static void open_with(struct place *place, const char *name,
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
	expect_equal(pst_shares_new(of, node->ledger, &node->shares), 0);
	node->now_ns = 1000 * PST_NS_PER_SECOND;
}

static void close_place(struct place *place)
{
	struct pst_node *node = &place->node;

	if (!node->ledger)
		return;
	pst_shares_free(&node->shares, node->ledger);
	pst_ledger_strike(node->ledger, &node->charges);
	node->ledger = pst_ledger_unref(node->ledger);
}

/* Two nodes of one policy; the four texts are limits of its four places. */
static void set_up(const char *of_allow, const char *of_tenant,
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

static void tear_down(void)
{
	close_place(&first);
	close_place(&second);
	policy = (struct postern_policy *)(uintptr_t)pst_policy_unref(policy);
}

static struct postern_decision decide(const struct place *place, uint32_t uid)
{
	struct postern_subject subject = policy_subject(uid, 1);
	struct postern_decision decision;

	pst_policy_decide(place->node.policy, place->node.name, &subject,
			  &decision);
	expect_equal(decision.is_admitted, 1);
	return decision;
}

static enum postern_reason try(struct place *place, uint32_t slot,
			       uint32_t uid, uint64_t memory_bytes)
{
	struct postern_decision decision = decide(place, uid);
	const struct pst_quota_request request = {
		.uid = uid,
		.account = pst_share_of(&place->node.shares,
					&decision)->account,
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
static enum postern_reason admit(struct place *place, uint32_t uid)
{
	uint32_t slot = 0;

	while (place->is_used[slot])
		slot++;
	return try(place, slot, uid, MEMORY);
}

static void give_back(struct place *place, uint32_t slot)
{
	pst_quota_give_back(&place->node, slot);
	place->is_used[slot] = false;
}

#define expect_admitted(place, uid) \
	expect_equal(admit(place, uid), POSTERN_REASON_NONE)
#define expect_refused(place, uid, reason) \
	expect_equal(admit(place, uid), POSTERN_REASON_##reason)

/* -- peers ----------------------------------------------------------------- */

START_TEST(peers_of_an_allow_bound_those_whom_it_admits)
{
	set_up("peers 2", "", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, BOB);
	expect_refused(&first, ALICE, PEERS);
	expect_refused(&first, BOB, PEERS);
	expect_admitted(&first, CAROL);
	expect_admitted(&second, ALICE);
	give_back(&first, 0);
	expect_admitted(&first, BOB);
	expect_refused(&first, BOB, PEERS);
	tear_down();
}
END_TEST

START_TEST(peers_of_a_tenant_bound_the_sum_of_its_nodes)
{
	set_up("", "peers 2", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, BOB);
	expect_refused(&first, BOB, PEERS);
	expect_refused(&second, ALICE, PEERS);
	expect_admitted(&first, CAROL);
	give_back(&second, 0);
	expect_admitted(&first, BOB);
	expect_refused(&second, BOB, PEERS);
	tear_down();
}
END_TEST

START_TEST(peers_of_a_node_bound_the_node)
{
	set_up("", "", "peers 2", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, CAROL);
	expect_refused(&first, BOB, PEERS);
	expect_admitted(&second, BOB);
	give_back(&first, 1);
	expect_admitted(&first, BOB);
	tear_down();
}
END_TEST

START_TEST(peers_of_the_top_level_bound_the_process)
{
	set_up("", "", "", "peers 2");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, CAROL);
	expect_refused(&first, BOB, PEERS);
	expect_refused(&second, CAROL, PEERS);
	give_back(&first, 0);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(a_limit_of_none_admits_nobody)
{
	set_up("", "", "memory 999B", "");
	expect_refused(&first, CAROL, MEMORY);
	tear_down();
}
END_TEST

/* -- peers-per-user -------------------------------------------------------- */

START_TEST(peers_per_user_of_a_tenant_bound_each_uid_of_it)
{
	set_up("", "peers-per-user 1", "", "");
	expect_admitted(&first, ALICE);
	expect_refused(&second, ALICE, PEERS_PER_USER);
	expect_admitted(&second, BOB);
	expect_refused(&first, BOB, PEERS_PER_USER);
	expect_admitted(&first, CAROL);
	expect_admitted(&first, CAROL);
	give_back(&first, 0);
	expect_admitted(&second, ALICE);
	tear_down();
}
END_TEST

START_TEST(peers_per_user_of_a_node_bound_each_uid_there)
{
	set_up("", "", "peers-per-user 2", "");
	expect_admitted(&first, CAROL);
	expect_admitted(&first, CAROL);
	expect_refused(&first, CAROL, PEERS_PER_USER);
	expect_admitted(&first, ALICE);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(peers_per_user_of_the_top_level_bound_each_uid_anywhere)
{
	set_up("", "", "", "peers-per-user 2");
	expect_admitted(&first, CAROL);
	expect_admitted(&second, CAROL);
	expect_refused(&first, CAROL, PEERS_PER_USER);
	expect_refused(&second, CAROL, PEERS_PER_USER);
	expect_admitted(&second, ALICE);
	give_back(&second, 0);
	expect_admitted(&first, CAROL);
	tear_down();
}
END_TEST

/* -- memory ---------------------------------------------------------------- */

START_TEST(memory_of_an_allow_bounds_each_channel)
{
	set_up("memory 1000B", "", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, ALICE);
	expect_equal(try(&first, 2, ALICE, MEMORY + 1), POSTERN_REASON_MEMORY);
	expect_equal(try(&first, 2, CAROL, MEMORY + 1), POSTERN_REASON_NONE);
	tear_down();
}
END_TEST

START_TEST(memory_of_a_tenant_bounds_the_sum)
{
	set_up("", "memory 2999B", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, BOB);
	expect_refused(&first, BOB, MEMORY);
	expect_equal(try(&first, 1, BOB, MEMORY - 1), POSTERN_REASON_NONE);
	expect_equal(try(&first, 2, BOB, 1), POSTERN_REASON_MEMORY);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(memory_of_a_node_bounds_the_sum)
{
	set_up("", "", "memory 2000B", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, CAROL);
	expect_refused(&first, BOB, MEMORY);
	expect_admitted(&second, BOB);
	give_back(&first, 0);
	expect_admitted(&first, BOB);
	tear_down();
}
END_TEST

START_TEST(memory_of_the_top_level_bounds_the_sum)
{
	set_up("", "", "", "memory 2000B");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, CAROL);
	expect_refused(&first, BOB, MEMORY);
	expect_refused(&second, BOB, MEMORY);
	give_back(&second, 0);
	expect_admitted(&second, BOB);
	tear_down();
}
END_TEST

START_TEST(a_size_beyond_all_sense_is_no_overflow)
{
	set_up("", "memory 2000B", "memory 2000B", "memory 2000B");
	expect_admitted(&first, ALICE);
	expect_equal(try(&first, 1, ALICE, UINT64_MAX), POSTERN_REASON_MEMORY);
	tear_down();
}
END_TEST

START_TEST(who_is_refused_is_not_charged)
{
	int i;

	set_up("peers 1", "peers 3", "", "");
	expect_admitted(&first, ALICE);
	for (i = 0; i < 10; i++)
		expect_refused(&first, BOB, PEERS);
	expect_admitted(&second, BOB);
	expect_admitted(&second, BOB);
	expect_refused(&second, BOB, PEERS);
	tear_down();
}
END_TEST

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
		       pst_share_of(&place->node.shares, &decision)->account,
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
	Suite *suite = suite_create("quota");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(t, peers_of_an_allow_bound_those_whom_it_admits);
	tcase_add_test(t, peers_of_a_tenant_bound_the_sum_of_its_nodes);
	tcase_add_test(t, peers_of_a_node_bound_the_node);
	tcase_add_test(t, peers_of_the_top_level_bound_the_process);
	tcase_add_test(t, a_limit_of_none_admits_nobody);
	tcase_add_test(t, peers_per_user_of_a_tenant_bound_each_uid_of_it);
	tcase_add_test(t, peers_per_user_of_a_node_bound_each_uid_there);
	tcase_add_test(t,
		peers_per_user_of_the_top_level_bound_each_uid_anywhere);
	tcase_add_test(t, memory_of_an_allow_bounds_each_channel);
	tcase_add_test(t, memory_of_a_tenant_bounds_the_sum);
	tcase_add_test(t, memory_of_a_node_bounds_the_sum);
	tcase_add_test(t, memory_of_the_top_level_bounds_the_sum);
	tcase_add_test(t, a_size_beyond_all_sense_is_no_overflow);
	tcase_add_test(t, who_is_refused_is_not_charged);
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
