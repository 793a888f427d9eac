/* SPDX-License-Identifier: ISC */
/*
 * A sample as JSON
 *
 * {"node": {...}, "peers": [{...}, ...]}, with the names of the structs in
 * <postern/stats.h>.  Reasons that never occurred are left out.
 */
#include "stat_forms.h"

#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "stat_table.h"

/* The numbers of a group; before is what stands before the first one. */
static void print_numbers(enum postern_stats_group group, const void *stats,
			  const char *before)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;
	uint32_t i;

	for (i = 0; postern_stats_field_at(group, i, &field) == 0; i++) {
		printf("%s\"%s\": %" PRIu64, before, field.name,
		       tool_stat_field_value(&field, stats));
		before = ", ";
	}
}

static void print_text(const char *name, const char *text)
{
	printf(", \"%s\": ", name);
	tool_json_print_text(text);
}

static void print_latency(const struct postern_latency *latency)
{
	printf(", \"latency\": {");
	print_numbers(POSTERN_STATS_LATENCY, latency, "");
	printf("}");
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
	print_numbers(POSTERN_STATS_PEER, stats, ", ");
	print_numbers(POSTERN_STATS_CHANNEL, &stats->channel, ", ");
	print_latency(&stats->channel.latency);
	print_rates(&peer->rates);
	printf("}");
}

void tool_stat_sample_print_json(const struct tool_stat_sample *sample)
{
	size_t i;

	printf("{\"node\": {\"name\": ");
	tool_json_print_text(sample->node.name);
	print_numbers(POSTERN_STATS_NODE, &sample->node, ", ");
	print_reasons("refused_by_reason", sample->node.refused_by_reason);
	print_reasons("departed_by_reason", sample->node.departed_by_reason);
	print_latency(&sample->node.latency);
	print_rates(&sample->rates);
	printf("}, \"peers\": [");
	for (i = 0; i < sample->peer_count; i++) {
		printf("%s", i > 0 ? ", " : "");
		print_peer(&sample->peers[i]);
	}
	printf("]}\n");
}
