/* SPDX-License-Identifier: ISC */
/*
 * Texts for humans: diagnostics and explanations
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_diagnostics.h"
#include "support/policy_host.h"
#include "support/test_case.h"

static char *explain(const char *text, const struct postern_subject *subject)
{
	struct postern_policy *policy = policy_load_valid(text);
	char *explanation;

	ck_assert_int_eq(
		pst_policy_explain(policy, "n", subject, &explanation), 0);
	pst_policy_unref(policy);
	return explanation;
}

static const char explained[] =
	"policy-version 1\n"
	"peer p { user alice\nunit a.service }\n"
	"peer q { group acme }\n"
	"tenant t { members q }\n"
	"node n { owner user bob\nsocket /n\ndeny q\n"
	"allow p q { direction both\nobserve\nlimits { rate 5/s\n"
	"ring 64KiB } }\n}\nend\n";

START_TEST(an_explanation_names_every_rule_and_line)
{
	struct postern_subject subject = policy_subject(1001, 5009);
	char *explanation;

	subject.uid = 1002;
	explanation = explain(explained, &subject);
	ck_assert_str_eq(
		explanation,
		"node n at test.conf:6\n"
		"process: uid 1002, gid 5009, no other groups, pid 4711, no "
		"key\n"
		"\n"
		"deny q                                      "
		"not matched     test.conf:8\n"
		"  peer q                                    "
		"no              test.conf:4\n"
		"    group acme                              "
		"no              test.conf:4\n"
		"allow p q                                   "
		"not matched     test.conf:9\n"
		"  peer p                                    "
		"no              test.conf:2\n"
		"    user alice                              "
		"no              test.conf:2\n"
		"    unit a.service                          "
		"unknown         test.conf:3\n"
		"  peer q                                    "
		"no              test.conf:4\n"
		"    group acme                              "
		"no              test.conf:4\n"
		"tenant t                                    "
		"not a member    test.conf:5\n"
		"  peer q                                    "
		"no              test.conf:4\n"
		"    group acme                              "
		"no              test.conf:4\n"
		"\n"
		"verdict: refused: no allow of the node matches the process\n"
		"  by node n at test.conf:6\n");
	free(explanation);
}
END_TEST

START_TEST(an_explanation_says_who_set_each_limit)
{
	struct postern_subject subject = policy_subject(1001, 5009);
	char *explanation;

	subject.unit_fact = POSTERN_FACT_KNOWN;
	subject.unit = "a.service";
	/* alice is listed in acme: only without the deny is she admitted */
	explanation = explain(explained, &subject);
	ck_assert(strstr(explanation, "verdict: refused: the process is peer "
				      "'q', which the node denies\n"
				      "  by deny q at test.conf:8\n"));
	free(explanation);

	subject.uid = 1001;
	explanation = explain("policy-version 1\npeer p { user alice }\n"
			      "node n { owner user bob\nsocket /n\n"
			      "allow p { direction both\nobserve\n"
			      "limits { rate 5/s\nring 64KiB } } }\nend\n",
			      &subject);
	ck_assert(strstr(explanation, "verdict: admitted as peer 'p'\n"
				      "  direction  both, may observe\n"));
	ck_assert(strstr(explanation, "  channel    ring             64KiB     "
				      "      test.conf:8\n"));
	ck_assert(strstr(explanation, "  channel    rate burst       5         "
				      "      test.conf:7\n"));
	ck_assert(strstr(explanation, "  channel    on-exceed        block     "
				      "      built in\n"));
	free(explanation);
}
END_TEST

START_TEST(an_explanation_says_when_pidns_any_is_missing)
{
	struct postern_subject subject = policy_subject(1001, 1);
	char *explanation;

	subject.pid = 0;
	explanation = explain("policy-version 1\npeer p { user alice }\n"
			      "node n { owner user bob\nsocket /n\n"
			      "allow p { direction both } }\nend\n",
			      &subject);
	ck_assert(strstr(explanation, "no: hidden pid without pidns any"));
	free(explanation);
}
END_TEST

