/* SPDX-License-Identifier: ISC */
/*
 * Samples: all statistics of a node at one moment, and their rates
 *
 * `stat` and `top` print samples.  The peers of a sample stand in the order of
 * their slots.
 */
#ifndef POSTERN_TOOLS_STAT_SAMPLE_H
#define POSTERN_TOOLS_STAT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/stats_reader.h>

#include "tool.h"

/* Per second, between two publications of the node; in the first sample of a
 * peer, since the peer was admitted. */
struct tool_rates {
	double received_messages;
	double received_bytes;
	double sent_messages;
	double sent_bytes;
};

struct tool_peer {
	struct postern_peer_statistics stats;
	struct tool_rates rates;
};

/* All zero is empty. */
struct tool_stat_sample {
	struct postern_node_statistics node;
	struct tool_rates rates;
	struct tool_peer *peers;
	size_t peer_count;
	size_t peer_capacity;
	uint64_t taken_ns;      /* by the clock of this process */
	uint64_t up_ns;
	uint64_t age_ns;        /* of the statistics; 0 without has_age */
	bool has_age;
};

struct tool_stat_reader {
	const struct postern_policy *policy;    /* borrowed */
	const char *node_name;
	struct postern_stats_reader_options options;
	struct postern_stats_reader *stats_reader; /* NULL: not connected */
	struct postern_error_info error;        /* of the last connection */
	struct tool_stat_sample before;         /* for the rates */
};

/*
 * Take a sample, and connect before if there is no connection.  sample is all
 * zero, or an earlier one, whose memory is used again.  Returns 0 or a negative
 * errno, which _error() prints, with the exit status as its result.
 */
int tool_stat_sample_take(struct tool_stat_reader *reader,
			  struct tool_stat_sample *sample);
enum tool_status tool_stat_sample_error(const struct tool_stat_reader *reader,
					int result);

/* The number that field describes, of stats, a struct of its group. */
uint64_t tool_stat_field_value(const struct postern_stats_field *field,
			       const void *stats);

void tool_stat_sample_done(struct tool_stat_sample *sample);
void tool_stat_reader_done(struct tool_stat_reader *reader);

/* One JSON object, on one line. */
void tool_stat_sample_print_json(const struct tool_stat_sample *sample);

/* The whole text of OpenMetrics, with its "# EOF". */
void tool_stat_sample_print_openmetrics(const struct tool_stat_sample *sample);

#endif
