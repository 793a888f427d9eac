/* SPDX-License-Identifier: ISC */
/*
 * A node whose policy requires features is opened with all of them or not at all
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/inspect.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define BEGIN \
	"policy-version 1\n" \
	"peer friend {\n	user $peer\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock\n"
#define END "	allow friend {\n		direction both\n	}\n}\nend\n"
#define REQUIRE_LINE 9

static const struct {
	uint32_t feature;
	const char *name;
	const char *policy;
} cases[] = {
#define CASE(feature, name) \
	{feature, name, BEGIN "	security none\n	require " name "\n" END}
	CASE(POSTERN_FEATURE_PASSRIGHTS, "passrights"),
	CASE(POSTERN_FEATURE_PEERPIDFD, "peerpidfd"),
	CASE(POSTERN_FEATURE_PIDFS, "pidfs"),
	CASE(POSTERN_FEATURE_NOEXEC_SEAL, "noexec-seal"),
	CASE(POSTERN_FEATURE_AES, "aes"),
};

static struct scene scene;

static void open_scene(const char *policy)
{
	scene_init(&scene);
	scene_load(&scene, policy);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
}

START_TEST(open_without_a_required_feature_fails_and_names_it,
	   .loop_end = sizeof(cases) / sizeof(cases[0]))
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	char rule[64];
	size_t fds_before;

	open_scene(cases[_i].policy);
	fds_before = inspect_fd_count();
	ck_assert_int_eq(scene_try_open(&scene, cases[_i].feature, &error),
			 -EOPNOTSUPP);
	ck_assert_int_eq(error.reason, POSTERN_REASON_FEATURE);
	(void)snprintf(rule, sizeof(rule), "require %s", cases[_i].name);
	ck_assert_str_eq(error.rule, rule);
	ck_assert_uint_eq(error.line, REQUIRE_LINE);
	ck_assert_ptr_nonnull(strstr(error.file, "policy"));
	ck_assert_ptr_nonnull(strstr(error.detail, cases[_i].name));
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	scene_close(&scene);
}
END_TEST

START_TEST(open_with_a_required_feature_works,
	   .loop_end = sizeof(cases) / sizeof(cases[0]))
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	skip_unless((test_features() & cases[_i].feature) != 0,
		    cases[_i].name);
	open_scene(cases[_i].policy);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), 0);
	scene_close(&scene);
}
END_TEST

START_TEST(every_missing_feature_of_the_line_is_named)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	open_scene(BEGIN "	require peerpidfd passrights pidfs\n" END);
	ck_assert_int_eq(scene_try_open(&scene, POSTERN_FEATURE_PASSRIGHTS |
					POSTERN_FEATURE_PIDFS |
					POSTERN_FEATURE_PEERPIDFD, &error),
			 -EOPNOTSUPP);
	ck_assert_str_eq(error.detail,
			 "this host lacks passrights peerpidfd pidfs, which "
			 "the policy requires: see postern doctor");
	scene_close(&scene);
}
END_TEST

START_TEST(feature_that_an_extension_requires_counts)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	open_scene(BEGIN "	allow friend {\n		direction both\n"
			 "	}\n}\nextend node orders {\n"
			 "	require noexec-seal\n}\nend\n");
	ck_assert_int_eq(scene_try_open(&scene, POSTERN_FEATURE_NOEXEC_SEAL,
					&error),
			 -EOPNOTSUPP);
	ck_assert_str_eq(error.rule, "require noexec-seal");
	scene_close(&scene);
}
END_TEST

START_TEST(reload_with_an_unmet_require_keeps_the_old_policy,
	   .loop_end = sizeof(cases) / sizeof(cases[0]))
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	uint32_t lost = 77;

	scene_init(&scene);
	scene_load_next(&scene, cases[_i].policy);
	scene_load(&scene, BEGIN END);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, cases[_i].feature, &error),
			 0);
	ck_assert_int_eq(postern_node_reload(scene.node, scene.next, &lost,
					     &error), -EOPNOTSUPP);
	ck_assert_int_eq(error.reason, POSTERN_REASON_FEATURE);
	ck_assert_ptr_nonnull(strstr(error.detail, cases[_i].name));
	ck_assert_uint_eq(lost, 77);
	/* The old one is in effect, and is accepted again. */
	ck_assert_int_eq(postern_node_reload(scene.node, scene.policy, &lost,
					     &error), 0);
	scene_close(&scene);
}
END_TEST

START_TEST(load_on_a_host_without_the_feature_warns_and_succeeds,
	   .loop_end = sizeof(cases) / sizeof(cases[0]))
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *diagnostics;
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	struct postern_policy *policy;

	scene_init(&scene);
	scene_load(&scene, cases[_i].policy);
	options.file = scene.policy_path;
	options.disable_features = cases[_i].feature | test_disable_features();
	ck_assert_int_eq(postern_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(postern_policy_load(&options, diagnostics, &policy),
			 0);
	ck_assert_int_eq(postern_diagnostics_at(diagnostics, 0, &finding), 0);
	ck_assert_int_eq(finding.severity, POSTERN_SEVERITY_WARNING);
	ck_assert_uint_eq(finding.line, REQUIRE_LINE);
	ck_assert_ptr_nonnull(strstr(finding.message, cases[_i].name));
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
