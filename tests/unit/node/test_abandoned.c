/* SPDX-License-Identifier: ISC */
/*
 * Counts of abandoned handshakes
 */
#include "node/abandoned.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/expect.h"

#define NOW_NS (1000 * PST_NS_PER_SECOND)

static struct pst_abandoned abandoned;

static void set_up(void)
{
	abandoned = (struct pst_abandoned) {0};
}

static uint32_t count_of(uint64_t user, uint64_t seconds_later)
{
	return pst_abandoned_count_of(&abandoned, user,
				      NOW_NS + seconds_later *
						       PST_NS_PER_SECOND);
}

START_TEST(add_counts_each_user_for_itself)
{
	expect_equal(count_of(7, 0), 0);
	expect_equal(count_of(0, 0), 0);
	pst_abandoned_add(&abandoned, 7, NOW_NS);
	pst_abandoned_add(&abandoned, 7, NOW_NS);
	pst_abandoned_add(&abandoned, 0, NOW_NS);
	expect_equal(count_of(7, 0), 2);
	expect_equal(count_of(0, 0), 1);
	expect_equal(count_of(8, 0), 0);
}
END_TEST

START_TEST(count_goes_down_by_one_a_second)
{
	int i;

	for (i = 0; i < 3; i++)
		pst_abandoned_add(&abandoned, 7, NOW_NS);
	expect_equal(count_of(7, 1), 2);
	expect_equal(count_of(7, 2), 1);
	expect_equal(count_of(7, 3), 0);
	pst_abandoned_add(&abandoned, 7, NOW_NS + 10 * PST_NS_PER_SECOND);
	expect_equal(count_of(7, 10), 1);
}
END_TEST

START_TEST(count_has_a_most)
{
	int i;

	for (i = 0; i < 10 * PST_ABANDONED_MAX; i++)
		pst_abandoned_add(&abandoned, 7, NOW_NS);
	expect_equal(count_of(7, 0), PST_ABANDONED_MAX);
	expect_equal(count_of(7, PST_ABANDONED_MAX), 0);
}
END_TEST

START_TEST(full_table_forgets_the_lowest_count)
{
	uint64_t user;

	for (user = 0; user < PST_ABANDONED_USERS; user++) {
		pst_abandoned_add(&abandoned, user, NOW_NS);
		if (user != 77)
			pst_abandoned_add(&abandoned, user, NOW_NS);
	}
	pst_abandoned_add(&abandoned, 9999, NOW_NS);
	expect_equal(count_of(9999, 0), 1);
	expect_equal(count_of(77, 0), 0);
	expect_equal(count_of(76, 0), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abandoned");
	TCase *tcase = tcase_create("abandoned");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, add_counts_each_user_for_itself);
	tcase_add_test(tcase, count_goes_down_by_one_a_second);
	tcase_add_test(tcase, count_has_a_most);
	tcase_add_test(tcase, full_table_forgets_the_lowest_count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
