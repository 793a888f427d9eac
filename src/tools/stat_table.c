/* SPDX-License-Identifier: ISC */
/*
 * The statistics table: a sample as lines for humans
 *
 * Texts come from the library, which has made them printable; numbers are
 * shortened to fit their columns.  Of a peer's two rings the fuller one is
 * shown.
 */
#include "stat_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

#define BAR_CHARACTERS 8

const char *const tool_peer_states[TOOL_PEER_STATE_COUNT] = {
	[0] = "unknown",
	[POSTERN_PEER_READY] = "ready",
	[POSTERN_PEER_IDLE] = "idle",
	[POSTERN_PEER_THROTTLED] = "throttled",
	[POSTERN_PEER_DETACHED] = "detached",
};

const char *tool_peer_state_word(const struct postern_peer_statistics *stats)
{
	if (stats->flags & POSTERN_PEER_DRAINING)
		return "draining";
	if (stats->flags & POSTERN_PEER_STUCK)
		return "stuck";
	return tool_peer_states[stats->state < TOOL_PEER_STATE_COUNT ?
				stats->state : 0];
}

/* -- the node -------------------------------------------------------------- */

/* " (no-allow 3, slots 1)", as far as there is space; or nothing. */
static void format_refusals(const struct postern_node_statistics *node,
			    char *text, size_t text_bytes)
{
	size_t used_bytes = 0;
	uint64_t count;
	int reason;

	text[0] = '\0';
	for (reason = 0; reason < POSTERN_REASON_CAPACITY; reason++) {
		count = node->refused_by_reason[reason];
		if (count == 0 || used_bytes + 1 >= text_bytes)
			continue;
		(void)snprintf(text + used_bytes, text_bytes - used_bytes,
			       "%s%s %s", used_bytes == 0 ? " (" : ", ",
			       postern_reason_name((enum postern_reason)reason),
			       tool_format_count((double)count).text);
		used_bytes = strlen(text);
	}
	if (used_bytes > 0 && used_bytes + 1 < text_bytes)
		(void)snprintf(text + used_bytes, text_bytes - used_bytes, ")");
}

static void format_admissions(const struct postern_node_statistics *node,
			      char *line)
{
	char reasons[80];

	format_refusals(node, reasons, sizeof(reasons));
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "connected %s, disconnected %s, refused %s%s; "
		       "slots recycled %s; reloads %s, failed %s",
		       tool_format_count((double)node->connected_count).text,
		       tool_format_count((double)node->disconnected_count).text,
		       tool_format_count((double)node->refused_count).text,
		       reasons,
		       tool_format_count((double)node->slots_recycled_count)
			       .text,
		       tool_format_count((double)node->reload_count).text,
		       tool_format_count((double)node->reload_failed_count)
			       .text);
}

static void format_traffic(const struct tool_stat_sample *sample, char *line)
{
	const struct postern_node_statistics *node = &sample->node;
	const struct tool_rates *rates = &sample->rates;

	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "received %s (%s/s), %s (%s/s); sent %s (%s/s), %s "
		       "(%s/s); dropped %s; sends to a full ring %s",
		       tool_format_count((double)node->received_messages).text,
		       tool_format_count(rates->received_messages).text,
		       tool_format_size((double)node->received_bytes).text,
		       tool_format_size(rates->received_bytes).text,
		       tool_format_count((double)node->sent_messages).text,
		       tool_format_count(rates->sent_messages).text,
		       tool_format_size((double)node->sent_bytes).text,
		       tool_format_size(rates->sent_bytes).text,
		       tool_format_count((double)node->dropped_messages).text,
		       tool_format_count((double)node->send_full_count)
			       .text);
}

static void format_latency(const struct postern_latency *latency, char *line)
{
	if (latency->count == 0) {
		(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
			       "latency: no message was stamped yet");
		return;
	}
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "latency p50 %s, p90 %s, p99 %s, p99.9 %s, max %s, of "
		       "%s stamped messages",
		       tool_format_time(latency->p50_ns).text,
		       tool_format_time(latency->p90_ns).text,
		       tool_format_time(latency->p99_ns).text,
		       tool_format_time(latency->p999_ns).text,
		       tool_format_time(latency->max_ns).text,
		       tool_format_count((double)latency->count).text);
}

