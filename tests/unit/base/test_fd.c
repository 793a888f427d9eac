/* SPDX-License-Identifier: ISC */
/*
 * Owned descriptors
 */
#include "base/fd.h"

#include <fcntl.h>
#include <stdbool.h>

#include "support/test_case.h"

static int open_any(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(close_closes_and_returns_the_empty_value)
{
	int fd = open_any();
	int closed_fd = fd;

	fd = pst_fd_close(fd);
	ck_assert_int_eq(fd, -1);
	ck_assert(!is_open(closed_fd));
}
END_TEST

START_TEST(close_accepts_the_empty_value)
{
	ck_assert_int_eq(pst_fd_close(-1), -1);
}
END_TEST

START_TEST(close_keeps_errno)
{
	int stale_fd = open_any();

	ck_assert_int_eq(pst_fd_close(stale_fd), -1);
	errno = ENOENT;
	ck_assert_int_eq(pst_fd_close(stale_fd), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(take_empties_the_owner_and_closes_nothing)
{
	int fd = open_any();
	int taken_fd = pst_fd_take(&fd);

	ck_assert_int_eq(fd, -1);
	ck_assert(is_open(taken_fd));
	ck_assert_int_eq(pst_fd_close(taken_fd), -1);
}
END_TEST

START_TEST(owning_local_closes_when_it_leaves_its_scope)
{
	int seen_fd, handed_over_fd;

	{
		int dropped_fd PST_FD_OWNED = open_any();
		int kept_fd PST_FD_OWNED = open_any();

		seen_fd = dropped_fd;
		handed_over_fd = pst_fd_take(&kept_fd);
	}
	ck_assert(!is_open(seen_fd));
	ck_assert(is_open(handed_over_fd));
	ck_assert_int_eq(pst_fd_close(handed_over_fd), -1);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
