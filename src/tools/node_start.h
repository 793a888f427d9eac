/* SPDX-License-Identifier: ISC */
/*
 * Pauses between attempts to connect to a node that does not run yet
 *
 * Where the directory of the node's socket can be read, a change of the socket
 * ends a pause.  The socket exists and has its mode a moment before the node
 * listens, which inotify(7) does not report.  So the next pauses are short.
 */
#ifndef POSTERN_TOOLS_NODE_START_H
#define POSTERN_TOOLS_NODE_START_H

#include <stdbool.h>
#include <stdint.h>

struct tool_node_start {
	int fd;                  /* of inotify; -1: nothing is watched */
	char *directory;
	const char *socket_name; /* in the directory, borrowed */
	uint64_t pause_ns;       /* the longest that the next pause takes */
};

/* socket_path is borrowed; NULL: nothing is watched. */
void tool_node_start_init(struct tool_node_start *start,
			  const char *socket_path);

/*
 * Sleep until the socket changes, at most for a pause, which doubles each time,
 * and at most for left_ns.  Returns whether the socket has changed.
 */
bool tool_node_start_pause(struct tool_node_start *start, uint64_t left_ns);

void tool_node_start_done(struct tool_node_start *start);

#endif
