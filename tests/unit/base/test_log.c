/* SPDX-License-Identifier: ISC */
/* Log records: one line for any values */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

static char seen_line[2 * PST_LOG_LINE_BYTES];
static enum postern_log_level seen_level;
static char seen_event[32];
static unsigned int seen_count;
static uint64_t seen_sequence;
static size_t seen_field_count;

/* The fields, put together again, are the line. */
static void expect_fields_to_be_the_line(
	const struct postern_log_record *record)
{
	const char *at = record->line;
	size_t i;

	for (i = 0; i < record->field_count; i++) {
		const struct postern_log_field *field = &record->fields[i];
		size_t key_bytes = strlen(field->key);
		bool is_quoted;

		expect(i == 0 || *at++ == ' ');
		expect(strncmp(at, field->key, key_bytes) == 0);
		at += key_bytes;
		expect(*at++ == '=');
		is_quoted = *at == '"';
		at += is_quoted;
		expect(field->value == at);
		at += field->value_bytes;
		expect(!is_quoted || *at++ == '"');
	}
	expect(*at == '\0');
}

static void see(void *user_data, const struct postern_log_record *record)
{
	ck_assert_ptr_eq(user_data, &seen_count);
	seen_count++;
	seen_level = record->level;
	(void)strncpy(seen_event, record->event, sizeof(seen_event) - 1);
	expect(strlen(record->line) < sizeof(seen_line));
	memcpy(seen_line, record->line, strlen(record->line) + 1);
	seen_sequence = record->sequence;
	seen_field_count = record->field_count;
	expect_fields_to_be_the_line(record);
}

static const struct pst_log log_to_see = {
	.callback = see,
	.user_data = &seen_count,
};

static struct pst_log_record record;

static const char *emitted(void)
{
	pst_log_record_emit(&record, &log_to_see);
	return seen_line;
}

START_TEST(record_is_logfmt_with_level_and_event_first)
{
	pst_log_record_init(&record, POSTERN_LOG_AUDIT, "connected");
	pst_log_record_add_text(&record, "node", "orders");
	pst_log_record_add_u64(&record, "uid", 20002);
	pst_log_record_add_i64(&record, "error", -5);
	ck_assert_str_eq(emitted(), "level=audit event=connected node=orders "
				    "uid=20002 error=-5");
	ck_assert_int_eq(seen_level, POSTERN_LOG_AUDIT);
	ck_assert_str_eq(seen_event, "connected");
	ck_assert_uint_eq(seen_count, 1);
}
END_TEST

START_TEST(audit_record_carries_its_number)
{
	pst_log_record_init_audit(&record, "refused", UINT64_MAX);
	pst_log_record_add_text(&record, "node", "orders");
	ck_assert_str_eq(emitted(), "level=audit event=refused "
				    "seq=18446744073709551615 node=orders");
	ck_assert(seen_sequence == UINT64_MAX);
	ck_assert_uint_eq(seen_field_count, 4);

	pst_log_record_init(&record, POSTERN_LOG_WARNING, "accept");
	ck_assert_str_eq(emitted(), "level=warning event=accept");
	ck_assert_uint_eq(seen_sequence, 0);
}
END_TEST

START_TEST(numbers_are_written_to_their_limits)
{
	pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
	pst_log_record_add_u64(&record, "a", UINT64_MAX);
	pst_log_record_add_u64(&record, "b", 0);
	pst_log_record_add_i64(&record, "c", INT64_MIN);
	pst_log_record_add_i64(&record, "d", INT64_MAX);
	ck_assert_str_eq(emitted(), "level=info event=x "
			 "a=18446744073709551615 b=0 "
			 "c=-9223372036854775808 d=9223372036854775807");
}
END_TEST

START_TEST(text_is_quoted_where_needed)
{
	pst_log_record_init(&record, POSTERN_LOG_ERROR, "x");
	pst_log_record_add_text(&record, "a", "plain-1_2.3:4/5@6+7,8");
	pst_log_record_add_text(&record, "b", "two words");
	pst_log_record_add_text(&record, "c", "k=v");
	pst_log_record_add_text(&record, "d", "");
	pst_log_record_add_text(&record, "e", NULL);
	ck_assert_str_eq(emitted(), "level=error event=x "
			 "a=plain-1_2.3:4/5@6+7,8 b=\"two words\" c=\"k=v\" "
			 "d=\"\"");
}
END_TEST

START_TEST(hostile_text_cannot_leave_its_quotes)
{
	static const char hostile[] = "a\" uid=0 \\\n\r\t\x1b[31m\x7f\xc3\xa9";

	pst_log_record_init(&record, POSTERN_LOG_WARNING, "x");
	pst_log_record_add_text(&record, "name", hostile);
	ck_assert_str_eq(emitted(), "level=warning event=x "
			 "name=\"a\\\" uid=0 \\\\\\x0a\\x0d\\x09\\x1b[31m"
			 "\\x7f\\xc3\\xa9\"");
}
END_TEST

/* The one byte that a value of the line stands for. */
static unsigned int value_byte(const char *value)
{
	unsigned int byte;

	if (*value == '"')
		value++;
	if (value[0] == '\\' && value[1] == 'x') {
		ck_assert_int_eq(sscanf(value + 2, "%2x", &byte), 1);
		return byte;
	}
	return (unsigned char)(value[0] == '\\' ? value[1] : value[0]);
}

