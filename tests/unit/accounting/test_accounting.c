/* SPDX-License-Identifier: ISC */
/*
 * Accounting: its lifetime, and that of its accounts
 */
#include "accounting/accounting.h"

#include <string.h>

#include "support/expect.h"
#include "support/test_case.h"

static struct pst_accounting *accounting;

static void set_up(void)
{
	expect_equal(pst_accounting_new(&accounting), 0);
}

static void tear_down(void)
{
	accounting = pst_accounting_unref(accounting);
}

START_TEST(accounting_lives_until_the_last_reference)
{
	struct pst_accounting *again = pst_accounting_ref(accounting);
	struct pst_tenant_account *account;

	expect(again == accounting);
	tear_down();
	expect_equal(pst_tenant_account_open(again, "t", &account), 0);
	account = pst_tenant_account_close(again, account);
	accounting = again;
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
