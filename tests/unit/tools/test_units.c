/* SPDX-License-Identifier: ISC */
/*
 * Numbers on the command line: what is one, and what is refused
 */
#include "tools/units.h"

#include <string.h>

#include "support/test_case.h"

static const struct accepted {
	const char *text;
	uint64_t value;
} sizes[] = {
	{"1B", 1},
	{"4096B", 4096},
	{"64KiB", 65536},
	{"3MiB", 3 * 1048576},
	{"4GiB", UINT64_C(4) << 30},
	{"18446744073709551615B", UINT64_MAX},
	{"17179869183GiB", UINT64_C(17179869183) << 30},
}, durations[] = {
	{"1ms", 1000000},
	{"2s", UINT64_C(2000000000)},
	{"3min", UINT64_C(180000000000)},
	{"4h", UINT64_C(14400000000000)},
};

static const char *const not_sizes[] = {
	"", "B", "KiB", "0B", "0", "1", "4096", "01B", "-1B", "+1B", " 1B",
	"1 B", "1B ", "1b", "4KB", "4MB", "4kiB", "4K", "1.5KiB", "0x10B",
	"1TiB", "18446744073709551616B", "17179869184GiB",
	"99999999999999999999999B",
};

static const char *const not_durations[] = {
	"", "s", "0s", "1", "01s", "-1s", "1.5s", "1sec", "1m", "1us", "1S",
	"5124096h",
};

static const char *const not_counts[] = {
	"", "0", "00", "01", "-1", "+1", "1.0", "1B", " 1", "1 ", "0x1",
	"18446744073709551616",
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

START_TEST(size_has_a_unit, .loop_end = COUNT(sizes))
{
	uint64_t bytes = 0;

	ck_assert_ptr_null(tool_parse_size(sizes[_i].text, &bytes));
	ck_assert_uint_eq(bytes, sizes[_i].value);
}
END_TEST

START_TEST(text_that_is_no_size_is_refused_and_nothing_is_written,
	   .loop_end = COUNT(not_sizes))
{
	uint64_t bytes = 77;

	ck_assert_ptr_nonnull(tool_parse_size(not_sizes[_i], &bytes));
	ck_assert_uint_eq(bytes, 77);
}
END_TEST

START_TEST(duration_has_a_unit, .loop_end = COUNT(durations))
{
	uint64_t ns = 0;

	ck_assert_ptr_null(tool_parse_duration(durations[_i].text, &ns));
	ck_assert_uint_eq(ns, durations[_i].value);
}
END_TEST

START_TEST(text_that_is_no_duration_is_refused_and_nothing_is_written,
	   .loop_end = COUNT(not_durations))
{
	uint64_t ns = 77;

	ck_assert_ptr_nonnull(tool_parse_duration(not_durations[_i], &ns));
	ck_assert_uint_eq(ns, 77);
}
END_TEST

START_TEST(count_is_a_bare_number)
{
	uint64_t count = 0;

	ck_assert_ptr_null(tool_parse_count("18446744073709551615", &count));
	ck_assert_uint_eq(count, UINT64_MAX);
	ck_assert_ptr_null(tool_parse_count("10", &count));
	ck_assert_uint_eq(count, 10);
}
END_TEST

START_TEST(text_that_is_no_count_is_refused_and_nothing_is_written,
	   .loop_end = COUNT(not_counts))
{
	uint64_t count = 77;

	ck_assert_ptr_nonnull(tool_parse_count(not_counts[_i], &count));
	ck_assert_uint_eq(count, 77);
}
END_TEST

START_TEST(size_is_printed_in_the_largest_unit_that_fits)
{
	ck_assert_str_eq(tool_format_size(1023).text, "1023 B");
	ck_assert_str_eq(tool_format_size(1536).text, "1.5 KiB");
	ck_assert_str_eq(tool_format_size(5.0 * 1024 * 1024 * 1024).text,
			 "5.0 GiB");
	ck_assert_uint_lt(strlen(tool_format_size(1e300).text),
			  sizeof(struct tool_text));
}
END_TEST

static const struct {
	double count;
	const char *text;
} short_counts[] = {
	{0, "0"}, {9999, "9999"}, {10000, "10.0k"}, {1234567, "1.2M"},
	{999960, "1.0M"}, {18446744073709551615.0, "18.4E"},
};

START_TEST(count_is_printed_in_few_characters, .loop_end = COUNT(short_counts))
{
	ck_assert_str_eq(tool_format_count(short_counts[_i].count).text,
			 short_counts[_i].text);
}
END_TEST

static const struct {
	uint64_t ns;
	const char *text;
} times[] = {
	{0, "0ns"}, {999, "999ns"}, {1500, "1.5us"}, {123456, "123us"},
	{2500000, "2.5ms"}, {UINT64_C(1500000000), "1.5s"},
	{UINT64_C(119000000000), "119s"}, {UINT64_C(150000000000), "2.5min"},
	{UINT64_C(86400000000000), "24.0h"}, {UINT64_MAX, "213504d"},
};

START_TEST(time_is_printed_in_the_unit_that_fits, .loop_end = COUNT(times))
{
	ck_assert_str_eq(tool_format_time(times[_i].ns).text, times[_i].text);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
