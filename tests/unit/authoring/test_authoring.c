/* SPDX-License-Identifier: ISC */
/*
 * Policy files and texts as the tool hands them over
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <postern/result.h>

#include "authoring/authoring.h"
#include "support/test_case.h"

#define FILE_COUNT 2

static char paths[FILE_COUNT][64];
static struct postern_policy_options sources[FILE_COUNT];
static struct pst_authoring_report reports[2];

static void setup(void)
{
	size_t i;
	int fd;

	for (i = 0; i < FILE_COUNT; i++) {
		strcpy(paths[i], "/tmp/postern-authoring-XXXXXX");
		fd = mkstemp(paths[i]);
		ck_assert_int_ge(fd, 0);
		close(fd);
		sources[i] = (struct postern_policy_options)
			POSTERN_POLICY_OPTIONS_INIT;
		sources[i].file = paths[i];
	}
}

static void teardown(void)
{
	size_t i;

	for (i = 0; i < FILE_COUNT; i++) {
		pst_authoring_report_done(&reports[i]);
		ck_assert_int_eq(unlink(paths[i]), 0);
	}
}

/* A node of the file's owner with these rules about peer p. */
static void write_policy(size_t file_index, const char *rules)
{
	FILE *file = fopen(paths[file_index], "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"policy-version 1\npeer p { user 4242 }\n"
		"node n {\nowner user %u\nsocket /run/n\n"
		"%s\n}\nend\n", (unsigned)geteuid(), rules);
	ck_assert_int_eq(fclose(file), 0);
}

static void assert_clean(const struct pst_authoring_report *report)
{
	ck_assert_int_eq(report->result, 0);
	ck_assert_uint_eq(report->error_count, 0);
	ck_assert_str_eq(report->diagnostics, "");
}

START_TEST(show_valid_file_gives_its_text)
{
	char *text;

	write_policy(0, "allow p { direction send }");
	ck_assert_int_eq(pst_authoring_show(&sources[0], POSTERN_FEATURES_ALL,
					    &reports[0], &text), 0);
	assert_clean(&reports[0]);
	ck_assert_ptr_nonnull(strstr(text, "node n {"));
	free(text);
}
END_TEST

START_TEST(show_file_with_error_reports_it_and_gives_no_text)
{
	char *text = NULL;

	write_policy(0, "allow p { direction up }");
	ck_assert_int_eq(pst_authoring_show(&sources[0], POSTERN_FEATURES_ALL,
					    &reports[0], &text), -EINVAL);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(reports[0].result, -EINVAL);
	ck_assert_uint_eq(reports[0].error_count, 1);
	ck_assert_ptr_nonnull(strstr(reports[0].diagnostics, ":6:21: error: "));
}
END_TEST

START_TEST(show_feature_that_the_host_lacks_is_a_warning)
{
	char *text;

	write_policy(0, "require aes\nallow p { direction send }");
	ck_assert_int_eq(pst_authoring_show(&sources[0], 0, &reports[0],
					    &text), 0);
	ck_assert_int_eq(reports[0].result, 0);
	ck_assert_uint_eq(reports[0].error_count, 0);
	ck_assert_ptr_nonnull(strstr(reports[0].diagnostics,
				     "warning: this host lacks the feature "));
	free(text);
}
END_TEST

START_TEST(diff_of_two_files_counts_the_changes)
{
	uint32_t count = 7;
	char *text;

	write_policy(0, "allow p { direction send }");
	write_policy(1, "allow p { direction both }");
	ck_assert_int_eq(pst_authoring_diff(&sources[0], &sources[1],
					    POSTERN_FEATURES_ALL, reports,
					    &text, &count), 0);
	assert_clean(&reports[0]);
	assert_clean(&reports[1]);
	ck_assert_uint_eq(count, 1);
	ck_assert_ptr_nonnull(strstr(text, "+ gains direction receive ("));
	free(text);
	pst_authoring_report_done(&reports[0]);
	pst_authoring_report_done(&reports[1]);
	ck_assert_int_eq(pst_authoring_diff(&sources[0], &sources[0],
					    POSTERN_FEATURES_ALL, reports,
					    &text, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_str_eq(text, "no difference\n");
	free(text);
}
END_TEST

START_TEST(diff_with_invalid_file_reports_on_both, .loop_end = 2)
{
	size_t invalid = (size_t)_i;
	uint32_t count = 7;
	char *text = NULL;

	write_policy(invalid, "allow p { direction up }");
	write_policy(1 - invalid, "allow p { direction send }");
	ck_assert_int_eq(pst_authoring_diff(&sources[0], &sources[1],
					    POSTERN_FEATURES_ALL, reports,
					    &text, &count), -EINVAL);
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(count, 7);
	ck_assert_int_eq(reports[invalid].result, -EINVAL);
	ck_assert_uint_eq(reports[invalid].error_count, 1);
	assert_clean(&reports[1 - invalid]);
}
END_TEST

START_TEST(format_needs_no_policy)
{
	static const char text[] = "peer p { user root }\n";
	char *formatted;

	ck_assert_int_eq(pst_authoring_format(text, strlen(text), "x",
					      PST_AUTHORING_FORMAT_NUMERIC,
					      &reports[0], &formatted), 0);
	assert_clean(&reports[0]);
	ck_assert_str_eq(formatted, "peer p {\n    user 0\n}\n");
	free(formatted);
}
END_TEST

START_TEST(format_syntax_error_is_reported)
{
	char *formatted = NULL;

	ck_assert_int_eq(pst_authoring_format("{", 1, "x", 0, &reports[0],
					      &formatted), -EINVAL);
	ck_assert_ptr_null(formatted);
	ck_assert_uint_eq(reports[0].error_count, 1);
	ck_assert_ptr_nonnull(strstr(reports[0].diagnostics, "x:1:1: error: "));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
