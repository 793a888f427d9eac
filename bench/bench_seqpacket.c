/* SPDX-License-Identifier: ISC */
/*
 * Reference: a SEQPACKET socket
 *
 * What a local service would use that wants messages and the kernel's word on
 * who its peer is.  Blocking calls, so each side sleeps in the call itself.
 * Connecting counts once the other side has accepted and said so.
 */
#include "bench_stream.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int socket_send(void *link, const void *bytes, size_t byte_count)
{
	if (send(*(int *)link, bytes, byte_count, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static int socket_receive(void *link, void *buffer, size_t buffer_bytes,
			  size_t *ret_byte_count)
{
	ssize_t n = recv(*(int *)link, buffer, buffer_bytes, 0);

	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	*ret_byte_count = (size_t)n;
	return 0;
}

static int serve_messages(const struct bench_run *run)
{
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	r = bench_control_give_fds(run, &fds[1], 1);
	(void)close(fds[1]);
	if (r < 0)
		return r;
	if (run->test == BENCH_ONE_WAY)
		return bench_stream_receive(run, &fds[0], socket_receive);
	return bench_echo_serve(run, &fds[0], socket_send, socket_receive);
}

static int drive_messages(const struct bench_run *run,
			  struct bench_result *ret_result)
{
	int fd, r;

	r = bench_control_take_fds(run, &fd, 1);
	if (r < 0)
		return r;
	if (run->test == BENCH_ONE_WAY) {
		r = bench_stream_send(run, &fd, socket_send);
		if (r == 0)
			r = bench_control_await_report(run, ret_result);
	} else {
		r = bench_echo_drive(run, &fd, socket_send, socket_receive,
				     ret_result);
	}
	(void)close(fd);
	return r;
}

static struct sockaddr_un address(const struct bench_run *run)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s/seqpacket",
		       run->place);
	return name;
}

static int serve_connections(const struct bench_run *run)
{
	struct sockaddr_un name = address(run);
	struct pollfd watched[2] = {{.events = POLLIN}, {.events = POLLIN}};
	int fd, r;

	watched[0].fd = run->control_fd;
	watched[1].fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (watched[1].fd < 0 ||
	    bind(watched[1].fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(watched[1].fd, 128) < 0)
		return -errno;
	r = bench_control_ready(run);
	while (r == 0 && poll(watched, 2, -1) > 0 && watched[0].revents == 0) {
		fd = accept4(watched[1].fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return -errno;
		r = socket_send(&fd, "g", 1);
		(void)close(fd);
	}
	return r;
}

static int connect_once(const struct sockaddr_un *name)
{
	size_t byte_count;
	char word;
	int fd, r;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)name, sizeof(*name));
	if (r < 0)
		r = -errno;
	else
		r = socket_receive(&fd, &word, 1, &byte_count);
	(void)close(fd);
	return r;
}

static int drive_connections(const struct bench_run *run,
			     struct bench_result *ret_result)
{
	struct sockaddr_un name = address(run);
	uint64_t begin_ns, now_ns;
	int r;

	r = bench_control_await_ready(run);
	begin_ns = now_ns = bench_now_ns();
	*ret_result = (struct bench_result){0};
	while (r == 0 && now_ns < begin_ns + run->duration_ns) {
		r = connect_once(&name);
		ret_result->count++;
		now_ns = bench_now_ns();
	}
	ret_result->elapsed_ns = now_ns - begin_ns;
	return r;
}

static int serve(const struct bench_run *run)
{
	if (run->test == BENCH_CONNECTING)
		return serve_connections(run);
	return serve_messages(run);
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	if (run->test == BENCH_CONNECTING)
		return drive_connections(run, ret_result);
	return drive_messages(run, ret_result);
}

static const char *missing(void)
{
	return NULL;
}

const struct bench_transport bench_seqpacket = {
	.name = "seqpacket",
	.tests = BENCH_DOES(BENCH_ONE_WAY) | BENCH_DOES(BENCH_SLEEPING) |
		 BENCH_DOES(BENCH_CONNECTING),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};
