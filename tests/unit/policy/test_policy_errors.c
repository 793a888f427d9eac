/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a policy, and where: one case for each message
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/policy_host.h"
#include "support/test_case.h"

#define KEY "x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"
#define DIGITS_50 "12345678901234567890123456789012345678901234567890"
#define DIGITS_100 DIGITS_50 DIGITS_50
#define NODE "owner user alice\nsocket /run/n\n"
#define ALLOW "allow p { direction send\n"
#define PEER "peer p { user alice }\n"

/* The exact words of the specification. */
START_TEST(the_examples_of_the_specification_come_out_as_they_stand_there)
{
	static const char text[] =
		"policy-version 1\n"
		"\n"
		"peer acme {\n"
		"    group acme\n"
		"}\n"
		"\n"
		"\n"
		"   node orders {\n"
		"    owner user ordersd\n"
		"    securty mac\n"
		"    socket /run/postern/ordersd/orders.sock\n"
		"    allow acme {\n"
		"        direction both\n"
		"        limits {\n"
		"            message 16KiB\n"
		"            ring 4MB\n"
		"        }\n"
		"    }\n"
		"    audit all\n"
		"\n"
		"end\n";
	static const char wanted[] =
		"test.conf:10:5: error: unknown key 'securty' in 'node'\n"
		"   10 |     securty mac\n"
		"      |     ^~~~~~~\n"
		"      = did you mean 'security'?\n"
		"test.conf:16:19: error: unknown unit 'MB' in 'ring'\n"
		"   16 |             ring 4MB\n"
		"      |                   ^~\n"
		"      = units: B KiB MiB GiB (KB and MB are not accepted)\n"
		"test.conf:22:1: error: unexpected end of file, expected '}'\n"
		"      = block opened at 8:16 is never closed\n";
	char *findings = policy_findings(text);

	ck_assert_str_eq(findings, wanted);
	free(findings);
}
END_TEST

struct case_of_error {
	const char *text;    /* after "policy-version 1\n", before "end\n" */
	const char *finding; /* the beginning of a line of the findings */
};

