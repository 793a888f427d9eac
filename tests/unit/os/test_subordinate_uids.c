/* SPDX-License-Identifier: ISC */
/*
 * Subordinate uids, from files made for the purpose
 */
#include "os/subordinate_uids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/os/os_test.h"

static const char passwd_text[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"alice:x:20001:20001:Alice,,,:/home/alice:/bin/sh\n"
	"bob:x:20002:20002::/home/bob:/bin/sh\n";

static struct pst_subordinate_uids uids;
static const char *passwd_path;

static void setup(void)
{
	test_dir_setup();
	uids = (struct pst_subordinate_uids) {0};
	passwd_path = test_file("passwd", passwd_text, geteuid(), 0644);
}

static void teardown(void)
{
	pst_subordinate_uids_done(&uids);
	test_dir_teardown();
}

static void read_text(const char *text)
{
	const char *path = test_file("subuid", text, geteuid(), 0644);

	ck_assert_int_eq(pst_subordinate_uids_read(path, passwd_path, &uids),
			 0);
}

static void expect_user(uid_t uid, uid_t user)
{
	ck_assert_uint_eq(pst_subordinate_uids_user(&uids, uid), user);
}

START_TEST(subordinate_uid_belongs_to_the_user_of_its_range)
{
	read_text("bob:165536:65536\n"
		  "alice:100000:65536\n"
		  "20003:300000:10\n"
		  "alice:400000:1");
	ck_assert_uint_eq(uids.range_count, 4);
	ck_assert_uint_eq(uids.ignored_line_count, 0);
	expect_user(100000, 20001);
	expect_user(165535, 20001);
	expect_user(165536, 20002);
	expect_user(231071, 20002);
	expect_user(300009, 20003);
	expect_user(400000, 20001);
}
END_TEST

START_TEST(uid_of_no_range_belongs_to_itself)
{
	expect_user(100000, 100000); /* there are no ranges at all */
	read_text("alice:100000:65536\n");
	expect_user(0, 0);
	expect_user(99999, 99999);
	expect_user(165536, 165536);
	expect_user(20001, 20001);
}
END_TEST

START_TEST(ranges_of_an_unknown_name_count_together)
{
	read_text("carol:700000:10\ncarol:600000:10\n");
	expect_user(600009, 600000);
	expect_user(700009, 600000);
}
END_TEST

START_TEST(broken_lines_are_ignored_and_counted)
{
	read_text("# a comment\n"
		  "\n"
		  "alice\n"
		  "alice:100000\n"
		  ":100000:5\n"
		  "alice:x:5\n"
		  "alice:100000:5:6\n"
		  "alice:-5:5\n"
		  "alice:0:65536\n"
		  "alice:100000:0\n"
		  "alice:4294967294:2\n"
		  "alice:4294967296:2\n"
		  "alice:99999999999999999999999:2\n"
		  "bob:200000:5\n");
	ck_assert_uint_eq(uids.ignored_line_count, 11);
	ck_assert_uint_eq(uids.range_count, 1);
	expect_user(200000, 20002);
	expect_user(100000, 100000);
}
END_TEST

START_TEST(ranges_that_overlap_count_together)
{
	read_text("alice:100000:1000\n"
		  "bob:100500:1000\n"
		  "bob:100600:10\n");
	ck_assert_uint_eq(uids.range_count, 1);
	expect_user(100000, 20001);
	expect_user(100605, 20001);
	expect_user(101499, 20001);
	expect_user(101500, 101500);
}
END_TEST

START_TEST(ranges_of_root_count_by_block)
{
	read_text("root:1000000:1000000000\n"
		  "0:500000:70000\n"
		  "alice:100000:65536\n");
	ck_assert_uint_eq(uids.range_count, 1);
	ck_assert_uint_eq(uids.root_range_count, 2);
	expect_user(1000000, 1000000);
	expect_user(1000000 + 65535, 1000000);
	expect_user(1000000 + 65536, 1000000 + 65536);
	expect_user(1000000 + 3 * 65536 + 7, 1000000 + 3 * 65536);
	expect_user(1000999999, 1000000 + 15258 * 65536);
	expect_user(1001000000, 1001000000);
	expect_user(565535, 500000);
	expect_user(565536, 565536);
	expect_user(569999, 565536);
	expect_user(570000, 570000);
	expect_user(100001, 20001);
}
END_TEST

START_TEST(range_of_root_yields_to_that_of_another_user)
{
	read_text("root:1000000:1000000\n"
		  "alice:1030000:65536\n"
		  "root:1500000:1000000\n");
	ck_assert_uint_eq(uids.range_count, 1);
	ck_assert_uint_eq(uids.root_range_count, 1);
	expect_user(1029999, 1000000);
	expect_user(1030000, 20001);
	expect_user(1095535, 20001);
	expect_user(1095536, 1065536);
	expect_user(2499999, 1000000 + 22 * 65536);
	expect_user(2500000, 2500000);
}
END_TEST

START_TEST(lines_beyond_the_bound_are_ignored)
{
	const size_t line_bytes = 32, count = PST_SUBORDINATE_RANGES_MAX + 3;
	char *text = malloc(count * line_bytes);
	size_t used = 0, i;

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, line_bytes,
					 "u%zu:%zu:5\n", i, 100000 + 10 * i);
	read_text(text);
	free(text);
	ck_assert_uint_eq(uids.range_count, PST_SUBORDINATE_RANGES_MAX);
	ck_assert_uint_eq(uids.ignored_line_count, 3);
}
END_TEST

START_TEST(missing_file_means_no_ranges)
{
	ck_assert_int_eq(pst_subordinate_uids_read(test_path("none"),
						   passwd_path, &uids), 0);
	ck_assert_uint_eq(uids.range_count, 0);
}
END_TEST

START_TEST(missing_password_file_leaves_names_unknown)
{
	const char *path = test_file("subuid", "alice:100000:5\n", geteuid(),
				     0644);

	ck_assert_int_eq(pst_subordinate_uids_read(path, test_path("none"),
						   &uids), 0);
	expect_user(100004, 100000);
}
END_TEST

START_TEST(file_that_others_can_write_is_refused)
{
	const char *path = test_file("subuid", "alice:100000:5\n", geteuid(),
				     0666);

	ck_assert_int_eq(pst_subordinate_uids_read(path, passwd_path, &uids),
			 -EACCES);
	ck_assert_uint_eq(uids.range_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subordinate_uids");
	TCase *tcase = tcase_create("subordinate_uids");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, subordinate_uid_belongs_to_the_user_of_its_range);
	tcase_add_test(tcase, uid_of_no_range_belongs_to_itself);
	tcase_add_test(tcase, ranges_of_an_unknown_name_count_together);
	tcase_add_test(tcase, broken_lines_are_ignored_and_counted);
	tcase_add_test(tcase, ranges_that_overlap_count_together);
	tcase_add_test(tcase, ranges_of_root_count_by_block);
	tcase_add_test(tcase, range_of_root_yields_to_that_of_another_user);
	tcase_add_test(tcase, lines_beyond_the_bound_are_ignored);
	tcase_add_test(tcase, missing_file_means_no_ranges);
	tcase_add_test(tcase, missing_password_file_leaves_names_unknown);
	tcase_add_test(tcase, file_that_others_can_write_is_refused);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
