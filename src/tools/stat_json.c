/* SPDX-License-Identifier: ISC */
/*
 * A sample as JSON
 *
 * {"node": {...}, "peers": [{...}, ...]}, with the names of the structs in
 * <postern/stats.h>.  Reasons that never occurred are left out.
 */
#include "stat_sample.h"

#include <stdio.h>

#include "json.h"
#include "stat_table.h"

/* Add the numbers of a group. */
static json_t *add_numbers(json_t *object, enum postern_stats_group group,
			   const void *stats)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;
	uint32_t i;

	for (i = 0; postern_stats_field_at(group, i, &field) == 0; i++)
		object = tool_json_add(
			object, field.name,
			tool_json_count(tool_stat_field_value(&field, stats)));
	return object;
}

static json_t *latency_object(const struct postern_latency *latency)
{
	return add_numbers(json_object(), POSTERN_STATS_LATENCY, latency);
}

static json_t *rates_object(const struct tool_rates *rates)
{
	return json_pack("{so so so so}",
			 "received_messages",
			 tool_json_rate(rates->received_messages),
			 "received_bytes",
			 tool_json_rate(rates->received_bytes),
			 "sent_messages", tool_json_rate(rates->sent_messages),
			 "sent_bytes", tool_json_rate(rates->sent_bytes));
}

static json_t *
reasons_object(const uint64_t counts[static POSTERN_REASON_CAPACITY])
{
	json_t *object = json_object();
	int reason;

	for (reason = 0; reason < POSTERN_REASON_CAPACITY; reason++) {
		if (counts[reason] > 0)
			object = tool_json_add(
				object,
				postern_reason_name(
					(enum postern_reason)reason),
				tool_json_count(counts[reason]));
	}
	return object;
}

static json_t *peer_object(const struct tool_peer *peer)
{
	const struct postern_peer_statistics *stats = &peer->stats;
	char handle[32];
	json_t *object;

	(void)snprintf(handle, sizeof(handle), "%u.%u", stats->slot_index,
		       stats->generation); /* always fits */
	object = json_pack(
		"{so so so so so so sb sb}",
		"peer", tool_json_text(handle),
		"peer_name", tool_json_text(stats->peer_name),
		"instance", tool_json_text(stats->instance),
		"tenant", tool_json_text(stats->tenant),
		"state", tool_json_text(tool_peer_state_word(stats)),
		"end_reason",
		tool_json_text(postern_reason_name(stats->channel.end_reason)),
		"to_node",
		(stats->directions & POSTERN_DIRECTION_TO_NODE) != 0,
		"from_node",
		(stats->directions & POSTERN_DIRECTION_FROM_NODE) != 0);
	object = add_numbers(object, POSTERN_STATS_PEER, stats);
	object = add_numbers(object, POSTERN_STATS_CHANNEL, &stats->channel);
	object = tool_json_add(object, "latency",
			       latency_object(&stats->channel.latency));
	return tool_json_add(object, "rates", rates_object(&peer->rates));
}

static json_t *node_object(const struct tool_stat_sample *sample)
{
	const struct postern_node_statistics *stats = &sample->node;
	json_t *object;

	object = tool_json_add(json_object(), "node_name",
			       tool_json_text(stats->node_name));
	object = add_numbers(object, POSTERN_STATS_NODE, stats);
	object = tool_json_add(object, "refused_by_reason",
			       reasons_object(stats->refused_by_reason));
	object = tool_json_add(object, "disconnected_by_reason",
			       reasons_object(stats->disconnected_by_reason));
	object = tool_json_add(object, "latency",
			       latency_object(&stats->latency));
	return tool_json_add(object, "rates", rates_object(&sample->rates));
}

void tool_stat_sample_print_json(const struct tool_stat_sample *sample)
{
	json_t *peers = json_array();
	size_t i;

	for (i = 0; peers && i < sample->peer_count; i++) {
		if (json_array_append_new(peers,
					  peer_object(&sample->peers[i])) < 0) {
			json_decref(peers);
			peers = NULL;
		}
	}
	tool_json_print(json_pack("{so so}", "node", node_object(sample),
				  "peers", peers));
	putchar('\n');
}
