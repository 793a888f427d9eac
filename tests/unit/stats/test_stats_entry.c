/* SPDX-License-Identifier: ISC */
/*
 * Entries of the statistics segment: what is written can be read
 */
#include "stats/stats_entry.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "support/test_case.h"

#define SLOT_COUNT 5u
#define SEGMENT_BYTES (PST_STATS_PEERS_OFFSET + \
		       SLOT_COUNT * PST_STATS_PEER_BYTES)

/* In the entry of a peer, as in doc/layout.md. */
#define PEER_TENANT_AT 424

static alignas(128) uint8_t segment[SEGMENT_BYTES];
static struct pst_stats_entry_writer writer;
static struct pst_stats_entry_reader reader;

static void set_up(void)
{
	memset(segment, 0, sizeof(segment));
	pst_stats_entry_writer_init(&writer, segment, SLOT_COUNT);
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     sizeof(segment)), 0);
}

/* Every byte differs from its neighbours, and from what clamping makes. */
static void fill_counts(uint64_t *counts, size_t count_bytes, uint64_t seed)
{
	size_t i;

	for (i = 0; i < count_bytes / 8; i++)
		counts[i] = seed + i * UINT64_C(0x0101010101010101);
}

static struct postern_node_statistics some_node(void)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;

	stats.pid = 12345;
	stats.uid = 4000000001u;
	fill_counts(&stats.opened_ns, 16, 7);
	stats.slot_count = 5;
	stats.slots_used = 4;
	stats.peer_count = 3;
	stats.ready_count = 2;
	stats.throttled_count = 1;
	stats.draining_count = 5;
	stats.detached_count = 4;
	stats.half_open_count = 70;
	fill_counts(&stats.connected_count,
		    offsetof(struct postern_node_statistics,
			     latency.reserved) -
		    offsetof(struct postern_node_statistics, connected_count),
		    11);
	strcpy(stats.node_name, "orders-2.eu_x");
	stats.send_full_count = UINT64_C(0x1716151413121110);
	return stats;
}

static struct postern_peer_statistics some_peer(uint32_t slot_index)
{
	struct postern_peer_statistics stats = POSTERN_PEER_STATISTICS_INIT;

	stats.slot_index = slot_index;
	stats.generation = 4000000007u;
	stats.peer = (uint64_t)stats.generation << 32 | (slot_index + 1);
	stats.uid = 4000000001u;
	stats.gid = 4000000002u;
	stats.pid = INT32_MAX;
	stats.directions = POSTERN_DIRECTION_FROM_NODE;
	stats.state = POSTERN_PEER_THROTTLED;
	stats.flags = POSTERN_PEER_STUCK;
	stats.to_node_ring_bytes = 1u << 31;
	stats.from_node_ring_bytes = 1u << 30;
	fill_counts(&stats.connected_ns, 24, 3);
	stats.channel.size_bytes = sizeof(stats.channel);
	fill_counts(&stats.channel.sent_messages,
		    offsetof(struct postern_channel_statistics, end_reason) -
		    offsetof(struct postern_channel_statistics, sent_messages), 5);
	stats.channel.end_reason = POSTERN_REASON_POISONED;
	fill_counts(&stats.channel.latency.count,
		    offsetof(struct postern_latency, reserved), 9);
	memset(stats.peer_name, 'n', sizeof(stats.peer_name) - 1);
	strcpy(stats.instance, "i");
	strcpy(stats.tenant, "acme");
	return stats;
}

START_TEST(read_node_returns_every_field_written)
{
	struct postern_node_statistics wrote = some_node(), got;

	pst_stats_write_node(&writer, &wrote);
	ck_assert_int_eq(pst_stats_read_node(&reader, &got), 0);
	ck_assert_mem_eq(&got, &wrote, sizeof(got));
}
END_TEST

START_TEST(read_peer_returns_every_field_written)
{
	struct postern_peer_statistics wrote = some_peer(3), got;

	pst_stats_write_peer(&writer, 3, &wrote);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 3, &got), 0);
	ck_assert_mem_eq(&got, &wrote, sizeof(got));
}
END_TEST

