/* SPDX-License-Identifier: ISC */
/*
 * The layout of a node's statistics: version 1
 *
 * This header is the specification of the segment that a node hands read-only
 * to whoever may observe it; an observer in another language can be written
 * from it.
 *
 *	offset                  what
 *	0                       the header
 *	128                     the node's entry
 *	4096 + 640 * index      the entry of the peer in slot `index`
 *
 * Everything is made of 64-bit words in the byte order of the host.  What is
 * narrower elsewhere (a uid, a count of slots) fills a word here; a name is 64
 * bytes, zeros behind its last character.  A new segment is all zero but for
 * the header.
 *
 * The rules:
 *
 * 1. The node's process writes, and nobody else can: the segment is sealed
 *    before it is handed out.  The writer never reads it.
 * 2. An entry begins with its sequence.  It is odd while the rest is written,
 *    and another one afterwards.  A reader notes it, copies the rest, and
 *    looks again: if it was odd or has changed, the copy is worth nothing.
 * 3. A peer entry whose word `peer` is 0 is of nobody: a free slot, or one of a
 *    handshake.
 * 4. A reader goes by the size of the segment that it was given, not by
 *    slot_count; it checks every value of its copy and trusts none.
 * 5. Words that are reserved are 0 and are not looked at.
 *
 * The names and the meaning of the words are those of struct
 * postern_node_stats and struct postern_peer_statistics in <postern/stats.h>.
 */
#ifndef POSTERN_STATS_STATS_LAYOUT_H
#define POSTERN_STATS_STATS_LAYOUT_H

#include <assert.h>
#include <stddef.h>

#include <postern/stats.h>

#include "base/shared_word.h"

#define PST_STATS_VERSION 1

/* What has become of the segment as a whole.  The last word is the last. */
#define PST_STATS_LIVE 0
#define PST_STATS_RETIRED 1     /* another has taken its place: ask again */
#define PST_STATS_CLOSED 2      /* the node was closed */

struct pst_stats_header {
	struct pst_shared_u64 version;
	struct pst_shared_u64 slot_count;

	/* Published [S3] after the last entry. */
	struct pst_shared_u64 state;
	struct pst_shared_u64 reserved[13];
};

struct pst_stats_name {
	struct pst_shared_u64 words[POSTERN_NAME_BYTES / 8];
};

struct pst_stats_latency {
	struct pst_shared_u64 count;
	struct pst_shared_u64 p50_ns;
	struct pst_shared_u64 p90_ns;
	struct pst_shared_u64 p99_ns;
	struct pst_shared_u64 p999_ns;
	struct pst_shared_u64 max_ns;
	struct pst_shared_u64 implausible_count;
};

struct pst_stats_channel {
	struct pst_shared_u64 sent_messages;
	struct pst_shared_u64 sent_bytes;
	struct pst_shared_u64 received_messages;
	struct pst_shared_u64 received_bytes;
	struct pst_shared_u64 refused_full_count;
	struct pst_shared_u64 dropped_messages;
	struct pst_shared_u64 dropped_bytes;
	struct pst_shared_u64 peer_dropped_messages;
	struct pst_shared_u64 send_depth_bytes;
	struct pst_shared_u64 send_peak_bytes;
	struct pst_shared_u64 receive_depth_bytes;
	struct pst_shared_u64 receive_peak_bytes;
	struct pst_shared_u64 bells_rung;
	struct pst_shared_u64 bells_heard;
	struct pst_shared_u64 high_watermark_count;
	struct pst_shared_u64 last_activity_ns;
	struct pst_shared_u64 end_reason;
	struct pst_stats_latency latency;
};

