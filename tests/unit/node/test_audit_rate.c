/* SPDX-License-Identifier: ISC */
/*
 * How many records a uid may cause: buckets, take-over, and that all adds up
 */
#include "node/audit_rate.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/expect.h"
#include "support/random.h"

#define BURST 20
#define TOKEN_NS PST_NS_PER_SECOND
#define NOW_NS (1000 * PST_NS_PER_SECOND)

static struct pst_audit_rate rate;
static struct pst_audit_suppressed told;

static void set_up(void)
{
	pst_audit_rate_init(&rate, BURST, TOKEN_NS);
}

static bool take(uint64_t whose, uint64_t now_ns)
{
	return pst_audit_rate_take(&rate, whose, POSTERN_REASON_NO_ALLOW,
				   now_ns, &told);
}

/* So many at one moment; how many of them were recorded. */
static unsigned int take_many(uint64_t whose, unsigned int count,
			      uint64_t now_ns)
{
	unsigned int recorded_count = 0;

	while (count-- > 0)
		recorded_count += take(whose, now_ns);
	return recorded_count;
}

/* All that waits, as at the end. */
static uint64_t tell_the_rest(void)
{
	uint64_t count = 0;

	while (pst_audit_rate_take_due(&rate, PST_DEADLINE_NEVER, &told))
		count += told.count;
	return count;
}

/* -- one uid --------------------------------------------------------------- */

START_TEST(uid_is_recorded_until_its_burst_is_used_up)
{
	ck_assert_uint_eq(take_many(1000, 1000, NOW_NS), BURST);
	ck_assert_uint_eq(tell_the_rest(), 1000 - BURST);
	ck_assert_uint_eq(tell_the_rest(), 0);
}
END_TEST

START_TEST(uid_is_recorded_again_when_a_token_is_back)
{
	(void)take_many(1000, BURST, NOW_NS);
	ck_assert(!take(1000, NOW_NS + TOKEN_NS - 1));
	ck_assert(take(1000, NOW_NS + TOKEN_NS));
	ck_assert(!take(1000, NOW_NS + TOKEN_NS));
	ck_assert(take(1000, NOW_NS + 2 * TOKEN_NS));
}
END_TEST

START_TEST(bucket_holds_no_more_than_its_burst)
{
	(void)take_many(1000, BURST, NOW_NS);
	ck_assert_uint_eq(take_many(1000, 1000, NOW_NS + 3600 * TOKEN_NS),
			  BURST);
}
END_TEST

START_TEST(suppressed_are_told_before_the_next_record)
{
	(void)take_many(1000, BURST, NOW_NS);
	(void)pst_audit_rate_take(&rate, 1000, POSTERN_REASON_WRONG_NODE,
				  NOW_NS, &told);
	(void)take_many(1000, 5, NOW_NS);
	(void)pst_audit_rate_take(&rate, 1000, POSTERN_REASON_DENIED, NOW_NS,
				  &told);
	ck_assert_uint_eq(told.count, 0);

	ck_assert(take(1000, NOW_NS + TOKEN_NS));
	ck_assert_uint_eq(told.whose, 1000);
	ck_assert_uint_eq(told.count, 7);
	ck_assert_int_eq(told.first_reason, POSTERN_REASON_WRONG_NODE);
	ck_assert_int_eq(told.last_reason, POSTERN_REASON_DENIED);
	ck_assert_uint_eq(tell_the_rest(), 0);
}
END_TEST

START_TEST(suppressed_are_due_when_a_token_is_back)
{
	ck_assert_uint_eq(pst_audit_rate_due_ns(&rate), PST_DEADLINE_NEVER);
	(void)take_many(1000, BURST, NOW_NS);
	ck_assert_uint_eq(pst_audit_rate_due_ns(&rate), PST_DEADLINE_NEVER);
	(void)take_many(1000, 3, NOW_NS);
	ck_assert_uint_eq(pst_audit_rate_due_ns(&rate), NOW_NS + TOKEN_NS);

	ck_assert(!pst_audit_rate_take_due(&rate, NOW_NS + TOKEN_NS - 1,
					   &told));
	ck_assert(pst_audit_rate_take_due(&rate, NOW_NS + TOKEN_NS, &told));
	ck_assert_uint_eq(told.whose, 1000);
	ck_assert_uint_eq(told.count, 3);
	ck_assert(!pst_audit_rate_take_due(&rate, NOW_NS + TOKEN_NS, &told));
	ck_assert_uint_eq(pst_audit_rate_due_ns(&rate), PST_DEADLINE_NEVER);

	/* Telling took no token. */
	ck_assert(take(1000, NOW_NS + TOKEN_NS));
}
END_TEST

