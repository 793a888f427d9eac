/* SPDX-License-Identifier: ISC */
/*
 * A thread that writes: to pipes that are full or closed, and to files that are
 * full, moved away or too large
 *
 * A limit on the size of files (RLIMIT_FSIZE) stands for a full disk.
 */
#include "tools/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/test_case.h"

#define BUFFER_BYTES 65536
#define DEADLINE_NS (20 * UINT64_C(1000000000))

static struct tool_writer *writer;
static int wake_fd;
static int read_fd = -1;
static int write_fd = -1;
static char directory[64];
static char path[80];
static char moved_path[80];
static char text[300000];

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
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	read_fd = fds[0];
	write_fd = fds[1];
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ck_assert_int_ge(wake_fd, 0);
	(void)strcpy(directory, "/tmp/postern-writer.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/out", directory);
	(void)snprintf(moved_path, sizeof(moved_path), "%s/out.1", directory);
}

static void teardown(void)
{
	(void)unlink(path);
	(void)unlink(moved_path);
	(void)rmdir(directory);
}

static void start(const char *to_path)
{
	const struct tool_writer_params params = {
		.fd = write_fd,
		.path = to_path,
		.is_lines = true,
		.buffer_bytes = BUFFER_BYTES,
		.wake_fd = wake_fd,
	};

	ck_assert_int_eq(tool_writer_start(&params, &writer), 0);
}

static void await_wake(void)
{
	struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
	uint64_t count;

	ck_assert_int_eq(poll(&fd, 1, 20000), 1);
	ck_assert_int_eq(read(wake_fd, &count, sizeof(count)), sizeof(count));
}

/* Returns what _reserve() did. */
static int put(const char *bytes, size_t byte_count)
{
	char *room;
	int result;

	result = tool_writer_reserve(writer, byte_count, &room);
	if (result == 0) {
		memcpy(room, bytes, byte_count);
		tool_writer_commit(writer, byte_count);
	}
	return result;
}

static void put_line(unsigned int number)
{
	char line[16];

	(void)snprintf(line, sizeof(line), "line %06u\n", number);
	ck_assert_int_eq(put(line, 12), 0);
}

static struct tool_writer_state await_error(int error)
{
	struct tool_writer_state state;

	for (;;) {
		state = tool_writer_state(writer);
		if (state.error == error)
			return state;
		await_wake();
	}
}

static void drain(void)
{
	tool_writer_drain(writer, now_ns() + DEADLINE_NS);
	ck_assert_uint_eq(tool_writer_unwritten_bytes(writer), 0);
}

static void limit_file_size(rlim_t byte_count)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = byte_count;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The file has exactly these lines. */
static void expect_lines(const char *of_path, unsigned int first,
			 unsigned int end)
{
	char line[16];
	FILE *file = fopen(of_path, "r");
	unsigned int i;

	ck_assert_ptr_nonnull(file);
	for (i = first; i < end; i++) {
		(void)snprintf(text, sizeof(text), "line %06u\n", i);
		ck_assert_msg(fgets(line, sizeof(line), file), "%s ends at %u",
			      of_path, i);
		ck_assert_str_eq(line, text);
	}
	ck_assert_ptr_null(fgets(line, sizeof(line), file));
	(void)fclose(file);
}

/* Read so many bytes, and serve the writer meanwhile. */
static void read_all(size_t byte_count)
{
	struct pollfd fds[2] = {{.fd = read_fd, .events = POLLIN},
				{.fd = wake_fd, .events = POLLIN}};
	size_t got = 0;
	ssize_t n;

	ck_assert_uint_le(byte_count, sizeof(text));
	while (got < byte_count) {
		ck_assert_int_ge(poll(fds, 2, 20000), 1);
		if (fds[1].revents != 0) {
			await_wake();
			tool_writer_serve(writer);
		}
		if (fds[0].revents == 0)
			continue;
		n = read(read_fd, text + got, byte_count - got);
		ck_assert_int_gt(n, 0);
		got += (size_t)n;
	}
}

/* -- pipes ----------------------------------------------------------------- */

START_TEST(serve_writes_what_is_committed)
{
	start(NULL);
	ck_assert_int_eq(put("hello\n", 6), 0);
	tool_writer_serve(writer);
	read_all(6);
	ck_assert_mem_eq(text, "hello\n", 6);
	drain();
}
END_TEST

