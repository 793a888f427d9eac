/* SPDX-License-Identifier: ISC */
/*
 * How the suite was asked to run
 *
 * POSTERN_TEST_DISABLE_FEATURES   features to do without: names separated by commas
 *                             or spaces (passrights peerpidfd pidfs
 *                             noexec-seal aes), or all
 * POSTERN_TEST_PATIENCE_S     seconds until what is waited for will not happen,
 *                             for a machine that is emulated
 * POSTERN_TEST_RUNNER         the tests run under this command (valgrind)
 */
#ifndef POSTERN_SUPPORT_TEST_OPTIONS_H
#define POSTERN_SUPPORT_TEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* POSTERN_FEATURE_* bits for options.disable_features.  Aborts on a name that is
 * none: a suite that silently ran with everything on would prove nothing. */
uint32_t test_disable_features(void);

/* Those that this host has and the suite may use. */
uint32_t test_features(void);

/* Is something between us and the kernel that makes calls of its own? */
bool test_has_runner(void);

/* Built with a sanitizer, whose allocator and mappings are its own. */
bool test_has_sanitizer(void);

/* Generous: reached only when something is wrong. */
uint64_t test_deadline_ns(void);

/* A case that cannot run here says why, and is counted as skipped. */
#define skip_unless(condition, reason) \
	do { \
		if (!(condition)) { \
			/* Check appends _fn. */ \
			printf("SKIP: %.*s: %s\n", \
			       (int)sizeof(__func__) - 4, __func__, reason); \
			(void)fflush(stdout); \
			return; \
		} \
	} while (0)

/* Of a set-up function that several tests call: NULL, or why they are skipped.  A
 * skip_unless() in it would end only the function. */
#define skip_for(why_not) \
	do { \
		const char *skip_reason = (why_not); \
\
		skip_unless(!skip_reason, skip_reason); \
	} while (0)

#endif
