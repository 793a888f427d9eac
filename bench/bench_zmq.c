/* SPDX-License-Identifier: ISC */
/*
 * Reference: ZeroMQ, PUSH to PULL over ipc://, in clear and with CURVE
 *
 * Its messages cross a socket in batches that threads of its own make, so its
 * processes are not pinned: those threads need the other processor.  Round trips
 * use a pair in each direction.
 *
 * With CURVE, both sides have a key of their own and the driver knows the
 * server's beforehand, from a file; the server takes every client, as it does
 * without an authentication handler.
 */
#include "bench_stream.h"

#ifndef BENCH_HAVE_ZMQ

static const char *missing(void)
{
	return "not built in: libzmq was not found";
}

static const char *missing_curve(void)
{
	return missing();
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

#include <stdio.h>
#include <zmq.h>

#define ADDRESS_BYTES 256
#define KEY_TEXT_BYTES 41

struct link {
	void *context;
	void *out;
	void *in;
};

static int zmq_out(void *link, const void *bytes, size_t byte_count)
{
	if (zmq_send(((struct link *)link)->out, bytes, byte_count, 0) < 0)
		return -zmq_errno();
	return 0;
}

static int zmq_in(void *link, void *buffer, size_t buffer_bytes,
		  size_t *ret_byte_count)
{
	int n = zmq_recv(((struct link *)link)->in, buffer, buffer_bytes, 0);

	if (n < 0)
		return -zmq_errno();
	*ret_byte_count = (size_t)n;
	return 0;
}

static void address(const struct bench_run *run, const char *name,
		    char *ret_address)
{
	(void)snprintf(ret_address, ADDRESS_BYTES, "ipc://%s/%s", run->place,
		       name);
}

static void close_link(struct link *link)
{
	(void)zmq_close(link->out);
	(void)zmq_close(link->in);
	(void)zmq_ctx_term(link->context);
}

static int open_link(struct link *link)
{
	link->context = zmq_ctx_new();
	link->out = zmq_socket(link->context, ZMQ_PUSH);
	link->in = zmq_socket(link->context, ZMQ_PULL);
	return link->out && link->in ? 0 : -zmq_errno();
}

/* -- CURVE ----------------------------------------------------------------- */

struct curve_keys {
	char public[KEY_TEXT_BYTES];
	char secret[KEY_TEXT_BYTES];
};

static bool has_curve(const struct bench_run *run)
{
	return run->transport->mode == BENCH_MODE_AEAD;
}

static FILE *open_key_file(const struct bench_run *run, const char *mode)
{
	char path[ADDRESS_BYTES];

	(void)snprintf(path, sizeof(path), "%s/server.public", run->place);
	return fopen(path, mode);
}

static int put_server_key(const struct bench_run *run,
			  const struct curve_keys *keys)
{
	FILE *file = open_key_file(run, "we");

	if (!file)
		return -errno;
	(void)fputs(keys->public, file);
	return fclose(file) == 0 ? 0 : -EIO;
}

static int get_server_key(const struct bench_run *run,
			  char ret_public[static KEY_TEXT_BYTES])
{
	FILE *file = open_key_file(run, "re");
	bool is_read;

	if (!file)
		return -errno;
	is_read = fgets(ret_public, KEY_TEXT_BYTES, file) != NULL;
	(void)fclose(file);
	return is_read ? 0 : -EIO;
}

static int secure_server(void *socket, const struct curve_keys *keys)
{
	int is_server = 1;

	if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &is_server,
			   sizeof(is_server)) < 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret,
			   KEY_TEXT_BYTES) < 0)
		return -zmq_errno();
	return 0;
}

static int secure_client(void *socket, const struct curve_keys *keys,
			 const char server[static KEY_TEXT_BYTES])
{
	if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server,
			   KEY_TEXT_BYTES) < 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->public,
			   KEY_TEXT_BYTES) < 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret,
			   KEY_TEXT_BYTES) < 0)
		return -zmq_errno();
	return 0;
}

static int secure_link(const struct bench_run *run, struct link *link,
		       bool is_server)
{
	char server[KEY_TEXT_BYTES];
	struct curve_keys keys;
	int r;

	if (!has_curve(run))
		return 0;
	if (zmq_curve_keypair(keys.public, keys.secret) < 0)
		return -zmq_errno();
	r = is_server ? put_server_key(run, &keys) : get_server_key(run, server);
	if (r < 0)
		return r;
	r = is_server ? secure_server(link->in, &keys) :
			secure_client(link->in, &keys, server);
	if (r < 0)
		return r;
	return is_server ? secure_server(link->out, &keys) :
			   secure_client(link->out, &keys, server);
}

/* -- both ------------------------------------------------------------------ */

static int bind_link(const struct bench_run *run, struct link *link)
{
	char there[ADDRESS_BYTES], back[ADDRESS_BYTES];

	address(run, "there", there);
	address(run, "back", back);
	if (zmq_bind(link->in, there) < 0 || zmq_bind(link->out, back) < 0)
		return -zmq_errno();
	return 0;
}

static int connect_link(const struct bench_run *run, struct link *link)
{
	char there[ADDRESS_BYTES], back[ADDRESS_BYTES];

	address(run, "there", there);
	address(run, "back", back);
	if (zmq_connect(link->out, there) < 0 ||
	    zmq_connect(link->in, back) < 0)
		return -zmq_errno();
	return 0;
}

static int serve(const struct bench_run *run)
{
	struct link link;
	int r;

	r = open_link(&link);
	if (r == 0)
		r = secure_link(run, &link, true);
	if (r == 0)
		r = bind_link(run, &link);
	if (r == 0)
		r = bench_control_ready(run);
	if (r == 0 && run->test == BENCH_ONE_WAY)
		r = bench_stream_receive(run, &link, zmq_in);
	else if (r == 0)
		r = bench_echo_serve(run, &link, zmq_out, zmq_in);
	bench_control_await_end(run);
	close_link(&link);
	return r;
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	struct link link;
	int r;

	r = bench_control_await_ready(run);
	if (r == 0)
		r = open_link(&link);
	if (r < 0)
		return r;
	r = secure_link(run, &link, false);
	if (r == 0)
		r = connect_link(run, &link);
	if (r == 0 && run->test == BENCH_ONE_WAY) {
		r = bench_stream_send(run, &link, zmq_out);
		if (r == 0)
			r = bench_control_await_report(run, ret_result);
	} else if (r == 0) {
		r = bench_echo_drive(run, &link, zmq_out, zmq_in, ret_result);
	}
	close_link(&link);
	return r;
}

static const char *missing(void)
{
	return NULL;
}

static const char *missing_curve(void)
{
	return zmq_has("curve") ? NULL : "this libzmq has no CURVE";
}

#endif

const struct bench_transport bench_zmq = {
	.name = "zeromq",
	.tests = BENCH_DOES(BENCH_ONE_WAY) | BENCH_DOES(BENCH_SLEEPING),
	.has_threads = true,
	.missing = missing,
	.serve = serve,
	.drive = drive,
};

const struct bench_transport bench_zmq_curve = {
	.name = "curve",
	.tests = BENCH_DOES(BENCH_SECURED),
	.has_threads = true,
	.mode = BENCH_MODE_AEAD,
	.missing = missing_curve,
	.serve = serve,
	.drive = drive,
};
