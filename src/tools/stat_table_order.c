/* SPDX-License-Identifier: ISC */
/*
 * The board: in which order the peers stand
 *
 * Whoever is equal stands in the order of the slots, so that lines do not jump
 * about for nothing.
 */
#include "stat_table.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
	[TOOL_BOARD_BY_SLOT] = "slot",
	[TOOL_BOARD_BY_NAME] = "name",
	[TOOL_BOARD_BY_RATE] = "rate",
	[TOOL_BOARD_BY_DEPTH] = "depth",
	[TOOL_BOARD_BY_LATENCY] = "latency",
	[TOOL_BOARD_BY_DROPS] = "drops",
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

const char *tool_board_parse_order(const char *word,
				   enum tool_board_order *ret_order)
{
	size_t i;

	for (i = 0; i < WORD_COUNT; i++) {
		if (strcmp(word, words[i]) == 0) {
			*ret_order = (enum tool_board_order)i;
			return NULL;
		}
	}
	return "expected slot, name, rate, depth, latency or drops";
}

const char *tool_board_order_word(enum tool_board_order order)
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

void tool_board_sort(struct tool_snapshot *snapshot,
		     enum tool_board_order order)
{
	static int (*const compares[])(const void *, const void *) = {
		[TOOL_BOARD_BY_SLOT] = by_slot,
		[TOOL_BOARD_BY_NAME] = by_name,
		[TOOL_BOARD_BY_RATE] = by_rate,
		[TOOL_BOARD_BY_DEPTH] = by_depth,
		[TOOL_BOARD_BY_LATENCY] = by_latency,
		[TOOL_BOARD_BY_DROPS] = by_drops,
	};

	if (snapshot->peer_count > 0)
		qsort(snapshot->peers, snapshot->peer_count,
		      sizeof(snapshot->peers[0]), compares[order]);
}
