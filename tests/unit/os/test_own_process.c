/* SPDX-License-Identifier: ISC */
/* The uids of this process: one user, or none that is reliable */
#include "os/own_process.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

static int expect_uid_a(void *argument)
{
	uid_t uid = 7;

	(void)argument;
	return pst_own_uid(&uid) == 0 && uid == OTHER_UID_A ? 0 : 1;
}

START_TEST(process_of_one_user_has_its_uid)
{
	const struct other_user user = {OTHER_UID_A, OTHER_UID_B, NULL, 0};

	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(other_user_run(&user, expect_uid_a, NULL), 0);
}
END_TEST

static int expect_refusal(void *argument)
{
	const uid_t *uids = argument;
	uid_t uid = 7;

	if (setresuid(uids[0], uids[1], uids[2]) < 0)
		return 1;
	return pst_own_uid(&uid) == -EPERM && uid == 7 ? 0 : 2;
}

START_TEST(process_that_could_become_another_user_is_refused)
{
	uid_t real[] = {0, OTHER_UID_A, OTHER_UID_A};
	uid_t effective[] = {OTHER_UID_A, 0, OTHER_UID_A};
	uid_t saved[] = {OTHER_UID_A, OTHER_UID_A, 0};

	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(other_user_run(NULL, expect_refusal, real), 0);
	ck_assert_int_eq(other_user_run(NULL, expect_refusal, effective), 0);
	ck_assert_int_eq(other_user_run(NULL, expect_refusal, saved), 0);
}
END_TEST

START_TEST(descriptor_limit_is_the_soft_one)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 77;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(pst_own_descriptor_limit(), 77);
}
END_TEST

START_TEST(page_is_the_kernels)
{
	ck_assert_uint_eq(pst_own_page_bytes(),
			  (size_t)sysconf(_SC_PAGESIZE));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
