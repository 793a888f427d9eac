/* SPDX-License-Identifier: ISC */
/*
 * A sample as OpenMetrics text
 *
 * The lines of a metric family stand together: its type, unit and help, then
 * its values, of the node or of each peer.  Of counters that have a sum and
 * parts (refusals and departures by reason) only the parts are printed.
 */
#include "stat_sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stat_table.h"

#define NS_PER_SECOND 1e9

static void print_label(const char *name, const char *value)
{
	printf("%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			printf("\\n");
		else if (*value == '"' || *value == '\\')
			printf("\\%c", *value);
		else
			putchar(*value);
	}
	putchar('"');
}

/* "postern_node_METRIC{LABELS", or of a peer; the brace stays open. */
static void begin_line(const struct tool_stat_sample *sample,
		       const struct postern_peer_statistics *peer,
		       const char *metric, const char *suffix)
{
	printf("postern_%s_%s%s{", peer ? "peer" : "node", metric, suffix);
	print_label("node", sample->node.node_name);
	if (!peer)
		return;
	printf(",peer=\"%u.%u\",uid=\"%u\"", peer->slot_index,
	       peer->generation, peer->uid);
	print_label(",peer_name", peer->peer_name);
	print_label(",instance", peer->instance);
	print_label(",tenant", peer->tenant);
}

static void print_family(const char *owner, const char *metric,
			 const char *type, const char *unit, const char *help)
{
	printf("# TYPE postern_%s_%s %s\n", owner, metric, type);
	if (unit)
		printf("# UNIT postern_%s_%s %s\n", owner, metric, unit);
	printf("# HELP postern_%s_%s %s.\n", owner, metric, help);
}

/* -- numbers --------------------------------------------------------------- */

static bool is_time(const struct postern_stats_field *field)
{
	return field->unit && strcmp(field->unit, "ns") == 0;
}

static void print_metric(const struct tool_stat_sample *sample,
			 const struct postern_stats_field *field,
			 const struct postern_peer_statistics *peer,
			 const void *stats)
{
	uint64_t value = tool_stat_field_value(field, stats);

	begin_line(sample, peer, field->metric,
		   field->kind == POSTERN_STATS_COUNTER ? "_total" : "");
	if (is_time(field))
		printf("} %.9f\n", (double)value / NS_PER_SECOND);
	else
		printf("} %" PRIu64 "\n", value);
}

/* The group is at this offset in the statistics of the node or of each peer. */
static void print_metrics(const struct tool_stat_sample *sample,
			  const char *owner, enum postern_stats_group group,
			  size_t stats_offset)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;
	const struct postern_peer_statistics *peer;
	uint32_t i;
	size_t k;

	for (i = 0; postern_stats_field_at(group, i, &field) == 0; i++) {
		/* These two are printed by reason. */
		if (!field.metric || strcmp(field.metric, "refused") == 0 ||
		    strcmp(field.metric, "disconnected") == 0)
			continue;
		print_family(owner, field.metric,
			     field.kind == POSTERN_STATS_COUNTER ? "counter" :
			     "gauge", is_time(&field) ? "seconds" : field.unit,
			     field.description);
		if (group == POSTERN_STATS_NODE) {
			print_metric(sample, &field, NULL, &sample->node);
			continue;
		}
		for (k = 0; k < sample->peer_count; k++) {
			peer = &sample->peers[k].stats;
			print_metric(sample, &field, peer,
				     (const char *)peer + stats_offset);
		}
	}
}

static void print_reasons(const struct tool_stat_sample *sample,
			  const char *metric, const char *help,
			  const uint64_t counts[static POSTERN_REASON_CAPACITY])
{
	const char *word;
	int reason;

	print_family("node", metric, "counter", NULL, help);
	for (reason = 0; reason < POSTERN_REASON_CAPACITY; reason++) {
		word = postern_reason_name((enum postern_reason)reason);
		/* All of one name would be one sample, many times. */
		if (counts[reason] == 0 || strcmp(word, "unknown") == 0)
			continue;
		begin_line(sample, NULL, metric, "_total");
		printf(",reason=\"%s\"} %" PRIu64 "\n", word, counts[reason]);
	}
}

/* -- latency --------------------------------------------------------------- */

static void print_latency(const struct tool_stat_sample *sample,
			  const struct postern_peer_statistics *peer,
			  const struct postern_latency *latency)
{
	const struct {
		const char *quantile;
		uint64_t ns;
	} quantiles[] = {
		{"0.5", latency->p50_ns}, {"0.9", latency->p90_ns},
		{"0.99", latency->p99_ns}, {"0.999", latency->p999_ns},
		{"1", latency->max_ns},
	};
	size_t i;

	/* If nothing was measured, there are no quantiles. */
	for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]) &&
		    latency->count > 0; i++) {
		begin_line(sample, peer, "latency_seconds", "");
		printf(",quantile=\"%s\"} %.9f\n", quantiles[i].quantile,
		       (double)quantiles[i].ns / NS_PER_SECOND);
	}
	begin_line(sample, peer, "latency_seconds", "_count");
	printf("} %" PRIu64 "\n", latency->count);
}

static void print_latencies(const struct tool_stat_sample *sample)
{
	static const char help[] =
		"Age of stamped messages when they were received";
	size_t i;

	print_family("node", "latency_seconds", "summary", "seconds", help);
	print_latency(sample, NULL, &sample->node.latency);
	print_family("peer", "latency_seconds", "summary", "seconds", help);
	for (i = 0; i < sample->peer_count; i++)
		print_latency(sample, &sample->peers[i].stats,
			      &sample->peers[i].stats.channel.latency);
}

/* -- states ---------------------------------------------------------------- */

static void print_states(const struct tool_stat_sample *sample)
{
	const struct postern_peer_statistics *peer;
	size_t i, state;

	print_family("peer", "state", "stateset", NULL,
		     "What the node does about the peer");
	for (i = 0; i < sample->peer_count; i++) {
		peer = &sample->peers[i].stats;
		for (state = 1; state < TOOL_PEER_STATE_COUNT; state++) {
			begin_line(sample, peer, "state", "");
			printf(",postern_peer_state=\"%s\"} %d\n",
			       tool_peer_states[state],
			       (size_t)peer->state == state);
		}
	}
}

static void print_flag(const struct tool_stat_sample *sample,
		       const char *metric, const char *help, uint32_t flag)
{
	size_t i;

	print_family("peer", metric, "gauge", NULL, help);
	for (i = 0; i < sample->peer_count; i++) {
		begin_line(sample, &sample->peers[i].stats, metric, "");
		printf("} %d\n", (sample->peers[i].stats.flags & flag) != 0);
	}
}

void tool_stat_sample_print_openmetrics(const struct tool_stat_sample *sample)
{
	print_metrics(sample, "node", POSTERN_STATS_NODE, 0);
	print_reasons(sample, "refused", "Connections refused, by reason",
		      sample->node.refused_by_reason);
	print_reasons(sample, "disconnected",
		      "Peers that were disconnected, by reason",
		      sample->node.disconnected_by_reason);
	print_metrics(sample, "peer", POSTERN_STATS_PEER, 0);
	print_metrics(sample, "peer", POSTERN_STATS_CHANNEL,
		      offsetof(struct postern_peer_statistics, channel));
	print_latencies(sample);
	print_states(sample);
	print_flag(sample, "draining",
		   "The peer is gone and its messages are being received",
		   POSTERN_PEER_DRAINING);
	print_flag(sample, "stuck", "The peer is alive and does not receive",
		   POSTERN_PEER_STUCK);
	printf("# EOF\n");
}
