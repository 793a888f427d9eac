/* SPDX-License-Identifier: ISC */
/*
 * Where an integration test takes place, and how its suite is run
 *
 * Below the staged directory of tests/staged-run, or /tmp without it.  The
 * process that runs the suite keeps its privileges and in the end removes
 * everything; Check runs each case in a process of its own, which may drop them.
 */
#ifndef POSTERN_SUPPORT_STAGE_H
#define POSTERN_SUPPORT_STAGE_H

#include "support/test_case.h"
#include "support/users.h"

#define STAGE_PATH_BYTES 200

/* A new directory, 0755, of the role; aborts the case when it cannot. */
void stage_make_directory(enum role owner, char ret_path[STAGE_PATH_BYTES]);

/* Makes the stage, runs the tests as run_tests() does, and removes it. */
int stage_run_tests(const struct test_case_options *options);

#define STAGE_RUN_TESTS(...) \
	stage_run_tests(&(const struct test_case_options){__VA_ARGS__})

#endif
