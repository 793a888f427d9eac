/* SPDX-License-Identifier: ISC */
/*
 * Standard output of `receive`: what is held, what is written, what fails
 *
 * The output is a pipe.  A full one in non-blocking mode makes write() take a
 * part and then refuse, as a signal would.
 */
#include "tools/output.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY_BYTES 200000

static struct tool_output output;
static int read_fd;
static int write_fd;

static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	read_fd = fds[0];
	write_fd = fds[1];
	ck_assert_int_eq(tool_output_init(&output, write_fd), 0);
}

static void teardown(void)
{
	tool_output_done(&output);
	if (read_fd >= 0)
		close(read_fd);
	close(write_fd);
}

/* Bytes that tell where in the stream they belong. */
static char byte_at(size_t offset)
{
	return (char)(offset * 2654435761u >> 13);
}

static void put(size_t byte_count, size_t *offset)
{
	char *room;
	size_t i;

	ck_assert_int_eq(tool_output_reserve(&output, byte_count, &room), 0);
	for (i = 0; i < byte_count; i++)
		room[i] = byte_at((*offset)++);
	tool_output_commit(&output, byte_count);
}

/* Read what there is, and see that it goes on where the last left off. */
static void drain(size_t *offset)
{
	char bytes[4096];
	ssize_t n, i;

	while ((n = read(read_fd, bytes, sizeof(bytes))) > 0)
		for (i = 0; i < n; i++)
			ck_assert_int_eq(bytes[i], byte_at((*offset)++));
}

START_TEST(nothing_is_written_before_the_flush)
{
	size_t put_offset = 0, read_offset = 0;

	put(100, &put_offset);
	drain(&read_offset);
	ck_assert_uint_eq(read_offset, 0);
	ck_assert_int_eq(tool_output_flush(&output), 0);
	drain(&read_offset);
	ck_assert_uint_eq(read_offset, 100);
	ck_assert_uint_eq(output.held_bytes, 0);
}
END_TEST

START_TEST(interrupted_flush_keeps_the_rest_in_order)
{
	size_t put_offset = 0, read_offset = 0;

	put(MANY_BYTES, &put_offset);
	ck_assert_int_eq(tool_output_flush(&output), -EAGAIN);
	ck_assert_uint_gt(output.held_bytes, 0);
	ck_assert_uint_le(output.held_bytes, MANY_BYTES - 1);
	while (tool_output_flush(&output) == -EAGAIN)
		drain(&read_offset);
	drain(&read_offset);
	ck_assert_uint_eq(read_offset, MANY_BYTES);
}
END_TEST

START_TEST(reserving_more_than_is_free_writes_first)
{
	size_t put_offset = 0, read_offset = 0;
	char *room;

	put(1000, &put_offset);
	ck_assert_int_eq(tool_output_reserve(&output, output.buffer_bytes,
					     &room), 0);
	ck_assert_uint_eq(output.held_bytes, 0);
	drain(&read_offset);
	ck_assert_uint_eq(read_offset, 1000);
}
END_TEST

START_TEST(buffer_grows_for_a_message_larger_than_all_of_it)
{
	size_t large_bytes = output.buffer_bytes * 3 + 1;
	size_t put_offset = 0, read_offset = 0;

	put(10, &put_offset);
	put(large_bytes, &put_offset);
	while (tool_output_flush(&output) == -EAGAIN)
		drain(&read_offset);
	drain(&read_offset);
	ck_assert_uint_eq(read_offset, 10 + large_bytes);
}
END_TEST

START_TEST(reader_that_is_gone_is_an_error)
{
	size_t put_offset = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	close(read_fd);
	read_fd = -1;
	put(10, &put_offset);
	ck_assert_int_eq(tool_output_flush(&output), -EPIPE);
	ck_assert_uint_eq(output.held_bytes, 10);
}
END_TEST

START_TEST(empty_flush_writes_nothing)
{
	close(read_fd);
	read_fd = -1;
	ck_assert_int_eq(tool_output_flush(&output), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output");
	TCase *tcase = tcase_create("output");
	SRunner *runner = srunner_create(suite);
	int failed_count;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_is_written_before_the_flush);
	tcase_add_test(tcase, interrupted_flush_keeps_the_rest_in_order);
	tcase_add_test(tcase, reserving_more_than_is_free_writes_first);
	tcase_add_test(tcase, buffer_grows_for_a_message_larger_than_all_of_it);
	tcase_add_test(tcase, reader_that_is_gone_is_an_error);
	tcase_add_test(tcase, empty_flush_writes_nothing);
	suite_add_tcase(suite, tcase);

	srunner_run_all(runner, CK_NORMAL);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
