/* SPDX-License-Identifier: ISC */
/*
 * Snapshots: all figures of a node at one moment, and how they moved
 *
 * A rate is a difference over the time between two looks.  The node writes its
 * figures in beats, so where both looks saw new ones, the time that the node
 * says is the better one; but it may be anything, and is used only where it
 * agrees with our own.
 */
#include "snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "errors.h"

#define NS_PER_SECOND 1e9

/* How far the beat of the node may be from that of our looks. */
#define BEAT_NS UINT64_C(200000000)

/* Looks at a node that is in the middle of writing, so far apart. */
#define LOOKS_MAX 20
#define LOOK_AGAIN_MS 10

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* -- taking ---------------------------------------------------------------- */

static int connect_to_node(struct tool_observer *observer)
{
	memset(&observer->refusal, 0, sizeof(observer->refusal));
	if (observer->observer)
		return 0;
	return postern_observe(observer->policy, observer->node_name,
			       &observer->options, &observer->refusal,
			       &observer->observer);
}

static int read_node(struct tool_observer *observer,
		     struct postern_node_stats *node)
{
	int looks, result;

	for (looks = 1;; looks++) {
		node->size_bytes = sizeof(*node);
		result = postern_observer_node(observer->observer, node);
		if (result != -EAGAIN || looks == LOOKS_MAX)
			return result;
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	}
}

static int make_room(struct tool_snapshot *snapshot)
{
	size_t room = snapshot->node.slot_count;
	struct tool_peer *peers;

	if (snapshot->peer_room >= room)
		return 0;
	peers = realloc(snapshot->peers, room * sizeof(peers[0]));
	if (!peers)
		return -ENOMEM;
	snapshot->peers = peers;
	snapshot->peer_room = room;
	return 0;
}

/* Who is being written this very moment is left out this time. */
static int read_peers(struct tool_observer *observer,
		      struct tool_snapshot *snapshot)
{
	struct tool_peer *peer;
	uint32_t i;
	int result;

	result = make_room(snapshot);
	if (result < 0)
		return result;
	snapshot->peer_count = 0;
	for (i = 0; i < snapshot->node.slot_count; i++) {
		peer = &snapshot->peers[snapshot->peer_count];
		memset(peer, 0, sizeof(*peer));
		peer->stats.size_bytes = sizeof(peer->stats);
		result = postern_observer_peer_at(observer->observer, i,
						  &peer->stats);
		if (result == 0)
			snapshot->peer_count++;
		else if (result != -ENOENT && result != -EAGAIN)
			return result;
	}
	return 0;
}

static int read_all(struct tool_observer *observer,
		    struct tool_snapshot *snapshot)
{
	int result;

	result = connect_to_node(observer);
	if (result < 0)
		return result;
	result = read_node(observer, &snapshot->node);
	if (result == 0)
		result = read_peers(observer, snapshot);
	snapshot->taken_ns = now_ns();
	return result;
}

/* -- rates ----------------------------------------------------------------- */

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? (double)(now - before) / seconds :
	       0;
}

static double seconds_between(const struct tool_snapshot *now,
			      const struct tool_snapshot *before)
{
	uint64_t taken_ns = now->taken_ns - before->taken_ns;
	uint64_t updated_ns = now->node.updated_ns - before->node.updated_ns;

	if (updated_ns > 0 && updated_ns <= taken_ns + BEAT_NS)
		taken_ns = updated_ns;
	return (double)taken_ns / NS_PER_SECOND;
}

static void rate_node(struct tool_snapshot *now,
		      const struct tool_snapshot *before)
{
	const struct postern_node_stats zero = {0};
	const struct postern_node_stats *old = &before->node;
	const struct postern_node_stats *new = &now->node;
	double seconds;

	if (before->taken_ns != 0) {
		seconds = seconds_between(now, before);
	} else {
		old = &zero;
		seconds = (double)(now->taken_ns - new->opened_ns) /
			  NS_PER_SECOND;
	}
	now->rates = (struct tool_rates) {
		rate(new->received_messages, old->received_messages, seconds),
		rate(new->received_bytes, old->received_bytes, seconds),
		rate(new->sent_messages, old->sent_messages, seconds),
		rate(new->sent_bytes, old->sent_bytes, seconds),
	};
}

static void rate_peer(const struct tool_snapshot *now,
		      struct tool_peer *peer, const struct tool_peer *old_peer,
		      double seconds)
{
	const struct postern_channel_stats zero = {0}, *old = &zero;
	const struct postern_channel_stats *new = &peer->stats.channel;

	if (old_peer)
		old = &old_peer->stats.channel;
	else
		seconds = (double)(now->taken_ns - peer->stats.admitted_ns) /
			  NS_PER_SECOND;
	peer->rates = (struct tool_rates) {
		rate(new->received_messages, old->received_messages, seconds),
		rate(new->received_bytes, old->received_bytes, seconds),
		rate(new->sent_messages, old->sent_messages, seconds),
		rate(new->sent_bytes, old->sent_bytes, seconds),
	};
}

/* Both stand in the order of their slots. */
static void rate_all(struct tool_snapshot *now,
		     const struct tool_snapshot *before)
{
	const struct tool_peer *old = before->peers;
	const struct tool_peer *old_end = old + before->peer_count;
	double seconds = seconds_between(now, before);
	struct tool_peer *peer;
	size_t i;

	rate_node(now, before);
	for (i = 0; i < now->peer_count; i++) {
		peer = &now->peers[i];
		while (old < old_end &&
		       old->stats.slot_index < peer->stats.slot_index)
			old++;
		rate_peer(now, peer, old < old_end &&
			  old->stats.peer == peer->stats.peer ? old : NULL,
			  seconds);
	}
}

/* What the next rates are counted from. */
static int remember(struct tool_observer *observer,
		    const struct tool_snapshot *snapshot)
{
	struct tool_snapshot *before = &observer->before;

	before->node = snapshot->node;
	before->taken_ns = snapshot->taken_ns;
	before->peer_count = 0;
	if (make_room(before) < 0)
		return -ENOMEM;
	if (snapshot->peer_count > 0)
		memcpy(before->peers, snapshot->peers,
		       snapshot->peer_count * sizeof(before->peers[0]));
	before->peer_count = snapshot->peer_count;
	return 0;
}

/* -- all of it ------------------------------------------------------------- */

int tool_snapshot_take(struct tool_observer *observer,
		       struct tool_snapshot *snapshot)
{
	int result;

	result = read_all(observer, snapshot);
	if (result == -ESTALE) {
		/* The figures have moved; may we still see them? */
		observer->observer = postern_observer_close(observer->observer);
		result = read_all(observer, snapshot);
	}
	if (result < 0)
		return result;
	rate_all(snapshot, &observer->before);
	return remember(observer, snapshot);
}

enum tool_status tool_snapshot_error(const struct tool_observer *observer,
				     int result)
{
	if (result == -EAGAIN) {
		(void)tool_error(observer->node_name, "the node stopped in the "
				 "middle of writing its figures");
		return TOOL_TIMED_OUT;
	}
	return tool_error_result(observer->node_name, result,
				 &observer->refusal);
}

void tool_snapshot_done(struct tool_snapshot *snapshot)
{
	free(snapshot->peers);
	*snapshot = (struct tool_snapshot){.taken_ns = 0};
}

void tool_observer_done(struct tool_observer *observer)
{
	observer->observer = postern_observer_close(observer->observer);
	tool_snapshot_done(&observer->before);
}