static const struct case_of_error cases[] = {
	/* words and keys */
	{"pear p { user alice }\n", "2:1: error: unknown key 'pear'"},
	{"peer p { usr alice }\n", "2:10: error: unknown key 'usr' in 'peer'"},
	{"peer p\n", "2:1: error: 'peer' needs a block"},
	{"peer { user alice }\n", "2:1: error: 'peer' needs a value"},
	{"peer p q { user alice }\n",
	 "2:8: error: unexpected word 'q' after 'p'"},
	{"peer p { user { group acme } }\n", "2:10: error: 'user' needs a va"},
	{"peer p { user alice { } }\n", "2:10: error: 'user' takes no block"},
	{"peer -p { user alice }\n", "2:6: error: '-p' is not a valid name"},
	{"peer \"\" { user alice }\n", "2:6: error: '' is not a valid name"},
	{PEER PEER, "3:6: error: second definition of peer 'p'"},
	{"peer p { userns same\nuserns same\nuser alice }\n",
	 "3:1: error: 'userns' is given twice in 'peer'"},

	/* peers */
	{"peer p { }\n", "2:6: error: peer 'p' has no line that identifies"},
	{"peer p { unit a.service }\n", "2:6: error: peer 'p' has no line th"},
	{"peer p { userns same }\n", "2:6: error: peer 'p' has no line that"},
	{"peer p { pidns any }\n", "2:6: error: peer 'p' has no line that"},
	{"peer p { user nobody }\n", "2:15: error: user 'nobody' identifies"},
	{"peer p { user ghost }\n", "2:15: error: user 'ghost' identifies n"},
	{"peer p { user 65534 }\n", "2:15: error: user '65534' identifies n"},
	{"peer p { group nogroup }\n", "2:16: error: group 'nogroup' identif"},
	{"peer p { group 65534 }\n", "2:16: error: group '65534' identifies"},
	{"peer p { user eve }\n", "2:15: error: unknown user 'eve'"},
	{"peer p { group eve }\n", "2:16: error: unknown group 'eve'"},
	{"peer p { user twice }\n", "2:15: error: cannot look up user 'twice'"},
	{"peer p { user -1 }\n", "2:15: error: '-1' is not a number"},
	{"peer p { user +1 }\n", "2:15: error: '+1' is not a number"},
	{"peer p { user 01 }\n", "2:15: error: '01' is not a number"},
	{"peer p { user 4294967295 }\n", "2:15: error: '4294967295' is not a"},
	{"peer p { user 99999999999999999999 }\n",
	 "2:15: error: '99999999999999999999' is not a number"},
	{"peer p { user \"\" }\n", "2:15: error: '' is not a number"},
	{"peer p { user * alice }\n", "2:15: error: '*' stands alone"},
	{"peer p { user alice * }\n", "2:21: error: '*' stands alone"},
	{"peer p { group * }\n", "2:16: error: unknown group '*'"},
	{"peer p { user * }\n", "2:15: warning: this peer is everyone"},
	{"peer p { user 5-5 }\n", "2:15: error: '5-5' is not a range of uids"},
	{"peer p { user 9-5 }\n", "2:15: error: '9-5' is not a range of uids"},
	{"peer p { user 05-9 }\n",
	 "2:15: error: '05-9' is not a range of uids"},
	{"peer p { user 1-4294967295 }\n",
	 "2:15: error: '1-4294967295' is not a range of uids"},
	{"peer p { user 60000-70000 }\n",
	 "2:15: error: range '60000-70000' has uid 65534 in it"},
	{"peer p { group 5-9 }\n", "2:16: error: unknown group '5-9'"},
	{"peer p { label \"\" }\n", "2:16: error: an empty label"},
	{"peer p { label \"ordersd (enforce)\" }\n",
	 "2:16: error: label 'ordersd (enforce)' ends with a mode"},
	{"peer p { key " KEY "=\n}\n", "2:14: error: '" KEY "=' is not"},
	{"peer p { key x25519:3p7bfXt9 }\n", "2:14: error: 'x25519:3p7bfXt9'"},
	{"peer p { key-file /keys/none }\n",
	 "2:19: error: cannot read key file '/keys/none'"},
	{"peer p { key-file /keys/bad }\n",
	 "2:19: error: key file '/keys/bad' holds no public key"},
	{"peer p { key-file keys/good }\n",
	 "2:19: error: 'keys/good' is not an absolute path"},
	{"peer p { pid 0 }\n", "2:14: error: pid 0 identifies nobody"},
	{"peer p { pid 0:5 }\n", "2:14: error: pid 0 identifies nobody"},
	{"peer p { pid 12 }\n", "2:14: error: a bare process number"},
	{"peer p { pid 12: }\n", "2:14: error: '12:' is not a process"},
	{"peer p { pid :12 }\n", "2:14: error: ':12' is not a process"},
	{"peer p { pid 77:0 }\n", "2:14: error: '77:0' is not a process"},
	{"peer p { pid 77:7700:1 }\n", "2:14: error: '77:7700:1' is not a pr"},
	{"peer p { pid 4294967296:1 }\n", "2:14: error: '4294967296:1' is no"},
	{"peer p { pid 66:1 }\n", "2:14: error: this kernel cannot recognise"},
	{"peer p { pid 99:9900 }\n", "2:14: warning: process '99:9900' is go"},
	{"peer p { user alice\nunit a }\n", "3:6: error: 'a' is not a servic"},
	{"peer p { user alice\nunit .service }\n", "3:6: error: '.service' i"},
	{"peer p { user alice\ncgroup a }\n", "3:8: error: 'a' is not an abs"},
	{"peer p { user alice\ncgroup /a/ }\n", "3:8: error: '/a/' is not an"},
	{"peer p { user alice\ncgroup /a/../b }\n", "3:8: error: '/a/../b' i"},
	{"peer p { user alice\nexe //a }\n", "3:5: error: '//a' is not an ab"},
	{"peer p { user alice\npidns own }\n", "3:7: error: unknown word 'ow"},
	{"peer p { user alice\nuserns any }\n", "3:8: error: unknown word 'a"},

	/* nodes */
	{"node n { socket /run/n }\n", "2:6: error: node 'n' has no 'owner'"},
	{"node n { owner user alice }\n", "2:6: error: node 'n' has no 'sock"},
	{"node n { owner group acme\nsocket /run/n }\n",
	 "2:16: error: unknown word 'group' in 'owner'"},
	{"node n { owner user\nsocket /run/n }\n",
	 "2:16: error: 'owner user' needs a name"},
	{"node n { owner unmapped alice\nsocket /run/n }\n",
	 "2:16: error: 'owner unmapped' takes no name"},
	{"node n { owner unmapped\nsocket /run/n }\n",
	 "2:16: error: node 'n' has 'owner unmapped' and no 'key'"},
	{"node n { owner user eve\nsocket /run/n }\n",
	 "2:21: error: unknown user 'eve'"},
	{"node n { owner user 65534\nsocket /run/n }\n",
	 "2:21: error: user '65534' identifies nobody"},
	{"node n { owner user alice\nsocket run/n }\n",
	 "3:8: error: 'run/n' is not an absolute path"},
	{"node n { owner user alice\nsocket /run/" DIGITS_100 "1234 }\n",
	 "3:8: error: a socket's path has at most 107 bytes"},
	{"node n { owner user alice\nsocket /run/" DIGITS_50 "12345678901234 }\n",
	 "3:8: error: a socket's name has at most 63 bytes"},
	{"node n { owner user alice\nsocket / }\n",
	 "3:8: error: '/' is no name for a socket"},
	{"node n { owner user alice\nsocket /run/n mode 0999 }\n",
	 "3:20: error: '0999' is not a mode"},
	{"node n { owner user alice\nsocket /run/n mode 4755 }\n",
	 "3:20: error: '4755' is not a mode"},
	{"node n { owner user alice\nsocket /run/n mode }\n",
	 "3:15: error: 'mode' needs a value"},
	{"node n { owner user alice\nsocket /run/n mode 600 mode 600 }\n",
	 "3:24: error: 'mode' is given twice"},
	{"node n { owner user alice\nsocket /run/n group nobody }\n",
	 "3:21: error: group 'nobody' identifies nobody"},
	{"node n { owner user alice\nsocket /run/n owner acme }\n",
	 "3:15: error: unexpected word 'owner' in 'socket'"},
	{"node n { " NODE "slots 0 }\n", "4:7: error: '0' is not a number th"},
	{"node n { " NODE "slots 4097 }\n", "4:7: error: '4097' is not a num"},
	{"node n { " NODE "audit some }\n", "4:7: error: unknown word 'some'"},
	{"node n { " NODE "security low }\n", "4:10: error: unknown word 'lo"},
	{"node n { " NODE "key " KEY "\nkey " KEY "\n}\n",
	 "5:5: error: the same key twice"},
	{"node n { " NODE "}\nnode n { owner user bob\nsocket /m }\n",
	 "5:6: error: second definition of node 'n'\n"
	 "    5 | node n { owner user bob\n      |      ^\n"
	 "      = first defined at test.conf:2:1 ('extend node' adds to it)\n"},
	{"node n { " NODE "}\nnode m { " NODE "}\n",
	 "6:1: error: two nodes with one socket"},
	{"extend node n { }\n", "2:13: error: unknown node 'n'"},
	{"extend peer p { }\n", "2:8: error: only a node can be extended"},
	{"node n { " NODE "}\nextend node n { owner user bob }\n",
	 "5:17: error: unknown key 'owner' in 'extend node'"},

	/* rules */
	{"node n { " NODE "allow q { direction send } }\n",
	 "4:7: error: unknown peer 'q'"},
	{"node n { " NODE "deny q }\n", "4:6: error: unknown peer 'q'"},
	{PEER "node n { " NODE "allow p { } }\n",
	 "5:1: error: 'allow' has no 'direction'"},
	{PEER "node n { " NODE "allow p }\n", "5:1: error: 'allow' needs a b"},
	{PEER "node n { " NODE "deny p { } }\n", "5:1: error: 'deny' takes n"},
	{PEER "node n { " NODE "allow p { direction up } }\n",
	 "5:21: error: unknown word 'up' in 'direction'"},
	{PEER "node n { " NODE "security mac\n" ALLOW "security none } }\n",
	 "7:10: error: 'security none' is below the node's"},
	{"peer p { user alice\nunit a.service }\nnode n { " NODE "deny p }\n",
	 "6:6: error: deny of peer 'p', which has an advisory line"},
	{"peer p { user alice\nuserns same }\nnode n { " NODE "deny p }\n",
	 "6:6: error: deny of peer 'p', which has an advisory line"},
	{"peer p { key " KEY "\n}\nnode n { " NODE ALLOW "} }\n",
	 "6:7: error: peer 'p' has a key, node 'n' has none"},
	{"peer p { key " KEY "\n}\nnode n { " NODE "deny p }\n",
	 "6:6: warning: deny of peer 'p' by key never matches"},
	{"peer p { label unconfined }\nnode n { " NODE
	 "allow p { direction send }\n}\n",
	 "5:7: warning: allow of peer 'p' by label 'unconfined' never"},

	/* tenants */
	{"tenant t { weight 2 }\n", "2:8: error: tenant 't' has no 'members'"},
	{"tenant t { members q }\n", "2:20: error: unknown peer 'q'"},
	{PEER "tenant t { members p\nweight 0 }\n",
	 "4:8: error: '0' is not a number"},
	{PEER "tenant t { members p }\ntenant t { members p }\n",
	 "4:8: error: second definition of tenant 't'"},

	/* limits */
	{"limits { ring 64KB }\n", "2:17: error: unknown unit 'KB' in 'ring'"},
	{"limits { ring \"64KB\" }\n", "2:18: error: unknown unit 'KB' in"},
	{"limits { ring 65536 }\n", "2:20: error: missing unit in 'ring'"},
	{"limits { ring 1.5MiB }\n", "2:15: error: fraction in 'ring'"},
	{"limits { ring 1,5MiB }\n", "2:15: error: fraction in 'ring'"},
	{"limits { ring 4 MiB }\n", "2:17: error: unexpected word 'MiB' afte"},
	{"limits { ring 0064KiB }\n", "2:15: error: leading zero in 'ring'"},
	{"limits { ring 0KiB }\n", "2:15: error: 'ring' is zero"},
	{"limits { ring -4KiB }\n", "2:15: error: sign in 'ring'"},
	{"limits { ring KiB }\n", "2:15: error: 'ring' needs a number"},
	{"limits { ring 99999999999GiB }\n", "2:15: error: number in 'ring' "},
	{"limits { ring 4KiB/s }\n", "2:19: error: 'ring' is not a rate"},
	{"limits { ring 5000B }\n", "2:15: error: 'ring' is not a power of t"},
	{"limits { ring 2KiB }\n", "2:15: error: 'ring' is smaller than a pa"},
	{"limits { ring 4GiB }\n", "2:15: error: 'ring' is larger than 1GiB"},
	{"limits { ring 4KiB\nmessage 4089B }\n",
	 "3:9: error: 'message' does not fit its 'ring': at most 4088 bytes"},
	{"limits { rate 500 }\n", "2:15: error: bare number in 'rate'"},
	{"limits { rate 500/min }\n", "2:18: error: unknown rate in 'rate'"},
	{"limits { rate 5KiB/s }\n", "2:16: error: unknown unit 'KiB' in 'ra"},
	{"limits { rate 5/s bust 6 }\n", "2:19: error: unexpected word 'bust"},
	{"limits { rate 5/s burst }\n", "2:19: error: 'burst' needs a value"},
	{"limits { rate 5/s burst 0 }\n", "2:25: error: '0' is not a number"},
	{"limits { bandwidth 5MB/s }\n", "2:21: error: unknown unit 'MB' in "},
	{"limits { bandwidth 5MiB }\n", "2:20: error: bare number in 'bandwi"},
	{"limits { bandwidth 5B/s burst 5 }\n", "2:32: error: missing unit i"},
	{"limits { idle 10 }\n", "2:17: error: missing unit in 'idle'"},
	{"limits { idle 10m }\n", "2:17: error: unknown unit 'm' in 'idle'"},
	{"limits { peers 0 }\n", "2:16: error: '0' is not a number that 'pee"},
	{"limits { peers 5KiB }\n", "2:16: error: '5KiB' is not a number"},
	{"limits { on-exceed cry }\n", "2:20: error: unknown word 'cry' in "},
	{"limits { peers 1\npeers 2 }\n", "3:1: error: 'peers' is given twic"},
	{PEER "node n { " NODE ALLOW "limits { peers-per-user 1 } } }\n",
	 "6:10: error: 'peers-per-user' has no meaning in 'allow'"},
	{PEER "node n { " NODE ALLOW "limits { handshakes 1/s } } }\n",
	 "6:10: error: 'handshakes' has no meaning in 'allow'"},

	/* the top */
	{"policy-version 1\n", "2:1: error: 'policy-version' is given twice"},
	{"include-dir etc\n", "2:13: error: 'etc' is not an absolute path"},
	{"extend node\n", "2:8: error: 'extend' needs more words"},

	/* syntax */
	{"peer p { user al\"ice }\n", "2:17: error: '\"' inside a word"},
	{"peer p { user alice#x\n}\n", "2:20: error: '#' inside a word"},
	{"peer p { user alice}\n", "2:20: error: brace inside a word"},
	{"peer p { user \"alice }\n", "2:15: error: a quoted word is never cl"},
	{"peer p { user \"a\"lice }\n", "2:18: error: no space after a quoted"},
	{"peer p { user \xe2\x80\x9c }\n", "2:15: error: character outside A"},
	{"peer p { user alice\r\n}\n", "2:20: error: carriage return"},
	{"peer p { user\x01 }\n", "2:14: error: control character"},
	{"}\n", "2:1: error: unexpected '}'"},
	{"{\n}\n", "2:1: error: unexpected '{'"},
	{"peer p { user alice } peer\n", "2:23: error: expected the end of t"},

	/* these bring a second mistake with them */
	{"end\n" PEER, "3:1: error: a directive after 'end'"},
	{"peer p\n{ user alice }\n", "3:1: error: unexpected '{'"},
	{"a { b { c { d { e { f { g { h { i { } } } } } } } } }\n",
	 "2:35: error: more than 8 levels of blocks"},
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))
#define DOUBLE_COUNT 3

