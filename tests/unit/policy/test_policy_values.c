/* SPDX-License-Identifier: ISC */
/*
 * Single words: numbers, names, paths, keys, quantities, suggestions
 */
#include <stdio.h>
#include <string.h>

#include "policy/policy_block.h"
#include "policy/policy_units.h"
#include "policy/policy_values.h"
#include "support/policy_host.h"
#include "support/test_case.h"

START_TEST(numbers_have_one_spelling)
{
	static const char *const wrong[] = {"",	  "-1",	 "+1", "01", "00",
					    " 1", "1 ",	 "1a", "0x1",
					    "18446744073709551616",
					    "99999999999999999999999"};
	uint64_t number = 7;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!pst_policy_is_number(wrong[i], UINT64_MAX,
						    &number),
			      "%s", wrong[i]);
	ck_assert_uint_eq(number, 7);
	ck_assert(pst_policy_is_number("0", 0, &number));
	ck_assert_uint_eq(number, 0);
	ck_assert(pst_policy_is_number("18446744073709551615", UINT64_MAX,
				       &number));
	ck_assert_uint_eq(number, UINT64_MAX);
	ck_assert(pst_policy_is_number("10", 10, &number));
	ck_assert(!pst_policy_is_number("11", 10, &number));
}
END_TEST

START_TEST(names_are_narrow)
{
	char longest[65];

	ck_assert(pst_policy_is_name("a"));
	ck_assert(pst_policy_is_name("0.a_b-C"));
	ck_assert(!pst_policy_is_name(""));
	ck_assert(!pst_policy_is_name("-a"));
	ck_assert(!pst_policy_is_name(".a"));
	ck_assert(!pst_policy_is_name("_a"));
	ck_assert(!pst_policy_is_name("a b"));
	ck_assert(!pst_policy_is_name("a/b"));
	memset(longest, 'a', sizeof(longest));
	longest[63] = '\0';
	ck_assert(pst_policy_is_name(longest));
	longest[63] = 'a';
	longest[64] = '\0';
	ck_assert(!pst_policy_is_name(longest));
}
END_TEST

START_TEST(paths_are_absolute_and_plain)
{
	ck_assert(pst_policy_is_path("/"));
	ck_assert(pst_policy_is_path("/a/.b/c..d/...x"));
	ck_assert(!pst_policy_is_path(""));
	ck_assert(!pst_policy_is_path("a"));
	ck_assert(!pst_policy_is_path("/a/"));
	ck_assert(!pst_policy_is_path("//a"));
	ck_assert(!pst_policy_is_path("/a//b"));
	ck_assert(!pst_policy_is_path("/."));
	ck_assert(!pst_policy_is_path("/a/.."));
	ck_assert(!pst_policy_is_path("/../a"));
}
END_TEST

START_TEST(keys_have_one_spelling)
{
	static const char good[] =
		"x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08";
	static const uint8_t wanted[POSTERN_KEY_BYTES] =
		"\xde\x9e\xdb\x7d\x7b\x7d\xc1\xb4\xd3\x5b\x61\xc2\xec\xe4\x35"
		"\x37\x3f\x83\x43\xc8\x5b\x78\x67\x4d\xad\xfc\x7e\x14\x6f\x88"
		"\x2b\x4f";
	uint8_t key[POSTERN_KEY_BYTES] = {0};
	char text[sizeof(good)];
	const char *last;

	ck_assert(pst_policy_is_key(good, key));
	ck_assert_mem_eq(key, wanted, sizeof(key));
	ck_assert(!pst_policy_is_key(good + 1, key));
	ck_assert(!pst_policy_is_key("x25519:", key));
	ck_assert(!pst_policy_is_key(
		"x25519:3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx-FG-IK08", key));
	/* the last digit has two bits to spare, which are zero */
	memcpy(text, good, sizeof(good));
	for (last = "9-_BCDFGH"; *last; last++) {
		text[strlen(text) - 1] = *last;
		ck_assert_msg(!pst_policy_is_key(text, key), "%s", text);
	}
}
END_TEST

START_TEST(edits_are_counted)
{
	ck_assert_uint_eq(pst_policy_edit_count("ring", "ring", 3), 0);
	ck_assert_uint_eq(pst_policy_edit_count("rnig", "ring", 3), 1);
	ck_assert_uint_eq(pst_policy_edit_count("rin", "ring", 3), 1);
	ck_assert_uint_eq(pst_policy_edit_count("rings", "ring", 3), 1);
	ck_assert_uint_eq(pst_policy_edit_count("rang", "ring", 3), 1);
	ck_assert_uint_eq(pst_policy_edit_count("", "ring", 9), 4);
	ck_assert_uint_eq(pst_policy_edit_count("message", "ring", 3), 4);
}
END_TEST

