/* SPDX-License-Identifier: ISC */
/*
 * Test cases that register themselves
 *
 * START_TEST defines a test as Check's own does, and adds it to the program's
 * tests.  Its options, if any, follow the name:
 *
 *	START_TEST(reserve_full_ring_returns_eagain, .loop_end = SIZE_COUNT)
 *	{
 *		...
 *	}
 *	END_TEST
 *
 *	int main(void)
 *	{
 *		return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
 *	}
 *
 * Each test is a case of Check's under its own name, for CK_RUN_CASE.
 */
#ifndef POSTERN_SUPPORT_TEST_CASE_H
#define POSTERN_SUPPORT_TEST_CASE_H

#include <check.h>

struct test_case_options {
	void (*set_up)(void);    /* in the process of the test */
	void (*tear_down)(void);
	int loop_start;          /* _i of the first run */
	int loop_end;            /* _i after the last; 0: the test runs once */
	int signal;              /* the test passes if this signal ends it */
	int timeout_s;           /* 0: 60, or CK_DEFAULT_TIMEOUT */
};

struct test_case {
	TTest function;
	struct test_case_options options;
	struct test_case *next;
};

/* Adds a test, which is static; main() has not begun yet. */
void test_case_register(struct test_case *test);

/* Runs all tests in the order of the file, and returns the exit status of
 * main().  The options are for each test that does not have its own. */
int run_tests(const struct test_case_options *options);

#define RUN_TESTS(...) \
	run_tests(&(const struct test_case_options){__VA_ARGS__})

#undef START_TEST
#define START_TEST(name, ...)                                                \
	static void name##_fn(int _i);                                       \
	__attribute__((constructor)) static void name##_register(void)       \
	{                                                                    \
		static struct test_case test = {                             \
			.function = {#name, name##_fn, __FILE__, __LINE__},  \
		};                                                           \
		test.options = (struct test_case_options){__VA_ARGS__};      \
		test_case_register(&test);                                   \
	}                                                                    \
	static void name##_fn(int _i CK_ATTRIBUTE_UNUSED)

#endif
