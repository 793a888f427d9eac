/* SPDX-License-Identifier: ISC */
/*
 * Policies on a real disk: trust, includes, single files
 */
#include "unit/policy/policy_load_case.h"

#include "os/peer_credentials.h"
#include "support/test_case.h"
#include "support/test_options.h"

START_TEST(one_file_loads_alone)
{
	write_node(in("a.conf"), "a");
	write_node(in("b.conf"), "b");
	ck_assert_int_eq(load(in("a.conf")), 0);
	ck_assert(has_node("a"));
	ck_assert(!has_node("b"));
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 0);
}
END_TEST

START_TEST(a_missing_file_is_an_error)
{
	ck_assert_int_eq(load(in("none.conf")), -EINVAL);
	ck_assert(has_finding("none.conf"));
}
END_TEST

START_TEST(a_directory_is_no_policy_file)
{
	ck_assert_int_eq(load(directory), -EINVAL);
	ck_assert_uint_eq(pst_diagnostics_error_count(diagnostics), 1);
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
	write_node(in("a.conf"), "a");
	ck_assert_int_eq(chmod(in("a.conf"), 0666), 0);
	ck_assert_int_eq(load(in("a.conf")), -EINVAL);
	ck_assert(has_finding("writable by group or others"));
	ck_assert_int_eq(load_with(in("a.conf"),
				   POSTERN_POLICY_WARN_ON_UNTRUSTED, 0),
			 0);
	ck_assert(has_node("a"));
}
END_TEST

START_TEST(symbolic_link_of_another_user_is_refused)
{
	write_node(in("a.conf"), "a");
	ck_assert_int_eq(symlink(in("a.conf"), in("link.conf")), 0);
	ck_assert_int_eq(load(in("link.conf")), 0);
	skip_unless(geteuid() == 0, "only root can give a link away");
	ck_assert_int_eq(lchown(in("link.conf"), 20001, 20001), 0);
	ck_assert_int_eq(load(in("link.conf")), -EINVAL);
}
END_TEST

START_TEST(a_file_in_a_directory_that_others_can_write_is_refused)
{
	write_node(in("a.conf"), "a");
	ck_assert_int_eq(chmod(directory, 0777), 0);
	ck_assert_int_eq(load(in("a.conf")), -EINVAL);
}
END_TEST

START_TEST(a_file_of_another_user_is_refused)
{
	skip_unless(geteuid() == 0, "only root can give a file away");
	write_node(in("a.conf"), "a");
	ck_assert_int_eq(chown(in("a.conf"), 12345, 12345), 0);
	ck_assert_int_eq(load(in("a.conf")), -EINVAL);
	/* With this flag the owners of the file and of its node are warnings. */
	ck_assert_int_eq(load_with(in("a.conf"),
				   POSTERN_POLICY_WARN_ON_UNTRUSTED, 0),
			 0);
	ck_assert(has_finding("this file belongs to uid 12345"));
}
END_TEST

START_TEST(an_included_directory_is_read_once)
{
	ck_assert_int_eq(mkdir(in("d"), 0755), 0);
	write_file(in("a.conf"), "include-dir %s/d\ninclude-dir %s/d\n",
		   directory, directory);
	write_node(in("d/b.conf"), "b");
	/* A directory may include itself. */
	write_file(in("d/c.conf"), "include-dir %s/d\n", directory);
	ck_assert_int_eq(load(in("a.conf")), 0);
	ck_assert(has_node("b"));
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 0);
}
END_TEST

START_TEST(only_conf_files_of_a_directory_are_read)
{
	ck_assert_int_eq(mkdir(in("d"), 0755), 0);
	write_file(in("a.conf"), "include-dir %s/d\n", directory);
	write_node(in("d/b.conf"), "b");
	write_node(in("d/b.conf~"), "b");
	write_node(in("d/README"), "b");
	write_node(in("d/b.conf.dpkg-old"), "b");
	write_node(in("d/stray"), "b");
	ck_assert_int_eq(symlink("/dev/null", in("d/masked.conf")), 0);
	ck_assert_int_eq(load(in("a.conf")), 0);
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 1);
	ck_assert(has_finding("d/stray"));
}
END_TEST

/* Any deny may be in it. */
START_TEST(missing_included_directory_stops_nodes_and_no_client)
{
	write_file(in("a.conf"),
		   "include-dir %s/none\n"
		   "node a {\nowner user %u\nsocket /a\n}\n",
		   directory, (unsigned int)geteuid());
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), 0);
	ck_assert_uint_eq(pst_diagnostics_error_count(diagnostics), 1);
	ck_assert(has_finding("there is no directory"));
	ck_assert(!opens("a"));
	ck_assert(can_be_reached("a"));
}
END_TEST

