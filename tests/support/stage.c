/* SPDX-License-Identifier: ISC */
/*
 * Where an integration test takes place, and how its suite is run
 */
#include "support/stage.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test_options.h"

#define SECONDS_WITH_RUNNER 400

static char root_path[STAGE_PATH_BYTES];

static void make_root(void)
{
	const char *staged = getenv("POSTERN_STAGED_DIR");

	(void)snprintf(root_path, sizeof(root_path), "%s/postern-XXXXXX",
		       staged ? staged : "/tmp");
	if (!mkdtemp(root_path) || chmod(root_path, 0755) < 0) {
		perror(root_path);
		abort();
	}
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void stage_make_directory(enum role owner, char ret_path[STAGE_PATH_BYTES])
{
	int length;

	length = snprintf(ret_path, STAGE_PATH_BYTES, "%s/XXXXXX", root_path);
	ck_assert_int_lt(length, STAGE_PATH_BYTES);
	ck_assert_ptr_nonnull(mkdtemp(ret_path));
	ck_assert_int_eq(chmod(ret_path, 0755), 0);
	if (users_are_several())
		ck_assert_int_eq(chown(ret_path, uid_of(owner), gid_of(owner)),
				 0);
}

int stage_run_tests(const struct test_case_options *options)
{
	struct test_case_options slower = *options;
	int status;

	/* Ask while we still are the user that started us. */
	(void)users_are_several();
	/* The caller may ignore it; programs that use the library may not. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (test_has_runner())
		slower.timeout_s = SECONDS_WITH_RUNNER;
	make_root();
	status = run_tests(&slower);
	(void)nftw(root_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return status;
}
