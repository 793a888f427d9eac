/* SPDX-License-Identifier: ISC */
/*
 * Latency histograms: the bucket of a value, and the value of a bucket
 *
 * Values below 32 have a bucket each; above, every power of two has 32 of equal
 * width.  Both cases are one formula, since the first two groups have buckets
 * of width 1.
 */
#include "base/histogram.h"

#include <assert.h>

static_assert(sizeof(struct pst_histogram) == 8 + 8 * 1024, "two pages");

static unsigned bucket_of(uint64_t value)
{
	unsigned top_bit, shift;

	if (value < PST_HISTOGRAM_STEPS)
		return (unsigned)value;
	top_bit = 63 - (unsigned)__builtin_clzll(value);
	shift = top_bit - PST_HISTOGRAM_BITS;
	return shift * PST_HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

/* The largest value that a bucket holds. */
static uint64_t bucket_end(unsigned bucket)
{
	unsigned shift;
	uint64_t step;

	if (bucket < 2 * PST_HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / PST_HISTOGRAM_STEPS - 1;
	step = bucket - shift * PST_HISTOGRAM_STEPS;
	return ((step + 1) << shift) - 1;
}

void pst_histogram_add(struct pst_histogram *histogram, uint64_t value)
{
	if (value > PST_HISTOGRAM_VALUE_MAX)
		value = PST_HISTOGRAM_VALUE_MAX;
	pst_counter_raise(&histogram->max, value);
	pst_counter_add(&histogram->counts[bucket_of(value)], 1);
}

uint64_t pst_histogram_count(const struct pst_histogram *histogram)
{
	uint64_t count = 0;
	unsigned i;

	for (i = 0; i < PST_HISTOGRAM_BUCKETS; i++)
		count += pst_counter_get(&histogram->counts[i]);
	return count;
}

uint64_t pst_histogram_max(const struct pst_histogram *histogram)
{
	return pst_counter_get(&histogram->max);
}

/*
 * Rounded up, and at least the first; count * 10^6 may need more than 64 bits.
 */
static uint64_t rank_of(uint64_t count, uint32_t rank_ppm)
{
	uint64_t rank;

	if (rank_ppm >= 1000000)
		return count;
	rank = count / 1000000 * rank_ppm +
	       (count % 1000000 * rank_ppm + 999999) / 1000000;
	return rank > 0 ? rank : 1;
}

/*
 * In one pass, for ranks in rising order.  If a thread records meanwhile, the
 * buckets may hold more than count, which changes a value only slightly.
 */
static void find_each(const struct pst_histogram *histogram, uint64_t count,
		      const uint32_t *ranks_ppm, unsigned rank_count,
		      uint64_t *ret_values)
{
	uint64_t max = pst_histogram_max(histogram), below_count = 0, value;
	unsigned bucket, i = 0;

	for (bucket = 0; bucket < PST_HISTOGRAM_BUCKETS; bucket++) {
		below_count += pst_counter_get(&histogram->counts[bucket]);
		for (; i < rank_count &&
		       below_count >= rank_of(count, ranks_ppm[i]); i++) {
			value = bucket_end(bucket);
			ret_values[i] = value < max ? value : max;
		}
	}
}

uint64_t pst_histogram_find(const struct pst_histogram *histogram,
			    uint32_t rank_ppm)
{
	uint64_t count = pst_histogram_count(histogram), value = 0;

	if (count > 0)
		find_each(histogram, count, &rank_ppm, 1, &value);
	return value;
}

void pst_histogram_describe(const struct pst_histogram *histogram,
			    struct postern_latency *ret_latency)
{
	static const uint32_t ranks_ppm[] = {500000, 900000, 990000, 999000};
	uint64_t count = pst_histogram_count(histogram), values[4] = {0};

	if (count > 0)
		find_each(histogram, count, ranks_ppm, 4, values);
	*ret_latency = (struct postern_latency) {
		.count = count,
		.p50_ns = values[0],
		.p90_ns = values[1],
		.p99_ns = values[2],
		.p999_ns = values[3],
		.max_ns = pst_histogram_max(histogram),
	};
}
