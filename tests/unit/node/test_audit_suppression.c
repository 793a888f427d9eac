/* SPDX-License-Identifier: ISC */
/*
 * Suppression of audit records: buckets, take-over, and that all adds up
 */
#include "node/audit_suppression.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define BURST 20
#define TOKEN_NS PST_NS_PER_SECOND
#define NOW_NS (1000 * PST_NS_PER_SECOND)

static const struct pst_token_rate rate = {.per_second = 1, .burst = BURST};
static struct pst_audit_suppression suppression;
static struct pst_audit_suppressed report;

static void set_up(void)
{
	pst_audit_suppression_init(&suppression, &rate);
}

static bool acquire_for(uint64_t uid, enum postern_reason reason,
			uint64_t now_ns)
{
	return pst_audit_suppression_acquire(&suppression, uid, reason, now_ns,
					     &report);
}

static bool acquire(uint64_t uid, uint64_t now_ns)
{
	return acquire_for(uid, POSTERN_REASON_NO_ALLOW, now_ns);
}

static uint64_t deadline_ns(void)
{
	return pst_audit_suppression_deadline_ns(&suppression);
}

static bool take_due(uint64_t now_ns)
{
	return pst_audit_suppression_take_due(&suppression, now_ns, &report);
}

/* So many at one moment.  Returns how many were recorded. */
static unsigned int acquire_many(uint64_t uid, unsigned int count,
				 uint64_t now_ns)
{
	unsigned int recorded_count = 0;

	while (count-- > 0)
		recorded_count += acquire(uid, now_ns);
	return recorded_count;
}

/* Every count, as when the node is closed. */
static uint64_t report_the_rest(void)
{
	uint64_t count = 0;

	while (take_due(PST_DEADLINE_NEVER))
		count += report.count;
	return count;
}

/* -- one uid --------------------------------------------------------------- */

START_TEST(uid_is_recorded_until_its_burst_is_used_up)
{
	ck_assert_uint_eq(acquire_many(1000, 1000, NOW_NS), BURST);
	ck_assert_uint_eq(report_the_rest(), 1000 - BURST);
	ck_assert_uint_eq(report_the_rest(), 0);
}
END_TEST

START_TEST(uid_is_recorded_again_when_a_token_is_back)
{
	(void)acquire_many(1000, BURST, NOW_NS);
	ck_assert(!acquire(1000, NOW_NS + TOKEN_NS - 1));
	ck_assert(acquire(1000, NOW_NS + TOKEN_NS));
	ck_assert(!acquire(1000, NOW_NS + TOKEN_NS));
	ck_assert(acquire(1000, NOW_NS + 2 * TOKEN_NS));
}
END_TEST

START_TEST(bucket_holds_no_more_than_its_burst)
{
	(void)acquire_many(1000, BURST, NOW_NS);
	ck_assert_uint_eq(acquire_many(1000, 1000, NOW_NS + 3600 * TOKEN_NS),
			  BURST);
}
END_TEST

START_TEST(suppressed_are_reported_before_the_next_record)
{
	(void)acquire_many(1000, BURST, NOW_NS);
	(void)acquire_for(1000, POSTERN_REASON_WRONG_NODE, NOW_NS);
	(void)acquire_many(1000, 5, NOW_NS);
	(void)acquire_for(1000, POSTERN_REASON_DENIED, NOW_NS);
	ck_assert_uint_eq(report.count, 0);

	ck_assert(acquire(1000, NOW_NS + TOKEN_NS));
	ck_assert_uint_eq(report.uid, 1000);
	ck_assert_uint_eq(report.count, 7);
	ck_assert_int_eq(report.first_reason, POSTERN_REASON_WRONG_NODE);
	ck_assert_int_eq(report.last_reason, POSTERN_REASON_DENIED);
	ck_assert_uint_eq(report_the_rest(), 0);
}
END_TEST

START_TEST(suppressed_are_due_when_a_token_is_back)
{
	ck_assert_uint_eq(deadline_ns(), PST_DEADLINE_NEVER);
	(void)acquire_many(1000, BURST, NOW_NS);
	ck_assert_uint_eq(deadline_ns(), PST_DEADLINE_NEVER);
	(void)acquire_many(1000, 3, NOW_NS);
	ck_assert_uint_eq(deadline_ns(), NOW_NS + TOKEN_NS);

	ck_assert(!take_due(NOW_NS + TOKEN_NS - 1));
	ck_assert(take_due(NOW_NS + TOKEN_NS));
	ck_assert_uint_eq(report.uid, 1000);
	ck_assert_uint_eq(report.count, 3);
	ck_assert(!take_due(NOW_NS + TOKEN_NS));
	ck_assert_uint_eq(deadline_ns(), PST_DEADLINE_NEVER);

	/* The report took no token. */
	ck_assert(acquire(1000, NOW_NS + TOKEN_NS));
}
END_TEST

/* -- several --------------------------------------------------------------- */

START_TEST(flood_of_one_uid_suppresses_no_other)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		(void)acquire(1000, NOW_NS);
		if (i % 50 == 0)
			ck_assert(acquire(2000, NOW_NS));
	}
	ck_assert(acquire(PST_AUDIT_UID_UNKNOWN, NOW_NS));
}
END_TEST

