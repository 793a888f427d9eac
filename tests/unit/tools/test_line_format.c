/* SPDX-License-Identifier: ISC */
/*
 * The lines of `receive --format`: fields, and bytes of a peer that are escaped
 */
#include "tools/line_format.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/test_case.h"

static struct postern_peer_statistics peer;
static struct tool_line_message message;
static char line[4096];

static void setup(void)
{
	peer = (struct postern_peer_statistics){
		.slot_index = 3,
		.generation = 7,
		.uid = 20001,
		.pid = 4711,
		.peer_name = "shop",
		.instance = "till-7",
		.tenant = "acme",
	};
	message = (struct tool_line_message){
		.node_name = "orders",
		.peer = &peer,
		.time = {.tv_sec = 1796124600, .tv_nsec = 1234567},
		.bytes = "hello",
		.byte_count = 5,
	};
}

/* The line without its newline, which is the only one. */
static const char *print(const char *text)
{
	struct tool_line_format format;
	size_t bytes;

	ck_assert_ptr_null(tool_line_format_parse(text, &format));
	ck_assert_uint_le(tool_line_format_bound(&format, message.byte_count),
			  sizeof(line));
	bytes = tool_line_format_print(&format, &message, line);
	ck_assert_uint_le(bytes, tool_line_format_bound(&format,
							message.byte_count));
	ck_assert_uint_ge(bytes, 1);
	ck_assert_int_eq(line[bytes - 1], '\n');
	line[bytes - 1] = '\0';
	return line;
}

static const char *print_bytes(const char *bytes, size_t byte_count)
{
	message.bytes = bytes;
	message.byte_count = byte_count;
	return print("%{payload}");
}

START_TEST(print_has_every_field)
{
	ck_assert_str_eq(print("%{time} %{node} %{name} %{tenant} %{instance} "
			       "%{peer} %{uid} %{pid} %{bytes} %{payload}"),
			 "2026-12-01T11:30:00.001234Z orders shop acme till-7 "
			 "3.7 20001 4711 5 hello");
}
END_TEST

START_TEST(print_unknown_facts_are_dashes)
{
	peer.pid = 0;
	peer.instance[0] = '\0';
	peer.tenant[0] = '\0';
	ck_assert_str_eq(print("%{pid} %{instance} %{tenant}"), "- - -");
}
END_TEST

START_TEST(print_text_stays_as_it_is)
{
	ck_assert_str_eq(print("100%% {\"uid\":%{uid}}\\n"),
			 "100% {\"uid\":20001}\\n");
	ck_assert_str_eq(print(""), "");
}
END_TEST

START_TEST(print_payload_is_one_line)
{
	ck_assert_str_eq(print_bytes("a\nb\r\tc\\d\0e", 10),
			 "a\\nb\\r\\tc\\\\d\\x00e");
	ck_assert_str_eq(print_bytes("\033[2J\x7f", 5), "\\x1b[2J\\x7f");
	ck_assert_str_eq(print_bytes("", 0), "");
}
END_TEST

START_TEST(print_payload_keeps_printable_utf8_only)
{
	/* U+00E9, U+20AC, U+1F600 */
	ck_assert_str_eq(print_bytes("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9),
			 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	/* U+0085, U+2028, U+202E, U+200F, U+061C: other ways to end or reorder
	 * a line. */
	ck_assert_str_eq(print_bytes("\xc2\x85", 2), "\\xc2\\x85");
	ck_assert_str_eq(print_bytes("\xe2\x80\xa8", 3), "\\xe2\\x80\\xa8");
	ck_assert_str_eq(print_bytes("\xe2\x80\xae", 3), "\\xe2\\x80\\xae");
	ck_assert_str_eq(print_bytes("\xe2\x80\x8f", 3), "\\xe2\\x80\\x8f");
	ck_assert_str_eq(print_bytes("\xd8\x9c", 2), "\\xd8\\x9c");
	/* Overlong, a surrogate, too large, cut off, and a lone byte. */
	ck_assert_str_eq(print_bytes("\xc0\x8a", 2), "\\xc0\\x8a");
	ck_assert_str_eq(print_bytes("\xe0\x80\x8a", 3), "\\xe0\\x80\\x8a");
	ck_assert_str_eq(print_bytes("\xed\xa0\x80", 3), "\\xed\\xa0\\x80");
	ck_assert_str_eq(print_bytes("\xf4\x90\x80\x80", 4),
			 "\\xf4\\x90\\x80\\x80");
	ck_assert_str_eq(print_bytes("\xe2\x82", 2), "\\xe2\\x82");
	ck_assert_str_eq(print_bytes("\xff" "a", 2), "\\xffa");
}
END_TEST

/* From the escaped bytes, the message is known: no two have the same line. */
static size_t unescape(const char *text, unsigned char *bytes)
{
	char digits[3] = {0};
	size_t count = 0;

	for (; *text != '\0'; text++) {
		ck_assert_int_ne(*text, '\n');
		if (*text != '\\') {
			bytes[count++] = (unsigned char)*text;
			continue;
		}
		text++;
		switch (*text) {
		case 'n':
			bytes[count++] = '\n';
			break;
		case 'r':
			bytes[count++] = '\r';
			break;
		case 't':
			bytes[count++] = '\t';
			break;
		case '\\':
			bytes[count++] = '\\';
			break;
		default:
			ck_assert_int_eq(*text, 'x');
			memcpy(digits, text + 1, 2);
			bytes[count++] =
				(unsigned char)strtoul(digits, NULL, 16);
			text += 2;
			break;
		}
	}
	return count;
}

START_TEST(print_random_payload_can_be_read_back)
{
	unsigned char bytes[200], read[200];
	uint32_t state = 12345;
	size_t i, count;
	int round;

	for (round = 0; round < 2000; round++) {
		count = (size_t)round % sizeof(bytes);
		for (i = 0; i < count; i++) {
			state = state * 1664525u + 1013904223u;
			bytes[i] = (unsigned char)(state >> 24);
		}
		(void)print_bytes((const char *)bytes, count);
		ck_assert_uint_eq(unescape(line, read), count);
		ck_assert_mem_eq(read, bytes, count);
	}
}
END_TEST

START_TEST(print_raw_is_not_escaped)
{
	message.bytes = "a\\b";
	message.byte_count = 3;
	ck_assert_str_eq(print("[%{raw}]"), "[a\\b]");
}
END_TEST

START_TEST(parse_wrong_format_is_refused)
{
	struct tool_line_format format;

	ck_assert_ptr_nonnull(tool_line_format_parse("%", &format));
	ck_assert_ptr_nonnull(tool_line_format_parse("%u", &format));
	ck_assert_ptr_nonnull(tool_line_format_parse("%{uid", &format));
	ck_assert_ptr_nonnull(tool_line_format_parse("%{}", &format));
	ck_assert_ptr_nonnull(tool_line_format_parse("%{uidd}", &format));
	ck_assert_ptr_nonnull(tool_line_format_parse("%{ui}", &format));
}
END_TEST

START_TEST(parse_too_many_fields_is_refused)
{
	char text[TOOL_LINE_FORMAT_PARTS_MAX * 6 + 7] = "";
	struct tool_line_format format;
	int i;

	for (i = 0; i < TOOL_LINE_FORMAT_PARTS_MAX; i++)
		(void)strcat(text, "%{uid}");
	ck_assert_ptr_null(tool_line_format_parse(text, &format));
	(void)strcat(text, "%{uid}");
	ck_assert_ptr_nonnull(tool_line_format_parse(text, &format));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup);
}