struct pst_stats_node {
	struct pst_shared_u64 sequence;         /* [S1] */
	struct pst_shared_u64 pid;
	struct pst_shared_u64 uid;
	struct pst_shared_u64 opened_ns;
	struct pst_shared_u64 updated_ns;
	struct pst_shared_u64 slot_count;
	struct pst_shared_u64 slots_used;
	struct pst_shared_u64 peer_count;
	struct pst_shared_u64 ready_count;
	struct pst_shared_u64 throttled_count;
	struct pst_shared_u64 draining_count;
	struct pst_shared_u64 detached_count;
	struct pst_shared_u64 half_open_count;
	struct pst_shared_u64 admitted_count;
	struct pst_shared_u64 departed_count;
	struct pst_shared_u64 refused_count;
	struct pst_shared_u64 slots_recycled_count;
	struct pst_shared_u64 received_messages;
	struct pst_shared_u64 received_bytes;
	struct pst_shared_u64 sent_messages;
	struct pst_shared_u64 sent_bytes;
	struct pst_shared_u64 dropped_messages;
	struct pst_shared_u64 dropped_bytes;
	struct pst_shared_u64 turn_count;
	struct pst_shared_u64 events_missed_count;
	struct pst_shared_u64 reload_count;
	struct pst_shared_u64 reload_failed_count;
	struct pst_shared_u64 audit_record_count;
	struct pst_shared_u64 audit_suppressed_count;
	struct pst_stats_latency latency;
	struct pst_stats_name name;
	struct pst_shared_u64 refused_by_reason[POSTERN_REASON_ROOM];
	struct pst_shared_u64 departed_by_reason[POSTERN_REASON_ROOM];
	struct pst_shared_u64 refused_full_count;
	struct pst_shared_u64 reserved[195];
};

struct pst_stats_peer {
	struct pst_shared_u64 sequence;         /* [S1] */
	struct pst_shared_u64 peer;
	struct pst_shared_u64 uid;
	struct pst_shared_u64 gid;
	struct pst_shared_u64 pid;
	struct pst_shared_u64 directions;
	struct pst_shared_u64 state;
	struct pst_shared_u64 flags;
	struct pst_shared_u64 receive_ring_bytes;
	struct pst_shared_u64 send_ring_bytes;
	struct pst_shared_u64 admitted_ns;
	struct pst_shared_u64 throttled_count;
	struct pst_shared_u64 throttled_ns;
	struct pst_stats_channel channel;
	struct pst_stats_name name;
	struct pst_stats_name instance;
	struct pst_stats_name tenant;
	struct pst_shared_u64 reserved[19];
};

#define PST_STATS_NODE_OFFSET 128
#define PST_STATS_PEERS_OFFSET 4096
#define PST_STATS_PEER_BYTES 640

#define PST_STATS_AT(type, member, offset) \
	static_assert(offsetof(struct type, member) == (offset), "layout")

PST_STATS_AT(pst_stats_header, version, 0);
PST_STATS_AT(pst_stats_header, slot_count, 8);
PST_STATS_AT(pst_stats_header, state, 16);
static_assert(sizeof(struct pst_stats_header) == 128, "layout");

PST_STATS_AT(pst_stats_latency, count, 0);
PST_STATS_AT(pst_stats_latency, p50_ns, 8);
PST_STATS_AT(pst_stats_latency, p90_ns, 16);
PST_STATS_AT(pst_stats_latency, p99_ns, 24);
PST_STATS_AT(pst_stats_latency, p999_ns, 32);
PST_STATS_AT(pst_stats_latency, max_ns, 40);
PST_STATS_AT(pst_stats_latency, implausible_count, 48);

PST_STATS_AT(pst_stats_channel, sent_messages, 0);
PST_STATS_AT(pst_stats_channel, sent_bytes, 8);
PST_STATS_AT(pst_stats_channel, received_messages, 16);
PST_STATS_AT(pst_stats_channel, received_bytes, 24);
PST_STATS_AT(pst_stats_channel, refused_full_count, 32);
PST_STATS_AT(pst_stats_channel, dropped_messages, 40);
PST_STATS_AT(pst_stats_channel, dropped_bytes, 48);
PST_STATS_AT(pst_stats_channel, peer_dropped_messages, 56);
PST_STATS_AT(pst_stats_channel, send_depth_bytes, 64);
PST_STATS_AT(pst_stats_channel, send_peak_bytes, 72);
PST_STATS_AT(pst_stats_channel, receive_depth_bytes, 80);
PST_STATS_AT(pst_stats_channel, receive_peak_bytes, 88);
PST_STATS_AT(pst_stats_channel, bells_rung, 96);
PST_STATS_AT(pst_stats_channel, bells_heard, 104);
PST_STATS_AT(pst_stats_channel, high_watermark_count, 112);
PST_STATS_AT(pst_stats_channel, last_activity_ns, 120);
PST_STATS_AT(pst_stats_channel, end_reason, 128);
PST_STATS_AT(pst_stats_channel, latency, 136);

