/* SPDX-License-Identifier: ISC */
/*
 * Latency histograms
 *
 * The idea of HdrHistogram: a value is kept as its power of two and its next
 * five bits.  So buckets are as fine at a microsecond as at a second, in
 * relation to what they hold, memory is fixed, and recording is a shift and an
 * addition.  What is read back is at most one part in 32 too large, never too
 * small, and never beyond the maximum, which is exact.
 *
 * One thread records; any thread may read meanwhile, and sees a state that is
 * at most a few values behind.
 */
#ifndef POSTERN_BASE_HISTOGRAM_H
#define POSTERN_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <postern/stats.h>

#include "base/counter.h"

/* Of each power of two, and the powers of two: up to 2^36 ns, 68 s. */
#define PST_HISTOGRAM_BITS 5
#define PST_HISTOGRAM_STEPS (1u << PST_HISTOGRAM_BITS)
#define PST_HISTOGRAM_VALUE_BITS 36
#define PST_HISTOGRAM_VALUE_MAX ((UINT64_C(1) << PST_HISTOGRAM_VALUE_BITS) - 1)
#define PST_HISTOGRAM_BUCKETS \
	((PST_HISTOGRAM_VALUE_BITS - PST_HISTOGRAM_BITS + 1) * \
	 PST_HISTOGRAM_STEPS)

/* Zero is empty. */
struct pst_histogram {
	struct pst_counter max;
	struct pst_counter counts[PST_HISTOGRAM_BUCKETS];
};

/* Larger values count as PST_HISTOGRAM_VALUE_MAX. */
void pst_histogram_add(struct pst_histogram *histogram, uint64_t value);

uint64_t pst_histogram_count(const struct pst_histogram *histogram);
uint64_t pst_histogram_max(const struct pst_histogram *histogram);

/*
 * The value that rank_ppm millionths of all are not above (500000: the median).
 * 0 when empty.
 */
uint64_t pst_histogram_find(const struct pst_histogram *histogram,
			    uint32_t rank_ppm);

/* Count, percentiles and maximum, of one moment; implausible_count is 0. */
void pst_histogram_describe(const struct pst_histogram *histogram,
			    struct postern_latency *ret_latency);

#endif
