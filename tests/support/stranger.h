/* SPDX-License-Identifier: ISC */
/*
 * A stranger: the client's side of a handshake, one step at a time
 *
 * Does what a client does, by hand, so that a test can leave a step out, do
 * it wrongly, or stop.  Every call returns 0 or -errno and never blocks, so a
 * node may be served by the same thread; none makes an assertion.
 */
#ifndef POSTERN_SUPPORT_STRANGER_H
#define POSTERN_SUPPORT_STRANGER_H

#include <stdbool.h>
#include <stddef.h>

#include "os/packet_socket.h"
#include "os/segment.h"
#include "wire/wire.h"

struct stranger {
	int socket_fd;
	struct pst_offer offer;
	int segment_fds[PST_PACKET_FDS_MAX]; /* the node's, ours */
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping node_mapping;
};

#define STRANGER_INIT {.socket_fd = -1, .segment_fds = {-1, -1}}

int stranger_connect(struct stranger *stranger, const char *socket_path);
void stranger_close(struct stranger *stranger);

/* HELLO to node `orders`, requesting both directions. */
void stranger_fill_hello(struct pst_hello *ret_hello);
/* Make it one of another kind: there is nothing to request. */
void stranger_request_no_channel(struct pst_hello *hello,
				 enum pst_wire_kind kind);
int stranger_send_hello(const struct stranger *stranger,
			const struct pst_hello *hello);
int stranger_say_hello(const struct stranger *stranger);

/* The OFFER with its descriptors: -EAGAIN when it has not come. */
int stranger_take_offer(struct stranger *stranger);

/* All that is due between OFFER and READY, in order. */
int stranger_pay_for_own(struct stranger *stranger);
int stranger_pay_for_nodes(struct stranger *stranger);
int stranger_seal(const struct stranger *stranger, int seals);
int stranger_do_its_part(struct stranger *stranger);
int stranger_say_ready(const struct stranger *stranger);

/* GO: 0, -EAGAIN, -EPIPE or -EBADMSG. */
int stranger_take_go(const struct stranger *stranger);

/*
 * The refusal: one record with one code and no descriptor.  0, -EAGAIN, -EPIPE,
 * or -EBADMSG if it is anything else.
 */
int stranger_take_refusal(const struct stranger *stranger,
			  enum pst_refuse_code *ret_code);

/* Has it been hung up on, with nothing left to read? */
bool stranger_is_alone(const struct stranger *stranger);

#endif
