/* SPDX-License-Identifier: ISC */
/*
 * Names and ids, on files made for the purpose
 */
#include "os/name_lookup.h"
#include "os/name_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define MANY_MEMBERS 20000

static const char passwd_text[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"# a comment\n"
	"alice:x:20001:20001:Alice,,,:/home/alice:/bin/sh\n"
	"bob:x:20002:20002::/home/bob:/bin/sh\n"
	"broken line\n"
	"carol:x:notanumber:1:::\n"
	"alias:x:20001:20100::/:/bin/sh\n"
	"twice:x:20005:20005::/:/bin/sh\n"
	"same:x:20006:20006::/:/bin/sh\n"
	"same:x:20006:20006::/:/bin/sh\n"
	"+:x:0:0:::\n"
	"+nis:x:0:0:::\n"
	"-minus:x:0:0:::\n"
	"twice:x:20004:20004::/:/bin/sh\n"
	"last:x:20003:20003::/:/bin/sh";

static const char group_text[] =
	"root:x:0:\n"
	"alice:x:20001:\n"
	"bob:x:20002:\n"
	"staff:x:20010:bob,alice\n"
	"empty:x:20011:\n"
	"alias:x:20012:alias,nobodyknows\n"
	"staff-again:x:20010:last,bob\n"
	"double:x:20013:\n"
	"double:x:20014:\n"
	"own:x:20001:alice\n"
	"+::0:alice\n";

static const char *passwd_path, *group_path;
static struct pst_name_table *table;

static void setup(void)
{
	test_dir_setup();
	passwd_path = test_file("passwd", passwd_text, geteuid(), 0644);
	group_path = test_file("group", group_text, geteuid(), 0644);
	ck_assert_int_eq(pst_name_table_new(passwd_path, group_path, &table),
			 0);
}

static void teardown(void)
{
	ck_assert_ptr_null(pst_name_table_free(table));
	test_dir_teardown();
}

static int uid_of(const char *name)
{
	uid_t uid = 7, table_uid = 7;
	int r = pst_name_lookup_uid(passwd_path, name, &uid);

	ck_assert_int_eq(pst_name_table_find_uid(table, name, &table_uid), r);
	ck_assert_uint_eq(table_uid, uid);
	if (r < 0)
		ck_assert_uint_eq(uid, 7);
	return r < 0 ? r : (int)uid;
}

static int gid_of(const char *name)
{
	gid_t gid = 7, table_gid = 7;
	int r = pst_name_lookup_gid(group_path, name, &gid);

	ck_assert_int_eq(pst_name_table_find_gid(table, name, &table_gid), r);
	ck_assert_uint_eq(table_gid, gid);
	if (r < 0)
		ck_assert_uint_eq(gid, 7);
	return r < 0 ? r : (int)gid;
}

START_TEST(user_is_found_by_name)
{
	ck_assert_int_eq(uid_of("root"), 0);
	ck_assert_int_eq(uid_of("alice"), 20001);
	ck_assert_int_eq(uid_of("bob"), 20002);
	ck_assert_int_eq(uid_of("last"), 20003); /* no newline at the end */
	ck_assert_int_eq(uid_of("alias"), 20001);
}
END_TEST

START_TEST(unknown_user_is_not_found)
{
	ck_assert_int_eq(uid_of("nobodyknows"), -ENOENT);
	ck_assert_int_eq(uid_of(""), -ENOENT);
	ck_assert_int_eq(uid_of("alic"), -ENOENT);
	ck_assert_int_eq(uid_of("carol"), -ENOENT);
	ck_assert_int_eq(uid_of("broken line"), -ENOENT);
	ck_assert_int_eq(uid_of("# a comment"), -ENOENT);
}
END_TEST

START_TEST(nis_entries_are_not_found)
{
	char *name = NULL;

	ck_assert_int_eq(uid_of("+"), -ENOENT);
	ck_assert_int_eq(uid_of("+nis"), -ENOENT);
	ck_assert_int_eq(uid_of("nis"), -ENOENT);
	ck_assert_int_eq(uid_of("-minus"), -ENOENT);
	ck_assert_int_eq(gid_of("+"), -ENOENT);
	ck_assert_int_eq(pst_name_lookup_user_name(passwd_path, 0, &name), 0);
	ck_assert_str_eq(name, "root");
	free(name);
}
END_TEST

START_TEST(name_with_two_ids_is_ambiguous)
{
	ck_assert_int_eq(uid_of("twice"), -ENOTUNIQ);
	ck_assert_int_eq(gid_of("double"), -ENOTUNIQ);
	ck_assert_int_eq(uid_of("same"), 20006);
}
END_TEST

START_TEST(group_is_found_by_name)
{
	ck_assert_int_eq(gid_of("staff"), 20010);
	ck_assert_int_eq(gid_of("staff-again"), 20010);
	ck_assert_int_eq(gid_of("root"), 0);
	ck_assert_int_eq(gid_of("nosuch"), -ENOENT);
}
END_TEST

START_TEST(name_of_an_id_is_the_first)
{
	char *name = NULL;

	ck_assert_int_eq(pst_name_lookup_user_name(passwd_path, 20001, &name),
			 0);
	ck_assert_str_eq(name, "alice");
	free(name);
	ck_assert_int_eq(pst_name_lookup_user_name(passwd_path, 4711, &name),
			 -ENOENT);
}
END_TEST

START_TEST(groups_of_a_user_are_those_of_all_its_names)
{
	gid_t gid = 0, *groups = NULL;
	size_t count = 0;

	ck_assert_int_eq(pst_name_lookup_groups_of_uid(passwd_path, group_path,
						       20001, &gid, &groups,
						       &count), 0);
	ck_assert_uint_eq(gid, 20001);
	/* alias has a primary group of its own; `own` adds no new gid. */
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(groups[0], 20100);
	ck_assert_uint_eq(groups[1], 20010);
	ck_assert_uint_eq(groups[2], 20012);
	free(groups);
}
END_TEST

START_TEST(user_without_further_groups_has_none)
{
	gid_t gid = 0, *groups = &gid;
	size_t count = 9;

	ck_assert_int_eq(pst_name_lookup_groups_of_uid(passwd_path, group_path,
						       20006, &gid, &groups,
						       &count), 0);
	ck_assert_uint_eq(gid, 20006);
	ck_assert_ptr_null(groups);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(pst_name_lookup_groups_of_uid(passwd_path, group_path,
						       4711, &gid, &groups,
						       &count), -ENOENT);
}
END_TEST

/* The members of a group, as "UID UID ". */
static const char *members_of(struct pst_name_table *names, gid_t gid)
{
	static char text[256];
	const uid_t *uids;
	size_t i, count = 0;
	int used = 0;

	ck_assert_int_eq(pst_name_table_find_members(names, gid, &uids, &count),
			 0);
	text[0] = '\0';
	for (i = 0; i < count; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "%u ", uids[i]);
	return text;
}

START_TEST(members_of_all_entries_of_a_gid_count_once)
{
	ck_assert_str_eq(members_of(table, 20010), "20001 20002 20003 ");
}
END_TEST

/* A group that lists no members, but is the primary one of users. */
START_TEST(users_whose_primary_group_it_is_are_members)
{
	ck_assert_str_eq(members_of(table, 20002), "20002 ");
	/* Listed as well, but one user. */
	ck_assert_str_eq(members_of(table, 20001), "20001 ");
	/* By the second name of a uid, and without an entry of the group. */
	ck_assert_str_eq(members_of(table, 20100), "20001 ");
}
END_TEST

START_TEST(members_without_an_entry_are_skipped)
{
	ck_assert_str_eq(members_of(table, 20012), "20001 ");
	ck_assert_str_eq(members_of(table, 20011), "");
	ck_assert_str_eq(members_of(table, 4711), "");
	ck_assert_str_eq(members_of(table, (gid_t)-1), "");
}
END_TEST

/* All questions are answered from one reading of the files. */
START_TEST(table_after_first_lookup_reads_no_file)
{
	uid_t uid = 7;
	gid_t gid = 7;

	ck_assert_int_eq(pst_name_table_find_uid(table, "bob", &uid), 0);
	ck_assert_int_eq(pst_name_table_find_gid(table, "staff", &gid), 0);
	ck_assert_int_eq(unlink(passwd_path), 0);
	ck_assert_int_eq(unlink(group_path), 0);
	ck_assert_int_eq(pst_name_table_find_uid(table, "alice", &uid), 0);
	ck_assert_uint_eq(uid, 20001);
	ck_assert_int_eq(pst_name_table_find_gid(table, "empty", &gid), 0);
	ck_assert_uint_eq(gid, 20011);
	ck_assert_str_eq(members_of(table, 20010), "20001 20002 20003 ");
}
END_TEST

START_TEST(table_without_trusted_file_fails_every_lookup)
{
	const uid_t *uids;
	size_t count;
	uid_t uid;

	ck_assert_int_eq(chmod(passwd_path, 0666), 0);
	ck_assert_int_eq(pst_name_table_find_uid(table, "alice", &uid),
			 -EACCES);
	ck_assert_int_eq(chmod(passwd_path, 0644), 0);
	/* not one answer, then another */
	ck_assert_int_eq(pst_name_table_find_uid(table, "alice", &uid),
			 -EACCES);
	ck_assert_int_eq(pst_name_table_find_members(table, 20010, &uids,
						     &count),
			 -EACCES);
}
END_TEST

START_TEST(group_entry_of_any_length_is_read)
{
	const char *path = test_path("many");
	FILE *file = fopen(path, "we");
	struct pst_name_table *names;
	gid_t gid = 0;
	int i;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "first:x:1:\nmany:x:20020:"), 0);
	for (i = 0; i < MANY_MEMBERS; i++)
		ck_assert_int_gt(fprintf(file, "member%d,", i), 0);
	ck_assert_int_gt(fprintf(file, "bob\nbehind:x:20021:alice\n"), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);

	ck_assert_int_eq(pst_name_lookup_gid(path, "behind", &gid), 0);
	ck_assert_uint_eq(gid, 20021);
	ck_assert_int_eq(pst_name_table_new(passwd_path, path, &names), 0);
	ck_assert_str_eq(members_of(names, 20020), "20002 ");
	ck_assert_ptr_null(pst_name_table_free(names));
}
END_TEST

