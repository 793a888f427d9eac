/* SPDX-License-Identifier: ISC */
/*
 * Statistics segments of a hostile writer
 *
 * For any bytes in the segment, a reader returns possible values and printable
 * texts, or an error.  It never reads beyond the segment, which ends at an
 * unreadable page.
 */
#include "stats/stats_entry.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define ROUNDS 20000

/* Offsets in the entries, as in doc/layout.md. */
#define NODE_SLOT_COUNT_AT 40
#define PEER_HANDLE_AT 8
#define PEER_NAME_AT 296
#define PEER_INSTANCE_AT 360

static const char name_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

static uint8_t *segment;        /* it ends where its mapping ends */
static size_t segment_bytes;
static struct random random_numbers = {20260101};

/* Room for slot_count entries, up to the last readable byte. */
static void make_segment(uint32_t slot_count)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t mapped_bytes;
	uint8_t *mapping;

	segment_bytes = pst_stats_bytes(slot_count);
	mapped_bytes = (segment_bytes / page_bytes + 1) * page_bytes;
	mapping = mmap(NULL, mapped_bytes + page_bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(mapping, MAP_FAILED);
	ck_assert_int_eq(mprotect(mapping + mapped_bytes, page_bytes,
				  PROT_NONE), 0);
	segment = mapping + mapped_bytes - segment_bytes;
}

static void put(size_t offset, uint64_t word)
{
	memcpy(segment + offset, &word, sizeof(word));
}

/* Random words, all ones, small numbers, or a few wrong words, in turn. */
static void fill(unsigned round)
{
	size_t i;

	switch (round % 4) {
	case 0:
		for (i = 0; i + 8 <= segment_bytes; i += 8)
			put(i, random_u64(&random_numbers));
		break;
	case 1:
		memset(segment, 0xff, segment_bytes);
		break;
	case 2:
		for (i = 0; i + 8 <= segment_bytes; i += 8)
			put(i, random_below(&random_numbers, 200));
		break;
	default:
		for (i = 0; i < 8; i++)
			put(8 * (size_t)random_below(&random_numbers,
					(uint32_t)(segment_bytes / 8)),
			    random_u64(&random_numbers));
		break;
	}
	/* Without these most of the segments would not be read at all. */
	put(0, PST_STATS_VERSION);
	if (round % 16 < 12)
		put(PST_STATS_NODE_OFFSET, 2);
	if (round % 16 < 8)
		put(PST_STATS_PEERS_OFFSET, 2);
}

static bool is_a_name(const char name[static POSTERN_NAME_BYTES])
{
	size_t length = strnlen(name, POSTERN_NAME_BYTES), i;

	if (length == POSTERN_NAME_BYTES ||
	    strspn(name, name_characters) != length)
		return false;
	for (i = length; i < POSTERN_NAME_BYTES; i++)
		if (name[i] != '\0')
			return false;
	return true;
}

static void check_node(const struct postern_node_statistics *node,
		       uint32_t slot_count)
{
	expect(is_a_name(node->node_name));
	expect(node->pid >= 0);
	expect(node->slot_count <= slot_count);
	expect(node->slots_used <= slot_count);
	expect(node->peer_count <= slot_count);
	expect(node->ready_count <= slot_count);
	expect(node->throttled_count <= slot_count);
	expect(node->draining_count <= slot_count);
	expect(node->detached_count <= slot_count);
	expect_equal(node->size_bytes, sizeof(*node));
}

static void check_peer(const struct postern_peer_statistics *peer,
		       uint32_t slot_index)
{
	expect(is_a_name(peer->peer_name));
	expect(is_a_name(peer->instance));
	expect(is_a_name(peer->tenant));
	expect(peer->pid >= 0);
	expect(peer->directions <= 3);
	expect(peer->flags <= 3);
	expect((unsigned)peer->state <= POSTERN_PEER_DETACHED);
	expect((unsigned)peer->channel.end_reason < POSTERN_REASON_CAPACITY);
	expect_equal(peer->slot_index, slot_index);
	expect_equal((uint32_t)peer->peer, slot_index + 1);
	expect_equal(peer->peer >> 32, peer->generation);
	expect_equal(peer->size_bytes, sizeof(*peer));
	expect_equal(peer->channel.size_bytes, sizeof(peer->channel));
}

START_TEST(read_of_any_bytes_returns_possible_values, .loop_end = 2)
{
	uint32_t slot_count = _i == 0 ? 1 : 7, i, read_count = 0;
	struct postern_node_statistics node;
	struct postern_peer_statistics peer;
	struct pst_stats_entry_reader reader;
	unsigned round;
	int r;

	make_segment(slot_count);
	for (round = 0; round < ROUNDS; round++) {
		fill(round);
		r = pst_stats_entry_reader_init(&reader, segment,
						segment_bytes);
		expect_equal(r, 0);
		expect_equal(reader.slot_count, slot_count);
		expect(pst_stats_read_state(&reader) <= PST_STATS_CLOSED);
		r = pst_stats_read_node(&reader, &node);
		expect(r == 0 || r == -EAGAIN);
		if (r == 0)
			check_node(&node, slot_count);
		for (i = 0; i <= slot_count; i++) {
			r = pst_stats_read_peer(&reader, i, &peer);
			expect(r == 0 || r == -EAGAIN || r == -ENOENT);
			if (r == 0)
				check_peer(&peer, i);
			read_count += r == 0;
		}
	}
	ck_assert_uint_gt(read_count, ROUNDS / 8);
}
END_TEST

START_TEST(slot_count_in_the_segment_is_ignored)
{
	struct postern_node_statistics node;
	struct pst_stats_entry_reader reader;

	make_segment(3);
	put(0, PST_STATS_VERSION);
	put(offsetof(struct pst_stats_header, slot_count), 4096);
	put(PST_STATS_NODE_OFFSET + NODE_SLOT_COUNT_AT, 4096);
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     segment_bytes), 0);
	ck_assert_uint_eq(reader.slot_count, 3);
	ck_assert_int_eq(pst_stats_read_node(&reader, &node), 0);
	ck_assert_uint_eq(node.slot_count, 3);
}
END_TEST

START_TEST(read_name_is_terminated_and_printable)
{
	static const char escape[] = "a\033[2J\n\"b\\\x80";
	struct postern_peer_statistics peer;
	struct pst_stats_entry_reader reader;

	make_segment(1);
	put(0, PST_STATS_VERSION);
	put(PST_STATS_PEERS_OFFSET + PEER_HANDLE_AT, 1);
	memset(segment + PST_STATS_PEERS_OFFSET +
	       PEER_NAME_AT, 'x', POSTERN_NAME_BYTES);
	memcpy(segment + PST_STATS_PEERS_OFFSET +
	       PEER_INSTANCE_AT, escape, sizeof(escape));
	ck_assert_int_eq(pst_stats_entry_reader_init(&reader, segment,
						     segment_bytes), 0);
	ck_assert_int_eq(pst_stats_read_peer(&reader, 0, &peer), 0);
	ck_assert_uint_eq(strlen(peer.peer_name), POSTERN_NAME_BYTES - 1);
	ck_assert_str_eq(peer.instance, "a__2J__b__");
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
