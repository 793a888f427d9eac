/* SPDX-License-Identifier: ISC */
/*
 * Reference: libqb's IPC in shared-memory mode
 *
 * Requests from a client to a server that runs libqb's own main loop.  One way,
 * a request has no answer; in a round trip it has.  libqb makes three rings for
 * each connection (requests, responses, events), each large enough for the
 * largest message, so the largest message is what sets its shared memory: a
 * third of what two rings of postern's take.
 */
#include "bench_stream.h"

#ifndef BENCH_HAVE_LIBQB

static const char *missing(void)
{
	return "not built in: libqb was not found";
}

static int serve(const struct bench_run *run)
{
	(void)run;
	return -ENOSYS;
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	(void)run;
	(void)ret_result;
	return -ENOSYS;
}

#else

#include <poll.h>
#include <qb/qbipcc.h>
#include <qb/qbipcs.h>
#include <qb/qbloop.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#define NAME_BYTES 64
#define MESSAGE_ID 1

/* libqb's callbacks carry no pointer of ours to where the loop is. */
static struct server {
	const struct bench_run *run;
	qb_loop_t *loop;
	struct bench_checker checker;
	int result;
} server;

/* The driver's pid is in the name: both know it. */
static void service_name(pid_t driver_pid, char *ret_name)
{
	(void)snprintf(ret_name, NAME_BYTES, "postern-bench-%d",
		       (int)driver_pid);
}

static size_t largest_message(const struct bench_run *run)
{
	size_t third = 2 * run->ring_bytes / 3;

	/* One way, the ring of requests is as large as everybody's. */
	return run->test == BENCH_CONNECTING ? third : run->ring_bytes;
}

/* -- server ---------------------------------------------------------------- */

static int32_t admit(qb_ipcs_connection_t *c, uid_t uid, gid_t gid)
{
	(void)c;
	(void)gid;
	return uid == geteuid() ? 0 : -EACCES;
}

static int32_t closed(qb_ipcs_connection_t *c)
{
	(void)c;
	return 0;
}

static void ignore(qb_ipcs_connection_t *c)
{
	(void)c;
}

static int32_t answer(qb_ipcs_connection_t *c, const void *payload,
		      size_t payload_bytes)
{
	struct qb_ipc_response_header header = {
		.id = MESSAGE_ID,
		.size = (int32_t)(sizeof(header) + payload_bytes),
	};
	struct iovec parts[2] = {
		{&header, sizeof(header)},
		{(void *)(uintptr_t)payload, payload_bytes},
	};

	return qb_ipcs_response_sendv(c, parts, 2) < 0 ? -EIO : 0;
}

static int32_t process(qb_ipcs_connection_t *c, void *data, size_t size)
{
	const struct qb_ipc_request_header *header = data;
	const uint8_t *payload = (const uint8_t *)(header + 1);
	size_t payload_bytes = size - sizeof(*header);
	uint8_t copy[BENCH_MESSAGE_BYTES_MAX];

	/* The others give their receiver a copy of its own, too. */
	memcpy(copy, payload, payload_bytes);
	if (server.run->test != BENCH_ONE_WAY)
		return answer(c, copy, payload_bytes);
	if (!bench_checker_take(&server.checker, copy, payload_bytes)) {
		server.result = bench_control_report(server.run,
						     &server.checker.result);
		return -EIO; /* that was all */
	}
	return 0;
}

static int32_t add_job(enum qb_loop_priority p, void *data,
		       qb_loop_job_dispatch_fn fn)
{
	return qb_loop_job_add(server.loop, p, data, fn);
}

static int32_t add_fd(enum qb_loop_priority p, int32_t fd, int32_t events,
		      void *data, qb_ipcs_dispatch_fn_t fn)
{
	return qb_loop_poll_add(server.loop, p, fd, events, data, fn);
}

static int32_t modify_fd(enum qb_loop_priority p, int32_t fd, int32_t events,
			 void *data, qb_ipcs_dispatch_fn_t fn)
{
	return qb_loop_poll_mod(server.loop, p, fd, events, data, fn);
}

static int32_t remove_fd(int32_t fd)
{
	return qb_loop_poll_del(server.loop, fd);
}

static int32_t stop(int32_t fd, int32_t revents, void *data)
{
	(void)fd;
	(void)revents;
	(void)data;
	qb_loop_stop(server.loop);
	return -1;
}

