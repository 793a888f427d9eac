/* SPDX-License-Identifier: ISC */
/*
 * Check a policy file, and explain whether it allows a user to connect:
 * policy_check POLICY-FILE NODE USER
 *
 * The exit status is 0 if the user is allowed, 1 if not, 2 after an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <postern/postern.h>

/* The number of errors. */
static size_t print_diagnostics(const struct postern_diagnostics *diagnostics)
{
	char *text;
	size_t i;

	for (i = 0; i < postern_diagnostics_count(diagnostics); i++) {
		if (postern_diagnostics_format(diagnostics, i, &text) < 0)
			break;
		fputs(text, stderr);
		free(text);
	}
	return postern_diagnostics_error_count(diagnostics);
}

/* 1, 0, or an error. */
static int is_allowed(const struct postern_policy *policy, const char *node,
		      const char *user)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;
	const struct postern_subject *subject;
	char *text = NULL;
	int r;

	r = postern_subject_new_for_user(user, &subject);
	if (r < 0)
		return r;
	r = postern_policy_decide(policy, node, subject, &decision);
	if (r == 0)
		r = postern_policy_explain(policy, node, subject, &text);
	if (r == 0) {
		fputs(text, stdout);
		r = (int)decision.is_allowed;
	}
	free(text);
	postern_subject_free(subject);
	return r;
}

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *diagnostics = NULL;
	struct postern_policy *policy = NULL;
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: policy_check POLICY-FILE NODE USER\n");
		return 2;
	}
	options.file = argv[1];
	options.flags = POSTERN_POLICY_LINT;
	r = postern_diagnostics_new(&diagnostics);
	if (r == 0)
		r = postern_policy_load(&options, diagnostics, &policy);
	if (print_diagnostics(diagnostics) == 0 && r == 0)
		r = is_allowed(policy, argv[2], argv[3]);
	else if (r == 0)
		r = -1; /* loaded, but not free of errors */
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return r < 0 ? 2 : !r;
}
