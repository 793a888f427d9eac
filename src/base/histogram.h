/* SPDX-License-Identifier: ISC */
/*
 * Latency histograms
 *
 * As in HdrHistogram, a bucket is given by the power of two of a value and its
 * next five bits.  So the relative width of buckets is constant, memory is
 * fixed, and recording is a shift and an addition.  A value read back is at
 * most one part in 32 too large, never too small, and never beyond the maximum,
 * which is exact.
 *
 * One thread records; any thread may read meanwhile, and misses at most a few
 * values.
 */
#ifndef POSTERN_BASE_HISTOGRAM_H
#define POSTERN_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/counter.h"

/* Bits for each power of two, and the powers of two: up to 2^36 ns, 68 s. */
#define PST_HISTOGRAM_BITS 5
#define PST_HISTOGRAM_STEPS (1u << PST_HISTOGRAM_BITS)
#define PST_HISTOGRAM_VALUE_BITS 36
#define PST_HISTOGRAM_VALUE_MAX ((UINT64_C(1) << PST_HISTOGRAM_VALUE_BITS) - 1)
#define PST_HISTOGRAM_BUCKETS \
	((PST_HISTOGRAM_VALUE_BITS - PST_HISTOGRAM_BITS + 1) * \
	 PST_HISTOGRAM_STEPS)

/* All zero: empty. */
struct pst_histogram {
	struct pst_counter max;
	struct pst_counter counts[PST_HISTOGRAM_BUCKETS];
};

/* Larger values count as PST_HISTOGRAM_VALUE_MAX. */
void pst_histogram_add(struct pst_histogram *histogram, uint64_t value);

uint64_t pst_histogram_count(const struct pst_histogram *histogram);
uint64_t pst_histogram_max(const struct pst_histogram *histogram);

/*
 * The value that is not exceeded by rank_ppm millionths of all (500000: the
 * median).  0 if empty.
 */
uint64_t pst_histogram_find(const struct pst_histogram *histogram,
			    uint32_t rank_ppm);

/* Count, percentiles and maximum, of one moment; implausible_count is 0. */
void pst_histogram_describe(const struct pst_histogram *histogram,
			    struct postern_latency *ret_latency);

#endif