static char *wrap(const char *body)
{
	char *text;

	ck_assert_int_gt(asprintf(&text, "policy-version 1\n%send\n", body),
			 0);
	return text;
}

START_TEST(each_mistake_is_reported_at_its_place, .loop_end = CASE_COUNT)
{
	const struct case_of_error *one = &cases[_i];
	char *text = wrap(one->text), *findings, *wanted;

	ck_assert_int_gt(asprintf(&wanted, "test.conf:%s", one->finding), 0);
	findings = policy_findings(text);
	ck_assert_msg(strstr(findings, wanted), "%s\nwanted: %s\ngot: %s",
		      text, wanted, findings);
	free(findings);
	free(wanted);
	free(text);
}
END_TEST

/* A second message that only follows from the first would hide a third. */
START_TEST(a_mistake_is_reported_once, .loop_end = CASE_COUNT - DOUBLE_COUNT)
{
	const struct case_of_error *one = &cases[_i];
	char *text = wrap(one->text), *findings, *place;
	size_t count = 0;

	findings = policy_findings(text);
	for (place = findings; (place = strstr(place, ": error: ")); place++)
		count++;
	for (place = findings; (place = strstr(place, ": warning: ")); place++)
		count++;
	ck_assert_msg(count == 1, "%zu findings:\n%s", count, findings);
	free(findings);
	free(text);
}
END_TEST