void tool_stat_table_node_line(const struct tool_stat_sample *sample,
			       unsigned int line_index,
			       char line[static TOOL_STAT_TABLE_LINE_BYTES])
{
	const struct postern_node_statistics *node = &sample->node;

	switch (line_index) {
	case 0:
		(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
			       "node %s, pid %d, uid %u, open for %s, figures "
			       "%s%s",
			       node->node_name, node->pid, node->uid,
			       tool_format_time(sample->up_ns).text,
			       sample->has_age ?
			       tool_format_time(sample->age_ns).text :
			       "of a clock in another time namespace",
			       sample->has_age ? " old" : "");
		break;
	case 1:
		(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
			       "slots %u of %u; peers %u: %u ready, %u "
			       "throttled, %u draining, %u detached; %u "
			       "half-open",
			       node->slots_used, node->slot_count,
			       node->peer_count, node->ready_count,
			       node->throttled_count, node->draining_count,
			       node->detached_count, node->half_open_count);
		break;
	case 2:
		format_admissions(node, line);
		break;
	case 3:
		format_traffic(sample, line);
		break;
	default:
		format_latency(&node->latency, line);
		break;
	}
}

/* -- its peers ------------------------------------------------------------- */

void tool_stat_table_headings(char line[static TOOL_STAT_TABLE_LINE_BYTES])
{
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "%-8s %-20s %8s %8s %-9s %7s %9s %7s %9s %-12s %7s %7s "
		       "%9s %7s",
		       "PEER", "NAME", "UID", "PID", "STATE", "IN/s", "B/s",
		       "OUT/s", "B/s", "DEPTH", "P50", "P99", "THROTTLED",
		       "DROPS");
}

static double filled(uint64_t depth_bytes, uint32_t ring_bytes)
{
	double part;

	if (ring_bytes == 0)
		return 0;
	part = (double)depth_bytes / ring_bytes;
	return part > 1 ? 1 : part;
}

/* "in  ####----": anything at all is one mark. */
static void format_bar(const struct postern_peer_statistics *stats,
		       char text[static BAR_CHARACTERS + 5])
{
	double in = filled(stats->channel.receive_depth_bytes,
			   stats->to_node_ring_bytes);
	double out = filled(stats->channel.send_depth_bytes,
			    stats->from_node_ring_bytes);
	double part = in >= out ? in : out;
	int marks = (int)(part * BAR_CHARACTERS);

	if (part > 0 && marks == 0)
		marks = 1;
	memcpy(text, in >= out ? "in  " : "out ", 4);
	memset(text + 4, '-', BAR_CHARACTERS);
	memset(text + 4, '#', (size_t)marks);
	text[4 + BAR_CHARACTERS] = '\0';
}

void tool_stat_table_peer_line(const struct tool_peer *peer,
			       char line[static TOOL_STAT_TABLE_LINE_BYTES])
{
	const struct postern_peer_statistics *stats = &peer->stats;
	const struct postern_channel_statistics *channel = &stats->channel;
	const struct postern_latency *latency = &channel->latency;
	char handle[24], name[2 * POSTERN_NAME_BYTES], bar[BAR_CHARACTERS + 5];

	(void)snprintf(handle, sizeof(handle), "%u.%u", stats->slot_index,
		       stats->generation);
	(void)snprintf(name, sizeof(name), "%s%s%s", stats->peer_name,
		       stats->instance[0] ? "/" : "", stats->instance);
	format_bar(stats, bar);
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "%-8s %-20.20s %8u %8d %-9s %7s %9s %7s %9s %-12s %7s "
		       "%7s %9s %7s",
		       handle, name, stats->uid, stats->pid,
		       tool_peer_state_word(stats),
		       tool_format_count(peer->rates.received_messages).text,
		       tool_format_size(peer->rates.received_bytes).text,
		       tool_format_count(peer->rates.sent_messages).text,
		       tool_format_size(peer->rates.sent_bytes).text, bar,
		       latency->count == 0 ? "-" :
		       tool_format_time(latency->p50_ns).text,
		       latency->count == 0 ? "-" :
		       tool_format_time(latency->p99_ns).text,
		       tool_format_time(stats->throttled_ns).text,
		       tool_format_count((double)channel->dropped_messages)
			       .text);
}

