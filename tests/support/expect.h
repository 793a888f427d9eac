/* SPDX-License-Identifier: ISC */
/*
 * Assertions for tests that make millions of them
 *
 * Check's own note every call, passed or not, in a file; these only fail.
 */
#ifndef POSTERN_SUPPORT_EXPECT_H
#define POSTERN_SUPPORT_EXPECT_H

#include <check.h>
#include <inttypes.h>
#include <stdint.h>

#define expect(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("not true: %s", #condition); \
	} while (0)

#define expect_equal(value, wanted) \
	do { \
		int64_t expect_value_ = (int64_t)(value); \
		int64_t expect_wanted_ = (int64_t)(wanted); \
		if (expect_value_ != expect_wanted_) \
			ck_abort_msg("%s is %" PRId64 ", not %" PRId64, \
				     #value, expect_value_, expect_wanted_); \
	} while (0)

#endif
