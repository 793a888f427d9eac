/* SPDX-License-Identifier: ISC */
/*
 * Reference: a pipe
 *
 * A byte stream, so messages of one known size are read to their end; as large
 * as the kernel allows, up to the size of the ring.
 */
#include "bench_stream.h"

#include <fcntl.h>
#include <unistd.h>

struct link {
	int out_fd;
	int in_fd;
};

static int pipe_send(void *link, const void *bytes, size_t byte_count)
{
	const uint8_t *next = bytes;
	ssize_t n;

	while (byte_count > 0) {
		n = write(((struct link *)link)->out_fd, next, byte_count);
		if (n < 0)
			return -errno;
		next += n;
		byte_count -= (size_t)n;
	}
	return 0;
}

static int pipe_receive(void *link, void *buffer, size_t buffer_bytes,
			size_t *ret_byte_count)
{
	size_t done = 0;
	ssize_t n;

	while (done < buffer_bytes) {
		n = read(((struct link *)link)->in_fd, (uint8_t *)buffer + done,
			 buffer_bytes - done);
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		done += (size_t)n;
	}
	*ret_byte_count = done;
	return 0;
}

static int serve(const struct bench_run *run)
{
	struct link link;
	int there[2], back[2], fds[2], r;

	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		return -errno;
	/* As large as this user may have it. */
	(void)fcntl(there[1], F_SETPIPE_SZ, (int)run->ring_bytes);
	fds[0] = back[0];
	fds[1] = there[1];
	r = bench_control_give_fds(run, fds, 2);
	(void)close(back[0]);
	(void)close(there[1]);
	if (r < 0)
		return r;
	link.in_fd = there[0];
	link.out_fd = back[1];
	if (run->test == BENCH_ONE_WAY)
		return bench_stream_receive(run, &link, pipe_receive);
	return bench_echo_serve(run, &link, pipe_send, pipe_receive);
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	struct link link;
	int fds[2], r;

	r = bench_control_take_fds(run, fds, 2);
	if (r < 0)
		return r;
	link.in_fd = fds[0];
	link.out_fd = fds[1];
	if (run->test == BENCH_ONE_WAY) {
		r = bench_stream_send(run, &link, pipe_send);
		if (r == 0)
			r = bench_control_await_report(run, ret_result);
	} else {
		r = bench_echo_drive(run, &link, pipe_send, pipe_receive,
				     ret_result);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
	return r;
}

static const char *missing(void)
{
	return NULL;
}

const struct bench_transport bench_pipe = {
	.name = "pipe",
	.tests = BENCH_DOES(BENCH_ONE_WAY) | BENCH_DOES(BENCH_SLEEPING),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};
