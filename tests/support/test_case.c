/* SPDX-License-Identifier: ISC */
/*
 * Test cases that register themselves
 */
#include "support/test_case.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* A test may be hung, never just slow: Check's own 4 s are too little for a
 * machine that is busy with something else. */
#define TIMEOUT_S "60"

static struct test_case *first_test;

/* The compiler may place constructors in any order. */
void test_case_register(struct test_case *test)
{
	struct test_case **link = &first_test;

	while (*link && (*link)->function.line < test->function.line)
		link = &(*link)->next;
	test->next = *link;
	*link = test;
}

static void add_test(Suite *suite, const struct test_case *test,
		     const struct test_case_options *defaults)
{
	const struct test_case_options *options = &test->options;
	TCase *tcase = tcase_create(test->function.name);
	int timeout_s = options->timeout_s ? options->timeout_s
					   : defaults->timeout_s;

	tcase_add_checked_fixture(
		tcase, options->set_up ? options->set_up : defaults->set_up,
		options->tear_down ? options->tear_down : defaults->tear_down);
	if (timeout_s)
		tcase_set_timeout(tcase, timeout_s);
	tcase_add_loop_test_raise_signal(
		tcase, &test->function, options->signal, options->loop_start,
		options->loop_end ? options->loop_end : 1);
	suite_add_tcase(suite, tcase);
}

/* A shell starts a program in the background with two of these ignored, nohup(1)
 * with the third. */
static void restore_signals(void)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
}

int run_tests(const struct test_case_options *options)
{
	Suite *suite = suite_create(program_invocation_short_name);
	const struct test_case *test;
	int failed_count, run_count;
	SRunner *runner;

	restore_signals();
	(void)setenv("CK_DEFAULT_TIMEOUT", TIMEOUT_S, 0);
	for (test = first_test; test; test = test->next)
		add_test(suite, test, options);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed_count = srunner_ntests_failed(runner);
	run_count = srunner_ntests_run(runner);
	srunner_free(runner);
	return run_count > 0 && failed_count == 0 ? EXIT_SUCCESS
						  : EXIT_FAILURE;
}