START_TEST(what_refers_to_a_part_that_is_cut_off_is_not_judged)
{
	char *findings = policy_findings("policy-version 1\n"
					 "node n { " NODE ALLOW "} }\n"
					 "extend node m { deny p }\n"
					 "peer p { user \"alice }\n"
					 "node m { " NODE "}\nend\n");

	ck_assert_str_eq(findings,
			 "test.conf:7:15: error: a quoted word is never closed"
			 "\n    7 | peer p { user \"alice }\n"
			 "      |               ^\n"
			 "      = it ends on its own line, with '\"'\n");
	free(findings);
}
END_TEST

START_TEST(a_text_without_its_version_is_refused)
{
	char *findings = policy_findings(PEER "end\n");

	ck_assert(strstr(findings, "1:1: error: missing 'policy-version'"));
	free(findings);
}
END_TEST

START_TEST(a_version_that_is_not_first_is_refused)
{
	char *findings = policy_findings(PEER "policy-version 1\nend\n");

	ck_assert(strstr(findings, "2:1: error: 'policy-version' stands too"));
	free(findings);
}
END_TEST

START_TEST(another_version_is_refused)
{
	char *findings = policy_findings("policy-version 2\nend\n");

	ck_assert(strstr(findings, "1:16: error: unsupported policy-version"));
	free(findings);
}
END_TEST

