/* SPDX-License-Identifier: ISC */
/*
 * The system's policy directories: which of their files count
 *
 * They are tested in a mount namespace of the test's own, which takes root.
 */
#include "policy/policy_table.h"
#include "unit/policy/policy_load_case.h"

#include <sched.h>
#include <sys/mount.h>

#include "support/test_case.h"

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
	ck_assert_uint_eq(policy->node_count, 3);
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

/* Its files, and its masks, are there but for the path. */
static void check_behind_dangling_link(uint32_t flags)
{
	ck_assert_int_eq(load_with(NULL, flags, 0), 0);
	ck_assert_uint_gt(pst_diagnostics_error_count(diagnostics), 0);
	ck_assert(has_finding("policy.d leads through a symbolic link"));
	ck_assert(!has_node("masked"));
	ck_assert(!has_node("a"));
}

START_TEST(dangling_link_at_a_system_directory_shadows_all_behind_it)
{
	if (!has_system_directories())
		return;
	write_node("/run/postern/policy.d/a.conf", "a");
	write_node("/usr/lib/postern/policy.d/b.conf", "masked");
	ck_assert_int_eq(rmdir("/etc/postern/policy.d"), 0);
	ck_assert_int_eq(symlink("real", "/etc/postern/policy.d"), 0);
	check_behind_dangling_link(0);
	check_behind_dangling_link(POSTERN_POLICY_WARN_ON_UNTRUSTED);

	ck_assert_int_eq(mkdir("/etc/postern/real", 0755), 0);
	ck_assert_int_eq(symlink("/dev/null", "/etc/postern/real/b.conf"), 0);
	ck_assert_int_eq(load(NULL), 0);
	ck_assert(opens("a") && !has_node("masked"));
}
END_TEST

START_TEST(dangling_link_above_a_system_directory_shadows_all_behind_it)
{
	if (!has_system_directories())
		return;
	write_node("/run/postern/policy.d/a.conf", "a");
	ck_assert_int_eq(rename("/etc/postern", "/etc/moved"), 0);
	ck_assert_int_eq(symlink("gone", "/etc/postern"), 0);
	check_behind_dangling_link(0);
	/* also where the way to the link is not trusted */
	ck_assert_int_eq(chmod("/etc", 0775), 0);
	check_behind_dangling_link(POSTERN_POLICY_WARN_ON_UNTRUSTED);
	ck_assert_int_eq(unlink("/etc/postern"), 0);
	ck_assert_int_eq(
		load_with(NULL, POSTERN_POLICY_WARN_ON_UNTRUSTED, 0), 0);
	ck_assert(opens("a"));
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
	return pst_policy_load(&options, pst_features_probe(0), diagnostics,
			       &policy);
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
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
