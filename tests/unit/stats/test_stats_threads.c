/* SPDX-License-Identifier: ISC */
/*
 * A reader beside a busy writer
 *
 * The writer writes entries whose words all say the same number; a copy that
 * mixes two of them is a torn one, and must never be returned.
 */
#include "stats/stats_entry.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "support/expect.h"
#include "support/test_case.h"

#define SLOT_COUNT 2u
#define READ_COUNT 200000u

static alignas(128) uint8_t segment[PST_STATS_PEERS_OFFSET +
				    SLOT_COUNT * PST_STATS_PEER_BYTES];
static atomic_bool is_over;

static void fill_same(uint64_t *first, size_t bytes, uint64_t number)
{
	size_t i;

	for (i = 0; i < bytes / 8; i++)
		first[i] = number;
}

#define BYTES_BETWEEN(type, first, last) \
	(offsetof(struct type, last) - offsetof(struct type, first) + 8)

static void *write_all_the_time(void *unused)
{
	struct postern_node_statistics node = POSTERN_NODE_STATISTICS_INIT;
	struct postern_peer_statistics peer = POSTERN_PEER_STATISTICS_INIT;
	struct pst_stats_entry_writer *writer = unused;
	uint64_t number = 0;

	while (!atomic_load_explicit(&is_over, memory_order_relaxed)) {
		number++;
		fill_same(&node.connected_count,
			  BYTES_BETWEEN(postern_node_statistics,
					connected_count,
					latency.implausible_count),
			  number);
		pst_stats_write_node(writer, &node);
		peer.peer = (number & UINT32_MAX) << 32 | 1;
		fill_same(&peer.channel.sent_messages,
			  BYTES_BETWEEN(postern_channel_statistics, sent_messages,
					last_activity_ns), number);
		peer.throttled_ns = number;
		pst_stats_write_peer(writer, 0, &peer);
		/* The other slot comes and goes. */
		peer.peer++;
		pst_stats_write_peer(writer, 1, number % 2 ? &peer : NULL);
	}
	return NULL;
}

static void check_same(const uint64_t *first, size_t bytes)
{
	size_t i;

	for (i = 1; i < bytes / 8; i++)
		expect_equal(first[i], first[0]);
}

static void check_peer(const struct postern_peer_statistics *peer)
{
	check_same(&peer->channel.sent_messages,
		   BYTES_BETWEEN(postern_channel_statistics, sent_messages,
				 last_activity_ns));
	expect_equal(peer->throttled_ns, peer->channel.sent_messages);
	expect_equal(peer->generation, (uint32_t)peer->throttled_ns);
}

START_TEST(reader_beside_a_writer_sees_whole_entries)
{
	uint64_t last_number = 0, changes = 0, i;
	struct pst_stats_entry_reader reader;
	struct pst_stats_entry_writer writer;
	struct postern_node_statistics node;
	struct postern_peer_statistics peer;
	pthread_t thread;

	pst_stats_entry_writer_init(&writer, segment, SLOT_COUNT);
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     sizeof(segment)), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_all_the_time,
					&writer), 0);
	for (i = 0; i < READ_COUNT || changes < 100; i++) {
		if (pst_stats_read_node(&reader, &node) == 0) {
			check_same(&node.connected_count,
				   BYTES_BETWEEN(postern_node_statistics,
						 connected_count,
						 latency.implausible_count));
			/* Nor an older one than before. */
			expect(node.connected_count >= last_number);
			changes += node.connected_count != last_number;
			last_number = node.connected_count;
		}
		if (pst_stats_read_peer(&reader, 0, &peer) == 0)
			check_peer(&peer);
		if (pst_stats_read_peer(&reader, 1, &peer) == 0)
			check_peer(&peer);
	}
	atomic_store_explicit(&is_over, true, memory_order_relaxed);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 120);
}
