/* SPDX-License-Identifier: ISC */
/*
 * How input is divided into messages
 *
 * The input is a pipe that the test fills as it likes, so every test says
 * exactly what one read can bring.
 */
#include "tools/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "support/test_case.h"

#define LARGEST 8

static struct tool_input input;
static int write_fd;
static int read_fd;

static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	read_fd = fds[0];
	write_fd = fds[1];
}

static void teardown(void)
{
	tool_input_done(&input);
	close(read_fd);
	if (write_fd >= 0)
		close(write_fd);
}

static void begin(enum tool_input_form form)
{
	ck_assert_int_eq(tool_input_init(&input, form, read_fd, LARGEST), 0);
}

static void feed(const char *text)
{
	size_t text_bytes = strlen(text);

	ck_assert_int_eq(write(write_fd, text, text_bytes),
			 (ssize_t)text_bytes);
	ck_assert_int_eq(tool_input_read(&input), 0);
}

static void feed_end(void)
{
	close(write_fd);
	write_fd = -1;
	ck_assert_int_eq(tool_input_read(&input), 0);
}

static void expect_message(const char *text)
{
	ck_assert_int_eq(tool_input_next(&input), TOOL_INPUT_MESSAGE);
	ck_assert_uint_eq(input.message_bytes, strlen(text));
	ck_assert_mem_eq(input.message, text, input.message_bytes);
}

static void expect(enum tool_input_state state)
{
	ck_assert_int_eq(tool_input_next(&input), state);
}

START_TEST(new_input_is_hungry, .loop_end = 3)
{
	begin((enum tool_input_form)_i);
	expect(TOOL_INPUT_HUNGRY);
}
END_TEST

START_TEST(input_that_ends_at_once_has_no_message, .loop_end = 3)
{
	begin((enum tool_input_form)_i);
	feed_end();
	expect(TOOL_INPUT_ENDED);
	expect(TOOL_INPUT_ENDED);
}
END_TEST

START_TEST(stream_hands_out_what_a_read_brought)
{
	begin(TOOL_INPUT_STREAM);
	feed("abc");
	expect_message("abc");
	expect(TOOL_INPUT_HUNGRY);
	feed("d\n");
	expect_message("d\n");
	feed_end();
	expect(TOOL_INPUT_ENDED);
}
END_TEST

START_TEST(stream_divides_what_is_larger_than_a_message)
{
	begin(TOOL_INPUT_STREAM);
	feed("0123456789abcdefXY");
	expect_message("01234567");
	expect_message("89abcdef");
	expect_message("XY");
	expect(TOOL_INPUT_HUNGRY);
}
END_TEST

START_TEST(chunk_waits_until_it_is_whole)
{
	begin(TOOL_INPUT_CHUNKS);
	feed("0123");
	expect(TOOL_INPUT_HUNGRY);
	feed("4567890");
	expect_message("01234567");
	expect(TOOL_INPUT_HUNGRY);
}
END_TEST

START_TEST(last_chunk_may_be_shorter)
{
	begin(TOOL_INPUT_CHUNKS);
	feed("0123456789");
	expect_message("01234567");
	feed_end();
	expect_message("89");
	expect(TOOL_INPUT_ENDED);
}
END_TEST

START_TEST(whole_chunks_leave_no_empty_one_behind)
{
	begin(TOOL_INPUT_CHUNKS);
	feed("01234567");
	feed_end();
	expect_message("01234567");
	expect(TOOL_INPUT_ENDED);
}
END_TEST

START_TEST(line_loses_its_newline)
{
	begin(TOOL_INPUT_LINES);
	feed("one\ntwo\n");
	expect_message("one");
	expect_message("two");
	expect(TOOL_INPUT_HUNGRY);
	ck_assert_uint_eq(input.line_count, 2);
}
END_TEST

START_TEST(empty_line_is_an_empty_message)
{
	begin(TOOL_INPUT_LINES);
	feed("\n\na\n\n");
	expect_message("");
	expect_message("");
	expect_message("a");
	expect_message("");
	feed_end();
	expect(TOOL_INPUT_ENDED);
}
END_TEST

START_TEST(line_may_come_in_pieces)
{
	begin(TOOL_INPUT_LINES);
	feed("ab");
	expect(TOOL_INPUT_HUNGRY);
	feed("cd");
	expect(TOOL_INPUT_HUNGRY);
	feed("\ne");
	expect_message("abcd");
	expect(TOOL_INPUT_HUNGRY);
}
END_TEST

START_TEST(last_line_needs_no_newline)
{
	begin(TOOL_INPUT_LINES);
	feed("a\nb");
	expect_message("a");
	feed_end();
	expect_message("b");
	expect(TOOL_INPUT_ENDED);
}
END_TEST

START_TEST(line_of_the_largest_size_is_a_message)
{
	begin(TOOL_INPUT_LINES);
	feed("01234567");
	expect(TOOL_INPUT_HUNGRY);
	feed("\n");
	expect_message("01234567");
}
END_TEST

START_TEST(line_that_is_too_long_is_known_before_it_ends)
{
	begin(TOOL_INPUT_LINES);
	feed("a\n012345678");
	expect_message("a");
	expect(TOOL_INPUT_TOO_LONG);
}
END_TEST

START_TEST(line_that_is_too_long_is_known_with_its_newline)
{
	begin(TOOL_INPUT_LINES);
	feed("012345678\nb\n");
	expect(TOOL_INPUT_TOO_LONG);
}
END_TEST

START_TEST(bytes_of_any_value_pass)
{
	static const char bytes[] = "\0\377\n\0";

	begin(TOOL_INPUT_LINES);
	ck_assert_int_eq(write(write_fd, bytes, 3), 3);
	ck_assert_int_eq(tool_input_read(&input), 0);
	ck_assert_int_eq(tool_input_next(&input), TOOL_INPUT_MESSAGE);
	ck_assert_uint_eq(input.message_bytes, 2);
	ck_assert_mem_eq(input.message, bytes, 2);
}
END_TEST

START_TEST(failed_read_is_told)
{
	begin(TOOL_INPUT_STREAM);
	input.fd = write_fd;
	ck_assert_int_eq(tool_input_read(&input), -EBADF);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
