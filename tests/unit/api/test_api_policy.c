/* SPDX-License-Identifier: ISC */
/*
 * <postern/policy.h> at its edge: arguments, versions of structs, ownership
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postern/policy.h>

#include "support/test_case.h"

static char path[64];

/* The smallest policy that admits somebody: this very user, to his node. */
static struct postern_policy *load(void)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_policy *policy = NULL;
	FILE *file;
	int fd;

	strcpy(path, "/tmp/postern-api-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"policy-version 1\npeer p { user 4242 }\n"
		"node n {\nowner user %u\nsocket /run/n\n"
		"allow p { direction send }\n}\nend\n",
		(unsigned int)geteuid());
	ck_assert_int_eq(fclose(file), 0);
	options.file = path;
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy), 0);
	ck_assert_int_eq(unlink(path), 0);
	return policy;
}

START_TEST(null_arguments_are_refused)
{
	struct postern_subject subject = POSTERN_SUBJECT_INIT;
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	struct postern_diagnostics *diagnostics;
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	struct postern_policy *policy = load();
	char *text;

	ck_assert_int_eq(postern_policy_load(NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(postern_policy_decide(NULL, "n", &subject, &decision),
			 -EINVAL);
	ck_assert_int_eq(
		postern_policy_decide(policy, NULL, &subject, &decision),
		-EINVAL);
	ck_assert_int_eq(postern_policy_decide(policy, "n", NULL, &decision),
			 -EINVAL);
	ck_assert_int_eq(postern_policy_decide(policy, "n", &subject, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_policy_explain(NULL, "n", &subject, &text),
			 -EINVAL);
	ck_assert_int_eq(postern_policy_explain(policy, "n", &subject, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_policy_node_at(policy, 0, NULL), -EINVAL);
	ck_assert_int_eq(postern_policy_node_at(NULL, 0, &description),
			 -EINVAL);
	ck_assert_uint_eq(postern_policy_node_count(NULL), 0);

	ck_assert_int_eq(postern_diagnostics_new(NULL), -EINVAL);
	ck_assert_int_eq(postern_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(postern_diagnostics_at(NULL, 0, &diagnostic),
			 -EINVAL);
	ck_assert_int_eq(postern_diagnostics_at(diagnostics, 0, &diagnostic),
			 -ENOENT);
	ck_assert_int_eq(postern_diagnostics_format(diagnostics, 0, &text),
			 -ENOENT);
	ck_assert_uint_eq(postern_diagnostics_count(NULL), 0);
	ck_assert_uint_eq(postern_diagnostics_error_count(NULL), 0);
	ck_assert_ptr_null(postern_diagnostics_free(diagnostics));
	ck_assert_ptr_null(postern_diagnostics_free(NULL));
	ck_assert_ptr_null(postern_policy_free(policy));
	ck_assert_ptr_null(postern_policy_free(NULL));
}
END_TEST

START_TEST(unknown_flags_are_refused)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_policy *policy = NULL;

	options.flags = 1u << 31;
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
	options.flags = 0;
	options.disable_features = 1u << 31;
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
	options.disable_features = 0;
	options.candidate_text = "";
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
	options.candidate_name = "no-suffix";
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
	options.candidate_name = "../a.conf";
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
	options.candidate_name = "a.conf";
	options.file = "/etc/hostname";
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
	ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(a_struct_without_its_size_is_refused)
{
	struct postern_subject subject = {0};
	struct postern_decision decision = {0};
	struct postern_policy *policy = load();

	ck_assert_int_eq(
		postern_policy_decide(policy, "n", &subject, &decision),
		-EINVAL);
	subject.size_bytes = sizeof(subject);
	ck_assert_int_eq(
		postern_policy_decide(policy, "n", &subject, &decision),
		-EINVAL);
	postern_policy_free(policy);
}
END_TEST

/* A program built with a newer header; and sizes that no header ever had. */
START_TEST(structs_of_another_size_are_understood_or_refused)
{
	struct {
		struct postern_decision decision;
		unsigned char later[32];
	} newer;
	struct postern_subject subject = POSTERN_SUBJECT_INIT;
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	struct postern_decision smaller;
	struct postern_policy *policy = load();
	size_t i;

	subject.uid_fact = POSTERN_FACT_KNOWN;
	subject.uid = 4242;
	memset(&newer, 0xee, sizeof(newer));
	newer.decision.size_bytes = sizeof(newer);
	ck_assert_int_eq(
		postern_policy_decide(policy, "n", &subject, &newer.decision),
		0);
	ck_assert_uint_eq(newer.decision.is_allowed, 1);
	ck_assert_uint_eq(newer.decision.size_bytes, sizeof(newer));
	for (i = 0; i < sizeof(newer.later); i++)
		ck_assert_uint_eq(newer.later[i], 0);

	memset(&smaller, 0xee, sizeof(smaller));
	smaller.size_bytes = offsetof(struct postern_decision, may_observe);
	ck_assert_int_eq(postern_policy_decide(policy, "n", &subject, &smaller),
			 -EINVAL);
	for (i = sizeof(size_t); i < sizeof(smaller); i++)
		ck_assert_uint_eq(((unsigned char *)&smaller)[i], 0xee);
	subject.size_bytes = offsetof(struct postern_subject, uid);
	ck_assert_int_eq(postern_policy_decide(policy, "n", &subject,
					       &newer.decision), -EINVAL);
	description.size_bytes = POSTERN_STRUCT_BYTES_MAX + 1;
	ck_assert_int_eq(postern_policy_node_at(policy, 0, &description),
			 -EINVAL);
	postern_policy_free(policy);
}
END_TEST

START_TEST(a_policy_decides_explains_and_lists)
{
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	struct postern_subject subject = POSTERN_SUBJECT_INIT;
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct postern_policy *policy = load();
	char *text;

	subject.uid_fact = POSTERN_FACT_KNOWN;
	subject.uid = 4242;
	ck_assert_int_eq(
		postern_policy_decide(policy, "n", &subject, &decision), 0);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_str_eq(decision.peer_name, "p");
	ck_assert_int_eq(
		postern_policy_decide(policy, "m", &subject, &decision), 0);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_UNKNOWN_NODE);

	ck_assert_int_eq(postern_policy_explain(policy, "n", &subject, &text),
			 0);
	ck_assert_ptr_nonnull(strstr(text, "admitted"));
	free(text);
	ck_assert_int_eq(postern_policy_explain(policy, "m", &subject, &text),
			 -ENOENT);

	ck_assert_uint_eq(postern_policy_node_count(policy), 1);
	ck_assert_int_eq(postern_policy_node_at(policy, 0, &description), 0);
	ck_assert_str_eq(description.socket_path, "/run/n");
	ck_assert_int_eq(postern_policy_node_at(policy, 1, &description),
			 -ENOENT);
	postern_policy_free(policy);
}
END_TEST

START_TEST(an_invalid_policy_says_why)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *diagnostics;
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	struct postern_policy *policy = NULL;
	char *text;

	options.file = "/nonexistent/postern.conf";
	ck_assert_int_eq(postern_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(postern_policy_load(&options, diagnostics, &policy),
			 -EINVAL);
	ck_assert_ptr_null(policy);
	ck_assert_uint_eq(postern_diagnostics_error_count(diagnostics), 1);
	ck_assert_int_eq(postern_diagnostics_at(diagnostics, 0, &diagnostic),
			 0);
	ck_assert_int_eq(diagnostic.severity, POSTERN_SEVERITY_ERROR);
	ck_assert_str_eq(diagnostic.file, options.file);
	ck_assert_int_eq(postern_diagnostics_format(diagnostics, 0, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, ": error: "));
	free(text);
	postern_diagnostics_free(diagnostics);
	ck_assert_int_eq(postern_policy_load(&options, NULL, &policy),
			 -EINVAL);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
