/* SPDX-License-Identifier: ISC */
/*
 * A snapshot as JSON
 *
 * {"node": {...}, "peers": [{...}, ...]}, with the names of the structs in
 * <postern/stats.h>.  Reasons that never occurred are left out.
 */
#include "stat_forms.h"

#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "metrics.h"
#include "stat_table.h"

static void print_figures(const struct tool_figure *figures, const void *stats)
{
	for (; figures->name; figures++)
		printf(", \"%s\": %" PRIu64, figures->name,
		       tool_figure_value(figures, stats));
}

static void print_text(const char *name, const char *text)
{
	printf(", \"%s\": ", name);
	tool_json_print_text(text);
}

static void print_latency(const struct postern_latency *latency)
{
	printf(", \"latency\": {\"count\": %" PRIu64 ", \"p50_ns\": %" PRIu64
	       ", \"p90_ns\": %" PRIu64 ", \"p99_ns\": %" PRIu64
	       ", \"p999_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64
	       ", \"implausible_count\": %" PRIu64 "}",
	       latency->count, latency->p50_ns, latency->p90_ns,
	       latency->p99_ns, latency->p999_ns, latency->max_ns,
	       latency->implausible_count);
}

static void print_rates(const struct tool_rates *rates)
{
	printf(", \"rates\": {\"received_messages\": %.3f, "
	       "\"received_bytes\": %.3f, \"sent_messages\": %.3f, "
	       "\"sent_bytes\": %.3f}",
	       rates->received_messages, rates->received_bytes,
	       rates->sent_messages, rates->sent_bytes);
}

static void print_reasons(const char *name,
			  const uint64_t counts[static POSTERN_REASON_ROOM])
{
	const char *separator = "";
	int reason;

	printf(", \"%s\": {", name);
	for (reason = 0; reason < POSTERN_REASON_ROOM; reason++) {
		if (counts[reason] == 0)
			continue;
		printf("%s\"%s\": %" PRIu64, separator,
		       postern_reason_word((enum postern_reason)reason),
		       counts[reason]);
		separator = ", ";
	}
	printf("}");
}

static void print_peer(const struct tool_peer *peer)
{
	const struct postern_peer_statistics *stats = &peer->stats;

	printf("{\"peer\": \"%u.%u\"", stats->slot_index, stats->generation);
	print_text("name", stats->name);
	print_text("instance", stats->instance);
	print_text("tenant", stats->tenant);
	print_text("state", tool_peer_state_word(stats));
	print_text("end_reason",
		   postern_reason_word(stats->channel.end_reason));
	printf(", \"may_send\": %s, \"may_receive\": %s",
	       stats->directions & POSTERN_DIRECTION_SEND ? "true" : "false",
	       stats->directions & POSTERN_DIRECTION_RECEIVE ? "true" :
	       "false");
	print_figures(tool_peer_figures, stats);
	print_figures(tool_channel_figures, &stats->channel);
	print_latency(&stats->channel.latency);
	print_rates(&peer->rates);
	printf("}");
}

void tool_snapshot_print_json(const struct tool_snapshot *snapshot)
{
	size_t i;

	printf("{\"node\": {\"name\": ");
	tool_json_print_text(snapshot->node.name);
	print_figures(tool_node_figures, &snapshot->node);
	print_reasons("refused_by_reason", snapshot->node.refused_by_reason);
	print_reasons("departed_by_reason", snapshot->node.departed_by_reason);
	print_latency(&snapshot->node.latency);
	print_rates(&snapshot->rates);
	printf("}, \"peers\": [");
	for (i = 0; i < snapshot->peer_count; i++) {
		printf("%s", i > 0 ? ", " : "");
		print_peer(&snapshot->peers[i]);
	}
	printf("]}\n");
}