/* -- several --------------------------------------------------------------- */

START_TEST(flood_of_one_uid_suppresses_no_other)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		(void)take(1000, NOW_NS);
		if (i % 50 == 0)
			ck_assert(take(2000, NOW_NS));
	}
	ck_assert(take(PST_AUDIT_UNKNOWN, NOW_NS));
}
END_TEST

START_TEST(first_to_be_due_is_told_first)
{
	(void)take_many(1000, BURST + 1, NOW_NS + 5);
	(void)take_many(PST_AUDIT_UNKNOWN, BURST + 2, NOW_NS);
	ck_assert_uint_eq(pst_audit_rate_due_ns(&rate), NOW_NS + TOKEN_NS);
	ck_assert(pst_audit_rate_take_due(&rate, NOW_NS + TOKEN_NS, &told));
	ck_assert(told.whose == PST_AUDIT_UNKNOWN);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_uint_eq(pst_audit_rate_due_ns(&rate), NOW_NS + 5 + TOKEN_NS);
}
END_TEST

START_TEST(newcomer_takes_over_what_is_left_in_the_fullest_bucket)
{
	unsigned int i;

	for (i = 0; i < PST_AUDIT_UIDS; i++)
		(void)take_many(1000 + i, i == 7 ? 11 : 12, NOW_NS);
	ck_assert_uint_eq(take_many(5000, 1000, NOW_NS), BURST - 11);
	/* The others have theirs still, but for the one that lost it. */
	ck_assert(take(1000, NOW_NS));
	ck_assert(take(1008, NOW_NS));
}
END_TEST

START_TEST(what_an_owner_was_suppressed_for_is_told_before_its_bucket_is_gone)
{
	unsigned int i;

	for (i = 0; i < PST_AUDIT_UIDS; i++)
		(void)take_many(1000 + i, BURST, NOW_NS + i);
	(void)take_many(1000, 4, NOW_NS + PST_AUDIT_UIDS);
	ck_assert(take(5000, NOW_NS + TOKEN_NS));
	ck_assert_uint_eq(told.whose, 1000);
	ck_assert_uint_eq(told.count, 4);
	ck_assert_uint_eq(tell_the_rest(), 0);
}
END_TEST

START_TEST(uid_does_not_get_rid_of_its_empty_bucket_by_bringing_others)
{
	unsigned int i;

	(void)take_many(1000, BURST, NOW_NS);
	for (i = 0; i < 10 * PST_AUDIT_UIDS; i++)
		(void)take(2000 + i, NOW_NS);
	ck_assert(!take(1000, NOW_NS));
}
END_TEST

START_TEST(many_uids_together_cause_no_more_than_the_table_allows)
{
	unsigned int recorded_count = 0, told_count = 0;
	const unsigned int uid_count = 65536;
	uint64_t told_sum = 0;
	unsigned int i;

	for (i = 0; i < uid_count; i++) {
		recorded_count += take(100000 + i, NOW_NS);
		told_count += told.count > 0;
		told_sum += told.count;
	}
	ck_assert_uint_eq(recorded_count, (PST_AUDIT_UIDS + 1) * BURST);
	ck_assert_uint_eq(told_count, 0);
	ck_assert_uint_eq(told_sum, 0);
	/* One record for all who found no place. */
	ck_assert(pst_audit_rate_take_due(&rate, PST_DEADLINE_NEVER, &told));
	ck_assert(told.whose == PST_AUDIT_OTHERS);
	ck_assert_uint_eq(told.count, uid_count - recorded_count);
	ck_assert_uint_eq(tell_the_rest(), 0);
}
END_TEST

/* -- a second opinion ------------------------------------------------------ */

/* As many uids as have a place: each a bucket that is filled drop by drop. */
#define NAIVE_UIDS 40

