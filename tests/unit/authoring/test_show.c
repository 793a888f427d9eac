/* SPDX-License-Identifier: ISC */
/*
 * The merged policy as a text
 */
#include <stdlib.h>
#include <string.h>

#include "unit/authoring/diff_case.h"
#include "support/test_case.h"

START_TEST(show_gives_the_location_of_every_line)
{
	static const char *const texts[] = {
		"policy-version 1\n"
		"peer p { label \"a b\" }\n"
		"node n { owner user alice\nsocket /n\nsecurity none\n"
		"allow p { direction send\nsecurity none }\n"
		"limits { ring 1MiB\nmessage 512KiB } }\nend\n",
		"policy-version 1\n"
		"limits { rate 9/s burst 5 }\nlimits { rate 8/s burst 6 }\n"
		"extend node n { deny p\nsecurity mac\n"
		"limits { ring 4KiB } }\nend\n",
	};
	static const char wanted[] =
		"policy-version 1\n"
		"\n"
		"limits {\n"
		"    rate 8/s burst 5                                    "
		"# 2.conf:3, burst 2.conf:2\n"
		"}\n"
		"\n"
		"peer p {                                                "
		"# 1.conf:2\n"
		"    label \"a b\"                                         "
		"# 1.conf:2\n"
		"}\n"
		"\n"
		"node n {                                                "
		"# 1.conf:3\n"
		"    owner user alice                                    "
		"# 1.conf:3\n"
		"    socket /n                                           "
		"# 1.conf:4\n"
		"    security mac                                        "
		"# 2.conf:5\n"
		"    allow p {                                           "
		"# 1.conf:6\n"
		"        direction send                                  "
		"# 1.conf:6\n"
		"    }\n"
		"    deny p                                              "
		"# 2.conf:4\n"
		"    limits {\n"
		"        ring 4KiB                                       "
		"# 2.conf:6\n"
		"        message 4088B                                   "
		"# 2.conf:6\n"
		"    }\n"
		"}\n"
		"\n"
		"end\n";
	struct postern_policy *policy = NULL;
	char *shown;

	ck_assert_int_eq(policy_load_texts(texts, 2, NULL, &policy), 0);
	ck_assert_int_eq(pst_show_policy(policy, &shown), 0);
	ck_assert_str_eq(shown, wanted);
	free(shown);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(show_keeps_requirements)
{
	struct postern_policy *policy = policy_load_valid(
		HEAD PEERS NODE ALLOW "require aes\n}\nextend node n { require pidfs }\n"
		      "end\n");
	struct postern_policy *again;
	char *text;

	ck_assert_int_eq(pst_show_policy(policy, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n    require aes "));
	ck_assert_ptr_nonnull(strstr(text, "\n    require pidfs "));
	again = policy_load_valid(text);
	assert_diff_of(policy, again, 0, "no difference\n");
	pst_policy_unref(again);
	pst_policy_unref(policy);
	free(text);
}
END_TEST

int main(void)
{
	policy_host_flags = PST_POLICY_KEEP_DIRECTIVES;
	return RUN_TESTS();
}
