/* SPDX-License-Identifier: ISC */
/*
 * Rates per uid
 */
#include "accounting/uid_rate.h"

#include "base/clock.h"
#include "support/expect.h"
#include "support/test_case.h"

#define SECOND PST_NS_PER_SECOND
#define START_NS (1000 * SECOND)

static const struct pst_token_rate rate = {.per_second = 1, .burst = 3};
static struct pst_uid_rate table;

static void set_up(void)
{
	table = (struct pst_uid_rate) {0};
}

static int acquire_all(uint64_t user, uint64_t now_ns)
{
	int count = 0;

	while (pst_uid_rate_acquire(&table, &rate, user, now_ns))
		count++;
	return count;
}

static uint64_t spent(uint64_t user, uint64_t now_ns)
{
	return pst_uid_rate_spent(&table, &rate, user, now_ns);
}

START_TEST(each_user_has_a_bucket_of_its_own)
{
	expect_equal(acquire_all(20001, START_NS), 3);
	expect_equal(acquire_all(20002, START_NS), 3);
	expect_equal(acquire_all(0, START_NS), 3);
	expect_equal(acquire_all(UINT32_MAX, START_NS), 3);
	expect_equal(acquire_all(UINT64_MAX, START_NS), 3);
	expect_equal(acquire_all(20001, START_NS), 0);
	expect_equal(acquire_all(0, START_NS), 0);
	expect_equal(acquire_all(20001, START_NS + 2 * SECOND), 2);
}
END_TEST

START_TEST(without_a_limit_nothing_is_remembered)
{
	const struct pst_token_rate none = {0};
	int i;

	for (i = 0; i < 1000; i++)
		expect(pst_uid_rate_acquire(&table, &none, 20001, START_NS));
	expect_equal(pst_uid_rate_spent(&table, &none, 20001, START_NS), 0);
	expect_equal(acquire_all(20001, START_NS), 3);
}
END_TEST

START_TEST(an_entry_is_free_again_once_its_bucket_is_full)
{
	uint64_t user;

	for (user = 1; user <= PST_UID_RATE_CAPACITY; user++)
		expect_equal(acquire_all(user, START_NS), 3);
	for (user = 1; user <= PST_UID_RATE_CAPACITY; user++)
		expect_equal(acquire_all(1000 + user, START_NS + 4 * SECOND),
			     3);
	for (user = 1; user <= PST_UID_RATE_CAPACITY; user++)
		expect_equal(acquire_all(1000 + user, START_NS + 4 * SECOND),
			     0);
}
END_TEST

/* More users than entries: the users with the emptiest buckets stay. */
START_TEST(new_user_takes_the_entry_of_the_fullest_bucket)
{
	uint64_t user;

	expect_equal(acquire_all(7, START_NS), 3);
	for (user = 1000; user < 1000 + 2 * PST_UID_RATE_CAPACITY; user++)
		expect(pst_uid_rate_acquire(&table, &rate, user, START_NS));
	expect_equal(acquire_all(7, START_NS), 0);
}
END_TEST

/* -- tokens spent ---------------------------------------------------------- */

START_TEST(spent_tokens_are_counted_for_each_user)
{
	expect_equal(spent(7, START_NS), 0);
	expect_equal(spent(0, START_NS), 0);
	(void)pst_uid_rate_acquire(&table, &rate, 7, START_NS);
	(void)pst_uid_rate_acquire(&table, &rate, 7, START_NS);
	(void)pst_uid_rate_acquire(&table, &rate, 0, START_NS);
	expect_equal(spent(7, START_NS), 2);
	expect_equal(spent(0, START_NS), 1);
	expect_equal(spent(8, START_NS), 0);
}
END_TEST

START_TEST(spent_tokens_come_back_at_the_rate)
{
	expect_equal(acquire_all(7, START_NS), 3);
	expect_equal(spent(7, START_NS + 1), 3);
	expect_equal(spent(7, START_NS + SECOND - 1), 3);
	expect_equal(spent(7, START_NS + SECOND), 2);
	expect_equal(spent(7, START_NS + 2 * SECOND), 1);
	expect_equal(spent(7, START_NS + 3 * SECOND), 0);
	(void)pst_uid_rate_acquire(&table, &rate, 7, START_NS + 10 * SECOND);
	expect_equal(spent(7, START_NS + 10 * SECOND), 1);
}
END_TEST

START_TEST(spent_tokens_are_at_most_the_burst)
{
	int i;

	for (i = 0; i < 100; i++)
		(void)pst_uid_rate_acquire(&table, &rate, 7, START_NS);
	expect_equal(spent(7, START_NS), 3);
	expect_equal(spent(7, START_NS + 3 * SECOND), 0);
}
END_TEST

START_TEST(full_table_forgets_the_user_that_spent_least)
{
	uint64_t user;

	for (user = 0; user < PST_UID_RATE_CAPACITY; user++) {
		(void)pst_uid_rate_acquire(&table, &rate, user, START_NS);
		if (user != 77)
			(void)pst_uid_rate_acquire(&table, &rate, user,
						   START_NS);
	}
	(void)pst_uid_rate_acquire(&table, &rate, 9999, START_NS);
	expect_equal(spent(9999, START_NS), 1);
	expect_equal(spent(77, START_NS), 0);
	expect_equal(spent(76, START_NS), 2);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
