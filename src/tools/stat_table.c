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
#include <string.h>

#include "units.h"

#define BAR_CHARACTERS 8

const char *tool_peer_state_word(const struct postern_peer_statistics *stats)
{
	if (stats->flags & POSTERN_PEER_DRAINING)
		return "draining";
	if (stats->flags & POSTERN_PEER_STUCK)
		return "stuck";
	switch (stats->state) {
	case POSTERN_PEER_READY:
		return "ready";
	case POSTERN_PEER_IDLE:
		return "idle";
	case POSTERN_PEER_THROTTLED:
		return "throttled";
	case POSTERN_PEER_DETACHED:
		return "detached";
	default:
		return "unknown";
	}
}

/* -- the node -------------------------------------------------------------- */

static void format_node(const struct tool_stat_sample *sample, char *line)
{
	const struct postern_node_statistics *node = &sample->node;
	char age[TOOL_TIME_TEXT_BYTES], life[TOOL_TIME_TEXT_BYTES];

	tool_format_time(sample->age_ns, age);
	tool_format_time(sample->up_ns, life);
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "node %s, pid %d, uid %u, open for %s, figures %s%s",
		       node->name, node->pid, node->uid, life,
		       sample->has_age ? age
				       : "of a clock in another time namespace",
		       sample->has_age ? " old" : "");
}

static void format_peers(const struct postern_node_statistics *node, char *line)
{
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "slots %u of %u; peers %u: %u ready, %u throttled, "
		       "%u draining, %u detached; %u half-open",
		       node->slots_used, node->slot_count, node->peer_count,
		       node->ready_count, node->throttled_count,
		       node->draining_count, node->detached_count,
		       node->half_open_count);
}

/* " (no-allow 3, slots 1)", as far as there is room; or nothing. */
static void format_refusals(const struct postern_node_statistics *node,
			    char *text, size_t text_bytes)
{
	char count[TOOL_COUNT_TEXT_BYTES];
	size_t used_bytes = 0;
	int reason;

	text[0] = '\0';
	for (reason = 0; reason < POSTERN_REASON_ROOM; reason++) {
		if (node->refused_by_reason[reason] == 0 ||
		    used_bytes + 1 >= text_bytes)
			continue;
		tool_format_count((double)node->refused_by_reason[reason],
				 count);
		(void)snprintf(text + used_bytes, text_bytes - used_bytes,
			       "%s%s %s", used_bytes == 0 ? " (" : ", ",
			       postern_reason_word((enum postern_reason)reason),
			       count);
		used_bytes = strlen(text);
	}
	if (used_bytes > 0 && used_bytes + 1 < text_bytes)
		(void)snprintf(text + used_bytes, text_bytes - used_bytes, ")");
}

static void format_admissions(const struct postern_node_statistics *node, char *line)
{
	char texts[6][TOOL_COUNT_TEXT_BYTES], reasons[80];

	format_refusals(node, reasons, sizeof(reasons));
	tool_format_count((double)node->admitted_count, texts[0]);
	tool_format_count((double)node->departed_count, texts[1]);
	tool_format_count((double)node->refused_count, texts[2]);
	tool_format_count((double)node->slots_recycled_count, texts[3]);
	tool_format_count((double)node->reload_count, texts[4]);
	tool_format_count((double)node->reload_failed_count, texts[5]);
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "admitted %s, departed %s, refused %s%s; slots "
		       "recycled %s; reloads %s, failed %s",
		       texts[0], texts[1], texts[2], reasons, texts[3],
		       texts[4], texts[5]);
}

static void format_traffic(const struct tool_stat_sample *sample, char *line)
{
	const struct postern_node_statistics *node = &sample->node;
	char counts[6][TOOL_COUNT_TEXT_BYTES];
	char sizes[4][TOOL_SIZE_TEXT_BYTES];

	tool_format_count((double)node->received_messages, counts[0]);
	tool_format_count(sample->rates.received_messages, counts[1]);
	tool_format_count((double)node->sent_messages, counts[2]);
	tool_format_count(sample->rates.sent_messages, counts[3]);
	tool_format_count((double)node->dropped_messages, counts[4]);
	tool_format_count((double)node->refused_full_count, counts[5]);
	tool_format_size((double)node->received_bytes, sizes[0]);
	tool_format_size(sample->rates.received_bytes, sizes[1]);
	tool_format_size((double)node->sent_bytes, sizes[2]);
	tool_format_size(sample->rates.sent_bytes, sizes[3]);
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "received %s (%s/s), %s (%s/s); sent %s (%s/s), %s "
		       "(%s/s); dropped %s; sends to a full ring %s",
		       counts[0], counts[1], sizes[0], sizes[1], counts[2],
		       counts[3], sizes[2], sizes[3], counts[4], counts[5]);
}

