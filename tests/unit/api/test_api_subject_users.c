/* SPDX-License-Identifier: ISC */
/*
 * <postern/subject.h>, users and groups: by name or number, known or not
 *
 * The system's own files are asked about root and about an id that nobody has.
 * What else they may hold is put over them in a mount namespace of its own.
 */
#include <postern/subject.h>

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

/* An id that no host gives away. */
#define UNUSED_ID UINT32_C(3999999999)
#define UNUSED_ID_TEXT "3999999999"

/* What a failed call must leave alone. */
static char no_facts;
static const struct postern_subject *const untouched = (void *)&no_facts;

static int user_result(const char *user)
{
	const struct postern_subject *facts = untouched;
	int r = postern_subject_new_for_user(user, &facts);

	if (r < 0)
		ck_assert_ptr_eq(facts, untouched);
	else
		ck_assert_ptr_null(postern_subject_free(facts));
	return r;
}

START_TEST(user_has_ids_and_groups_and_nothing_of_a_process)
{
	static const char *const words[] = {"root", "0"};
	const struct postern_subject *subject;
	const struct postern_subject *facts;
	size_t i;

	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(postern_subject_new_for_user(words[i], &facts),
				 0);
		subject = facts;
		ck_assert_uint_eq(subject->size_bytes, sizeof(*subject));
		ck_assert_int_eq(subject->uid_fact, POSTERN_FACT_KNOWN);
		ck_assert_uint_eq(subject->uid, 0);
		ck_assert_int_eq(subject->gid_fact, POSTERN_FACT_KNOWN);
		ck_assert_uint_eq(subject->gid, 0);
		ck_assert_int_eq(subject->groups_fact, POSTERN_FACT_KNOWN);
		ck_assert_uint_ne(subject->overflow_uid, 0);
		ck_assert_int_eq(subject->pid_fact, POSTERN_FACT_UNKNOWN);
		ck_assert_int_eq(subject->pid_inode_fact, POSTERN_FACT_UNKNOWN);
		ck_assert_int_eq(subject->unit_fact, POSTERN_FACT_UNKNOWN);
		ck_assert_int_eq(subject->exe_fact, POSTERN_FACT_UNKNOWN);
		ck_assert_int_eq(subject->userns, POSTERN_USERNS_UNKNOWN);
		(void)postern_subject_free(facts);
	}
}
END_TEST

