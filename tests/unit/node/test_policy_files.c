/* SPDX-License-Identifier: ISC */
/*
 * Policies on a real disk: trust, directories, shadowing, includes
 *
 * The system's directories are tested in a mount namespace of the test's own,
 * which takes root.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/policy_files.h"
#include "os/peer_credentials.h"

static char directory[64];
static struct postern_diagnostics *diagnostics;
static struct postern_policy *policy;

static void setup(void)
{
	strcpy(directory, "/tmp/postern-policy-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chmod(directory, 0755), 0);
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	policy = NULL;
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

/* Not by rm: some of the tests have hidden its libraries. */
static void teardown(void)
{
	ck_assert_int_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS),
			 0);
	diagnostics = pst_diagnostics_free(diagnostics);
	(void)pst_policy_unref(policy); /* always NULL */
}

__attribute__((format(printf, 2, 3)))
static void write_file(const char *path, const char *format, ...)
{
	va_list arguments;
	FILE *file;

	file = fopen(path, "w");
	ck_assert_msg(file, "cannot write %s", path);
	fputs("policy-version 1\n", file);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fputs("end\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}

static const char *in(const char *name)
{
	static char paths[4][128];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static int load_with(const char *file, uint32_t flags, uint32_t features_off)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;

	(void)pst_policy_unref(policy); /* always NULL */
	policy = NULL;
	options.file = file;
	options.flags = flags;
	options.features_off = features_off;
	return pst_policy_files_load(&options, diagnostics, &policy);
}

/* -EINVAL when there is an error anywhere. */
static int load_whole(const char *file, uint32_t flags, uint32_t features_off)
{
	int r = load_with(file, flags, features_off);

	return r == 0 && pst_policy_has_errors(policy) ? -EINVAL : r;
}

static int load(const char *file)
{
	return load_whole(file, 0, 0);
}

static bool opens(const char *name)
{
	const struct pst_policy_node *node = pst_policy_find_node(policy, name);

	return node && !pst_policy_node_fault(node);
}

static bool can_be_reached(const char *name)
{
	const struct pst_policy_node *node = pst_policy_find_node(policy, name);

	return node && !pst_policy_connect_fault(node);
}

static bool has_finding(const char *part)
{
	const struct postern_diagnostic *diagnostic;
	size_t i;

	for (i = 0; (diagnostic = pst_diagnostics_at(diagnostics, i)); i++) {
		if (strstr(diagnostic->message, part) ||
		    strstr(diagnostic->file, part))
			return true;
	}
	return false;
}

static bool has_node(const char *name)
{
	return pst_policy_find_node(policy, name) != NULL;
}

/* A user may write about nodes of his own only. */
static void write_node(const char *path, const char *name)
{
	write_file(path, "node %s {\nowner user %u\nsocket /run/%s\n}\n", name,
		   (unsigned int)geteuid(), name);
}

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
	if (geteuid() != 0)
		return; /* only root can give it away */
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
	if (geteuid() != 0)
		return; /* nobody else can give a file away */
	write_node(in("a.conf"), "a");
	ck_assert_int_eq(chown(in("a.conf"), 12345, 12345), 0);
	ck_assert_int_eq(load(in("a.conf")), -EINVAL);
	/* whoever only looks is told, of the owner of the node too */
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
	/* and may include itself */
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

START_TEST(a_missing_included_directory_is_a_warning)
{
	write_file(in("a.conf"), "include-dir %s/none\n", directory);
	ck_assert_int_eq(load(in("a.conf")), 0);
	ck_assert(has_finding("there is no directory"));
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

	r = pst_process_identity(getpid(), POSTERN_FEATURES_ALL, &inode);
	if (r == -EOPNOTSUPP)
		return; /* this kernel has no pidfs */
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

/* Empty directories of our own in the places of the system's. */
static bool has_system_directories(void)
{
	static const char *const roots[] = {"/usr/lib", "/run", "/etc"};
	char path[128];
	size_t i;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	for (i = 0; i < 3; i++) {
		if (mount("tmpfs", roots[i], "tmpfs", 0, "mode=0755") < 0)
			return false;
		(void)snprintf(path, sizeof(path), "%s/postern", roots[i]);
		ck_assert_int_eq(mkdir(path, 0755), 0);
		strcat(path, "/policy.d");
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	return true;
}

START_TEST(a_missing_system_directory_is_fine)
{
	if (!has_system_directories())
		return;
	ck_assert_int_eq(rmdir("/run/postern/policy.d"), 0);
	ck_assert_int_eq(rmdir("/run/postern"), 0);
	write_node("/etc/postern/policy.d/a.conf", "a");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert(has_node("a"));
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 0);
}
END_TEST

START_TEST(etc_shadows_run_shadows_lib)
{
	if (!has_system_directories())
		return;
	write_node("/usr/lib/postern/policy.d/a.conf", "a-lib");
	write_node("/run/postern/policy.d/a.conf", "a-run");
	write_node("/etc/postern/policy.d/a.conf", "a-etc");
	write_node("/usr/lib/postern/policy.d/b.conf", "b-lib");
	write_node("/run/postern/policy.d/b.conf", "b-run");
	write_node("/usr/lib/postern/policy.d/c.conf", "c-lib");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_uint_eq(pst_policy_node_count(policy), 3);
	ck_assert(has_node("a-etc"));
	ck_assert(has_node("b-run"));
	ck_assert(has_node("c-lib"));
}
END_TEST

START_TEST(a_link_to_null_masks)
{
	if (!has_system_directories())
		return;
	write_node("/usr/lib/postern/policy.d/a.conf", "a");
	write_node("/usr/lib/postern/policy.d/b.conf", "b");
	ck_assert_int_eq(symlink("/dev/null", "/etc/postern/policy.d/a.conf"),
			 0);
	ck_assert_int_eq(load(NULL), 0);
	ck_assert(!has_node("a"));
	ck_assert(has_node("b"));
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 0);
}
END_TEST

START_TEST(a_stray_file_shadows_nothing)
{
	if (!has_system_directories())
		return;
	write_node("/etc/postern/policy.d/a.txt", "stray");
	write_node("/run/postern/policy.d/a.conf", "a");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert(has_node("a"));
	ck_assert(!has_node("stray"));
	ck_assert(has_finding("a.txt"));
}
END_TEST

START_TEST(one_untrusted_file_stops_all_nodes_and_no_client_of_others)
{
	if (!has_system_directories())
		return;
	write_node("/etc/postern/policy.d/a.conf", "a");
	write_node("/etc/postern/policy.d/b.conf", "b");
	ck_assert_int_eq(chmod("/etc/postern/policy.d/b.conf", 0664), 0);
	ck_assert_int_eq(load_with(NULL, 0, 0), 0);
	ck_assert_uint_eq(pst_diagnostics_error_count(diagnostics), 1);
	ck_assert(!opens("a"));
	ck_assert(can_be_reached("a"));
	ck_assert(!has_node("b"));
}
END_TEST

/* The file that it shadows may be the one that it was meant to replace. */
START_TEST(untrusted_file_still_shadows_its_namesake)
{
	if (!has_system_directories())
		return;
	write_node("/etc/postern/policy.d/a.conf", "a-etc");
	write_node("/run/postern/policy.d/a.conf", "a-run");
	write_node("/run/postern/policy.d/b.conf", "b");
	ck_assert_int_eq(chmod("/etc/postern/policy.d/a.conf", 0664), 0);
	ck_assert_int_eq(load_with(NULL, 0, 0), 0);
	ck_assert(!has_node("a-etc"));
	ck_assert(!has_node("a-run"));
	ck_assert(can_be_reached("b"));
}
END_TEST

START_TEST(directory_that_cannot_be_listed_shadows_all_behind_it)
{
	if (!has_system_directories())
		return;
	write_node("/etc/postern/policy.d/a.conf", "a");
	write_node("/run/postern/policy.d/b.conf", "b");
	write_node("/usr/lib/postern/policy.d/c.conf", "c");
	ck_assert_int_eq(chmod("/run/postern/policy.d", 0777), 0);
	ck_assert_int_eq(load_with(NULL, 0, 0), 0);
	ck_assert(!opens("a"));
	ck_assert(can_be_reached("a"));
	ck_assert(!has_node("b"));
	ck_assert(!has_node("c"));
}
END_TEST

static int load_candidate(const char *name, const char *text)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;

	(void)pst_policy_unref(policy); /* always NULL */
	policy = NULL;
	options.candidate_name = name;
	options.candidate_label = "candidate";
	options.candidate_text = text;
	options.candidate_bytes = strlen(text);
	return pst_policy_files_load(&options, diagnostics, &policy);
}

START_TEST(candidate_takes_the_place_of_its_namesakes)
{
	static const char text[] =
		"policy-version 1\n"
		"node new { owner user 0\nsocket /run/new\n}\nend\n";

	if (!has_system_directories())
		return;
	write_node("/etc/postern/policy.d/a.conf", "a");
	write_node("/run/postern/policy.d/b.conf", "b");
	write_node("/run/postern/policy.d/c.conf", "c");
	ck_assert_int_eq(load_candidate("a.conf", text), 0);
	ck_assert(has_node("new") && !has_node("a") && has_node("b"));
	ck_assert_int_eq(load_candidate("b.conf", text), 0);
	ck_assert(has_node("new") && has_node("a") && !has_node("b"));
	ck_assert_int_eq(symlink("/dev/null", "/etc/postern/policy.d/c.conf"),
			 0);
	ck_assert_int_eq(load_candidate("c.conf", text), 0);
	ck_assert(has_node("new") && has_node("a") && !has_node("c"));
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 0);
	ck_assert_int_eq(load_candidate("d.conf", "policy-version 1\n"), 0);
	ck_assert(has_finding("candidate"));
	ck_assert(!opens("a") && can_be_reached("a"));
	/* nothing was written */
	ck_assert_int_eq(load(NULL), 0);
	ck_assert(!has_node("new"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy files");
	TCase *tcase = tcase_create("files");
	SRunner *runner;
	int failed_count;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_file_loads_alone);
	tcase_add_test(tcase, a_missing_file_is_an_error);
	tcase_add_test(tcase, a_directory_is_no_policy_file);
	tcase_add_test(tcase, a_file_that_others_can_write_is_refused);
	tcase_add_test(tcase, symbolic_link_of_another_user_is_refused);
	tcase_add_test(
		tcase, a_file_in_a_directory_that_others_can_write_is_refused);
	tcase_add_test(tcase, a_file_of_another_user_is_refused);
	tcase_add_test(tcase, an_included_directory_is_read_once);
	tcase_add_test(tcase, only_conf_files_of_a_directory_are_read);
	tcase_add_test(tcase, a_missing_included_directory_is_a_warning);
	tcase_add_test(tcase,
		       error_in_an_included_file_stops_nodes_and_no_client);
	tcase_add_test(tcase,
		       single_file_that_cannot_be_parsed_does_not_load);
	tcase_add_test(
		tcase,
		single_file_with_an_error_in_a_block_loads_without_the_block);
	tcase_add_test(tcase, a_key_file_is_read);
	tcase_add_test(tcase, names_come_from_the_hosts_files);
	tcase_add_test(tcase, without_pidfs_a_pid_is_an_error);
	tcase_add_test(tcase, a_process_is_alive_when_number_and_inode_fit);
	tcase_add_test(tcase, a_missing_system_directory_is_fine);
	tcase_add_test(tcase, etc_shadows_run_shadows_lib);
	tcase_add_test(tcase, a_link_to_null_masks);
	tcase_add_test(tcase, a_stray_file_shadows_nothing);
	tcase_add_test(
		tcase,
		one_untrusted_file_stops_all_nodes_and_no_client_of_others);
	tcase_add_test(tcase, untrusted_file_still_shadows_its_namesake);
	tcase_add_test(tcase, candidate_takes_the_place_of_its_namesakes);
	tcase_add_test(tcase,
		       directory_that_cannot_be_listed_shadows_all_behind_it);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
