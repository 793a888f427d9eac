/* SPDX-License-Identifier: ISC */
/*
 * The statistics table: the order of the peers
 *
 * Peers with equal values stand in the order of their slots, so that lines do
 * not change places while nothing moves.
 */
#include "stat_table.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
	[TOOL_STAT_TABLE_BY_SLOT] = "slot",
	[TOOL_STAT_TABLE_BY_NAME] = "name",
	[TOOL_STAT_TABLE_BY_RATE] = "rate",
	[TOOL_STAT_TABLE_BY_DEPTH] = "depth",
	[TOOL_STAT_TABLE_BY_LATENCY] = "latency",
	[TOOL_STAT_TABLE_BY_DROPS] = "drops",
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

const char *tool_stat_table_parse_order(const char *word,
					enum tool_stat_table_order *ret_order)
{
	size_t i;

	for (i = 0; i < WORD_COUNT; i++) {
		if (strcmp(word, words[i]) == 0) {
			*ret_order = (enum tool_stat_table_order)i;
			return NULL;
		}
	}
	return "expected slot, name, rate, depth, latency or drops";
}

const char *tool_stat_table_order_word(enum tool_stat_table_order order)
{
	return words[order];
}

/* The larger one first. */
static int compare(double a, double b)
{
	return a > b ? -1 : a < b;
}

static int by_slot(const void *a, const void *b)
{
	const struct tool_peer *one = a, *other = b;

	return compare(other->stats.slot_index, one->stats.slot_index);
}

static int by_name(const void *a, const void *b)
{
	const struct tool_peer *one = a, *other = b;
	int order = strcmp(one->stats.name, other->stats.name);

	if (order == 0)
		order = strcmp(one->stats.instance, other->stats.instance);
	return order != 0 ? order : by_slot(a, b);
}

static int by_rate(const void *a, const void *b)
{
	const struct tool_peer *one = a, *other = b;
	int order = compare(one->rates.received_messages +
			    one->rates.sent_messages,
			    other->rates.received_messages +
			    other->rates.sent_messages);

	return order != 0 ? order : by_slot(a, b);
}

static double depth(const struct tool_peer *peer)
{
	return (double)peer->stats.channel.receive_depth_bytes +
	       (double)peer->stats.channel.send_depth_bytes;
}

static int by_depth(const void *a, const void *b)
{
	int order = compare(depth(a), depth(b));

	return order != 0 ? order : by_slot(a, b);
}

static int by_latency(const void *a, const void *b)
{
	const struct tool_peer *one = a, *other = b;
	int order = compare((double)one->stats.channel.latency.p99_ns,
			    (double)other->stats.channel.latency.p99_ns);

	return order != 0 ? order : by_slot(a, b);
}

static int by_drops(const void *a, const void *b)
{
	const struct tool_peer *one = a, *other = b;
	int order = compare((double)one->stats.channel.dropped_messages,
			    (double)other->stats.channel.dropped_messages);

	return order != 0 ? order : by_slot(a, b);
}

void tool_stat_table_sort(struct tool_stat_sample *sample,
			  enum tool_stat_table_order order)
{
	static int (*const compares[])(const void *, const void *) = {
		[TOOL_STAT_TABLE_BY_SLOT] = by_slot,
		[TOOL_STAT_TABLE_BY_NAME] = by_name,
		[TOOL_STAT_TABLE_BY_RATE] = by_rate,
		[TOOL_STAT_TABLE_BY_DEPTH] = by_depth,
		[TOOL_STAT_TABLE_BY_LATENCY] = by_latency,
		[TOOL_STAT_TABLE_BY_DROPS] = by_drops,
	};

	if (sample->peer_count > 0)
		qsort(sample->peers, sample->peer_count,
		      sizeof(sample->peers[0]), compares[order]);
}
