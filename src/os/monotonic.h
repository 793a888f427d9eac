/* SPDX-License-Identifier: ISC */
/*
 * The clock of all deadlines
 *
 * CLOCK_MONOTONIC does not jump when the time is set, and poll, epoll and
 * timerfd use it too.
 */
#ifndef POSTERN_OS_MONOTONIC_H
#define POSTERN_OS_MONOTONIC_H

#include <stdint.h>
#include <time.h>

#include "base/clock.h"

/*
 * Cannot fail; usually without a system call (vdso).  Inline: it is on the data
 * path.
 */
static inline uint64_t pst_monotonic_now_ns(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return pst_timespec_to_ns(now);
}

#endif