START_TEST(a_text_without_its_end_is_refused)
{
	char *findings = policy_findings("policy-version 1\n" PEER);

	ck_assert(strstr(findings, "3:1: error: missing 'end'"));
	free(findings);
}
END_TEST

START_TEST(an_end_without_its_newline_is_refused)
{
	char *findings = policy_findings("policy-version 1\nend");

	ck_assert(strstr(findings, "2:1: error: no newline after 'end'"));
	free(findings);
}
END_TEST

START_TEST(an_empty_text_is_refused)
{
	char *findings = policy_findings("");

	ck_assert(strstr(findings, "missing 'policy-version'"));
	free(findings);
}
END_TEST

START_TEST(a_text_of_more_than_one_mebibyte_is_refused)
{
	size_t byte_count = PST_POLICY_FILE_BYTES_MAX + 1;
	char *text = malloc(byte_count + 1), *findings;

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', byte_count);
	text[byte_count] = '\0';
	findings = policy_findings(text);
	ck_assert_str_eq(findings,
			 "test.conf: error: the file is larger than 1 MiB\n");
	free(findings);
	free(text);
}
END_TEST

/* As for a service with DynamicUser, whose uid is not known beforehand. */
START_TEST(range_beside_a_unit_is_not_warned_about)
{
	char *findings = policy_findings("policy-version 1\n"
					 "peer p { user 61184-65519\n"
					 "unit a.service }\nend\n");

	ck_assert_str_eq(findings, "");
	free(findings);
}
END_TEST

