/* SPDX-License-Identifier: ISC */
/*
 * Policy texts in canonical form
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authoring/authoring.h"
#include "policy/policy_diagnostics.h"
#include "unit/authoring/diff_case.h"
#include "support/test_case.h"

static char *format(const char *text, uint32_t flags)
{
	struct postern_diagnostics *diagnostics;
	char *formatted = NULL;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_format_text(text, strlen(text), "x.conf", flags,
					   &policy_host, diagnostics,
					   &formatted),
			 0);
	pst_diagnostics_free(diagnostics);
	return formatted;
}

static void assert_formatted(const char *text, uint32_t flags,
			     const char *wanted)
{
	char *formatted = format(text, flags);

	ck_assert_str_eq(formatted, wanted);
	free(formatted);
}

START_TEST(format_indents_blocks_and_sorts_keys)
{
	assert_formatted("policy-version   1\n"
			 "limits { peers 3 }\n"
			 "node n {\n\n\ndeny a\nallow b c {\n"
			 "limits { ring 4KiB\n"
			 "peers 1 }\ndirection send\n}\nowner user x\n\n\n\n"
			 "socket /x\n}\n\n\n"
			 "peer \"q\" { label \"a b\" \"#\" \"{\" plain }\n"
			 "end\n",
			 0,
			 "policy-version 1\n"
			 "limits {\n"
			 "    peers 3\n"
			 "}\n"
			 "node n {\n"
			 "    owner user x\n"
			 "\n"
			 "    socket /x\n"
			 "    allow b c {\n"
			 "        direction send\n"
			 "        limits {\n"
			 "            peers 1\n"
			 "            ring 4KiB\n"
			 "        }\n"
			 "    }\n"
			 "\n"
			 "    deny a\n"
			 "}\n"
			 "\n"
			 "peer q {\n"
			 "    label \"a b\" \"#\" \"{\" plain\n"
			 "}\n"
			 "end\n");
}
END_TEST

START_TEST(format_keeps_comments_with_their_directives)
{
	assert_formatted("# first\n\n\n# second   \npolicy-version 1 # v\n"
			 "peer p {# open\n\n  # of unit\nunit a.service # no\n"
			 "\t# of user\n\nuser alice\n# above the brace\n\n"
			 "}# shut\n\n# of end\nend\n# behind\n\n",
			 0,
			 "# first\n"
			 "\n"
			 "# second\n"
			 "policy-version 1  # v\n"
			 "peer p {  # open\n"
			 "    # of user\n"
			 "\n"
			 "    user alice\n"
			 "\n"
			 "    # of unit\n"
			 "    unit a.service  # no\n"
			 "    # above the brace\n"
			 "}  # shut\n"
			 "\n"
			 "# of end\n"
			 "end\n"
			 "# behind\n");
}
END_TEST

START_TEST(format_numeric_replaces_names)
{
	assert_formatted("policy-version 1\n"
			 "peer p { user alice * bob 7 5-9\ngroup acme globex 8\n"
			 "label alice }\n"
			 "node n {\nowner user bob\n"
			 "socket /group mode 0600 group globex\n"
			 "allow alice { direction send }\n}\n"
			 "node m {\nowner   unmapped\nsocket /m\n}\nend\n",
			 PST_AUTHORING_FORMAT_NUMERIC,
			 "policy-version 1\n"
			 "peer p {\n"
			 "    user 1001 * 1002 7 5-9\n"
			 "    group 5001 5002 8\n"
			 "    label alice\n"
			 "}\n"
			 "node n {\n"
			 "    owner user 1002\n"
			 "    socket /group mode 0600 group 5002\n"
			 "    allow alice {\n"
			 "        direction send\n"
			 "    }\n"
			 "}\n"
			 "node m {\n"
			 "    owner unmapped\n"
			 "    socket /m\n"
			 "}\n"
			 "end\n");
}
END_TEST

START_TEST(format_numeric_unknown_name_is_an_error)
{
	static const char text[] = "peer p { user eve 1 mallory }\n";
	struct postern_diagnostics *diagnostics;
	char *formatted = NULL;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_format_text(text, strlen(text), "x.conf",
					   PST_AUTHORING_FORMAT_NUMERIC,
					   &policy_host, diagnostics,
					   &formatted),
			 -EINVAL);
	ck_assert_ptr_null(formatted);
	ck_assert_str_eq(pst_diagnostics_at(diagnostics, 0)->message,
			 "unknown user 'eve'");
	ck_assert_str_eq(pst_diagnostics_at(diagnostics, 1)->message,
			 "unknown user 'mallory'");
	pst_diagnostics_free(diagnostics);
}
END_TEST

START_TEST(format_puts_require_between_security_and_slots)
{
	static const char text[] = HEAD PEERS NODE ALLOW "slots 3\nrequire  aes\n"
					 "security mac\n" TAIL;
	struct postern_diagnostics *diagnostics;
	char *formatted;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_format_text(text, strlen(text), "x.conf", 0,
					   &policy_host, diagnostics,
					   &formatted), 0);
	ck_assert_ptr_nonnull(strstr(formatted, "    security mac\n"
						"    require aes\n"
						"    slots 3\n"));
	free(formatted);
	pst_diagnostics_free(diagnostics);
}
END_TEST

static char *read_example(const char *name)
{
	const char *directory = getenv("POSTERN_SRCDIR");
	char path[1000];
	size_t byte_count;
	char *text;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/policy/%s",
		       directory ? directory : ".", name);
	file = fopen(path, "r");
	ck_assert_msg(file, "cannot open %s", path);
	text = calloc(1, 65536);
	ck_assert_ptr_nonnull(text);
	byte_count = fread(text, 1, 65535, file);
	ck_assert_uint_gt(byte_count, 0);
	fclose(file);
	return text;
}

/* Every example is written as fmt would write it, but for the gap before a
 * comment at the end of a line. */
START_TEST(examples_are_in_canonical_form, .loop_end = 4)
{
	static const char *const names[] = {
		"default.conf", "examples/telemetry.conf",
		"examples/drop-in.conf", "examples/one-process.conf"};
	struct postern_diagnostics *diagnostics;
	char *text, *formatted, *gap;

	text = read_example(names[_i]);
	while ((gap = strstr(text, "   #")))
		memmove(gap, gap + 1, strlen(gap));
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_format_text(text, strlen(text), names[_i], 0,
					   NULL, diagnostics, &formatted),
			 0);
	ck_assert_str_eq(text, formatted);
	free(formatted);
	free(text);
	pst_diagnostics_free(diagnostics);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