static bool is_pipe_full(void)
{
	int held_bytes;

	ck_assert_int_eq(ioctl(read_fd, FIONREAD, &held_bytes), 0);
	return held_bytes == fcntl(read_fd, F_GETPIPE_SZ);
}

/* Fill the pipe and both buffers; nothing of this may block. */
static size_t fill(void)
{
	char bytes[4096];
	size_t count = 0;
	bool was_full;
	int result;

	memset(bytes, 'x', sizeof(bytes));
	do {
		was_full = is_pipe_full();
		result = put(bytes, sizeof(bytes));
		if (result == 0)
			count += sizeof(bytes);
		tool_writer_serve(writer);
	} while (result == 0 || !was_full);
	ck_assert_int_eq(result, -EAGAIN);
	return count;
}

START_TEST(reserve_with_a_full_pipe_is_eagain_and_does_not_block)
{
	char *room;
	size_t count;

	start(NULL);
	count = fill();
	ck_assert_uint_ge(count, 2 * BUFFER_BYTES);
	ck_assert_uint_ge(tool_writer_unwritten_bytes(writer), BUFFER_BYTES);
	/* The reader goes on: the program is woken, and there is room. */
	read_all(count);
	while (tool_writer_reserve(writer, 4096, &room) == -EAGAIN)
		await_wake();
	drain();
}
END_TEST

START_TEST(drain_with_a_full_pipe_ends_at_the_deadline)
{
	start(NULL);
	(void)fill();
	tool_writer_drain(writer, now_ns() + 1000000);
	ck_assert_uint_ge(tool_writer_unwritten_bytes(writer), BUFFER_BYTES);
}
END_TEST

/* A descriptor that another process made non-blocking. */
START_TEST(nonblocking_pipe_is_waited_for)
{
	size_t count;

	ck_assert_int_eq(fcntl(write_fd, F_SETFL, O_NONBLOCK), 0);
	start(NULL);
	count = fill();
	read_all(count);
	drain();
	ck_assert_int_eq(tool_writer_state(writer).error, 0);
}
END_TEST

START_TEST(message_larger_than_the_buffers_is_written)
{
	static char large[3 * BUFFER_BYTES];
	size_t i;

	start(NULL);
	for (i = 0; i < sizeof(large); i++)
		large[i] = (char)(i * 2654435761u >> 13);
	ck_assert_int_eq(put("first\n", 6), 0);
	while (put(large, sizeof(large)) == -EAGAIN)
		await_wake();
	tool_writer_serve(writer);
	read_all(6 + sizeof(large));
	ck_assert_mem_eq(text, "first\n", 6);
	ck_assert_mem_eq(text + 6, large, sizeof(large));
}
END_TEST

START_TEST(closed_pipe_is_a_final_error)
{
	char *room;

	start(NULL);
	ck_assert_int_eq(close(read_fd), 0);
	ck_assert_int_eq(put("hello\n", 6), 0);
	tool_writer_serve(writer);
	ck_assert(await_error(EPIPE).is_final);
	ck_assert_uint_eq(tool_writer_unwritten_bytes(writer), 6);
	ck_assert_int_eq(tool_writer_reserve(writer, 2 * BUFFER_BYTES, &room),
			 -EPIPE);
	tool_writer_drain(writer, now_ns() + DEADLINE_NS);
}
END_TEST

/* -- files ----------------------------------------------------------------- */

START_TEST(file_is_appended_to_and_private)
{
	struct stat status;
	unsigned int i;
	mode_t mask = umask(0);

	start(path);
	put_line(0);
	drain();
	start(path);
	for (i = 1; i < 10; i++)
		put_line(i);
	drain();
	expect_lines(path, 0, 10);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	(void)umask(mask);
}
END_TEST