START_TEST(every_byte_is_printable_in_the_line_and_can_be_read_back)
{
	unsigned int byte;

	for (byte = 0; byte < 256; byte++) {
		uint8_t bytes[] = { (uint8_t)byte };
		const char *at;

		pst_log_record_init(&record, POSTERN_LOG_AUDIT, "refused");
		pst_log_record_add_bytes(&record, "a", bytes, 1);
		pst_log_record_add_u64(&record, "b", 1);
		for (at = emitted(); *at != '\0'; at++)
			ck_assert_msg(*at >= 0x20 && *at < 0x7f,
				      "byte %u makes %s", byte, seen_line);
		at = strstr(seen_line, " a=");
		ck_assert_ptr_nonnull(at);
		ck_assert_uint_eq(value_byte(at + 3), byte);
		ck_assert_uint_eq(seen_field_count, 4);
	}
}
END_TEST

START_TEST(bytes_may_contain_zeros)
{
	pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
	pst_log_record_add_bytes(&record, "a", "one\0two", 7);
	pst_log_record_add_bytes(&record, "b", "", 0);
	ck_assert_str_eq(emitted(),
			 "level=info event=x a=\"one\\x00two\" b=\"\"");
}
END_TEST

START_TEST(long_value_is_shortened_between_two_escapes)
{
	char text[1000];
	const char *value, *end;

	memset(text, '\n', sizeof(text) - 1);
	text[0] = '!';
	text[sizeof(text) - 1] = '\0';
	pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
	pst_log_record_add_text(&record, "a", text);
	pst_log_record_add_u64(&record, "b", 7);

	value = strchr(emitted(), '!');
	ck_assert_ptr_nonnull(value);
	end = strchr(value, '"');
	ck_assert_ptr_nonnull(end);
	ck_assert_int_eq(end - value, 1 + (PST_LOG_VALUE_BYTES - 1) / 4 * 4);
	ck_assert_str_eq(end, "\" b=7 cut=1");
}
END_TEST

START_TEST(record_that_runs_full_is_cut_at_a_field)
{
	char text[301];
	unsigned int i;

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
	for (i = 0; i < 5; i++)
		pst_log_record_add_text(&record, "long", text);
	pst_log_record_add_u64(&record, "short", 1);

	ck_assert_uint_lt(strlen(emitted()), PST_LOG_LINE_BYTES);
	ck_assert_uint_eq(strlen(seen_line),
			  strlen("level=info event=x") + 3 * 306 +
			  strlen(" cut=1"));
	ck_assert_str_eq(seen_line + strlen(seen_line) - 8, "yy cut=1");
	ck_assert_ptr_null(strstr(seen_line, "short"));
}
END_TEST

START_TEST(record_of_too_many_fields_is_cut)
{
	unsigned int i;

	pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
	for (i = 0; i < 2 * PST_LOG_FIELDS; i++)
		pst_log_record_add_u64(&record, "n", i);
	ck_assert_ptr_nonnull(strstr(emitted(), " n=20 cut=1"));
	ck_assert_uint_eq(seen_field_count, PST_LOG_FIELDS);
}
END_TEST

START_TEST(line_may_use_its_last_byte_but_not_one_more)
{
	unsigned int pad;

	for (pad = 0; pad < 60; pad++) {
		static char text[300];

		memset(text, 'z', sizeof(text));
		text[240 + pad] = '\0';
		pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
		pst_log_record_add_text(&record, "a", text);
		pst_log_record_add_text(&record, "b", text);
		pst_log_record_add_text(&record, "c", text);
		pst_log_record_add_text(&record, "d", text);
		ck_assert_uint_lt(strlen(emitted()), PST_LOG_LINE_BYTES);
		if (strstr(seen_line, " d=") == NULL)
			ck_assert_str_eq(seen_line + strlen(seen_line) - 6,
					 " cut=1");
		else
			ck_assert_ptr_null(strstr(seen_line, "cut"));
	}
}
END_TEST

START_TEST(silence_without_a_callback)
{
	static const struct pst_log nowhere;

	pst_log_record_init(&record, POSTERN_LOG_INFO, "x");
	pst_log_record_emit(&record, &nowhere);
	ck_assert_uint_eq(seen_count, 0);
}
END_TEST

/* Reads one logfmt line as a consumer would; returns its number of fields. */
static unsigned int parse_fields(const char *line)
{
	unsigned int field_count = 0;

	while (*line != '\0') {
		line += strspn(line, "abcdefghijklmnopqrstuvwxyz");
		expect(*line++ == '=');
		if (*line == '"') {
			for (line++; *line != '"'; line++) {
				expect(*line >= 0x20 && *line < 0x7f);
				if (*line == '\\')
					line++;
			}
			line++;
		} else {
			expect(*line > ' ');
			while (*line > ' ' && *line < 0x7f && *line != '=' &&
			       *line != '"')
				line++;
		}
		field_count++;
		if (*line == '\0')
			break;
		expect(*line++ == ' ');
		expect(*line != '\0');
	}
	return field_count;
}

START_TEST(any_bytes_make_one_line_that_parses)
{
	struct random random = { 3 };
	unsigned int round;

	for (round = 0; round < 50000; round++) {
		unsigned int added_count = random_below(&random, 8);
		unsigned int field_count, i;
		bool is_cut;

		pst_log_record_init(&record, POSTERN_LOG_AUDIT, "refused");
		for (i = 0; i < added_count; i++) {
			uint8_t bytes[600];
			size_t byte_count = random_below(&random, 600);
			size_t j;

			for (j = 0; j < byte_count; j++)
				bytes[j] = (uint8_t)random_u64(&random);
			if (round % 4 != 0)
				byte_count %= 40;
			pst_log_record_add_bytes(&record, "key", bytes,
						 byte_count);
		}
		field_count = parse_fields(emitted());
		expect(strlen(seen_line) < PST_LOG_LINE_BYTES);
		is_cut = strstr(seen_line, " cut=1") != NULL;
		expect(is_cut || field_count == 2 + added_count);
		expect(field_count == seen_field_count);
		expect(field_count <= 2 + added_count + is_cut);
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
