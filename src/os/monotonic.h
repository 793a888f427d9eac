/* SPDX-License-Identifier: ISC */
/*
 * The clock of all deadlines: CLOCK_MONOTONIC, in nanoseconds
 */
#ifndef POSTERN_OS_MONOTONIC_H
#define POSTERN_OS_MONOTONIC_H

#include <stdint.h>

/* Cannot fail; usually no system call (vdso). */
uint64_t pst_monotonic_now_ns(void);

#endif
