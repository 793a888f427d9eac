/* SPDX-License-Identifier: ISC */
/*
 * Features that a node requires: read and merged
 */
#include <stdlib.h>
#include <string.h>

#include <postern/result.h>

#include "policy/policy_table.h"
#include "support/policy_host.h"
#include "support/test_case.h"

#define HEAD "policy-version 1\n"
#define PEERS \
	"peer alice { user alice }\n" \
	"peer bob { user bob }\n" \
	"peer acme { group acme }\n"
#define NODE "node n {\nowner user ordersd\nsocket /run/n\n"
#define TAIL "}\nend\n"
#define RULES HEAD PEERS NODE "allow alice { direction send }\n"

START_TEST(require_lines_of_node_and_extension_are_all_kept)
{
	const struct pst_policy_requirement *required;
	struct postern_policy *policy = policy_load_valid(
		RULES "require passrights peerpidfd\nrequire aes\n}\n"
		      "extend node n {\n    require  pidfs noexec-seal\n}\n"
		      "end\n");
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");

	required = pst_policy_find_unmet(node, 0);
	ck_assert_uint_eq(required->features, POSTERN_FEATURE_PASSRIGHTS |
					     POSTERN_FEATURE_PEERPIDFD);
	ck_assert_str_eq(required->words, "require passrights peerpidfd");
	ck_assert_uint_eq(required->location.line, 9);
	required = pst_policy_find_unmet(node, required->features);
	ck_assert_uint_eq(required->features, POSTERN_FEATURE_AES);
	required = pst_policy_find_unmet(
		node,
		POSTERN_FEATURES_ALL & ~(uint32_t)POSTERN_FEATURE_NOEXEC_SEAL);
	ck_assert_uint_eq(required->features, POSTERN_FEATURE_PIDFS |
					     POSTERN_FEATURE_NOEXEC_SEAL);
	ck_assert_uint_eq(required->location.line, 13);
	ck_assert_ptr_null(pst_policy_find_unmet(node, POSTERN_FEATURES_ALL));
	pst_policy_unref(policy);
}
END_TEST

START_TEST(node_without_require_requires_nothing)
{
	struct postern_policy *policy = policy_load_valid(RULES TAIL);

	ck_assert_ptr_null(pst_policy_find_unmet(
		pst_policy_find_node(policy, "n"), 0));
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

START_TEST(require_with_a_mistake_is_an_error,
	   .loop_end = sizeof(mistakes) / sizeof(mistakes[0]))
{
	char *findings = policy_findings(mistakes[_i].text);

	ck_assert_msg(strstr(findings, mistakes[_i].finding) == findings, "%s",
		      findings);
	free(findings);
}
END_TEST

/* -- a host that lacks one ------------------------------------------------- */

/* The number of findings of a text that is valid; *ret_first is the first. */
static size_t load_there(uint32_t missing_features, const char *text,
			 char **ret_first)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	struct postern_policy *policy;
	size_t count;

	options.missing_features = missing_features;
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

	ck_assert_uint_eq(load_there(POSTERN_FEATURE_PIDFS,
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

	ck_assert_uint_eq(load_there(POSTERN_FEATURE_PIDFS,
				     RULES "require aes passrights\n" TAIL,
				     &first), 0);
	ck_assert_uint_eq(load_there(0, RULES "require pidfs\n" TAIL,
				     &first), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