START_TEST(an_unknown_node_cannot_be_explained)
{
	struct postern_policy *policy =
		policy_load_valid("policy-version 1\nend\n");
	struct postern_subject subject = policy_subject(1, 1);
	char *explanation = NULL;

	ck_assert_int_eq(
		pst_policy_explain(policy, "n", &subject, &explanation),
		-ENOENT);
	ck_assert_ptr_null(explanation);
	pst_policy_unref(policy);
}
END_TEST

static void add(struct postern_diagnostics *diagnostics,
		enum postern_severity severity, const char *file, uint32_t line,
		uint32_t column)
{
	struct postern_diagnostic diagnostic = {
		.severity = severity,
		.file = file,
		.line = line,
		.column = column,
		.width = 3,
		.message = "it is wrong",
		.source_line = "\ta\x1b b cdef",
		.hint = "mend\nit",
	};

	ck_assert_int_eq(pst_diagnostics_add(diagnostics, &diagnostic, 10), 0);
}

START_TEST(findings_come_in_the_order_of_places)
{
	static const struct {
		const char *file;
		uint32_t line;
		uint32_t column;
	} wanted[] = {{"b", 1, 1}, {"b", 2, 1}, {"b", 2, 5}, {"a", 1, 1}};
	struct postern_diagnostics *diagnostics;
	const struct postern_diagnostic *diagnostic;
	size_t i;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	add(diagnostics, POSTERN_SEVERITY_ERROR, "b", 2, 5);
	add(diagnostics, POSTERN_SEVERITY_ERROR, "a", 1, 1);
	add(diagnostics, POSTERN_SEVERITY_WARNING, "b", 2, 1);
	add(diagnostics, POSTERN_SEVERITY_ERROR, "b", 1, 1);
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 4);
	ck_assert_uint_eq(pst_diagnostics_error_count(diagnostics), 3);
	for (i = 0; i < 4; i++) {
		diagnostic = pst_diagnostics_at(diagnostics, i);
		ck_assert_str_eq(diagnostic->file, wanted[i].file);
		ck_assert_uint_eq(diagnostic->line, wanted[i].line);
		ck_assert_uint_eq(diagnostic->column, wanted[i].column);
	}
	ck_assert_ptr_null(pst_diagnostics_at(diagnostics, 4));
	pst_diagnostics_free(diagnostics);
}
END_TEST

START_TEST(a_finding_never_shows_control_characters)
{
	struct postern_diagnostics *diagnostics;
	char *text;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	add(diagnostics, POSTERN_SEVERITY_WARNING, "a\x1b", 7, 7);
	ck_assert_int_eq(
		pst_diagnostics_format(pst_diagnostics_at(diagnostics, 0),
				       &text),
		0);
	/* the caret stays below its byte behind a tab */
	ck_assert_str_eq(text, "a?:7:7: warning: it is wrong\n"
			       "    7 | \ta? b cdef\n"
			       "      | \t     ^~~\n"
			       "      = mend?it\n");
	free(text);
	pst_diagnostics_free(diagnostics);
}
END_TEST

/* One line about a peer that an exe narrows, as explain gives it. */
static void assert_exe_answer(const struct postern_subject *subject,
			      const char *wanted)
{
	struct postern_policy *policy = policy_load_valid(
		"policy-version 1\npeer p { user alice\nexe /bin/x }\n"
		"node n {\nowner user bob\nsocket /run/n\n"
		"allow p { direction send }\n}\nend\n");
	char *text = NULL;

	ck_assert_int_eq(pst_policy_explain(policy, "n", subject, &text), 0);
	if (!strstr(text, wanted))
		ck_abort_msg("no '%s' in: %s", wanted, text);
	free(text);
	pst_policy_unref(policy);
}

START_TEST(explain_says_why_an_exe_does_not_match)
{
	struct postern_subject subject = policy_subject(1001, 1);

	assert_exe_answer(&subject, "unknown: only root can read it");
	subject.exe_fact = POSTERN_FACT_KNOWN;
	subject.exe = "/bin/x (deleted)";
	assert_exe_answer(&subject, "no: its file was replaced");
	subject.exe = "/bin/x";
	assert_exe_answer(&subject, "exe /bin/x                              "
				    "yes");
	subject.exe_fact = POSTERN_FACT_UNKNOWN;
	subject.pid_fact = POSTERN_FACT_UNKNOWN; /* explain --user */
	assert_exe_answer(&subject, "exe /bin/x                              "
				    "unknown      ");
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