/* Such bytes could be of a longer name that the memory had before. */
START_TEST(write_peer_clears_bytes_behind_a_name)
{
	struct postern_peer_statistics stats = some_peer(2);
	static const char zeros[POSTERN_NAME_BYTES - 3];

	strcpy(stats.tenant, "a-tenant-of-before");
	strcpy(stats.tenant, "us");
	pst_stats_write_peer(&writer, 2, &stats);
	ck_assert_mem_eq(segment + pst_stats_bytes(2) +
			 PEER_TENANT_AT + 3, zeros, sizeof(zeros));
}
END_TEST

START_TEST(read_peer_of_free_slot_returns_enoent)
{
	struct postern_peer_statistics stats = some_peer(1);

	ck_assert_int_eq(pst_stats_read_peer(&reader, 1, &stats), -ENOENT);
	pst_stats_write_peer(&writer, 1, &stats);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 1, &stats), 0);
	pst_stats_write_peer(&writer, 1, NULL);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 1, &stats), -ENOENT);
}
END_TEST

START_TEST(read_peer_beyond_the_segment_returns_enoent)
{
	struct postern_peer_statistics stats = some_peer(4);

	pst_stats_write_peer(&writer, 4, &stats);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 4, &stats), 0);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 5, &stats), -ENOENT);
	ck_assert_int_eq(pst_stats_read_peer(&reader, UINT32_MAX, &stats),
			 -ENOENT);
	/* The writer does not write beyond its slots either. */
	pst_stats_write_peer(&writer, 5, &stats);
}
END_TEST

/* As a writer leaves it that was stopped in the middle of an entry. */
static void make_sequence_odd(size_t offset)
{
	uint64_t sequence;

	memcpy(&sequence, segment + offset, sizeof(sequence));
	sequence++;
	memcpy(segment + offset, &sequence, sizeof(sequence));
}

START_TEST(read_of_unfinished_write_returns_eagain)
{
	struct postern_node_statistics node = some_node();
	struct postern_peer_statistics peer = some_peer(2), other = some_peer(0);

	pst_stats_write_node(&writer, &node);
	pst_stats_write_peer(&writer, 2, &peer);
	make_sequence_odd(PST_STATS_NODE_OFFSET);
	make_sequence_odd(pst_stats_bytes(2));
	memset(&node, 7, sizeof(node));
	memset(&peer, 7, sizeof(peer));
	ck_assert_int_eq(pst_stats_read_node(&reader, &node), -EAGAIN);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 2, &peer), -EAGAIN);
	ck_assert_uint_eq(node.uid, 0x07070707); /* written on success only */
	ck_assert_uint_eq(peer.uid, 0x07070707);

	/* Other entries can be read, and this one after a whole write. */
	pst_stats_write_peer(&writer, 0, &other);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 0, &other), 0);
	peer = some_peer(2);
	pst_stats_write_peer(&writer, 2, &peer);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 2, &peer), 0);
}
END_TEST

START_TEST(read_state_returns_what_write_end_stored)
{
	struct postern_node_statistics node = some_node();

	ck_assert_uint_eq(pst_stats_read_state(&reader), PST_STATS_LIVE);
	pst_stats_write_node(&writer, &node);
	pst_stats_write_end(&writer, PST_STATS_RETIRED);
	ck_assert_uint_eq(pst_stats_read_state(&reader), PST_STATS_RETIRED);
	pst_stats_write_end(&writer, PST_STATS_CLOSED);
	ck_assert_uint_eq(pst_stats_read_state(&reader), PST_STATS_CLOSED);
	ck_assert_int_eq(pst_stats_read_node(&reader, &node), 0);
}
END_TEST

START_TEST(reader_init_other_version_returns_eprotonosupport)
{
	uint64_t version = PST_STATS_VERSION + 1;

	memcpy(segment, &version, sizeof(version));
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     sizeof(segment)),
			 -EPROTONOSUPPORT);
}
END_TEST

START_TEST(reader_init_too_small_segment_returns_ebadmsg)
{
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment, 0),
			 -EBADMSG);
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     pst_stats_bytes(1) - 1),
			 -EBADMSG);
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     pst_stats_bytes(1)), 0);
	ck_assert_uint_eq(reader.slot_count, 1);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
