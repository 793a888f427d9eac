/* SPDX-License-Identifier: ISC */
/*
 * Features, clock and random bytes
 */
#include "os/features.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <postern/result.h>

#include "os/entropy.h"
#include "os/monotonic.h"
#include "unit/os/os_test.h"
#include "support/test_case.h"

START_TEST(every_feature_can_be_switched_off)
{
	uint32_t present = pst_features_probe(0);
	uint32_t bit;

	ck_assert_uint_eq(present & ~POSTERN_FEATURES_ALL, 0);
	ck_assert_uint_eq(pst_features_probe(POSTERN_FEATURES_ALL), 0);
	for (bit = 1; bit & POSTERN_FEATURES_ALL; bit <<= 1)
		ck_assert_uint_eq(pst_features_probe(bit), present & ~bit);
}
END_TEST

START_TEST(new_kernels_have_their_features)
{
	static const struct {
		uint32_t feature;
		int major, minor;
	} since[] = {
		{POSTERN_FEATURE_NOEXEC_SEAL, 6, 3},
		{POSTERN_FEATURE_PEERPIDFD, 6, 5},
		{POSTERN_FEATURE_PIDFS, 6, 9},
		{POSTERN_FEATURE_PASSRIGHTS, 6, 16},
	};
	uint32_t present = pst_features_probe(0);
	struct utsname kernel;
	int major, minor;
	size_t i;

	ck_assert_int_eq(uname(&kernel), 0);
	ck_assert_int_eq(sscanf(kernel.release, "%d.%d", &major, &minor), 2);
	for (i = 0; i < sizeof(since) / sizeof(since[0]); i++) {
		if (major > since[i].major ||
		    (major == since[i].major && minor >= since[i].minor))
			ck_assert_msg(present & since[i].feature,
				      "feature %u is missing in %s",
				      since[i].feature, kernel.release);
	}
}
END_TEST

START_TEST(probing_leaves_no_descriptor)
{
	size_t fd_count = test_fd_count();

	(void)pst_features_probe(0);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(untestable_feature_counts_as_missing)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(pst_features_probe(0), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

START_TEST(clock_does_not_go_back)
{
	uint64_t before_ns = pst_monotonic_now_ns();
	uint64_t after_ns = pst_monotonic_now_ns();

	ck_assert_uint_gt(before_ns, 0);
	ck_assert_uint_ge(after_ns, before_ns);
}
END_TEST

START_TEST(random_bytes_fill_the_buffer_and_no_more)
{
	uint8_t buffer[1024], again[1024];
	size_t i, zero_count = 0;

	memset(buffer, 0, sizeof(buffer));
	ck_assert_int_eq(pst_entropy_fill(buffer, sizeof(buffer) - 8), 0);
	for (i = 0; i < sizeof(buffer) - 8; i++)
		zero_count += buffer[i] == 0;
	/* 4 are expected; 64 would be a wonder. */
	ck_assert_uint_lt(zero_count, 64);
	for (; i < sizeof(buffer); i++)
		ck_assert_uint_eq(buffer[i], 0);
	ck_assert_int_eq(pst_entropy_fill(again, sizeof(again)), 0);
	ck_assert_int_ne(memcmp(buffer, again, sizeof(buffer) - 8), 0);
	ck_assert_int_eq(pst_entropy_fill(NULL, 0), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
