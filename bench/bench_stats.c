/* SPDX-License-Identifier: ISC */
/*
 * Medians: one slow repetition, and one lucky one, change nothing
 */
#include "bench_stats.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(double *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(values[0]), compare);
	if (count % 2 == 1)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

double bench_median(const struct bench_samples *samples)
{
	double values[BENCH_REPETITIONS_MAX];
	size_t count = 0, i;

	for (i = 0; i < samples->count; i++)
		if (samples->rates[i] > 0)
			values[count++] = samples->rates[i];
	return median_of(values, count);
}

double bench_median_ratio(const struct bench_samples *samples,
			  const struct bench_samples *references)
{
	double ratios[BENCH_REPETITIONS_MAX];
	size_t count = 0, i;

	for (i = 0; i < samples->count && i < references->count; i++)
		if (samples->rates[i] > 0 && references->rates[i] > 0)
			ratios[count++] = samples->rates[i] /
					  references->rates[i];
	return median_of(ratios, count);
}

struct bench_samples bench_in_series(const struct bench_samples *samples,
				     const struct bench_samples *others)
{
	struct bench_samples both = {.count = samples->count};
	size_t i;

	for (i = 0; i < samples->count && i < others->count; i++)
		if (samples->rates[i] > 0 && others->rates[i] > 0)
			both.rates[i] = 1 / (1 / samples->rates[i] +
					     1 / others->rates[i]);
	return both;
}
