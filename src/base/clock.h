/* SPDX-License-Identifier: ISC */
/*
 * Deadlines
 *
 * A deadline is an absolute time of CLOCK_MONOTONIC in nanoseconds, so that a
 * call with several waits still has one end.  UINT64_MAX means no deadline.
 * The clock is not read here: now_ns is a parameter, so that time can be
 * simulated in tests.
 */
#ifndef POSTERN_BASE_CLOCK_H
#define POSTERN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define PST_NS_PER_SECOND UINT64_C(1000000000)
#define PST_DEADLINE_NEVER UINT64_MAX

/* No deadline if the sum overflows. */
static inline uint64_t pst_deadline_after(uint64_t now_ns, uint64_t timeout_ns)
{
	uint64_t deadline_ns;

	if (__builtin_add_overflow(now_ns, timeout_ns, &deadline_ns))
		return PST_DEADLINE_NEVER;
	return deadline_ns;
}

static inline bool pst_deadline_has_passed(uint64_t deadline_ns,
					   uint64_t now_ns)
{
	return deadline_ns != PST_DEADLINE_NEVER && deadline_ns <= now_ns;
}

static inline uint64_t pst_deadline_earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* 0 once it has passed; UINT64_MAX if there is no deadline. */
static inline uint64_t pst_deadline_left_ns(uint64_t deadline_ns,
					    uint64_t now_ns)
{
	if (deadline_ns == PST_DEADLINE_NEVER)
		return PST_DEADLINE_NEVER;
	return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

static inline struct timespec pst_timespec_from_ns(uint64_t ns)
{
	return (struct timespec) {
		.tv_sec = (time_t)(ns / PST_NS_PER_SECOND),
		.tv_nsec = (long)(ns % PST_NS_PER_SECOND),
	};
}

/* time was returned by a clock: never negative. */
static inline uint64_t pst_timespec_to_ns(struct timespec time)
{
	return (uint64_t)time.tv_sec * PST_NS_PER_SECOND +
	       (uint64_t)time.tv_nsec;
}

#endif
