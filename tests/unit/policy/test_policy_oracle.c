/* SPDX-License-Identifier: ISC */
/*
 * Every decision against a second opinion
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/policy_host.h"
#include "support/policy_oracle.h"
#include "support/test_case.h"

#define POLICY_COUNT 20000
#define SUBJECTS_OF_EACH 6

static void free_texts(char *texts[ORACLE_FILES], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(texts[i]);
}

/* One random policy, through the real parser; the texts stay for messages. */
static struct postern_policy *load_random(struct oracle_policy *model,
					  struct random *random,
					  char *texts[ORACLE_FILES],
					  size_t *ret_file_count)
{
	size_t file_count = 1 + random_below(random, ORACLE_FILES);
	struct postern_policy *policy = NULL;
	char *findings;
	int r;

	oracle_policy_make(model, random);
	oracle_policy_print(model, random, file_count, texts);
	r = policy_load_texts((const char *const *)texts, file_count, NULL,
			      &policy);
	if (r < 0) {
		findings = policy_findings(texts[0]);
		ck_abort_msg("%d\n%s\n%s", r, findings, texts[0]);
	}
	*ret_file_count = file_count;
	return policy;
}

static void compare(const struct oracle_policy *model,
		    const struct oracle_node *node,
		    const struct postern_policy *policy,
		    const struct postern_subject *subject,
		    char *texts[ORACLE_FILES], size_t *connected_count)
{
	struct oracle_decision wanted;
	struct postern_decision decision;
	const char *difference;
	char *explanation;

	oracle_decide(model, node, subject, &wanted);
	pst_policy_decide(policy, node->name, subject, &decision);
	difference = oracle_compare(&wanted, &decision);
	if (!difference && decision.is_allowed &&
	    pst_policy_security_floor(pst_policy_find_node(policy, node->name),
				      subject) < decision.security)
		difference = "a floor below the security that is granted";
	if (difference) {
		explanation = NULL;
		(void)pst_policy_explain(policy, node->name, subject,
					 &explanation);
		ck_abort_msg("they differ in: %s\n%s\n%s", difference,
			     texts[0], explanation);
	}
	*connected_count += wanted.is_allowed;
}

START_TEST(decisions_agree_with_the_oracle, .loop_end = 6)
{
	/* a seed for each of the loop's runs: each finds its own policies */
	struct random random = {.state = (uint64_t)_i * 1000003 + 17};
	size_t i, j, k, file_count, connected_count = 0, decision_count = 0;
	char *texts[ORACLE_FILES];
	struct oracle_policy model;
	struct postern_policy *policy;
	struct postern_subject subject;
	uint32_t groups[4];

	for (i = 0; i < POLICY_COUNT; i++) {
		policy = load_random(&model, &random, texts, &file_count);
		for (k = 0; k < model.node_count; k++)
			ck_assert_msg(oracle_requires_the_same(&model.nodes[k],
							       policy),
				      "other features required\n%s", texts[0]);
		for (j = 0; j < SUBJECTS_OF_EACH; j++) {
			oracle_subject_make(&subject, groups, &random);
			for (k = 0; k < model.node_count; k++) {
				compare(&model, &model.nodes[k], policy,
					&subject, texts, &connected_count);
				decision_count++;
			}
		}
		pst_policy_unref(policy);
		free_texts(texts, file_count);
	}
	/* neither side of the question may be rare */
	ck_assert_uint_gt(connected_count, decision_count / 20);
	ck_assert_uint_lt(connected_count, decision_count * 19 / 20);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 600);
}
