/* SPDX-License-Identifier: ISC */
/*
 * Figures: every number of the statistics by name
 *
 * One table for each of the two structs; what prints all figures goes through
 * them, so that none is forgotten in one form and there in another.
 */
#ifndef POSTERN_TOOLS_FIGURES_H
#define POSTERN_TOOLS_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include <postern/stats.h>

enum tool_figure_kind {
	TOOL_FIGURE_FACT = 0,   /* no measurement: a pid, a moment */
	TOOL_FIGURE_GAUGE,
	TOOL_FIGURE_COUNTER
};

enum tool_figure_type {
	TOOL_FIGURE_U64 = 0,
	TOOL_FIGURE_U32,
	TOOL_FIGURE_I32
};

struct tool_figure {
	const char *name;       /* as in the struct: in JSON */
	const char *metric;     /* in OpenMetrics; NULL: not there */
	const char *unit;       /* its last word: "bytes", "seconds"; or NULL */
	const char *help;
	uint16_t offset;        /* in struct postern_node_statistics or _peer_stats */
	uint8_t type;
	uint8_t kind;
};

/* Ended by a row without a name.  The figures of a channel are the peer's. */
extern const struct tool_figure tool_node_figures[];
extern const struct tool_figure tool_peer_figures[];
extern const struct tool_figure tool_channel_figures[];

/* Of stats, the struct that the table is about; never negative. */
uint64_t tool_figure_value(const struct tool_figure *figure,
			   const void *stats);

#endif
