/* SPDX-License-Identifier: ISC */
/*
 * A token bucket for each uid
 */
#include "accounting/uid_rate.h"

#include "base/clock.h"
#include "support/expect.h"

#define SECOND PST_NS_PER_SECOND
#define START_NS (1000 * SECOND)

static const struct pst_token_rate rate = {.per_second = 1, .burst = 3};
static struct pst_uid_buckets buckets;

static void set_up(void)
{
	buckets = (struct pst_uid_buckets) {0};
}

static int take_all(uid_t uid, uint64_t now_ns)
{
	int count = 0;

	while (pst_uid_buckets_take(&buckets, &rate, uid, now_ns))
		count++;
	return count;
}

START_TEST(each_uid_has_a_bucket_of_its_own)
{
	expect_equal(take_all(20001, START_NS), 3);
	expect_equal(take_all(20002, START_NS), 3);
	expect_equal(take_all(0, START_NS), 3);
	expect_equal(take_all((uid_t)-1, START_NS), 3);
	expect_equal(take_all(20001, START_NS), 0);
	expect_equal(take_all(0, START_NS), 0);
	expect_equal(take_all(20001, START_NS + 2 * SECOND), 2);
}
END_TEST

START_TEST(without_a_limit_nothing_is_remembered)
{
	const struct pst_token_rate none = {0};
	int i;

	for (i = 0; i < 1000; i++)
		expect(pst_uid_buckets_take(&buckets, &none, 20001, START_NS));
	expect_equal(take_all(20001, START_NS), 3);
}
END_TEST

START_TEST(a_place_is_free_again_once_its_bucket_has_grown_back)
{
	uid_t uid;

	for (uid = 1; uid <= PST_UID_BUCKETS; uid++)
		expect_equal(take_all(uid, START_NS), 3);
	for (uid = 1; uid <= PST_UID_BUCKETS; uid++)
		expect_equal(take_all(1000 + uid, START_NS + 4 * SECOND), 3);
	for (uid = 1; uid <= PST_UID_BUCKETS; uid++)
		expect_equal(take_all(1000 + uid, START_NS + 4 * SECOND), 0);
}
END_TEST

/* More than there are places: who owes most is remembered. */
START_TEST(strangers_push_out_who_is_nearest_to_full)
{
	uid_t uid;

	expect_equal(take_all(7, START_NS), 3);
	for (uid = 1000; uid < 1000 + 2 * PST_UID_BUCKETS; uid++)
		expect(pst_uid_buckets_take(&buckets, &rate, uid, START_NS));
	expect_equal(take_all(7, START_NS), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("uid buckets");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, each_uid_has_a_bucket_of_its_own);
	tcase_add_test(t, without_a_limit_nothing_is_remembered);
	tcase_add_test(t,
		a_place_is_free_again_once_its_bucket_has_grown_back);
	tcase_add_test(t, strangers_push_out_who_is_nearest_to_full);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
