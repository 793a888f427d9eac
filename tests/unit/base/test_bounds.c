/* SPDX-License-Identifier: ISC */
/*
 * Arithmetic at the edges of 64 bits
 */
#include "base/bounds.h"

#include "support/test_case.h"

START_TEST(add_stops_at_the_largest_value)
{
	uint64_t sum = 7;

	ck_assert_int_eq(pst_bounds_add(UINT64_MAX, 1, &sum), -EOVERFLOW);
	ck_assert_int_eq(pst_bounds_add(1, UINT64_MAX, &sum), -EOVERFLOW);
	ck_assert_uint_eq(sum, 7);
	ck_assert_int_eq(pst_bounds_add(UINT64_MAX - 1, 1, &sum), 0);
	ck_assert_uint_eq(sum, UINT64_MAX);
}
END_TEST

START_TEST(mul_stops_at_the_largest_value)
{
	uint64_t product = 7;

	ck_assert_int_eq(pst_bounds_mul(UINT64_C(1) << 32, UINT64_C(1) << 32,
					&product), -EOVERFLOW);
	ck_assert_uint_eq(product, 7);
	ck_assert_int_eq(pst_bounds_mul(UINT64_MAX, 1, &product), 0);
	ck_assert_uint_eq(product, UINT64_MAX);
	ck_assert_int_eq(pst_bounds_mul(0, UINT64_MAX, &product), 0);
	ck_assert_uint_eq(product, 0);
}
END_TEST

START_TEST(align_up_rounds_to_the_next_multiple)
{
	uint64_t aligned = 7;

	ck_assert_int_eq(pst_bounds_align_up(0, 8, &aligned), 0);
	ck_assert_uint_eq(aligned, 0);
	ck_assert_int_eq(pst_bounds_align_up(1, 8, &aligned), 0);
	ck_assert_uint_eq(aligned, 8);
	ck_assert_int_eq(pst_bounds_align_up(4096, 4096, &aligned), 0);
	ck_assert_uint_eq(aligned, 4096);
	ck_assert_int_eq(pst_bounds_align_up(UINT64_MAX - 6, 8, &aligned),
			 -EOVERFLOW);
	ck_assert_uint_eq(aligned, 4096);
	ck_assert_int_eq(pst_bounds_align_up(UINT64_MAX - 7, 8, &aligned), 0);
	ck_assert_uint_eq(aligned, UINT64_MAX - 7);
}
END_TEST

START_TEST(zero_is_not_a_power_of_two)
{
	unsigned int shift;

	ck_assert(!pst_bounds_is_power_of_two(0));
	ck_assert(!pst_bounds_is_power_of_two(UINT64_MAX));
	for (shift = 0; shift < 64; shift++)
		ck_assert(pst_bounds_is_power_of_two(UINT64_C(1) << shift));
	for (shift = 2; shift < 64; shift++)
		ck_assert(!pst_bounds_is_power_of_two((UINT64_C(1) << shift) +
						      1));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