START_TEST(the_nearest_word_is_suggested)
{
	/* "crate" is near "raet" too, but not the nearest */
	static const char *const words[] = {"peers", "rate", "message",
					    "crate"};
	static const struct {
		const char *word;
		const char *meant;
	} cases[] = {
		{"peer", "peers"},    {"raet", "rate"},	 {"mesage", "message"},
		{"bandwidth", NULL}, {"x", NULL},	 {"", NULL},
	};
	const char *meant;
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		meant = NULL;
		for (j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			pst_policy_suggest(cases[i].word, words[j], &meant);
		if (cases[i].meant)
			ck_assert_str_eq(meant, cases[i].meant);
		else
			ck_assert_msg(!meant, "'%s': %s", cases[i].word,
				      meant);
	}
}
END_TEST

START_TEST(quantities_are_read_in_the_smallest_unit)
{
	static const struct {
		const char *line;
		size_t key;
		uint64_t value;
	} cases[] = {
		{"ring 4096B", POSTERN_LIMIT_RING, 4096},
		{"ring 1GiB", POSTERN_LIMIT_RING, 1 << 30},
		{"message 3KiB", POSTERN_LIMIT_MESSAGE, 3072},
		{"memory 5MiB", POSTERN_LIMIT_MEMORY, 5 << 20},
		{"rate 500/s", POSTERN_LIMIT_RATE, 500},
		{"rate 500/s", POSTERN_LIMIT_RATE_BURST, 500},
		{"rate 500/s burst 7", POSTERN_LIMIT_RATE_BURST, 7},
		{"bandwidth 2KiB/s", POSTERN_LIMIT_BANDWIDTH, 2048},
		{"bandwidth 2KiB/s", POSTERN_LIMIT_BANDWIDTH_BURST, 2048},
		{"bandwidth 2KiB/s burst 1MiB", POSTERN_LIMIT_BANDWIDTH_BURST,
		 1 << 20},
		{"handshakes 3/s burst 4", POSTERN_LIMIT_HANDSHAKES_BURST, 4},
		{"idle 5ms", POSTERN_LIMIT_IDLE, 5000000},
		{"idle 5s", POSTERN_LIMIT_IDLE, UINT64_C(5000000000)},
		{"idle 5min", POSTERN_LIMIT_IDLE, UINT64_C(300000000000)},
		{"idle 5h", POSTERN_LIMIT_IDLE, UINT64_C(18000000000000)},
		{"peers 4294967295", POSTERN_LIMIT_PEERS, UINT32_MAX},
		{"on-exceed disconnect", POSTERN_LIMIT_ON_EXCEED, 2},
	};
	struct postern_policy *policy;
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "policy-version 1\nlimits { %s }\nend\n",
			       cases[i].line);
		policy = policy_load_valid(text);
		ck_assert_msg(policy->limits[cases[i].key].value ==
				      cases[i].value,
			      "%s", cases[i].line);
		pst_policy_unref(policy);
	}
}
END_TEST

START_TEST(limits_are_written_as_they_are_read)
{
	static const struct {
		size_t key;
		uint64_t value;
		const char *text;
	} cases[] = {
		{POSTERN_LIMIT_RING, 4096, "4KiB"},
		{POSTERN_LIMIT_MESSAGE, 4095, "4095B"},
		{POSTERN_LIMIT_MEMORY, UINT64_C(3) << 30, "3GiB"},
		{POSTERN_LIMIT_RATE, 5, "5/s"},
		{POSTERN_LIMIT_RATE_BURST, 5, "5"},
		{POSTERN_LIMIT_BANDWIDTH, 1 << 20, "1MiB/s"},
		{POSTERN_LIMIT_BANDWIDTH_BURST, 1 << 20, "1MiB"},
		{POSTERN_LIMIT_IDLE, UINT64_C(90000000000), "90s"},
		{POSTERN_LIMIT_IDLE, UINT64_C(7200000000000), "2h"},
		{POSTERN_LIMIT_ON_EXCEED, 1, "drop"},
		{POSTERN_LIMIT_PEERS, 9, "9"},
		{POSTERN_LIMIT_HANDSHAKES, 9, "9/s"},
	};
	char text[PST_POLICY_LIMIT_TEXT_BYTES];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pst_policy_limit_text(cases[i].key, cases[i].value, text);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
