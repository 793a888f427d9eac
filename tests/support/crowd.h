/* SPDX-License-Identifier: ISC */
/*
 * A crowd: one process that connects to `orders` as many users, on orders
 *
 * It is root and takes an effective uid for each connection, so each of its
 * users is one that the kernel attests.  It keeps every connection until it is
 * told otherwise.  A flood renews its connections in turn, and is answered when
 * each has been renewed several times: until then the node has no way to tell
 * its users from others.
 */
#ifndef POSTERN_SUPPORT_CROWD_H
#define POSTERN_SUPPORT_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/process.h"

#define CROWD_CONNECTIONS_MAX 2048

enum crowd_order_kind {
	CROWD_LEAVE_UNREAD,     /* HELLO each, and wait for an answer to each */
	CROWD_FLOOD_SILENT,     /* connect anew as each user, until the next order */
	CROWD_FLOOD_HELLO,      /* the same with a HELLO, and an answer unread */
	CROWD_CLOSE,            /* all connections */
};

struct crowd_order {
	enum crowd_order_kind kind;
	uid_t first_uid;
	size_t uid_count;
	size_t connections_per_uid;
};

struct crowd_report {
	size_t offer_count;     /* unread, in the sockets that are held */
	size_t refused_count;
	size_t least_of_uid;    /* offers of the uid that got fewest */
	size_t connect_count;   /* of a flood, when it ended */
};

/* For process_start(), as ROLE_ROOT; user_data is the scene. */
process_main_fn crowd_main;

#endif
