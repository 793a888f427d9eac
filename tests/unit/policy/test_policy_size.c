/* SPDX-License-Identifier: ISC */
/*
 * Work that is bounded whatever the policy holds
 *
 * Errors, questions to the host, includes, and faults of tenants.  The cost of
 * large policies as a whole is tested in unit/authoring/test_size.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/policy_diagnostics.h"
#include "policy/policy_table.h"
#include "support/policy_host.h"
#include "support/test_case.h"

#define GROWTH_MAX 9.0
/* What takes less is not compared: a clock tick, a page fault. */
#define FLOOR_MS 2.0
#define ATTEMPT_COUNT 4

static bool has_grown(double small_ms, double large_ms)
{
	return large_ms >
	       GROWTH_MAX * (small_ms > FLOOR_MS ? small_ms : FLOOR_MS);
}

/* A host that counts how often it is asked. */
static unsigned question_count;

static int count_user(struct pst_name_table *names, const char *name,
		      uint32_t *ret_uid)
{
	question_count++;
	return policy_host.find_user(names, name, ret_uid);
}

static int count_members(struct pst_name_table *names, uint32_t gid,
			 const uint32_t **ret_uids, size_t *ret_uid_count)
{
	question_count++;
	return policy_host.find_members(names, gid, ret_uids, ret_uid_count);
}

static size_t load_counting(const char *text)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	struct pst_policy_builder *builder;
	size_t error_count;

	question_count = 0;
	options.host.find_user = count_user;
	options.host.find_members = count_members;
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(
		pst_policy_builder_new(&options, diagnostics, &builder), 0);
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "test.conf",
						       text, strlen(text), 0),
			 0);
	(void)!pst_policy_builder_finish(builder, &policy);
	error_count = pst_diagnostics_error_count(diagnostics);
	pst_policy_builder_free(builder);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
	return error_count;
}

static char *repeat(const char *line, unsigned count)
{
	size_t line_bytes = strlen(line);
	char *text = malloc(100 + count * line_bytes);
	unsigned i;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "policy-version 1\n");
	for (i = 0; i < count; i++)
		strcpy(text + 17 + i * line_bytes, line);
	strcpy(text + 17 + count * line_bytes, "end\n");
	return text;
}

START_TEST(text_with_twenty_errors_is_not_read_on)
{
	char *text = repeat("peer a { user missing }\n", 1000);

	ck_assert_uint_eq(load_counting(text), PST_DIAGNOSTICS_ERRORS_MAX);
	ck_assert_uint_le(question_count, PST_DIAGNOSTICS_ERRORS_MAX);
	free(text);
}
END_TEST

START_TEST(members_of_a_group_are_asked_for_once)
{
	static const char text[] = "policy-version 1\n"
				   "peer a { group acme acme 5001 }\n"
				   "peer b { group acme globex }\n"
				   "end\n";

	ck_assert_uint_eq(load_counting(text), 0);
	ck_assert_uint_eq(question_count, 2);
}
END_TEST

/* Tenants with an error in their members, which concerns every node that has an
 * allow, and as many nodes without one: the time to load them. */
static double time_faulty_members(unsigned count)
{
	char *text = malloc(count * 80 + 200), *end = text;
	const char *texts[1] = {text};
	struct timespec before, after;
	struct postern_policy *policy;
	unsigned i;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, "policy-version 1\npeer p {\nuser 1\nusr 2\n}\n");
	for (i = 0; i < count; i++)
		end += sprintf(end,
			       "tenant t%u { members p }\n"
			       "node n%u { owner user 0\nsocket /%u\n}\n",
			       i, i, i);
	strcpy(end, "end\n");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	policy = policy_load_faulty(texts, 1);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ck_assert_ptr_null(pst_policy_find_node(policy, "n0")->fault);
	pst_policy_unref(policy);
	free(text);
	return (double)(after.tv_sec - before.tv_sec) * 1e3 +
	       (double)(after.tv_nsec - before.tv_nsec) / 1e6;
}

START_TEST(faulty_members_and_nodes_without_allow_take_no_long_search)
{
	double small_ms = 0, large_ms = 1e9;
	int i;

	for (i = 0; i < ATTEMPT_COUNT && has_grown(small_ms, large_ms); i++) {
		small_ms = time_faulty_members(3000);
		large_ms = time_faulty_members(12000);
	}
	ck_assert_msg(!has_grown(small_ms, large_ms), "%.1f ms, then %.1f ms",
		      small_ms, large_ms);
}
END_TEST

START_TEST(include_dir_257_is_refused)
{
	char *text = repeat("include-dir /nowhere\n", 257);
	char *findings = policy_findings(text);

	ck_assert_ptr_nonnull(
		strstr(findings, "more than 256 directories are included"));
	free(findings);
	free(text);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 300);
}
