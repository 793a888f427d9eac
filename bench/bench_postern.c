/* SPDX-License-Identifier: ISC */
/*
 * postern, measured three ways, and in its security modes
 *
 * `postern` sends and receives on a channel, the node's end detached from the
 * node, and looks again when there is nothing, as the insecure ring does (or, in
 * the sleeping test, sleeps at once).  `waiting` uses the waiting calls as most
 * programs would, with the library's own spin before sleep.  `node` receives
 * through the node, which accounts and schedules each message.
 *
 * And in the security modes, with either cipher, in the first of these ways.
 * Both sides' policy demands the mode; keys would not change what a message
 * costs, and there are none.
 */
#include "bench_postern.h"
#include "bench_stream.h"

static inline int polling_send(void *channel, const void *bytes,
			       size_t byte_count)
{
	int r;

	while ((r = postern_send(channel, bytes, byte_count)) == -EAGAIN)
		bench_cpu_relax();
	return r;
}

static inline int polling_receive(void *channel, void *buffer,
				  size_t buffer_bytes, size_t *ret_byte_count)
{
	int r;

	while ((r = postern_receive(channel, buffer, buffer_bytes,
				    ret_byte_count)) == -EAGAIN)
		bench_cpu_relax();
	return r;
}

static inline int waiting_send(void *channel, const void *bytes,
			       size_t byte_count)
{
	return postern_send_wait(channel, bytes, byte_count,
				 POSTERN_NO_DEADLINE);
}

static inline int waiting_receive(void *channel, void *buffer,
				  size_t buffer_bytes, size_t *ret_byte_count)
{
	return postern_receive_wait(channel, buffer, buffer_bytes,
				    ret_byte_count, POSTERN_NO_DEADLINE);
}

static inline int node_receive(void *node, void *buffer, size_t buffer_bytes,
			       size_t *ret_byte_count)
{
	postern_peer peer;
	int r;

	while ((r = postern_node_receive(node, buffer, buffer_bytes,
					 ret_byte_count, &peer)) == -EAGAIN)
		bench_cpu_relax();
	return r;
}

static uint32_t spin_of(const struct bench_run *run)
{
	return run->test == BENCH_SLEEPING ? POSTERN_SPIN_NONE :
					     POSTERN_SPIN_DEFAULT;
}

static int open_detached(const struct bench_run *run,
			 struct bench_postern_link *ret_link)
{
	postern_peer peer;
	int r;

	r = bench_postern_open_node(run, spin_of(run), ret_link);
	if (r == 0)
		r = bench_postern_await_peer(ret_link, &peer);
	if (r == 0)
		r = postern_node_detach(ret_link->node, peer,
					&ret_link->channel);
	return r;
}

static int open_connected(const struct bench_run *run,
			  struct bench_postern_link *ret_link)
{
	int r;

	r = bench_control_await_ready(run);
	if (r == 0)
		r = bench_postern_load(run, ret_link);
	if (r == 0)
		r = bench_postern_connect(run, ret_link, spin_of(run));
	return r;
}

/* -- postern: polling, or asleep at once ----------------------------------- */

static int serve(const struct bench_run *run)
{
	struct bench_postern_link link = {0};
	int r;

	if (run->test == BENCH_CONNECTING)
		return bench_postern_serve_connections(run);
	r = open_detached(run, &link);
	if (r == 0 && run->test == BENCH_ONE_WAY)
		r = bench_stream_receive(run, link.channel, polling_receive);
	else if (r == 0 && run->test == BENCH_SPINNING)
		r = bench_echo_serve(run, link.channel, polling_send,
				     polling_receive);
	else if (r == 0)
		r = bench_echo_serve(run, link.channel, waiting_send,
				     waiting_receive);
	bench_control_await_end(run);
	bench_postern_close(&link);
	return r;
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	struct bench_postern_link link = {0};
	int r;

	if (run->test == BENCH_CONNECTING)
		return bench_postern_drive_connections(run, ret_result);
	r = open_connected(run, &link);
	if (r == 0 && run->test == BENCH_ONE_WAY) {
		r = bench_stream_send(run, link.channel, polling_send);
		if (r == 0)
			r = bench_control_await_report(run, ret_result);
	} else if (r == 0 && run->test == BENCH_SPINNING) {
		r = bench_echo_drive(run, link.channel, polling_send,
				     polling_receive, ret_result);
	} else if (r == 0) {
		r = bench_echo_drive(run, link.channel, waiting_send,
				     waiting_receive, ret_result);
	}
	bench_postern_close(&link);
	return r;
}