START_TEST(more_than_64_words_are_refused)
{
	char text[1000] = "policy-version 1\npeer p { user";
	char *findings;
	size_t i;

	for (i = 0; i < 63; i++)
		strcat(text, " alice");
	strcat(text, " }\nend\n");
	findings = policy_findings(text);
	ck_assert_str_eq(findings, "");
	free(findings);

	memcpy(strchr(text, '}'), "bob }\nend\n", sizeof("bob }\nend\n"));
	findings = policy_findings(text);
	ck_assert(strstr(findings, "error: more than 64 words on a line"));
	free(findings);
}
END_TEST

START_TEST(at_most_20_errors_of_a_file_are_reported)
{
	char text[2000] = "policy-version 1\n", *findings, *place;
	size_t i, count = 0;

	for (i = 0; i < 30; i++)
		strcat(text, "mistake\n");
	strcat(text, "end\n");
	findings = policy_findings(text);
	for (place = findings; (place = strstr(place, ": error: ")); place++)
		count++;
	ck_assert_uint_eq(count, 20);
	free(findings);
}
END_TEST

START_TEST(errors_of_several_texts_name_both_places)
{
	static const char *const texts[] = {
		"policy-version 1\npeer p { user alice }\nend\n",
		"policy-version 1\n\npeer p { user bob }\nend\n",
	};
	struct postern_diagnostics *diagnostics;
	const struct postern_diagnostic *diagnostic;
	struct postern_policy *policy = NULL;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_lt(policy_load_texts(texts, 2, diagnostics, &policy), 0);
	diagnostic = pst_diagnostics_at(diagnostics, 0);
	ck_assert_str_eq(diagnostic->file, "2.conf");
	ck_assert_uint_eq(diagnostic->line, 3);
	ck_assert_str_eq(diagnostic->hint, "first defined at 1.conf:2:1");
	pst_diagnostics_free(diagnostics);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
