/* SPDX-License-Identifier: ISC */
/*
 * The ledger: whose it is, and how long it and its accounts live
 */
#include "accounting/accounting.h"

#include <string.h>

#include "support/expect.h"
#include "support/policy_host.h"

static struct postern_policy *policy;
static struct pst_ledger *ledger;

static void set_up(void)
{
	policy = policy_load_valid("policy-version 1\nend\n");
	expect_equal(pst_ledger_open(policy, NULL, &ledger), 0);
}

static void tear_down(void)
{
	ledger = pst_ledger_unref(ledger);
	(void)pst_policy_unref(policy); /* always NULL */
}

START_TEST(one_policy_has_one_ledger)
{
	struct pst_ledger *again;

	expect_equal(pst_ledger_open(policy, NULL, &again), 0);
	expect(again == ledger);
	again = pst_ledger_unref(again);
}
END_TEST

START_TEST(a_policy_with_a_ledger_takes_no_other)
{
	struct postern_policy *other = policy_load_valid("policy-version 1\n"
							 "end\n");
	struct pst_ledger *of_other, *again;

	expect_equal(pst_ledger_open(other, NULL, &of_other), 0);
	expect(of_other != ledger);
	expect_equal(pst_ledger_open(other, ledger, &again), 0);
	expect(again == of_other);
	of_other = pst_ledger_unref(of_other);
	again = pst_ledger_unref(again);
	(void)pst_policy_unref(other); /* always NULL */
}
END_TEST

START_TEST(a_ledger_outlives_the_policy_it_came_with)
{
	struct postern_policy *heir = policy_load_valid("policy-version 1\n"
							"end\n");
	struct pst_account *account;
	struct pst_ledger *inherited;

	expect_equal(pst_ledger_open(heir, ledger, &inherited), 0);
	tear_down();
	expect_equal(pst_ledger_open_account(inherited, "t", &account), 0);
	account = pst_ledger_close_account(inherited, account);
	ledger = inherited;
	policy = heir;
}
END_TEST

START_TEST(an_account_is_found_by_name_as_long_as_somebody_holds_it)
{
	struct pst_account *first, *again, *other;

	expect_equal(pst_ledger_open_account(ledger, "acme", &first), 0);
	expect_equal(pst_ledger_open_account(ledger, "acme", &again), 0);
	expect_equal(pst_ledger_open_account(ledger, "acme2", &other), 0);
	expect(first == again && first != other);
	ck_assert_str_eq(first->name, "acme");
	again = pst_ledger_close_account(ledger, again);
	expect_equal(pst_ledger_open_account(ledger, "acme", &again), 0);
	expect(first == again);
	again = pst_ledger_close_account(ledger, again);
	first = pst_ledger_close_account(ledger, first);
	other = pst_ledger_close_account(ledger, other);
	expect(pst_list_is_empty(&ledger->accounts));
	expect(!pst_ledger_close_account(ledger, NULL));
}
END_TEST

START_TEST(a_struck_table_is_in_the_book_no_more)
{
	struct pst_charges charges = {0};

	pst_list_init(&charges.link);
	pst_ledger_enter(ledger, &charges);
	expect(!pst_list_is_empty(&ledger->tables));
	pst_ledger_strike(ledger, &charges);
	pst_ledger_strike(ledger, &charges);
	expect(pst_list_is_empty(&ledger->tables));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, one_policy_has_one_ledger);
	tcase_add_test(t, a_policy_with_a_ledger_takes_no_other);
	tcase_add_test(t, a_ledger_outlives_the_policy_it_came_with);
	tcase_add_test(t,
		an_account_is_found_by_name_as_long_as_somebody_holds_it);
	tcase_add_test(t, a_struck_table_is_in_the_book_no_more);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