/* -- waiting: the waiting calls, as they come ------------------------------ */

static int serve_waiting(const struct bench_run *run)
{
	struct bench_postern_link link = {0};
	int r;

	r = open_detached(run, &link);
	if (r == 0)
		r = bench_stream_receive(run, link.channel, waiting_receive);
	bench_control_await_end(run);
	bench_postern_close(&link);
	return r;
}

static int drive_waiting(const struct bench_run *run,
			 struct bench_result *ret_result)
{
	struct bench_postern_link link = {0};
	int r;

	r = open_connected(run, &link);
	if (r == 0)
		r = bench_stream_send(run, link.channel, waiting_send);
	if (r == 0)
		r = bench_control_await_report(run, ret_result);
	bench_postern_close(&link);
	return r;
}

/* -- node: received through the node --------------------------------------- */

static int serve_node(const struct bench_run *run)
{
	struct bench_postern_link link = {0};
	postern_peer peer;
	int r;

	r = bench_postern_open_node(run, spin_of(run), &link);
	if (r == 0)
		r = bench_postern_await_peer(&link, &peer);
	if (r == 0)
		r = bench_stream_receive(run, link.node, node_receive);
	bench_control_await_end(run);
	bench_postern_close(&link);
	return r;
}

static int drive_node(const struct bench_run *run,
		      struct bench_result *ret_result)
{
	struct bench_postern_link link = {0};
	int r;

	r = open_connected(run, &link);
	if (r == 0)
		r = bench_stream_send(run, link.channel, polling_send);
	if (r == 0)
		r = bench_control_await_report(run, ret_result);
	bench_postern_close(&link);
	return r;
}

static const char *missing(void)
{
	return NULL;
}

const struct bench_transport bench_postern = {
	.name = "postern",
	.tests = BENCH_DOES(BENCH_ONE_WAY) | BENCH_DOES(BENCH_SPINNING) |
		 BENCH_DOES(BENCH_SLEEPING) | BENCH_DOES(BENCH_CONNECTING) |
		 BENCH_DOES(BENCH_SECURED),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};

const struct bench_transport bench_postern_waiting = {
	.name = "waiting",
	.tests = BENCH_DOES(BENCH_ONE_WAY),
	.missing = missing,
	.serve = serve_waiting,
	.drive = drive_waiting,
};

const struct bench_transport bench_postern_node = {
	.name = "node",
	.tests = BENCH_DOES(BENCH_ONE_WAY),
	.missing = missing,
	.serve = serve_node,
	.drive = drive_node,
};

static const char *missing_aes(void)
{
	return postern_features() & POSTERN_FEATURE_AES ?
		       NULL : "this processor, or this libsodium, has no AES";
}

#define SEALED(name_, mode_, cipher_, raw_, missing_) \
	{ \
		.name = (name_), .tests = BENCH_DOES(BENCH_SECURED), \
		.mode = (mode_), .cipher = (cipher_), .raw = (raw_), \
		.missing = (missing_), .serve = serve, .drive = drive, \
	}

const struct bench_transport bench_postern_mac_aes =
	SEALED("mac-aes", BENCH_MODE_MAC, BENCH_AESGCM, &bench_raw_mac_aes,
	       missing_aes);
const struct bench_transport bench_postern_mac_chacha =
	SEALED("mac-chacha", BENCH_MODE_MAC, BENCH_CHACHAPOLY,
	       &bench_raw_mac_chacha, missing);
const struct bench_transport bench_postern_aead_aes =
	SEALED("aead-aes", BENCH_MODE_AEAD, BENCH_AESGCM, &bench_raw_aead_aes,
	       missing_aes);
const struct bench_transport bench_postern_aead_chacha =
	SEALED("aead-chacha", BENCH_MODE_AEAD, BENCH_CHACHAPOLY,
	       &bench_raw_aead_chacha, missing);
