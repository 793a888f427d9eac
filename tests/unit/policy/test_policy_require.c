/* SPDX-License-Identifier: ISC */
/*
 * Features that a node requires: read, merged, compared and shown
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <postern/result.h>

#include "unit/policy/diff_case.h"

#define RULES HEAD PEERS NODE ALLOW

START_TEST(require_lines_of_node_and_extension_are_all_kept)
{
	struct pst_policy_required required;
	struct postern_policy *policy = policy_load_valid(
		RULES "require passrights peerpidfd\nrequire aes\n}\n"
		      "extend node n {\n    require  pidfs noexec-seal\n}\n"
		      "end\n");
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");

	ck_assert(pst_policy_find_unmet(node, 0, &required));
	ck_assert_uint_eq(required.features, POSTERN_FEATURE_PASSRIGHTS |
					     POSTERN_FEATURE_PEERPIDFD);
	ck_assert_str_eq(required.words, "require passrights peerpidfd");
	ck_assert_uint_eq(required.line, 9);
	ck_assert(pst_policy_find_unmet(node, required.features, &required));
	ck_assert_uint_eq(required.features, POSTERN_FEATURE_AES);
	ck_assert(pst_policy_find_unmet(
		node,
		POSTERN_FEATURES_ALL & ~(uint32_t)POSTERN_FEATURE_NOEXEC_SEAL,
		&required));
	ck_assert_uint_eq(required.features, POSTERN_FEATURE_PIDFS |
					     POSTERN_FEATURE_NOEXEC_SEAL);
	ck_assert_uint_eq(required.line, 13);
	ck_assert(!pst_policy_find_unmet(node, POSTERN_FEATURES_ALL,
					 &required));
	pst_policy_unref(policy);
}
END_TEST

START_TEST(node_without_require_requires_nothing)
{
	struct postern_policy *policy = policy_load_valid(RULES TAIL);
	struct pst_policy_required required;

	ck_assert(!pst_policy_find_unmet(pst_policy_find_node(policy, "n"), 0,
					 &required));
	pst_policy_unref(policy);
}
END_TEST

static const struct {
	const char *text;
	const char *finding;
} mistakes[] = {
	{RULES "require passright\n" TAIL,
	 "test.conf:9:9: error: unknown word 'passright' in 'require'"},
	{RULES "require aes all\n" TAIL,
	 "test.conf:9:13: error: unknown word 'all' in 'require'"},
	{RULES "require\n" TAIL, "test.conf:9:1: error: 'require' needs a"},
	{HEAD PEERS "tenant t { members alice\nrequire aes }\nend\n",
	 "test.conf:6:1: error: unknown key 'require' in 'tenant'"},
	{HEAD PEERS NODE "allow alice { direction send\nrequire aes }\n" TAIL,
	 "test.conf:9:1: error: unknown key 'require' in 'allow'"},
};

START_TEST(require_with_a_mistake_is_an_error)
{
	char *findings = policy_findings(mistakes[_i].text);

	ck_assert_msg(strstr(findings, mistakes[_i].finding) == findings, "%s",
		      findings);
	free(findings);
}
END_TEST

/* -- a host that lacks one ------------------------------------------------- */

static uint32_t all_but_pidfs(void *user_data)
{
	(void)user_data;
	return POSTERN_FEATURES_ALL & ~(uint32_t)POSTERN_FEATURE_PIDFS;
}

/* The number of findings of a text that is valid; *ret_first is the first. */
static size_t load_there(uint32_t (*find_features)(void *user_data),
			 const char *text, char **ret_first)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	struct postern_policy *policy;
	size_t count;

	options.host.find_features = find_features;
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_policy_builder_new(&options, diagnostics,
						&builder), 0);
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "test.conf",
						       text, strlen(text), 0),
			 0);
	ck_assert_int_eq(pst_policy_builder_finish(builder, &policy), 0);
	pst_policy_builder_free(builder);
	pst_policy_unref(policy);
	count = pst_diagnostics_count(diagnostics);
	*ret_first = NULL;
	if (count > 0)
		ck_assert_int_eq(pst_diagnostics_format(
			pst_diagnostics_at(diagnostics, 0), ret_first), 0);
	pst_diagnostics_free(diagnostics);
	return count;
}

