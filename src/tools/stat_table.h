/* SPDX-License-Identifier: ISC */
/*
 * The board: a snapshot as lines for humans
 *
 * The same lines for `stat`, for `top --batch` and for the screen of `top`.
 */
#ifndef POSTERN_TOOLS_BOARD_H
#define POSTERN_TOOLS_BOARD_H

#include <stddef.h>

#include "stat_sample.h"

#define TOOL_BOARD_LINE_BYTES 384

/* The lines about the node. */
#define TOOL_BOARD_NODE_LINES 5

void tool_board_node_line(const struct tool_snapshot *snapshot,
			  unsigned int line_index,
			  char line[static TOOL_BOARD_LINE_BYTES]);

/* The headings of the columns, and a line with those of one peer. */
void tool_board_headings(char line[static TOOL_BOARD_LINE_BYTES]);
void tool_board_peer_line(const struct tool_peer *peer,
			  char line[static TOOL_BOARD_LINE_BYTES]);

/* All of it to standard output. */
void tool_board_print(const struct tool_snapshot *snapshot);

/* What the peers stand in the order of. */
enum tool_board_order {
	TOOL_BOARD_BY_SLOT = 0,
	TOOL_BOARD_BY_NAME,
	TOOL_BOARD_BY_RATE,     /* the busiest first */
	TOOL_BOARD_BY_DEPTH,    /* the fullest ring first */
	TOOL_BOARD_BY_LATENCY,  /* the oldest messages first */
	TOOL_BOARD_BY_DROPS
};

/* "slot", "name" and so on; NULL, or why the word names no order. */
const char *tool_board_parse_order(const char *word,
				   enum tool_board_order *ret_order);
const char *tool_board_order_word(enum tool_board_order order);
void tool_board_sort(struct tool_snapshot *snapshot,
		     enum tool_board_order order);

/* One word for what the node does about a peer, or what is wrong with it. */
const char *tool_peer_state_word(const struct postern_peer_statistics *stats);

#endif