START_TEST(user_entry_of_any_length_is_read)
{
	const char *path = test_path("long");
	FILE *file = fopen(path, "we");
	uid_t uid = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "long:x:20030:1:%*s:/:/bin/sh\n"
				 "behind:x:20031:1::/:/bin/sh\n", 20000, "x"),
			 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(pst_name_lookup_uid(path, "long", &uid), 0);
	ck_assert_uint_eq(uid, 20030);
	ck_assert_int_eq(pst_name_lookup_uid(path, "behind", &uid), 0);
	ck_assert_uint_eq(uid, 20031);
}
END_TEST

START_TEST(file_that_others_can_write_is_not_believed)
{
	size_t fd_count = test_fd_count();

	uid_t uid = 7;

	ck_assert_int_eq(chmod(passwd_path, 0666), 0);
	ck_assert_int_eq(uid_of("alice"), -EACCES);
	ck_assert_int_eq(unlink(passwd_path), 0);
	ck_assert_int_eq(pst_name_lookup_uid(passwd_path, "alice", &uid),
			 -ENOENT);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(systems_own_files_know_root)
{
	uid_t uid = 7;

	ck_assert_int_eq(pst_name_lookup_uid(PST_PASSWD_PATH, "root", &uid), 0);
	ck_assert_uint_eq(uid, 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
