/* SPDX-License-Identifier: ISC */
/*
 * Errors of the kernel on their way out
 */
#include "base/kernel_error.h"

#include <errno.h>

#include "support/expect.h"
#include "support/test_case.h"

START_TEST(kernel_error_has_its_call_and_number)
{
	int r = pst_kernel_error(PST_CALL_MEMFD_CREATE, EPERM);

	expect(pst_is_kernel_error(r));
	expect(r != -EPERM);
	expect_equal(pst_kernel_error_number(r), EPERM);
	ck_assert_str_eq(pst_kernel_error_call(r), "memfd_create");
	ck_assert_str_eq(pst_kernel_error_call(
				 pst_kernel_error(PST_CALL_OPEN, ENOENT)),
			 "open");
}
END_TEST

START_TEST(kernel_error_of_a_shared_meaning_stays_an_errno)
{
	expect_equal(pst_kernel_error(PST_CALL_BIND, ENOMEM), -ENOMEM);
	expect_equal(pst_kernel_error(PST_CALL_BIND, EMFILE), -EMFILE);
	expect_equal(pst_kernel_error(PST_CALL_BIND, ENFILE), -ENFILE);
}
END_TEST

START_TEST(errno_is_no_kernel_error)
{
	int number;

	for (number = 1; number < 4096; number++) {
		expect(!pst_is_kernel_error(-number));
		expect_equal(pst_kernel_error_number(-number), number);
		expect(!pst_kernel_error_call(-number));
	}
	expect(!pst_is_kernel_error(0));
}
END_TEST

START_TEST(kernel_error_result_is_of_the_closed_set)
{
	static const struct {
		int error_number;
		int result;
	} cases[] = {
		{EPERM, -ECANCELED}, {ENOENT, -ECANCELED},
		{EACCES, -ECANCELED}, {EBUSY, -ECANCELED},
		{ETIMEDOUT, -ECANCELED}, {EPIPE, -ECANCELED},
		{EBADMSG, -ECANCELED}, {EINVAL, -ECANCELED},
		{EMSGSIZE, -ECANCELED}, {EFBIG, -ENOMEM}, {ENOSPC, -ENOMEM},
		{ENOBUFS, -ENOMEM}, {EAGAIN, -ENOMEM}, {ENOSYS, -EOPNOTSUPP},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_equal(pst_kernel_error_result(pst_kernel_error(
				     PST_CALL_FCNTL, cases[i].error_number)),
			     cases[i].result);
}
END_TEST

/* Those that a ring or a user can have for another reason are none. */
START_TEST(only_a_kernel_error_is_out_of_resources_by_these_codes)
{
	expect(pst_is_out_of_resources(-ENOMEM));
	expect(pst_is_out_of_resources(-EMFILE));
	expect(!pst_is_out_of_resources(-EAGAIN));
	expect(!pst_is_out_of_resources(-EDQUOT));
	expect(pst_is_out_of_resources(pst_kernel_error(PST_CALL_MMAP,
							EAGAIN)));
	expect(!pst_is_out_of_resources(0));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
