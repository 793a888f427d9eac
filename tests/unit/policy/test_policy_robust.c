/* SPDX-License-Identifier: ISC */
/*
 * Cut texts, changed texts, and no memory
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_table.h"
#include "support/expect.h"
#include "support/failing_memory.h"
#include "support/policy_host.h"
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

/* Everything that allocates, once. */
static int do_all(const char *text)
{
	struct postern_subject subject = policy_subject(1001, 5001);
	struct postern_diagnostics *diagnostics = NULL;
	struct postern_policy *policy = NULL;
	char *output = NULL;
	int r;

	r = pst_diagnostics_new(&diagnostics);
	if (r == 0)
		r = load_with(text, diagnostics, &policy);
	if (r == -EINVAL)
		r = pst_diagnostics_format(pst_diagnostics_at(diagnostics, 0),
					   &output);
	if (r == 0 && policy)
		r = pst_policy_explain(policy, "n", &subject, &output);
	if (r < 0)
		expect(!output);
	free(output);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
	return r;
}

START_TEST(no_memory_at_any_moment_is_an_error_and_no_leak)
{
	fail_each_allocation(do_all, whole);
}
END_TEST

START_TEST(no_memory_for_a_message_is_an_error_and_no_leak)
{
	fail_each_allocation(do_all,
			     "policy-version 1\npeer p { usr alice }\n"
			     "peer q { group acme }\nnode n { owner user x }\n"
			     "limits { ring 5KB }\nend\n");
}
END_TEST

static int load_quietly(const char *text)
{
	struct postern_policy *policy = NULL;
	int r;

	r = policy_load_text(text, NULL, &policy);
	pst_policy_unref(policy);
	return r;
}

START_TEST(a_text_cut_at_any_byte_never_loads)
{
	char cut[sizeof(whole)];
	size_t byte_count;

	ck_assert_int_eq(load_quietly(whole), 0);
	for (byte_count = 0; byte_count < strlen(whole); byte_count++) {
		memcpy(cut, whole, byte_count);
		cut[byte_count] = '\0';
		expect_equal(load_quietly(cut), -EINVAL);
	}
}
END_TEST

START_TEST(a_byte_of_rubbish_anywhere_does_no_harm)
{
	static const char rubbish[] = "\x01\"{}#\n \xff\r*";
	char changed[sizeof(whole)];
	size_t i, j;
	int r;

	for (i = 0; i < strlen(whole); i++) {
		for (j = 0; j < strlen(rubbish); j++) {
			memcpy(changed, whole, sizeof(whole));
			changed[i] = rubbish[j];
			r = load_quietly(changed);
			expect(r == 0 || r == -EINVAL);
		}
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 120);
}
