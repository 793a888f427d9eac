/* SPDX-License-Identifier: ISC */
/*
 * Subordinate uids, from files made for the purpose
 */
#include "os/subordinate_uids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/trusted_file.h"
#include "unit/os/os_test.h"
#include "support/test_case.h"

static const char passwd_text[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"alice:x:20001:20001:Alice,,,:/home/alice:/bin/sh\n"
	"bob:x:20002:20002::/home/bob:/bin/sh\n";

static struct pst_subordinate_uids uids;
static struct pst_path_fault fault;
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

	ck_assert_int_eq(pst_subordinate_uids_read(path, passwd_path, &uids,
						   &fault), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NONE);
}

static void expect_fault(const char *subuid, const char *passwd, int result,
			 enum pst_path_fault_kind kind, const char *fault_path)
{
	ck_assert_int_eq(pst_subordinate_uids_read(subuid, passwd, &uids,
						   &fault), result);
	ck_assert_int_eq(fault.kind, kind);
	ck_assert_str_eq(fault.path, fault_path);
	ck_assert_ptr_null(uids.ranges);
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

START_TEST(line_with_a_zero_byte_is_ignored_alone)
{
	static const char text[] = "alice:100\0000:5\n\0\nbob:200000:5\n";
	const char *path = test_file("subuid", "", geteuid(), 0644);
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, sizeof(text) - 1, 1, file), 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(pst_subordinate_uids_read(path, passwd_path, &uids,
						   &fault), 0);
	ck_assert_uint_eq(uids.ignored_line_count, 2);
	ck_assert_uint_eq(uids.range_count, 1);
	expect_user(200004, 20002);
}
END_TEST

/* Comments and lines that cannot be parsed do not count. */
static const char *write_ranges(size_t count)
{
	const size_t line_bytes = 32;
	char *text = malloc((count + 2) * line_bytes);
	const char *path;
	size_t used, i;

	ck_assert_ptr_nonnull(text);
	used = (size_t)snprintf(text, 2 * line_bytes, "# comment\nalice:x:5\n");
	for (i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, line_bytes,
					 "u%zu:%zu:5\n", i, 100000 + 10 * i);
	path = test_file("subuid", text, geteuid(), 0644);
	free(text);
	return path;
}

START_TEST(too_many_ranges_are_an_error)
{
	const char *path = write_ranges(PST_SUBORDINATE_RANGES_MAX + 1);

	expect_fault(path, passwd_path, -E2BIG, PST_PATH_FAULT_TOO_MANY_RANGES,
		     path);
}
END_TEST

START_TEST(as_many_ranges_as_allowed_are_read)
{
	const char *path = write_ranges(PST_SUBORDINATE_RANGES_MAX);

	ck_assert_int_eq(pst_subordinate_uids_read(path, passwd_path, &uids,
						   &fault), 0);
	ck_assert_uint_eq(uids.range_count, PST_SUBORDINATE_RANGES_MAX);
	ck_assert_uint_eq(uids.ignored_line_count, 1);
}
END_TEST

START_TEST(missing_file_means_no_ranges)
{
	ck_assert_int_eq(pst_subordinate_uids_read(test_path("none"),
						   passwd_path, &uids, &fault),
			 0);
	ck_assert_uint_eq(uids.range_count, 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NONE);
}
END_TEST

START_TEST(missing_password_file_leaves_names_unknown)
{
	const char *path = test_file("subuid", "alice:100000:5\n", geteuid(),
				     0644);

	ck_assert_int_eq(pst_subordinate_uids_read(path, test_path("none"),
						   &uids, &fault), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NONE);
	expect_user(100004, 100000);
}
END_TEST

START_TEST(link_without_a_target_is_an_error, .loop_end = 2)
{
	const char *link_path = test_path("link");
	const char *path = test_file("subuid", "alice:100000:5\n", geteuid(),
				     0644);

	ck_assert_int_eq(symlink(_i == 0 ? "none" : "none/none", link_path), 0);
	expect_fault(link_path, passwd_path, -EACCES, PST_PATH_FAULT_DANGLING,
		     link_path);
	expect_fault(path, link_path, -EACCES, PST_PATH_FAULT_DANGLING,
		     link_path);
}
END_TEST

START_TEST(link_to_a_file_is_followed)
{
	(void)test_file("subuid", "alice:100000:5\n", geteuid(), 0644);
	ck_assert_int_eq(symlink("subuid", test_path("link")), 0);
	ck_assert_int_eq(pst_subordinate_uids_read(test_path("link"),
						   passwd_path, &uids, &fault),
			 0);
	expect_user(100004, 20001);
}
END_TEST

START_TEST(file_that_others_can_write_is_refused)
{
	const char *sound = test_file("subuid", "alice:100000:5\n", geteuid(),
				      0644);
	const char *writable = test_file("writable", "alice:100000:5\n",
					 geteuid(), 0666);

	expect_fault(writable, passwd_path, -EACCES, PST_PATH_FAULT_WRITABLE,
		     writable);
	expect_fault(sound, writable, -EACCES, PST_PATH_FAULT_WRITABLE,
		     writable);
}
END_TEST

START_TEST(file_that_is_too_large_is_refused)
{
	char *text = malloc(PST_TRUSTED_FILE_BYTES_MAX + 2);
	const char *path;

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', PST_TRUSTED_FILE_BYTES_MAX + 1);
	text[PST_TRUSTED_FILE_BYTES_MAX + 1] = '\0';
	path = test_file("subuid", text, geteuid(), 0644);
	free(text);
	expect_fault(path, passwd_path, -EFBIG, PST_PATH_FAULT_TOO_BIG, path);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
