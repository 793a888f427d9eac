/* SPDX-License-Identifier: ISC */
/*
 * postern as a transport: what its three ways of being measured share
 */
#ifndef POSTERN_BENCH_BENCH_POSTERN_H
#define POSTERN_BENCH_BENCH_POSTERN_H

#include <postern/postern.h>

#include "bench.h"

struct bench_postern_link {
	struct postern_policy *policy;
	struct postern_node *node;       /* the server's */
	struct postern_channel *channel;
};

/*
 * The server opens a node that admits its own uid, with rings of ring_bytes;
 * the driver connects to it.  _open_node() says ready.  0 or a negative errno.
 */
int bench_postern_open_node(const struct bench_run *run, uint32_t spin_ns,
			    struct bench_postern_link *ret_link);
int bench_postern_await_peer(struct bench_postern_link *link,
			     postern_peer *ret_peer);
int bench_postern_load(const struct bench_run *run,
		       struct bench_postern_link *ret_link);
int bench_postern_connect(const struct bench_run *run,
			  struct bench_postern_link *link, uint32_t spin_ns);
void bench_postern_close(struct bench_postern_link *link);

/* bench_postern_connecting.c */
int bench_postern_serve_connections(const struct bench_run *run);
int bench_postern_drive_connections(const struct bench_run *run,
				    struct bench_result *ret_result);

#endif