START_TEST(required_feature_that_the_host_lacks_is_a_warning)
{
	char *first;

	ck_assert_uint_eq(load_there(all_but_pidfs,
				     RULES "require aes pidfs\n" TAIL, &first),
			  1);
	ck_assert_str_eq(first,
			 "test.conf:9:13: warning: this host lacks the feature "
			 "'pidfs'\n"
			 "    9 | require aes pidfs\n"
			 "      |             ^~~~~\n"
			 "      = the node cannot be opened here; 'postern "
			 "doctor' lists the features\n");
	free(first);
}
END_TEST

START_TEST(required_feature_that_the_host_has_is_no_finding)
{
	char *first;

	ck_assert_uint_eq(load_there(all_but_pidfs,
				     RULES "require aes passrights\n" TAIL,
				     &first), 0);
	ck_assert_uint_eq(load_there(NULL, RULES "require pidfs\n" TAIL,
				     &first), 0);
}
END_TEST

/* -- texts ----------------------------------------------------------------- */

START_TEST(diff_tells_which_features_are_required_anew_and_no_longer)
{
	assert_diff(RULES "require aes pidfs\n" TAIL,
		    RULES "require pidfs\nrequire peerpidfd\n" TAIL, 2,
		    "node n\n"
		    "    - require aes (test.conf:9)\n"
		    "    + require peerpidfd (test.conf:10)\n");
	assert_diff(RULES "require aes pidfs\n" TAIL,
		    RULES "require pidfs\nrequire aes\n" TAIL, 0,
		    "no difference\n");
}
END_TEST

START_TEST(diff_lists_the_requirements_of_a_node_that_is_new)
{
	assert_diff(HEAD PEERS "end\n",
		    HEAD PEERS NODE "require aes pidfs\n" TAIL, 1,
		    "node n\n"
		    "    + added: owner ordersd, socket /run/n mode 0660, "
		    "require pidfs, require aes (test.conf:5)\n");
}
END_TEST

START_TEST(shown_policy_requires_the_same)
{
	struct postern_policy *policy = policy_load_valid(
		RULES "require aes\n}\nextend node n { require pidfs }\n"
		      "end\n");
	struct postern_policy *again;
	char *text;

	ck_assert_int_eq(pst_policy_show(policy, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n    require aes "));
	ck_assert_ptr_nonnull(strstr(text, "\n    require pidfs "));
	again = policy_load_valid(text);
	assert_diff_of(policy, again, 0, "no difference\n");
	pst_policy_unref(again);
	pst_policy_unref(policy);
	free(text);
}
END_TEST

START_TEST(require_is_formatted_between_security_and_slots)
{
	static const char text[] = RULES "slots 3\nrequire  aes\n"
					 "security mac\n" TAIL;
	struct postern_diagnostics *diagnostics;
	char *formatted;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_policy_format(text, strlen(text), "x.conf", 0,
					   &policy_host, diagnostics,
					   &formatted), 0);
	ck_assert_ptr_nonnull(strstr(formatted, "    security mac\n"
						"    require aes\n"
						"    slots 3\n"));
	free(formatted);
	pst_diagnostics_free(diagnostics);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy require");
	TCase *tcase = tcase_create("require");
	SRunner *runner;
	int failed_count;

	tcase_add_test(tcase,
		       require_lines_of_node_and_extension_are_all_kept);
	tcase_add_test(tcase, node_without_require_requires_nothing);
	tcase_add_loop_test(tcase, require_with_a_mistake_is_an_error, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(tcase,
		       required_feature_that_the_host_lacks_is_a_warning);
	tcase_add_test(tcase, required_feature_that_the_host_has_is_no_finding);
	tcase_add_test(
		tcase,
		diff_tells_which_features_are_required_anew_and_no_longer);
	tcase_add_test(tcase,
		       diff_lists_the_requirements_of_a_node_that_is_new);
	tcase_add_test(tcase, shown_policy_requires_the_same);
	tcase_add_test(tcase, require_is_formatted_between_security_and_slots);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
