/* SPDX-License-Identifier: ISC */
/*
 * No memory, and texts that mean the same after printing
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "authoring/authoring.h"
#include "authoring/authoring_internal.h"
#include "support/expect.h"
#include "support/failing_memory.h"
#include "support/policy_host.h"
#include "support/policy_oracle.h"
#include "support/test_case.h"

static const char whole[] =
	"policy-version 1\n"
	"# a comment\n"
	"peer alice { user alice }\n"
	"peer acme {\n"
	"    group acme \"5004\"\n"
	"    unit a.service   # both\n"
	"}\n"
	"limits { memory 1GiB }\n"
	"tenant t { members acme\nweight 3 }\n"
	"node n {\n"
	"    owner user ordersd\n"
	"    socket /run/n mode 0660 group acme\n"
	"    allow alice acme {\n"
	"        direction both\n"
	"        limits {\n"
	"            ring 64KiB\n"
	"            rate 5/s burst 7\n"
	"        }\n"
	"    }\n"
	"    deny alice\n"
	"}\n"
	"extend node n { limits { peers 3 } }\n"
	"end\n";

/* The same with other names and grants. */
static const char other[] =
	"policy-version 1\n"
	"peer alice { user bob }\n"
	"peer acme { group acme }\n"
	"node n {\n"
	"    owner user ordersd\n"
	"    socket /run/n\n"
	"    allow alice acme { direction send\nlimits { peers 3 } }\n"
	"}\n"
	"node m { owner user ordersd\nsocket /run/m }\n"
	"end\n";

static int load_with(const char *text, struct postern_diagnostics *diagnostics,
		     struct postern_policy **ret_policy)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct pst_policy_builder *builder;
	struct postern_policy *policy;
	int r;

	r = pst_policy_builder_new(&options, diagnostics, &builder);
	if (r < 0)
		return r;
	r = pst_policy_builder_add_source(builder, "a.conf", text,
					  strlen(text), 0);
	if (r == 0)
		r = pst_policy_builder_finish(builder, &policy);
	pst_policy_builder_free(builder);
	if (r < 0)
		return r;
	if (policy->has_errors) {
		pst_policy_unref(policy);
		return -EINVAL;
	}
	*ret_policy = policy;
	return 0;
}

static int compare_with_other(const struct postern_policy *policy,
			      struct postern_diagnostics *diagnostics)
{
	struct postern_policy *second = NULL;
	uint32_t change_count = 0;
	char *output = NULL;
	int r;

	r = load_with(other, diagnostics, &second);
	if (r == 0)
		r = pst_diff_policies(policy, second, &output, &change_count);
	expect(r == 0 ? change_count > 0 : change_count == 0 && !output);
	free(output);
	pst_policy_unref(second);
	return r;
}

/* Everything that allocates, once. */
static int do_all(const char *text)
{
	struct postern_diagnostics *diagnostics = NULL;
	struct postern_policy *policy = NULL;
	char *output = NULL;
	int r;

	r = pst_diagnostics_new(&diagnostics);
	if (r == 0)
		r = load_with(text, diagnostics, &policy);
	if (r == 0)
		r = pst_show_policy(policy, &output);
	if (r == 0) {
		free(output);
		output = NULL;
		r = pst_format_text(text, strlen(text), "a.conf",
				      PST_AUTHORING_FORMAT_NUMERIC,
				      &policy_host, diagnostics, &output);
	}
	if (r < 0)
		expect(!output);
	free(output);
	if (r == 0)
		r = compare_with_other(policy, diagnostics);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
	return r;
}

START_TEST(each_failed_allocation_returns_enomem)
{
	fail_each_allocation(do_all, whole);
}
END_TEST

static void assert_same_decisions(const struct postern_policy *a,
				  const struct postern_policy *b,
				  struct oracle_policy *model,
				  struct random *random)
{
	struct postern_decision first, second;
	struct postern_subject subject;
	uint32_t groups[4];
	size_t i, j;

	for (i = 0; i < 10; i++) {
		oracle_subject_make(&subject, groups, random);
		for (j = 0; j < model->node_count; j++) {
			pst_policy_decide(a, model->nodes[j].name, &subject,
					  &first);
			pst_policy_decide(b, model->nodes[j].name, &subject,
					  &second);
			expect_equal(first.is_allowed, second.is_allowed);
			expect_equal(first.error.reason,
				     second.error.reason);
			expect_equal(first.directions, second.directions);
			expect_equal(first.security, second.security);
			expect_equal(first.channel[POSTERN_LIMIT_RING].value,
				     second.channel[POSTERN_LIMIT_RING].value);
			expect_equal(
				first.channel[POSTERN_LIMIT_MESSAGE].value,
				second.channel[POSTERN_LIMIT_MESSAGE].value);
			expect_equal(first.node[POSTERN_LIMIT_RATE].value,
				     second.node[POSTERN_LIMIT_RATE].value);
			expect_equal(first.process[POSTERN_LIMIT_PEERS].value,
				     second.process[POSTERN_LIMIT_PEERS].value);
		}
	}
}

static char *format(const char *text, uint32_t flags)
{
	struct postern_diagnostics *diagnostics;
	char *formatted = NULL;

	expect_equal(pst_diagnostics_new(&diagnostics), 0);
	expect_equal(pst_format_text(text, strlen(text), "x", flags,
				       &policy_host, diagnostics, &formatted),
		     0);
	pst_diagnostics_free(diagnostics);
	return formatted;
}

START_TEST(printed_policy_decides_the_same, .loop_end = 4)
{
	struct random random = {.state = (uint64_t)_i + 7};
	char *texts[ORACLE_FILES], *formatted, *again, *shown;
	struct postern_policy *policy, *second;
	struct oracle_policy model;
	size_t i;

	for (i = 0; i < 500; i++) {
		oracle_policy_make(&model, &random);
		oracle_policy_print(&model, &random, 1, texts);
		policy = policy_load_valid(texts[0]);

		formatted = format(texts[0],
				   i % 2 ? PST_AUTHORING_FORMAT_NUMERIC : 0);
		again = format(formatted, 0);
		ck_assert_str_eq(formatted, again);
		second = policy_load_valid(formatted);
		assert_same_decisions(policy, second, &model, &random);
		pst_policy_unref(second);

		expect_equal(pst_show_policy(policy, &shown), 0);
		second = policy_load_valid(shown);
		assert_same_decisions(policy, second, &model, &random);
		pst_policy_unref(second);

		free(shown);
		free(again);
		free(formatted);
		free(texts[0]);
		pst_policy_unref(policy);
	}
}
END_TEST

int main(void)
{
	policy_host_flags = PST_POLICY_KEEP_DIRECTIVES;
	return RUN_TESTS(.timeout_s = 120);
}