void tool_stat_table_print(const struct tool_stat_sample *sample)
{
	char line[TOOL_STAT_TABLE_LINE_BYTES];
	unsigned int n;
	size_t i;

	for (n = 0; n < TOOL_STAT_TABLE_NODE_LINES; n++) {
		tool_stat_table_node_line(sample, n, line);
		puts(line);
	}
	tool_stat_table_headings(line);
	puts(line);
	for (i = 0; i < sample->peer_count; i++) {
		tool_stat_table_peer_line(&sample->peers[i], line);
		puts(line);
	}
}

/* -- the order of the peers ------------------------------------------------ */

static const char *const order_words[] = {
	[TOOL_STAT_TABLE_BY_SLOT] = "slot",
	[TOOL_STAT_TABLE_BY_NAME] = "name",
	[TOOL_STAT_TABLE_BY_RATE] = "rate",
	[TOOL_STAT_TABLE_BY_DEPTH] = "depth",
	[TOOL_STAT_TABLE_BY_LATENCY] = "latency",
	[TOOL_STAT_TABLE_BY_DROPS] = "drops",
};

const char *tool_stat_table_parse_order(const char *word,
					enum tool_stat_table_order *ret_order)
{
	size_t i;

	for (i = 0; i < sizeof(order_words) / sizeof(order_words[0]); i++) {
		if (strcmp(word, order_words[i]) == 0) {
			*ret_order = (enum tool_stat_table_order)i;
			return NULL;
		}
	}
	return "expected slot, name, rate, depth, latency or drops";
}

/* The peer with the larger value stands first. */
static double sort_value(const struct tool_peer *peer,
			 enum tool_stat_table_order order)
{
	const struct postern_channel_statistics *channel = &peer->stats.channel;

	switch (order) {
	case TOOL_STAT_TABLE_BY_RATE:
		return peer->rates.received_messages +
		       peer->rates.sent_messages;
	case TOOL_STAT_TABLE_BY_DEPTH:
		return (double)channel->receive_depth_bytes +
		       (double)channel->send_depth_bytes;
	case TOOL_STAT_TABLE_BY_LATENCY:
		return (double)channel->latency.p99_ns;
	case TOOL_STAT_TABLE_BY_DROPS:
		return (double)channel->dropped_messages;
	case TOOL_STAT_TABLE_BY_SLOT:
	case TOOL_STAT_TABLE_BY_NAME:
	default:
		return 0;
	}
}

/* Peers with equal values stand in the order of their slots, so that lines do
 * not change places while the values stay the same. */
static int compare(const void *a, const void *b, void *user_data)
{
	enum tool_stat_table_order order =
		*(const enum tool_stat_table_order *)user_data;
	const struct tool_peer *one = a, *other = b;
	double one_value = sort_value(one, order);
	double other_value = sort_value(other, order);
	int result = 0;

	if (one_value != other_value)
		return one_value > other_value ? -1 : 1;
	if (order == TOOL_STAT_TABLE_BY_NAME) {
		result = strcmp(one->stats.peer_name, other->stats.peer_name);
		if (result == 0)
			result = strcmp(one->stats.instance,
					other->stats.instance);
	}
	if (result != 0)
		return result;
	return one->stats.slot_index < other->stats.slot_index ? -1 :
	       one->stats.slot_index > other->stats.slot_index;
}

void tool_stat_table_sort(struct tool_stat_sample *sample,
			  enum tool_stat_table_order order)
{
	if (sample->peer_count > 0)
		qsort_r(sample->peers, sample->peer_count,
			sizeof(sample->peers[0]), compare, &order);
}