PST_STATS_AT(pst_stats_node, sequence, 0);
PST_STATS_AT(pst_stats_node, pid, 8);
PST_STATS_AT(pst_stats_node, uid, 16);
PST_STATS_AT(pst_stats_node, opened_ns, 24);
PST_STATS_AT(pst_stats_node, updated_ns, 32);
PST_STATS_AT(pst_stats_node, slot_count, 40);
PST_STATS_AT(pst_stats_node, slots_used, 48);
PST_STATS_AT(pst_stats_node, peer_count, 56);
PST_STATS_AT(pst_stats_node, ready_count, 64);
PST_STATS_AT(pst_stats_node, throttled_count, 72);
PST_STATS_AT(pst_stats_node, draining_count, 80);
PST_STATS_AT(pst_stats_node, detached_count, 88);
PST_STATS_AT(pst_stats_node, half_open_count, 96);
PST_STATS_AT(pst_stats_node, admitted_count, 104);
PST_STATS_AT(pst_stats_node, departed_count, 112);
PST_STATS_AT(pst_stats_node, refused_count, 120);
PST_STATS_AT(pst_stats_node, slots_recycled_count, 128);
PST_STATS_AT(pst_stats_node, received_messages, 136);
PST_STATS_AT(pst_stats_node, received_bytes, 144);
PST_STATS_AT(pst_stats_node, sent_messages, 152);
PST_STATS_AT(pst_stats_node, sent_bytes, 160);
PST_STATS_AT(pst_stats_node, dropped_messages, 168);
PST_STATS_AT(pst_stats_node, dropped_bytes, 176);
PST_STATS_AT(pst_stats_node, turn_count, 184);
PST_STATS_AT(pst_stats_node, events_missed_count, 192);
PST_STATS_AT(pst_stats_node, reload_count, 200);
PST_STATS_AT(pst_stats_node, reload_failed_count, 208);
PST_STATS_AT(pst_stats_node, audit_record_count, 216);
PST_STATS_AT(pst_stats_node, audit_suppressed_count, 224);
PST_STATS_AT(pst_stats_node, latency, 232);
PST_STATS_AT(pst_stats_node, name, 288);
PST_STATS_AT(pst_stats_node, refused_by_reason, 352);
PST_STATS_AT(pst_stats_node, departed_by_reason, 1376);
PST_STATS_AT(pst_stats_node, refused_full_count, 2400);
static_assert(sizeof(struct pst_stats_node) ==
	      PST_STATS_PEERS_OFFSET - PST_STATS_NODE_OFFSET, "layout");

PST_STATS_AT(pst_stats_peer, sequence, 0);
PST_STATS_AT(pst_stats_peer, peer, 8);
PST_STATS_AT(pst_stats_peer, uid, 16);
PST_STATS_AT(pst_stats_peer, gid, 24);
PST_STATS_AT(pst_stats_peer, pid, 32);
PST_STATS_AT(pst_stats_peer, directions, 40);
PST_STATS_AT(pst_stats_peer, state, 48);
PST_STATS_AT(pst_stats_peer, flags, 56);
PST_STATS_AT(pst_stats_peer, receive_ring_bytes, 64);
PST_STATS_AT(pst_stats_peer, send_ring_bytes, 72);
PST_STATS_AT(pst_stats_peer, admitted_ns, 80);
PST_STATS_AT(pst_stats_peer, throttled_count, 88);
PST_STATS_AT(pst_stats_peer, throttled_ns, 96);
PST_STATS_AT(pst_stats_peer, channel, 104);
PST_STATS_AT(pst_stats_peer, name, 296);
PST_STATS_AT(pst_stats_peer, instance, 360);
PST_STATS_AT(pst_stats_peer, tenant, 424);
static_assert(sizeof(struct pst_stats_peer) == PST_STATS_PEER_BYTES, "layout");

#undef PST_STATS_AT

/* All words of an entry, the sequence too. */
#define PST_STATS_NODE_WORDS (sizeof(struct pst_stats_node) / 8)
#define PST_STATS_PEER_WORDS (sizeof(struct pst_stats_peer) / 8)

/* The segment of so many slots, before it is rounded up to the page. */
static inline size_t pst_stats_bytes(uint32_t slot_count)
{
	return PST_STATS_PEERS_OFFSET +
	       (size_t)slot_count * PST_STATS_PEER_BYTES;
}

#endif
