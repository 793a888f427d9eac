/* SPDX-License-Identifier: ISC */
/*
 * Samples: all statistics of a node at one moment, and their rates
 *
 * A rate is a difference over the time between two publications, by the clock
 * of the node that published them, since the tool reads at other times.  A
 * sample without a new publication keeps the last rates; after a longer time
 * without one the rates are 0.
 */
#include "stat_sample.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "units.h"

#define NS_PER_SECOND 1e9

/* A node publishes every 100 ms while something moves; a large one may take
 * longer.  After so long without a publication, nothing has moved. */
#define QUIET_NS UINT64_C(500000000)

/* Enough for the text of the link /proc/PID/ns/time. */
#define LINK_BYTES 64

/* An entry that the node is writing is read again so often, after this time. */
#define READS_MAX 20
#define READ_AGAIN_MS 10

/* -- one sample ------------------------------------------------------------ */

static int read_node(struct tool_stat_reader *reader,
		     struct postern_node_statistics *node)
{
	int reads, result;

	for (reads = 1;; reads++) {
		node->size_bytes = sizeof(*node);
		result = postern_stats_reader_read_node(reader->stats_reader,
							node);
		if (result != -EAGAIN || reads == READS_MAX)
			return result;
		(void)poll(NULL, 0, READ_AGAIN_MS);
	}
}

static int reserve_peers(struct tool_stat_sample *sample)
{
	size_t capacity = sample->node.slot_count;
	struct tool_peer *peers;

	if (sample->peer_capacity >= capacity)
		return 0;
	peers = realloc(sample->peers, capacity * sizeof(peers[0]));
	if (!peers)
		return -ENOMEM;
	sample->peers = peers;
	sample->peer_capacity = capacity;
	return 0;
}

/* A peer whose entry the node is writing is left out of this sample. */
static int read_peers(struct tool_stat_reader *reader,
		      struct tool_stat_sample *sample)
{
	struct tool_peer *peer;
	uint32_t i;
	int result;

	result = reserve_peers(sample);
	if (result < 0)
		return result;
	sample->peer_count = 0;
	for (i = 0; i < sample->node.slot_count; i++) {
		peer = &sample->peers[sample->peer_count];
		memset(peer, 0, sizeof(*peer));
		peer->stats.size_bytes = sizeof(peer->stats);
		result = postern_stats_reader_read_peer(reader->stats_reader, i,
							&peer->stats);
		if (result == 0)
			sample->peer_count++;
		else if (result != -ENOENT && result != -EAGAIN)
			return result;
	}
	return 0;
}

static bool read_time_namespace(int32_t pid, char text[static LINK_BYTES])
{
	char path[32];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/time", (int)pid);
	n = readlink(path, text, LINK_BYTES - 1);
	if (n < 0)
		return false;
	text[n] = '\0';
	return true;
}

/*
 * CLOCK_MONOTONIC has another zero in another time namespace, so times of the
 * node cannot be compared with those of this process.  If the namespace of the
 * node is not visible, it counts as the same one.
 */
static bool has_our_clock(const struct postern_node_statistics *node)
{
	char ours[LINK_BYTES], theirs[LINK_BYTES];

	return !read_time_namespace(getpid(), ours) ||
	       !read_time_namespace(node->pid, theirs) ||
	       strcmp(ours, theirs) == 0;
}

/* The node was up until its last publication, by its clock, and since then for
 * the age of that publication. */
static void set_times(struct tool_stat_sample *sample)
{
	const struct postern_node_statistics *node = &sample->node;
	uint64_t updated_ns = node->updated_ns > node->opened_ns ?
			      node->updated_ns : node->opened_ns;

	sample->up_ns = updated_ns - node->opened_ns;
	sample->has_age = sample->taken_ns >= updated_ns && has_our_clock(node);
	sample->age_ns = 0;
	if (sample->has_age) {
		sample->age_ns = sample->taken_ns - updated_ns;
		sample->up_ns += sample->age_ns;
	}
}

/* A publication ends with the entry of the node.  If that is the same before
 * and after, all entries in between are of one publication. */
static int read_publication(struct tool_stat_reader *reader,
			    struct tool_stat_sample *sample)
{
	struct postern_node_statistics again;
	int reads, result;

	result = read_node(reader, &sample->node);
	for (reads = 1; result == 0; reads++) {
		result = read_peers(reader, sample);
		if (result == 0)
			result = read_node(reader, &again);
		if (result < 0 || reads == READS_MAX ||
		    again.updated_ns == sample->node.updated_ns)
			break;
		sample->node = again;
	}
	return result;
}

static int read_all(struct tool_stat_reader *reader,
		    struct tool_stat_sample *sample)
{
	int result = 0;

	reader->error = (struct postern_error_info)POSTERN_ERROR_INFO_INIT;
	if (!reader->stats_reader)
		result = postern_stats_reader_open(
			reader->policy, reader->node_name, &reader->options,
			postern_deadline_after(TOOL_ANSWER_NS),
			&reader->stats_reader, &reader->error);
	if (result == 0)
		result = read_publication(reader, sample);
	sample->taken_ns = tool_now_ns();
	if (result == 0)
		set_times(sample);
	return result;
}

/* -- rates ----------------------------------------------------------------- */

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? (double)(now - before) / seconds :
	       0;
}