START_TEST(path_that_is_no_file_is_refused)
{
	struct tool_writer_params params = {
		.path = path,
		.buffer_bytes = BUFFER_BYTES,
		.wake_fd = wake_fd,
	};
	int fd;

	ck_assert_int_eq(symlink(moved_path, path), 0);
	ck_assert_int_eq(tool_writer_start(&params, &writer), -ELOOP);
	ck_assert_int_eq(unlink(path), 0);
	/* With nothing that reads, and with something. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(tool_writer_start(&params, &writer), -ENXIO);
	ck_assert_int_ge(open(path, O_RDONLY | O_NONBLOCK), 0);
	ck_assert_int_eq(tool_writer_start(&params, &writer), -ENXIO);
	ck_assert_int_eq(unlink(path), 0);
	/* With a second name, or of another user. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(link(path, moved_path), 0);
	ck_assert_int_eq(tool_writer_start(&params, &writer), -EPERM);
	ck_assert_int_eq(unlink(moved_path), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 20005, 20005), 0);
		ck_assert_int_eq(tool_writer_start(&params, &writer), -EPERM);
	}
	params.path = directory;
	ck_assert_int_eq(tool_writer_start(&params, &writer), -EISDIR);
}
END_TEST

START_TEST(full_file_keeps_the_lines_and_goes_on_where_it_stopped)
{
	unsigned int i;

	limit_file_size(18); /* in the middle of the second line */
	start(path);
	for (i = 0; i < 1000; i++)
		put_line(i);
	tool_writer_serve(writer);
	ck_assert(!await_error(EFBIG).is_final);
	ck_assert_uint_eq(tool_writer_unwritten_bytes(writer), 12000 - 18);
	for (; i < 2000; i++)
		put_line(i);
	limit_file_size(100);
	tool_writer_reopen(writer); /* again at once: part of it is written */
	while (tool_writer_unwritten_bytes(writer) != 24000 - 100)
		await_wake();
	limit_file_size(RLIM_INFINITY);
	drain();
	ck_assert_int_eq(tool_writer_state(writer).error, 0);
	expect_lines(path, 0, 2000);
}
END_TEST

START_TEST(full_file_is_tried_again_without_a_request)
{
	limit_file_size(3);
	start(path);
	put_line(0);
	tool_writer_serve(writer);
	(void)await_error(EFBIG);
	limit_file_size(RLIM_INFINITY);
	(void)await_error(0);
	drain();
	expect_lines(path, 0, 1);
}
END_TEST

START_TEST(reopen_of_a_moved_file_begins_a_new_one)
{
	start(path);
	put_line(0);
	put_line(1);
	drain();
	ck_assert_int_eq(rename(path, moved_path), 0);
	put_line(2);
	drain();
	tool_writer_reopen(writer);
	await_wake();
	put_line(3);
	drain();
	expect_lines(moved_path, 0, 3);
	expect_lines(path, 3, 4);
}
END_TEST

START_TEST(reopen_of_the_same_file_changes_nothing)
{
	start(path);
	put_line(0);
	drain();
	tool_writer_reopen(writer);
	put_line(1);
	drain();
	expect_lines(path, 0, 2);
}
END_TEST

/* The line that did not fit is in the new file, whole, and only there. */
START_TEST(reopen_of_a_full_file_does_not_tear_a_line)
{
	unsigned int i;

	limit_file_size(30);
	start(path);
	for (i = 0; i < 5; i++)
		put_line(i);
	tool_writer_serve(writer);
	(void)await_error(EFBIG);
	ck_assert_int_eq(rename(path, moved_path), 0);
	limit_file_size(RLIM_INFINITY);
	tool_writer_reopen(writer);
	drain();
	expect_lines(moved_path, 0, 2);
	expect_lines(path, 2, 5);
}
END_TEST

START_TEST(reopen_that_fails_keeps_the_open_file)
{
	struct tool_writer_state state;

	start(path);
	put_line(0);
	drain();
	ck_assert_int_eq(rename(path, moved_path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	tool_writer_reopen(writer);
	await_wake();
	state = tool_writer_state(writer);
	ck_assert_int_eq(state.reopen_error, EISDIR);
	ck_assert_int_eq(state.error, 0);
	put_line(1);
	drain();
	expect_lines(moved_path, 0, 2);
	ck_assert_int_eq(rmdir(path), 0);
	tool_writer_reopen(writer);
	await_wake();
	ck_assert_int_eq(tool_writer_state(writer).reopen_error, 0);
	put_line(2);
	drain();
	expect_lines(path, 2, 3);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
