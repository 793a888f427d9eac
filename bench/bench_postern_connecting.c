/* SPDX-License-Identifier: ISC */
/*
 * postern: connections a second
 *
 * One process connects and closes, over and over; the other does nothing but run
 * its node.  Each connection is a whole admission: path and listener checked,
 * policy asked, two sealed segments made, populated and mapped.
 */
#include "bench_postern.h"

#include <errno.h>
#include <poll.h>

static int handle_all(struct postern_node *node)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	int r;

	r = postern_node_wait(node, 0);
	if (r < 0 && r != -ETIMEDOUT)
		return r;
	do {
		r = postern_node_next_event(node, &event);
	} while (r == 0);
	return r == -EAGAIN ? 0 : r;
}

/* Departures come out as events once what was sent before was received. */
static int receive_all(struct postern_node *node)
{
	postern_peer peer;
	size_t byte_count;
	char buffer[64];
	int r;

	do {
		r = postern_node_receive(node, buffer, sizeof(buffer),
					 &byte_count, &peer);
	} while (r == 0);
	return r == -EAGAIN ? 0 : r;
}

int bench_postern_serve_connections(const struct bench_run *run)
{
	struct pollfd watched[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct bench_postern_link link = {0};
	int r;

	r = bench_postern_open_node(run, POSTERN_SPIN_DEFAULT, &link);
	if (r == 0) {
		watched[0].fd = run->control_fd;
		watched[1].fd = postern_node_fd(link.node);
	}
	while (r == 0 && poll(watched, 2, -1) > 0 && watched[0].revents == 0) {
		r = receive_all(link.node);
		if (r == 0)
			r = handle_all(link.node);
	}
	bench_postern_close(&link);
	return r;
}

int bench_postern_drive_connections(const struct bench_run *run,
				    struct bench_result *ret_result)
{
	struct bench_postern_link link = {0};
	uint64_t begin_ns, now_ns;
	int r;

	r = bench_control_await_ready(run);
	if (r == 0)
		r = bench_postern_load(run, &link);
	*ret_result = (struct bench_result){0};
	begin_ns = now_ns = bench_now_ns();
	while (r == 0 && now_ns < begin_ns + run->duration_ns) {
		r = bench_postern_connect(run, &link, POSTERN_SPIN_DEFAULT);
		link.channel = postern_channel_close(link.channel);
		ret_result->count++;
		now_ns = bench_now_ns();
	}
	ret_result->elapsed_ns = now_ns - begin_ns;
	bench_postern_close(&link);
	return r;
}