static int serve(const struct bench_run *run)
{
	struct qb_ipcs_service_handlers handlers = {
		.connection_accept = admit,
		.connection_created = ignore,
		.msg_process = process,
		.connection_closed = closed,
		.connection_destroyed = ignore,
	};
	struct qb_ipcs_poll_handlers polling = {
		add_job, add_fd, modify_fd, remove_fd,
	};
	qb_ipcs_service_t *service;
	char name[NAME_BYTES];
	int r;

	server.run = run;
	server.checker.message_bytes = run->message_bytes;
	server.loop = qb_loop_create();
	service_name(getppid(), name);
	service = qb_ipcs_create(name, 0, QB_IPC_SHM, &handlers);
	if (!server.loop || !service)
		return -ENOMEM;
	qb_ipcs_poll_handlers_set(service, &polling);
	qb_ipcs_request_rate_limit(service, QB_IPCS_RATE_FAST);
	r = qb_ipcs_run(service);
	if (r < 0)
		return r;
	r = qb_loop_poll_add(server.loop, QB_LOOP_LOW, run->control_fd, POLLIN,
			     NULL, stop);
	if (r == 0)
		r = bench_control_ready(run);
	if (r == 0)
		qb_loop_run(server.loop);
	qb_ipcs_destroy(service);
	qb_loop_destroy(server.loop);
	return r < 0 ? r : server.result;
}

/* -- driver ---------------------------------------------------------------- */

static inline int qb_send(void *link, const void *bytes, size_t byte_count)
{
	struct qb_ipc_request_header header = {
		.id = MESSAGE_ID,
		.size = (int32_t)(sizeof(header) + byte_count),
	};
	struct iovec parts[2] = {
		{&header, sizeof(header)},
		{(void *)(uintptr_t)bytes, byte_count},
	};
	ssize_t n;

	while ((n = qb_ipcc_sendv(link, parts, 2)) == -EAGAIN)
		bench_cpu_relax();
	return n < 0 ? (int)n : 0;
}

static inline int qb_receive(void *link, void *buffer, size_t buffer_bytes,
			     size_t *ret_byte_count)
{
	static uint8_t answer_bytes[BENCH_MESSAGE_BYTES_MAX + 64];
	const struct qb_ipc_response_header *header = (void *)answer_bytes;
	ssize_t n = qb_ipcc_recv(link, answer_bytes, sizeof(answer_bytes), -1);

	if (n < (ssize_t)sizeof(*header))
		return n < 0 ? (int)n : -EPIPE;
	*ret_byte_count = (size_t)n - sizeof(*header);
	if (*ret_byte_count > buffer_bytes)
		return -EMSGSIZE;
	memcpy(buffer, header + 1, *ret_byte_count);
	return 0;
}

static int drive_connections(const struct bench_run *run, const char *name,
			     struct bench_result *ret_result)
{
	uint64_t begin_ns = bench_now_ns(), now_ns = begin_ns;
	qb_ipcc_connection_t *connection;

	*ret_result = (struct bench_result){0};
	while (now_ns < begin_ns + run->duration_ns) {
		connection = qb_ipcc_connect(name, largest_message(run));
		if (!connection)
			return -errno;
		qb_ipcc_disconnect(connection);
		ret_result->count++;
		now_ns = bench_now_ns();
	}
	ret_result->elapsed_ns = now_ns - begin_ns;
	return 0;
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	qb_ipcc_connection_t *connection;
	char name[NAME_BYTES];
	int r;

	service_name(getpid(), name);
	r = bench_control_await_ready(run);
	if (r < 0)
		return r;
	if (run->test == BENCH_CONNECTING)
		return drive_connections(run, name, ret_result);
	connection = qb_ipcc_connect(name, largest_message(run));
	if (!connection)
		return -errno;
	if (run->test == BENCH_ONE_WAY) {
		r = bench_stream_send(run, connection, qb_send);
		if (r == 0)
			r = bench_control_await_report(run, ret_result);
	} else {
		r = bench_echo_drive(run, connection, qb_send, qb_receive,
				     ret_result);
	}
	qb_ipcc_disconnect(connection);
	return r;
}

static const char *missing(void)
{
	return NULL;
}

#endif

const struct bench_transport bench_libqb = {
	.name = "libqb",
	.tests = BENCH_DOES(BENCH_ONE_WAY) | BENCH_DOES(BENCH_SLEEPING) |
		 BENCH_DOES(BENCH_CONNECTING),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};
