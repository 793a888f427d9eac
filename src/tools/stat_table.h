/* SPDX-License-Identifier: ISC */
/*
 * The statistics table: a sample as lines for humans
 *
 * `stat`, `top --batch` and the screen of `top` show the same lines.
 */
#ifndef POSTERN_TOOLS_STAT_TABLE_H
#define POSTERN_TOOLS_STAT_TABLE_H

#include <stddef.h>

#include "stat_sample.h"

#define TOOL_STAT_TABLE_LINE_BYTES 384

/* The lines about the node. */
#define TOOL_STAT_TABLE_NODE_LINES 5

void tool_stat_table_node_line(const struct tool_stat_sample *sample,
			       unsigned int line_index,
			       char line[static TOOL_STAT_TABLE_LINE_BYTES]);

/* The headings of the columns, and a line with those of one peer. */
void tool_stat_table_headings(char line[static TOOL_STAT_TABLE_LINE_BYTES]);
void tool_stat_table_peer_line(const struct tool_peer *peer,
			       char line[static TOOL_STAT_TABLE_LINE_BYTES]);

/* All of it to standard output. */
void tool_stat_table_print(const struct tool_stat_sample *sample);

/* By which value the peers are sorted. */
enum tool_stat_table_order {
	TOOL_STAT_TABLE_BY_SLOT = 0,
	TOOL_STAT_TABLE_BY_NAME,
	TOOL_STAT_TABLE_BY_RATE,    /* the busiest first */
	TOOL_STAT_TABLE_BY_DEPTH,   /* the fullest ring first */
	TOOL_STAT_TABLE_BY_LATENCY, /* the oldest messages first */
	TOOL_STAT_TABLE_BY_DROPS
};

/* "slot", "name" and so on; NULL, or why the word names no order. */
const char *tool_stat_table_parse_order(const char *word,
					enum tool_stat_table_order *ret_order);
void tool_stat_table_sort(struct tool_stat_sample *sample,
			  enum tool_stat_table_order order);

/* The words for enum postern_peer_state. */
#define TOOL_PEER_STATE_COUNT 5
extern const char *const tool_peer_states[TOOL_PEER_STATE_COUNT];

/* One word for the state of a peer; "draining" and "stuck" come first. */
const char *tool_peer_state_word(const struct postern_peer_statistics *stats);

#endif
