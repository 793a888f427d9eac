/* SPDX-License-Identifier: ISC */
/*
 * Accounting: which policy has which, and the lifetime of it and its accounts
 */
#include "accounting/accounting.h"

#include <string.h>

#include "support/expect.h"
#include "support/policy_host.h"
#include "support/test_case.h"

static struct postern_policy *policy;
static struct pst_accounting *accounting;

static void set_up(void)
{
	policy = policy_load_valid("policy-version 1\nend\n");
	expect_equal(pst_accounting_open(policy, NULL, &accounting), 0);
}

static void tear_down(void)
{
	accounting = pst_accounting_unref(accounting);
	(void)pst_policy_unref(policy); /* always NULL */
}

START_TEST(one_policy_has_one_accounting)
{
	struct pst_accounting *again;

	expect_equal(pst_accounting_open(policy, NULL, &again), 0);
	expect(again == accounting);
	again = pst_accounting_unref(again);
}
END_TEST

START_TEST(a_policy_with_an_accounting_takes_no_other)
{
	struct postern_policy *other = policy_load_valid("policy-version 1\n"
							 "end\n");
	struct pst_accounting *of_other, *again;

	expect_equal(pst_accounting_open(other, NULL, &of_other), 0);
	expect(of_other != accounting);
	expect_equal(pst_accounting_open(other, accounting, &again), 0);
	expect(again == of_other);
	of_other = pst_accounting_unref(of_other);
	again = pst_accounting_unref(again);
	(void)pst_policy_unref(other); /* always NULL */
}
END_TEST

START_TEST(an_accounting_outlives_its_first_policy)
{
	struct postern_policy *heir = policy_load_valid("policy-version 1\n"
							"end\n");
	struct pst_tenant_account *account;
	struct pst_accounting *inherited;

	expect_equal(pst_accounting_open(heir, accounting, &inherited), 0);
	tear_down();
	expect_equal(pst_tenant_account_open(inherited, "t", &account), 0);
	account = pst_tenant_account_close(inherited, account);
	accounting = inherited;
	policy = heir;
}
END_TEST

START_TEST(an_account_is_found_by_name_while_it_is_referenced)
{
	struct pst_tenant_account *first, *again, *other;

	expect_equal(pst_tenant_account_open(accounting, "acme", &first), 0);
	expect_equal(pst_tenant_account_open(accounting, "acme", &again), 0);
	expect_equal(pst_tenant_account_open(accounting, "acme2", &other), 0);
	expect(first == again && first != other);
	ck_assert_str_eq(first->name, "acme");
	again = pst_tenant_account_close(accounting, again);
	expect_equal(pst_tenant_account_open(accounting, "acme", &again), 0);
	expect(first == again);
	again = pst_tenant_account_close(accounting, again);
	first = pst_tenant_account_close(accounting, first);
	other = pst_tenant_account_close(accounting, other);
	expect(pst_list_is_empty(&accounting->accounts));
	expect(!pst_tenant_account_close(accounting, NULL));
}
END_TEST

START_TEST(removed_charges_are_not_in_the_sums)
{
	struct pst_charges charges = {0};

	pst_list_init(&charges.link);
	pst_accounting_add(accounting, &charges);
	expect(!pst_list_is_empty(&accounting->nodes));
	pst_accounting_remove(accounting, &charges);
	pst_accounting_remove(accounting, &charges);
	expect(pst_list_is_empty(&accounting->nodes));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
