/* SPDX-License-Identifier: ISC */
/*
 * Deadlines
 */
#include "base/clock.h"

#include "support/test_case.h"

START_TEST(deadline_that_does_not_fit_is_never)
{
	ck_assert_uint_eq(pst_deadline_after(100, 50), 150);
	ck_assert_uint_eq(pst_deadline_after(100, UINT64_MAX - 99),
			  PST_DEADLINE_NEVER);
	ck_assert_uint_eq(pst_deadline_after(100, UINT64_MAX),
			  PST_DEADLINE_NEVER);
}
END_TEST

START_TEST(deadline_has_passed_at_its_very_time)
{
	ck_assert(!pst_deadline_has_passed(100, 99));
	ck_assert(pst_deadline_has_passed(100, 100));
	ck_assert(pst_deadline_has_passed(0, 0));
}
END_TEST

START_TEST(never_does_not_pass)
{
	ck_assert(!pst_deadline_has_passed(PST_DEADLINE_NEVER, UINT64_MAX));
	ck_assert_uint_eq(pst_deadline_left_ns(PST_DEADLINE_NEVER, 5),
			  PST_DEADLINE_NEVER);
}
END_TEST

START_TEST(left_time_ends_at_zero)
{
	ck_assert_uint_eq(pst_deadline_left_ns(100, 30), 70);
	ck_assert_uint_eq(pst_deadline_left_ns(100, 100), 0);
	ck_assert_uint_eq(pst_deadline_left_ns(100, 101), 0);
}
END_TEST

START_TEST(timespec_and_nanoseconds_convert_both_ways)
{
	struct timespec time = pst_timespec_from_ns(UINT64_C(5000000007));

	ck_assert_int_eq(time.tv_sec, 5);
	ck_assert_int_eq(time.tv_nsec, 7);
	ck_assert_uint_eq(pst_timespec_to_ns(time), UINT64_C(5000000007));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
