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

#include <check.h>

#include "support/users.h"

#define STAGE_PATH_BYTES 200

/* A new directory, 0755, of the role; aborts the case when it cannot. */
void stage_make_directory(enum role owner, char ret_path[STAGE_PATH_BYTES]);

/* Runs all cases of the suite; the exit status of main(). */
int stage_run_suite(Suite *suite);

/* A case with our timeout, added to the suite. */
TCase *stage_add_case(Suite *suite, const char *name);

#endif
