/* SPDX-License-Identifier: ISC */
/*
 * A fake node: the node's side of a handshake, with lies on order
 *
 * A process that listens where the node should be, as the right user, and does
 * all that a node does but for one thing, for channels, observers and
 * commanders.
 */
#ifndef POSTERN_SUPPORT_FAKE_NODE_H
#define POSTERN_SUPPORT_FAKE_NODE_H

#include "support/process.h"

enum fake_lie {
	FAKE_NO_LIE,

	/* The offer. */
	FAKE_RING_BEYOND_THE_WISH,
	FAKE_MESSAGE_BEYOND_THE_WISH,
	FAKE_DIRECTION_BEYOND_THE_WISH,
	FAKE_SECURITY_NOT_ASKED_FOR,
	FAKE_CUT_OFFER,
	FAKE_OTHER_LAYOUT,      /* of the statistics */
	FAKE_OFFER_INSTEAD,     /* of the statistics, with an offer's two */

	/* Its descriptors. */
	FAKE_NO_DESCRIPTORS,
	FAKE_ONE_DESCRIPTOR,
	FAKE_TWO_DESCRIPTORS,   /* with a view */
	FAKE_THREE_DESCRIPTORS,
	FAKE_REFUSAL_WITH_DESCRIPTORS,

	/* Its segments. */
	FAKE_SWAPPED_SEGMENTS,
	FAKE_OTHER_INODE,
	FAKE_SIZE_OF_NODES,
	FAKE_SIZE_OF_PEERS,
	FAKE_UNSEALED_NODES,
	FAKE_WRITABLE_NODES,
	FAKE_OPEN_SEALS_OF_NODES,
	FAKE_SEALED_PEERS,
	FAKE_UNSEALED_PEERS,
	FAKE_READ_ONLY_PEERS,
	FAKE_OTHER_OWNER,       /* only as root */
	FAKE_DISK_FILE,
	FAKE_SHM_FILE,
	FAKE_DEVICE,
	FAKE_PIPE,
	FAKE_SOCKET,
	FAKE_DIRECTORY,

	/* The end. */
	FAKE_SILENCE,
	FAKE_HANG_UP_AFTER_HELLO,
	FAKE_HANG_UP_AFTER_READY,
	FAKE_REFUSAL_AFTER_READY,
	FAKE_GO_OF_ANOTHER_SESSION,
	FAKE_GO_WITH_DESCRIPTORS,
};

/*
 * For process_start(), as ROLE_ROOT or without root as anybody; user_data is
 * the socket's path.  Reports once when it listens and then, for each order (an
 * enum fake_lie), once when that connection is over: an int, 0 or -errno.
 */
process_main_fn fake_node_main;

/* The text for FAKE_DISK_FILE: a root file system in memory gives files seals. */
const char *fake_disk_file_fault(void);

/* Listen at a path as whoever we are: 0 or -errno. */
int fake_listen(const char *path, int type, int *ret_fd);

#endif