static void format_latency(const struct postern_latency *latency, char *line)
{
	char times[5][TOOL_TIME_TEXT_BYTES], count[TOOL_COUNT_TEXT_BYTES];

	if (latency->count == 0) {
		(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
			       "latency: no message was stamped yet");
		return;
	}
	tool_format_time(latency->p50_ns, times[0]);
	tool_format_time(latency->p90_ns, times[1]);
	tool_format_time(latency->p99_ns, times[2]);
	tool_format_time(latency->p999_ns, times[3]);
	tool_format_time(latency->max_ns, times[4]);
	tool_format_count((double)latency->count, count);
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "latency p50 %s, p90 %s, p99 %s, p99.9 %s, max %s, of "
		       "%s stamped messages",
		       times[0], times[1], times[2], times[3], times[4], count);
}

void tool_stat_table_node_line(const struct tool_stat_sample *sample,
			       unsigned int line_index,
			       char line[static TOOL_STAT_TABLE_LINE_BYTES])
{
	line[0] = '\0';
	switch (line_index) {
	case 0:
		format_node(sample, line);
		break;
	case 1:
		format_peers(&sample->node, line);
		break;
	case 2:
		format_admissions(&sample->node, line);
		break;
	case 3:
		format_traffic(sample, line);
		break;
	case 4:
		format_latency(&sample->node.latency, line);
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
			   stats->receive_ring_bytes);
	double out = filled(stats->channel.send_depth_bytes,
			    stats->send_ring_bytes);
	double part = in >= out ? in : out;
	int marks = (int)(part * BAR_CHARACTERS);

	if (part > 0 && marks == 0)
		marks = 1;
	memcpy(text, in >= out ? "in  " : "out ", 4);
	memset(text + 4, '-', BAR_CHARACTERS);
	memset(text + 4, '#', (size_t)marks);
	text[4 + BAR_CHARACTERS] = '\0';
}

static void format_percentile(const struct postern_latency *latency,
			      uint64_t ns,
			      char text[static TOOL_TIME_TEXT_BYTES])
{
	if (latency->count > 0)
		tool_format_time(ns, text);
	else
		(void)snprintf(text, TOOL_TIME_TEXT_BYTES, "-");
}

static void format_name(const struct postern_peer_statistics *stats,
			char text[static 2 * POSTERN_NAME_BYTES])
{
	(void)snprintf(text, 2 * POSTERN_NAME_BYTES, "%s%s%s", stats->name,
		       stats->instance[0] ? "/" : "", stats->instance);
}

void tool_stat_table_peer_line(const struct tool_peer *peer,
			       char line[static TOOL_STAT_TABLE_LINE_BYTES])
{
	const struct postern_peer_statistics *stats = &peer->stats;
	const struct postern_latency *latency = &stats->channel.latency;
	char handle[24], name[2 * POSTERN_NAME_BYTES], bar[BAR_CHARACTERS + 5];
	char counts[3][TOOL_COUNT_TEXT_BYTES], sizes[2][TOOL_SIZE_TEXT_BYTES];
	char times[3][TOOL_TIME_TEXT_BYTES];

	(void)snprintf(handle, sizeof(handle), "%u.%u", stats->slot_index,
		       stats->generation);
	format_name(stats, name);
	format_bar(stats, bar);
	tool_format_count(peer->rates.received_messages, counts[0]);
	tool_format_count(peer->rates.sent_messages, counts[1]);
	tool_format_count((double)stats->channel.dropped_messages, counts[2]);
	tool_format_size(peer->rates.received_bytes, sizes[0]);
	tool_format_size(peer->rates.sent_bytes, sizes[1]);
	format_percentile(latency, latency->p50_ns, times[0]);
	format_percentile(latency, latency->p99_ns, times[1]);
	tool_format_time(stats->throttled_ns, times[2]);
	(void)snprintf(line, TOOL_STAT_TABLE_LINE_BYTES,
		       "%-8s %-20.20s %8u %8d %-9s %7s %9s %7s %9s %-12s %7s "
		       "%7s %9s %7s",
		       handle, name, stats->uid, stats->pid,
		       tool_peer_state_word(stats), counts[0], sizes[0],
		       counts[1], sizes[1], bar, times[0], times[1], times[2],
		       counts[2]);
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