START_TEST(included_directory_behind_a_dangling_link_stops_nodes)
{
	ck_assert_int_eq(mkdir(in("v1"), 0755), 0);
	ck_assert_int_eq(symlink("v1", in("data")), 0);
	write_file(in("a.conf"),
		   "include-dir %s/data\n"
		   "node a {\nowner user %u\nsocket /a\n}\n",
		   directory, (unsigned int)geteuid());
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), 0);
	ck_assert(opens("a"));

	ck_assert_int_eq(rename(in("v1"), in("v2")), 0);
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), 0);
	ck_assert(has_finding("/data leads through a symbolic link"));
	ck_assert(!opens("a"));
	ck_assert(can_be_reached("a"));
}
END_TEST

START_TEST(error_in_an_included_file_stops_nodes_and_no_client)
{
	ck_assert_int_eq(mkdir(in("d"), 0755), 0);
	write_file(in("a.conf"),
		   "include-dir %s/d\nnode a {\nowner user %u\nsocket /a\n}\n",
		   directory, (unsigned int)geteuid());
	write_file(in("d/b.conf"), "nonsense\n");
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), 0);
	ck_assert(has_finding("d/b.conf"));
	ck_assert(!opens("a"));
	ck_assert(can_be_reached("a"));
}
END_TEST

START_TEST(single_file_that_cannot_be_parsed_does_not_load)
{
	write_file(in("a.conf"), "node a {\n");
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), -EINVAL);
	ck_assert_ptr_null(policy);
	write_file(in("a.conf"), "nonsense\n");
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), -EINVAL);
	ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(single_file_with_an_error_in_a_block_loads_without_the_block)
{
	write_file(in("a.conf"),
		   "peer p {\nuser no-such-user\n}\n"
		   "node a {\nowner user %u\nsocket /a\n}\n"
		   "node b {\nowner user %u\nsocket /b\ndeny p\n}\n",
		   (unsigned int)geteuid(), (unsigned int)geteuid());
	ck_assert_int_eq(load_with(in("a.conf"), 0, 0), 0);
	ck_assert_uint_eq(pst_diagnostics_error_count(diagnostics), 1);
	ck_assert(opens("a"));
	ck_assert(!opens("b"));
	ck_assert(can_be_reached("b"));
}
END_TEST

START_TEST(a_key_file_is_read)
{
	FILE *file = fopen(in("key"), "w");

	ck_assert_ptr_nonnull(file);
	fputs("x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(in("key"), 0644), 0);
	write_file(in("a.conf"), "peer p {\nkey-file %s/key\n}\n", directory);
	ck_assert_int_eq(load(in("a.conf")), 0);

	ck_assert_int_eq(chmod(in("key"), 0666), 0);
	ck_assert_int_eq(load(in("a.conf")), -EINVAL);
	ck_assert(has_finding("cannot read key file"));
}
END_TEST

START_TEST(names_come_from_the_hosts_files)
{
	write_file(in("a.conf"), "peer p {\nuser root\ngroup root\n}\n");
	ck_assert_int_eq(load(in("a.conf")), 0);
	write_file(in("a.conf"), "peer p {\nuser no-such-user\n}\n");
	ck_assert_int_eq(load(in("a.conf")), -EINVAL);
	ck_assert(has_finding("unknown user 'no-such-user'"));
	ck_assert_int_eq(
		load_with(in("a.conf"), POSTERN_POLICY_ASSUME_NAMES, 0), 0);
}
END_TEST

START_TEST(without_pidfs_a_pid_is_an_error)
{
	write_file(in("a.conf"), "peer p {\npid 1:999999999\n}\n");
	ck_assert_int_eq(load_whole(in("a.conf"), 0, POSTERN_FEATURE_PIDFS),
			 -EINVAL);
	ck_assert(has_finding("cannot recognise a process by its inode"));
}
END_TEST

START_TEST(a_process_is_alive_when_number_and_inode_fit)
{
	uint64_t inode;
	int r;

	r = pst_process_pidfd_inode(getpid(), POSTERN_FEATURES_ALL, &inode);
	skip_unless(r != -EOPNOTSUPP, "needs pidfs");
	ck_assert_int_eq(r, 0);
	write_file(in("a.conf"), "peer p {\npid %d:%llu\n}\n", (int)getpid(),
		   (unsigned long long)inode);
	ck_assert_int_eq(load(in("a.conf")), 0);
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 0);

	write_file(in("a.conf"), "peer p {\npid %d:%llu\n}\n", (int)getpid(),
		   (unsigned long long)inode + 1);
	ck_assert_int_eq(load(in("a.conf")), 0);
	ck_assert(has_finding("is gone"));
}
END_TEST
int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