START_TEST(number_without_an_entry_is_a_uid_and_no_more)
{
	const struct postern_subject *subject;
	const struct postern_subject *facts;

	ck_assert_int_eq(postern_subject_new_for_user(UNUSED_ID_TEXT, &facts),
			 0);
	subject = facts;
	ck_assert_int_eq(subject->uid_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(subject->uid, UNUSED_ID);
	ck_assert_int_eq(subject->gid_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(subject->groups_fact, POSTERN_FACT_UNKNOWN);
	(void)postern_subject_free(facts);
}
END_TEST

START_TEST(what_is_no_user_or_group_is_not_found)
{
	static const char *const words[] = {
		"", "no-such-name-here", "-1", "+0", "00", "0x0", " 0", "0 ",
		"4294967295", "99999999999999999999",
	};
	char *name = NULL;
	uint32_t gid = 7;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ck_assert_int_eq(user_result(words[i]), -ENOENT);
		ck_assert_int_eq(postern_gid_from_group(words[i], &gid),
				 -ENOENT);
	}
	ck_assert_int_eq(postern_user_from_uid(UNUSED_ID, &name), -ENOENT);
	ck_assert_ptr_null(name);
	ck_assert_uint_eq(gid, 7);
}
END_TEST

START_TEST(group_is_found_by_name_or_number)
{
	uint32_t gid = 7;

	ck_assert_int_eq(postern_gid_from_group("root", &gid), 0);
	ck_assert_uint_eq(gid, 0);
	ck_assert_int_eq(postern_gid_from_group(UNUSED_ID_TEXT, &gid), 0);
	ck_assert_uint_eq(gid, UNUSED_ID);
}
END_TEST

START_TEST(uid_has_a_name)
{
	char *name;

	ck_assert_int_eq(postern_user_from_uid(0, &name), 0);
	ck_assert_str_eq(name, "root");
	free(name);
}
END_TEST

/*
 * In the children below files of ours are in place of the system's.  Each
 * returns 0, CANNOT_MOUNT, or the number of what went wrong.
 */
#define CANNOT_MOUNT 77

static bool replace_accounts(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(test_path("passwd"), "/etc/passwd", NULL, MS_BIND,
		     NULL) == 0 &&
	       mount(test_path("group"), "/etc/group", NULL, MS_BIND,
		     NULL) == 0;
}

static int find_ambiguous_names(void *argument)
{
	const struct postern_subject *facts;
	uint32_t gid;

	(void)argument;
	if (!replace_accounts())
		return CANNOT_MOUNT;
	if (postern_subject_new_for_user("twice", &facts) != -EINVAL)
		return 1;
	return postern_gid_from_group("double", &gid) == -EINVAL ? 0 : 2;
}

static int find_name_of_digits(void *argument)
{
	const struct postern_subject *facts;

	(void)argument;
	if (!replace_accounts())
		return CANNOT_MOUNT;
	return postern_subject_new_for_user("007", &facts) == -ENOENT ? 0 : 1;
}

static int find_member(void *argument)
{
	const struct postern_subject *subject;
	const struct postern_subject *facts;

	(void)argument;
	if (!replace_accounts())
		return CANNOT_MOUNT;
	if (postern_subject_new_for_user("alice", &facts) < 0)
		return 1;
	subject = facts;
	if (subject->uid != 20003 || subject->gid != 20004)
		return 2;
	if (subject->group_count != 1 || subject->groups[0] != 20010)
		return 3;
	(void)postern_subject_free(facts);
	return 0;
}

static int find_in_untrusted_files(void *argument)
{
	const struct postern_subject *facts;
	uint32_t gid;
	char *name;

	(void)argument;
	if (!replace_accounts())
		return CANNOT_MOUNT;
	if (postern_subject_new_for_user("alice", &facts) != -EACCES)
		return 1;
	/* Not even that there is no entry. */
	if (postern_subject_new_for_user(UNUSED_ID_TEXT, &facts) != -EACCES)
		return 2;
	if (postern_user_from_uid(20003, &name) != -EACCES)
		return 3;
	return postern_gid_from_group("staff", &gid) == -EACCES ? 0 : 4;
}

static void run_with_accounts(other_user_function *find, mode_t mode)
{
	int r;

	(void)test_file("passwd",
			"twice:x:20001:20001::/:/bin/sh\n"
			"twice:x:20002:20001::/:/bin/sh\n"
			"alice:x:20003:20004::/:/bin/sh\n"
			"007:x:20005:20005::/:/bin/sh\n", 0, mode);
	(void)test_file("group",
			"double:x:20001:\ndouble:x:20002:\n"
			"staff:x:20010:bob,alice\n", 0, mode);
	r = other_user_run(NULL, find, NULL);
	if (r == CANNOT_MOUNT)
		fprintf(stderr, "SKIP: needs a mount namespace\n");
	else
		ck_assert_int_eq(r, 0);
}

START_TEST(name_with_two_ids_is_invalid)
{
	SKIP_UNLESS_ROOT();
	run_with_accounts(find_ambiguous_names, 0644);
}
END_TEST

START_TEST(digits_are_never_a_name)
{
	SKIP_UNLESS_ROOT();
	run_with_accounts(find_name_of_digits, 0644);
}
END_TEST

START_TEST(member_has_the_group)
{
	SKIP_UNLESS_ROOT();
	run_with_accounts(find_member, 0644);
}
END_TEST

START_TEST(files_that_others_can_write_say_nothing)
{
	SKIP_UNLESS_ROOT();
	run_with_accounts(find_in_untrusted_files, 0666);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = test_dir_setup,
			 .tear_down = test_dir_teardown);
}
