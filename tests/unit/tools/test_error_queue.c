/* SPDX-License-Identifier: ISC */
/*
 * Standard error of a service: it never waits, and says how much it dropped
 */
#include "tools/errors.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "support/test_case.h"

#define DEADLINE_NS (20 * UINT64_C(1000000000))

/* Many more lines than a pipe and the queue hold. */
#define MANY_LINES 20000

static int wake_fd;
static int read_fd;
static int saved_fd;
static char text[4 << 20];

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void setup(void)
{
	int fds[2];

	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	read_fd = fds[0];
	saved_fd = dup(STDERR_FILENO);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(close(fds[1]), 0);
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ck_assert_int_ge(wake_fd, 0);
	ck_assert_int_eq(tool_error_queue_start(wake_fd), 0);
}

static void finish(uint64_t deadline_ns)
{
	tool_error_queue_drain(deadline_ns);
	ck_assert_int_eq(dup2(saved_fd, STDERR_FILENO), STDERR_FILENO);
}

static void serve(void)
{
	struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
	uint64_t count;

	ck_assert_int_eq(poll(&fd, 1, 20000), 1);
	ck_assert_int_eq(read(wake_fd, &count, sizeof(count)), sizeof(count));
	tool_error_queue_serve();
}

/* Read a part, and serve the queue meanwhile. */
static void read_some(void)
{
	struct pollfd fds[2] = {{.fd = read_fd, .events = POLLIN},
				{.fd = wake_fd, .events = POLLIN}};
	size_t used = strlen(text);
	ssize_t n;

	ck_assert_int_ge(poll(fds, 2, 20000), 1);
	if (fds[1].revents != 0)
		serve();
	if (fds[0].revents == 0)
		return;
	n = read(read_fd, text + used, sizeof(text) - 1 - used);
	ck_assert_int_gt(n, 0);
	text[used + (size_t)n] = '\0';
}

static void read_until(const char *wanted)
{
	while (!strstr(text, wanted))
		read_some();
}

static unsigned long count_numbered(void)
{
	unsigned long count = 0;
	const char *line;

	for (line = strstr(text, "postern: line:"); line;
	     line = strstr(line + 1, "postern: line:"))
		count++;
	return count;
}

/* As the reports say, of which each counts the lines since the one before. */
static unsigned long count_dropped(void)
{
	static const char report[] = "standard error: ";
	unsigned long count = 0;
	const char *line;

	for (line = strstr(text, report); line; line = strstr(line + 1, report))
		if (strchr(line, '\n'))
			count += strtoul(line + strlen(report), NULL, 10);
	return count;
}

START_TEST(error_is_written_whole)
{
	(void)tool_error(TOOL_REFUSED, "what", "why %d", 7);
	read_until("\n");
	ck_assert_str_eq(text, "postern: what: why 7\n");
	finish(now_ns() + DEADLINE_NS);
}
END_TEST

START_TEST(error_with_a_reader_that_does_not_read_is_dropped_and_counted)
{
	int i;

	/* Nothing is read meanwhile: a write() of ours would block. */
	for (i = 0; i < MANY_LINES; i++)
		(void)tool_error(TOOL_REFUSED, "line",
				 "%06d is one of very many", i);
	while (count_numbered() + count_dropped() < MANY_LINES)
		read_some();
	ck_assert_uint_eq(count_numbered() + count_dropped(), MANY_LINES);
	ck_assert_uint_gt(count_dropped(), MANY_LINES / 2);
	ck_assert_uint_gt(count_numbered(), 1000);
	ck_assert_ptr_nonnull(strstr(text, " log records not written\n"));
	finish(now_ns() + DEADLINE_NS);
}
END_TEST

START_TEST(finish_with_a_reader_that_does_not_read_ends_at_the_deadline)
{
	int i;

	for (i = 0; i < MANY_LINES; i++)
		(void)tool_error(TOOL_REFUSED, "line",
				 "%06d is one of very many", i);
	finish(now_ns() + 1000000);
}
END_TEST

START_TEST(finish_writes_the_rest)
{
	(void)tool_error(TOOL_REFUSED, "what", "why");
	finish(now_ns() + DEADLINE_NS);
	read_until("postern: what: why\n");
}
END_TEST

START_TEST(reader_that_is_gone_stops_nothing)
{
	int i;

	ck_assert_int_eq(close(read_fd), 0);
	for (i = 0; i < MANY_LINES; i++)
		(void)tool_error(TOOL_REFUSED, "line",
				 "%06d is one of very many", i);
	finish(now_ns() + DEADLINE_NS);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup);
}