START_TEST(first_to_be_due_is_reported_first)
{
	(void)acquire_many(1000, BURST + 1, NOW_NS + 5);
	(void)acquire_many(PST_AUDIT_UID_UNKNOWN, BURST + 2, NOW_NS);
	ck_assert_uint_eq(deadline_ns(), NOW_NS + TOKEN_NS);
	ck_assert(take_due(NOW_NS + TOKEN_NS));
	ck_assert(report.uid == PST_AUDIT_UID_UNKNOWN);
	ck_assert_uint_eq(report.count, 2);
	ck_assert_uint_eq(deadline_ns(), NOW_NS + 5 + TOKEN_NS);
}
END_TEST

START_TEST(newcomer_takes_over_what_is_left_in_the_fullest_bucket)
{
	unsigned int i;

	for (i = 0; i < PST_AUDIT_UIDS; i++)
		(void)acquire_many(1000 + i, i == 7 ? 11 : 12, NOW_NS);
	ck_assert_uint_eq(acquire_many(5000, 1000, NOW_NS), BURST - 11);
	/* The others have theirs still, but for the one that lost it. */
	ck_assert(acquire(1000, NOW_NS));
	ck_assert(acquire(1008, NOW_NS));
}
END_TEST

START_TEST(suppressed_are_reported_before_another_uid_has_the_bucket)
{
	unsigned int i;

	for (i = 0; i < PST_AUDIT_UIDS; i++)
		(void)acquire_many(1000 + i, BURST, NOW_NS + i);
	(void)acquire_many(1000, 4, NOW_NS + PST_AUDIT_UIDS);
	ck_assert(acquire(5000, NOW_NS + TOKEN_NS));
	ck_assert_uint_eq(report.uid, 1000);
	ck_assert_uint_eq(report.count, 4);
	ck_assert_uint_eq(report_the_rest(), 0);
}
END_TEST

START_TEST(uid_does_not_get_rid_of_its_empty_bucket_by_bringing_others)
{
	unsigned int i;

	(void)acquire_many(1000, BURST, NOW_NS);
	for (i = 0; i < 10 * PST_AUDIT_UIDS; i++)
		(void)acquire(2000 + i, NOW_NS);
	ck_assert(!acquire(1000, NOW_NS));
}
END_TEST

START_TEST(many_uids_together_cause_no_more_than_the_table_allows)
{
	unsigned int recorded_count = 0, report_count = 0;
	const unsigned int uid_count = 65536;
	uint64_t reported_sum = 0;
	unsigned int i;

	for (i = 0; i < uid_count; i++) {
		recorded_count += acquire(100000 + i, NOW_NS);
		report_count += report.count > 0;
		reported_sum += report.count;
	}
	ck_assert_uint_eq(recorded_count, (PST_AUDIT_UIDS + 1) * BURST);
	ck_assert_uint_eq(report_count, 0);
	ck_assert_uint_eq(reported_sum, 0);
	/* One report for all uids without a bucket. */
	ck_assert(take_due(PST_DEADLINE_NEVER));
	ck_assert(report.uid == PST_AUDIT_UID_OTHERS);
	ck_assert_uint_eq(report.count, uid_count - recorded_count);
	ck_assert_uint_eq(report_the_rest(), 0);
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
		expect(acquire(uid, now_ns) == is_recorded);
		if (!is_recorded) {
			waiting[uid]++;
			continue;
		}
		level_ns[uid] -= TOKEN_NS;
		expect(report.count == waiting[uid]);
		waiting[uid] = 0;
	}
}
END_TEST

/* More uids than places, time that stands and jumps, reports by time. */
START_TEST(records_and_counts_add_up_whatever_happens)
{
	struct random random = { 11 };
	uint64_t now_ns = NOW_NS, recorded = 0, reported_sum = 0, report_count = 0;
	const unsigned int round_count = 300000;
	uint64_t token_max;
	unsigned int round;

	for (round = 0; round < round_count; round++) {
		uint64_t uid = random_below(&random, 3 * PST_AUDIT_UIDS);

		if (random_below(&random, 4) == 0)
			uid %= 5;
		if (random_below(&random, 50) == 0)
			uid = PST_AUDIT_UID_UNKNOWN;
		if (random_below(&random, 1000) == 0)
			now_ns += random_below(&random, 3 * TOKEN_NS);
		recorded += acquire(uid, now_ns);
		reported_sum += report.count;
		report_count += report.count > 0;
		if (deadline_ns() > now_ns ||
		    random_below(&random, 10) != 0)
			continue;
		expect(take_due(now_ns));
		reported_sum += report.count;
		report_count++;
	}
	token_max = PST_AUDIT_BUCKETS *
		    (BURST + (now_ns - NOW_NS) / TOKEN_NS + 1);
	ck_assert_uint_gt(report_count, 0);
	ck_assert_uint_le(recorded, token_max);
	ck_assert_uint_le(report_count, recorded);
	ck_assert_uint_eq(recorded + reported_sum + report_the_rest(), round_count);
	ck_assert_uint_eq(suppression.unreported_count, 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
