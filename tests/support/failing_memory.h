/* SPDX-License-Identifier: ISC */
/*
 * Allocations that fail from the nth one on
 *
 * For a test program that is linked with FAILING_MEMORY_FLAGS.
 */
#ifndef POSTERN_SUPPORT_FAILING_MEMORY_H
#define POSTERN_SUPPORT_FAILING_MEMORY_H

/*
 * Run a function with enough memory, which must give 0, then once for each
 * allocation that it makes, which fails with all that follow: it must give
 * -ENOMEM.
 */
void fail_each_allocation(int (*run)(const char *text), const char *text);

#endif
