/* SPDX-License-Identifier: ISC */
/*
 * The histogram against a sorted array of the same values
 */
#include "base/histogram.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define VALUES 20000

static struct pst_histogram histogram;
static uint64_t values[VALUES];

static void set_up(void)
{
	memset(&histogram, 0, sizeof(histogram));
}

/* Of any magnitude: as many of 10 bits as of 30. */
static uint64_t any_value(struct random *chance)
{
	return random_u64(chance) >>
	       (64 - PST_HISTOGRAM_VALUE_BITS +
		random_below(chance, PST_HISTOGRAM_VALUE_BITS));
}

/* Not above the requested value by more than 3.2 %, and never below. */
static bool is_close(uint64_t found, uint64_t exact)
{
	return found >= exact &&
	       (found - exact) * 1000 <= exact * 32;
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

START_TEST(an_empty_histogram_has_no_values)
{
	struct postern_latency latency = {.count = 99, .implausible_count = 9};

	ck_assert_uint_eq(pst_histogram_count(&histogram), 0);
	ck_assert_uint_eq(pst_histogram_find(&histogram, 500000), 0);
	pst_histogram_describe(&histogram, &latency);
	ck_assert_uint_eq(latency.count, 0);
	ck_assert_uint_eq(latency.p999_ns, 0);
	ck_assert_uint_eq(latency.max_ns, 0);
	ck_assert_uint_eq(latency.implausible_count, 0);
}
END_TEST

START_TEST(every_value_is_found_with_an_error_of_at_most_3_2_percent)
{
	struct random chance = {7};
	uint64_t value;
	int i;

	for (i = 0; i < 2000; i++) {
		value = any_value(&chance);
		memset(&histogram, 0, sizeof(histogram));
		/* A larger one, so that the maximum does not help. */
		pst_histogram_add(&histogram, value);
		pst_histogram_add(&histogram, PST_HISTOGRAM_VALUE_MAX);
		expect(is_close(pst_histogram_find(&histogram, 500000),
				value));
	}
}
END_TEST

START_TEST(the_edges_of_every_power_of_two_are_in_order)
{
	uint64_t before = 0, found;
	unsigned bit;
	int step;

	for (bit = 1; bit < PST_HISTOGRAM_VALUE_BITS; bit++) {
		for (step = -1; step <= 1; step++) {
			uint64_t value = (UINT64_C(1) << bit) +
					 (uint64_t)(int64_t)step;

			memset(&histogram, 0, sizeof(histogram));
			pst_histogram_add(&histogram, value);
			pst_histogram_add(&histogram, PST_HISTOGRAM_VALUE_MAX);
			found = pst_histogram_find(&histogram, 500000);
			expect(is_close(found, value));
			expect(found >= before);
			before = found;
		}
	}
}
END_TEST

START_TEST(percentiles_are_those_of_the_sorted_values)
{
	static const uint32_t ranks_ppm[] = {1, 10000, 250000, 500000, 900000,
					     990000, 999000, 999999, 1000000};
	struct random chance = {11};
	uint64_t exact, rank;
	size_t i;

	for (i = 0; i < VALUES; i++) {
		values[i] = any_value(&chance);
		pst_histogram_add(&histogram, values[i]);
	}
	qsort(values, VALUES, sizeof(values[0]), compare);
	ck_assert_uint_eq(pst_histogram_count(&histogram), VALUES);
	ck_assert_uint_eq(pst_histogram_max(&histogram), values[VALUES - 1]);
	for (i = 0; i < sizeof(ranks_ppm) / sizeof(ranks_ppm[0]); i++) {
		rank = ((uint64_t)VALUES * ranks_ppm[i] + 999999) / 1000000;
		exact = values[rank - 1];
		expect(is_close(pst_histogram_find(&histogram, ranks_ppm[i]),
				exact));
	}
}
END_TEST

START_TEST(description_equals_the_found_values)
{
	struct random chance = {13};
	struct postern_latency latency;
	int i;

	for (i = 0; i < VALUES; i++)
		pst_histogram_add(&histogram, any_value(&chance));
	pst_histogram_describe(&histogram, &latency);
	ck_assert_uint_eq(latency.count, VALUES);
	ck_assert_uint_eq(latency.p50_ns,
			  pst_histogram_find(&histogram, 500000));
	ck_assert_uint_eq(latency.p90_ns,
			  pst_histogram_find(&histogram, 900000));
	ck_assert_uint_eq(latency.p99_ns,
			  pst_histogram_find(&histogram, 990000));
	ck_assert_uint_eq(latency.p999_ns,
			  pst_histogram_find(&histogram, 999000));
	ck_assert_uint_eq(latency.max_ns, pst_histogram_max(&histogram));
}
END_TEST

START_TEST(no_percentile_is_above_the_exact_maximum)
{
	pst_histogram_add(&histogram, 1000003);
	ck_assert_uint_eq(pst_histogram_find(&histogram, 500000), 1000003);
	ck_assert_uint_eq(pst_histogram_find(&histogram, 1000000), 1000003);
}
END_TEST

START_TEST(rank_zero_is_the_smallest_value)
{
	pst_histogram_add(&histogram, 50);
	pst_histogram_add(&histogram, 60);
	ck_assert_uint_eq(pst_histogram_find(&histogram, 0), 50);
}
END_TEST

START_TEST(values_beyond_the_range_count_as_its_end)
{
	pst_histogram_add(&histogram, UINT64_MAX);
	pst_histogram_add(&histogram, PST_HISTOGRAM_VALUE_MAX + 1);
	ck_assert_uint_eq(pst_histogram_count(&histogram), 2);
	ck_assert_uint_eq(pst_histogram_max(&histogram),
			  PST_HISTOGRAM_VALUE_MAX);
	ck_assert_uint_eq(pst_histogram_find(&histogram, 1),
			  PST_HISTOGRAM_VALUE_MAX);
}
END_TEST

START_TEST(the_range_reaches_a_minute)
{
	ck_assert_uint_gt(PST_HISTOGRAM_VALUE_MAX, UINT64_C(60000000000));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
