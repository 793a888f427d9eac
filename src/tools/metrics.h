/* SPDX-License-Identifier: ISC */
/*
 * Metrics: every number of the statistics by name
 *
 * There is one table for each struct of statistics.  JSON and OpenMetrics both
 * print these tables, so neither form can lack a number that the other has.
 */
#ifndef POSTERN_TOOLS_METRICS_H
#define POSTERN_TOOLS_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include <postern/stats.h>

enum tool_metric_kind {
	TOOL_METRIC_FACT = 0,   /* no measurement: a pid, a time */
	TOOL_METRIC_GAUGE,
	TOOL_METRIC_COUNTER
};

enum tool_metric_type {
	TOOL_METRIC_U64 = 0,
	TOOL_METRIC_U32,
	TOOL_METRIC_I32
};

struct tool_metric {
	const char *name;       /* of the struct's member, and in JSON */
	const char *openmetrics_name; /* NULL: not in OpenMetrics */
	const char *unit;       /* "bytes", "seconds", or NULL */
	const char *help;
	uint16_t offset;        /* in the struct */
	uint8_t type;
	uint8_t kind;
};

/* Each ends with a row without a name. */
extern const struct tool_metric tool_node_metrics[];
extern const struct tool_metric tool_peer_metrics[];
extern const struct tool_metric tool_channel_metrics[];

/* stats is the struct of the metric's table. */
uint64_t tool_metric_value(const struct tool_metric *metric,
			   const void *stats);

#endif