START_TEST(decisions_are_those_of_plain_token_buckets)
{
	static uint64_t level_ns[NAIVE_UIDS];
	static uint64_t waiting[NAIVE_UIDS];
	struct random random = { 7 };
	uint64_t now_ns = NOW_NS;
	unsigned int round, i;

	for (i = 0; i < NAIVE_UIDS; i++)
		level_ns[i] = BURST * TOKEN_NS;
	for (round = 0; round < 200000; round++) {
		uint64_t step_ns = random_below(&random, 20000000);
		unsigned int uid = (unsigned)random_below(&random, NAIVE_UIDS);
		bool is_recorded;

		now_ns += step_ns;
		for (i = 0; i < NAIVE_UIDS; i++) {
			level_ns[i] += step_ns;
			if (level_ns[i] > BURST * TOKEN_NS)
				level_ns[i] = BURST * TOKEN_NS;
		}
		is_recorded = level_ns[uid] >= TOKEN_NS;
		expect(take(uid, now_ns) == is_recorded);
		if (!is_recorded) {
			waiting[uid]++;
			continue;
		}
		level_ns[uid] -= TOKEN_NS;
		expect(told.count == waiting[uid]);
		waiting[uid] = 0;
	}
}
END_TEST

/* More uids than places, time that stands and jumps, telling by time. */
START_TEST(records_and_counts_add_up_whatever_happens)
{
	struct random random = { 11 };
	uint64_t now_ns = NOW_NS, recorded = 0, told_sum = 0, told_count = 0;
	const unsigned int round_count = 300000;
	uint64_t token_max;
	unsigned int round;

	for (round = 0; round < round_count; round++) {
		uint64_t whose = random_below(&random, 3 * PST_AUDIT_UIDS);

		if (random_below(&random, 4) == 0)
			whose %= 5;
		if (random_below(&random, 50) == 0)
			whose = PST_AUDIT_UNKNOWN;
		if (random_below(&random, 1000) == 0)
			now_ns += random_below(&random, 3 * TOKEN_NS);
		recorded += take(whose, now_ns);
		told_sum += told.count;
		told_count += told.count > 0;
		if (pst_audit_rate_due_ns(&rate) > now_ns ||
		    random_below(&random, 10) != 0)
			continue;
		expect(pst_audit_rate_take_due(&rate, now_ns, &told));
		told_sum += told.count;
		told_count++;
	}
	token_max = PST_AUDIT_BUCKETS *
		    (BURST + (now_ns - NOW_NS) / TOKEN_NS + 1);
	ck_assert_uint_gt(told_count, 0);
	ck_assert_uint_le(recorded, token_max);
	ck_assert_uint_le(told_count, recorded);
	ck_assert_uint_eq(recorded + told_sum + tell_the_rest(), round_count);
	ck_assert_uint_eq(rate.waiting_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("audit_rate");
	TCase *tcase = tcase_create("audit_rate");
	SRunner *runner = srunner_create(suite);
	int failed_count;

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, uid_is_recorded_until_its_burst_is_used_up);
	tcase_add_test(tcase, uid_is_recorded_again_when_a_token_is_back);
	tcase_add_test(tcase, bucket_holds_no_more_than_its_burst);
	tcase_add_test(tcase, suppressed_are_told_before_the_next_record);
	tcase_add_test(tcase, suppressed_are_due_when_a_token_is_back);
	tcase_add_test(tcase, flood_of_one_uid_suppresses_no_other);
	tcase_add_test(tcase, first_to_be_due_is_told_first);
	tcase_add_test(tcase,
		       newcomer_takes_over_what_is_left_in_the_fullest_bucket);
	tcase_add_test(
		tcase,
		what_an_owner_was_suppressed_for_is_told_before_its_bucket_is_gone);
	tcase_add_test(
		tcase,
		uid_does_not_get_rid_of_its_empty_bucket_by_bringing_others);
	tcase_add_test(tcase,
		       many_uids_together_cause_no_more_than_the_table_allows);
	tcase_add_test(tcase, decisions_are_those_of_plain_token_buckets);
	tcase_add_test(tcase, records_and_counts_add_up_whatever_happens);
	suite_add_tcase(suite, tcase);

	srunner_run_all(runner, CK_NORMAL);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
