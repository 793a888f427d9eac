/* SPDX-License-Identifier: ISC */
/*
 * What repeated measurements say: medians, of values and of ratios
 *
 * Repetitions are interleaved (each transport once, then each once more), and a
 * ratio is taken within a repetition, so that what drifts on the machine drifts
 * for both.
 */
#ifndef POSTERN_BENCH_BENCH_STATS_H
#define POSTERN_BENCH_BENCH_STATS_H

#include <stddef.h>

#define BENCH_REPETITIONS_MAX 15

/* In events a second; 0 is a measurement that was not made. */
struct bench_samples {
	double rates[BENCH_REPETITIONS_MAX];
	size_t count;
};

/* Both are 0 where there is nothing to say. */
double bench_median(const struct bench_samples *samples);
double bench_median_ratio(const struct bench_samples *samples,
			  const struct bench_samples *references);

/* What takes as long as both together, one after the other. */
struct bench_samples bench_in_series(const struct bench_samples *samples,
				     const struct bench_samples *others);

#endif
