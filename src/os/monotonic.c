/* SPDX-License-Identifier: ISC */
/*
 * The clock of all deadlines
 *
 * CLOCK_MONOTONIC does not jump when somebody sets the time, and poll, epoll
 * and timerfd measure with it too.
 */
#include "os/monotonic.h"

#include <time.h>

#include "base/clock.h"

uint64_t pst_monotonic_now_ns(void)
{
	struct timespec now = {0};

	/* Fails only for a clock that does not exist. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return pst_timespec_to_ns(now);
}