static double seconds_since(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? (double)(now_ns - then_ns) / NS_PER_SECOND :
	       0;
}

/* The statistics of a node and of a channel have these members. */
#define RATES(now, before, seconds)                                      \
	((struct tool_rates) {                                           \
		rate((now)->received_messages,                           \
		     (before)->received_messages, seconds),              \
		rate((now)->received_bytes, (before)->received_bytes,    \
		     seconds),                                           \
		rate((now)->sent_messages, (before)->sent_messages,      \
		     seconds),                                           \
		rate((now)->sent_bytes, (before)->sent_bytes, seconds),  \
	})

static bool is_same_publication(const struct tool_stat_sample *now,
				const struct tool_stat_sample *before)
{
	return before->taken_ns != 0 &&
	       now->node.updated_ns == before->node.updated_ns;
}

/* The entry of the same peer; both samples are in the order of the slots. */
static const struct tool_peer *find_old(const struct tool_peer **cursor,
					const struct tool_peer *end,
					const struct tool_peer *peer)
{
	while (*cursor < end &&
	       (*cursor)->stats.slot_index < peer->stats.slot_index)
		(*cursor)++;
	return *cursor < end && (*cursor)->stats.peer == peer->stats.peer ?
	       *cursor : NULL;
}

/*
 * before is the publication that was read before, or empty for the first one of
 * a node.  If both are the same publication, the rates stay, or become 0 after
 * a while.
 */
static void set_rates(struct tool_stat_sample *now,
		      const struct tool_stat_sample *before)
{
	const struct postern_channel_statistics zero = {0};
	const struct tool_rates none = {0};
	const struct tool_peer *cursor = before->peers, *old;
	const struct tool_peer *end = cursor + before->peer_count;
	uint64_t now_ns = now->node.updated_ns;
	uint64_t then_ns = before->taken_ns != 0 ? before->node.updated_ns :
			   now->node.opened_ns;
	bool is_new = !is_same_publication(now, before);
	bool is_quiet = now->taken_ns - before->taken_ns > QUIET_NS;
	struct tool_peer *peer;
	size_t i;

	now->rates = is_new ? RATES(&now->node, &before->node,
				    seconds_since(then_ns, now_ns)) :
		     is_quiet ? none : before->rates;
	for (i = 0; i < now->peer_count; i++) {
		peer = &now->peers[i];
		old = find_old(&cursor, end, peer);
		if (is_new)
			peer->rates = RATES(
				&peer->stats.channel,
				old ? &old->stats.channel : &zero,
				seconds_since(old ? then_ns :
					      peer->stats.connected_ns,
					      now_ns));
		else
			peer->rates = is_quiet || !old ? none : old->rates;
	}
}

static bool is_same_node(const struct tool_stat_sample *now,
			 const struct tool_stat_sample *before)
{
	return before->taken_ns != 0 &&
	       before->node.opened_ns == now->node.opened_ns &&
	       before->node.updated_ns <= now->node.updated_ns;
}

/* Keep the sample from which the next rates are computed. */
static int remember(struct tool_stat_reader *reader,
		    const struct tool_stat_sample *sample)
{
	struct tool_stat_sample *before = &reader->before;

	before->node = sample->node;
	before->rates = sample->rates;
	before->taken_ns = sample->taken_ns;
	before->peer_count = 0;
	if (reserve_peers(before) < 0)
		return -ENOMEM;
	if (sample->peer_count > 0)
		memcpy(before->peers, sample->peers,
		       sample->peer_count * sizeof(before->peers[0]));
	before->peer_count = sample->peer_count;
	return 0;
}

/* -- all of it ------------------------------------------------------------- */

int tool_stat_sample_take(struct tool_stat_reader *reader,
			  struct tool_stat_sample *sample)
{
	const struct tool_stat_sample empty = {.taken_ns = 0};
	const struct tool_stat_sample *before = &reader->before;
	int result;

	result = read_all(reader, sample);
	if (result == -ESTALE) {
		/* The segment was replaced; this asks for the new one. */
		reader->stats_reader =
			postern_stats_reader_close(reader->stats_reader);
		result = read_all(reader, sample);
	}
	if (result < 0)
		return result;
	if (!is_same_node(sample, before))
		before = &empty;
	set_rates(sample, before);
	return is_same_publication(sample, before) ? 0 :
	       remember(reader, sample);
}

enum tool_status tool_stat_sample_error(const struct tool_stat_reader *reader,
					int result)
{
	if (result == -EAGAIN)
		return tool_error(TOOL_TIMED_OUT, reader->node_name,
				  "the node stopped in the middle of writing "
				  "its figures");
	return tool_error_result(reader->node_name, result, &reader->error);
}

uint64_t tool_stat_field_value(const struct postern_stats_field *field,
			       const void *stats)
{
	const char *member = (const char *)stats + field->offset_bytes;
	uint64_t wide;
	uint32_t narrow;

	if (field->value_bytes == sizeof(wide)) {
		memcpy(&wide, member, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, member, sizeof(narrow));
	return narrow;
}

void tool_stat_sample_done(struct tool_stat_sample *sample)
{
	free(sample->peers);
	memset(sample, 0, sizeof(*sample));
}

void tool_stat_reader_done(struct tool_stat_reader *reader)
{
	reader->stats_reader = postern_stats_reader_close(reader->stats_reader);
	tool_stat_sample_done(&reader->before);
}
