/* SPDX-License-Identifier: ISC */
/*
 * The statistics segment and its reader, over one descriptor
 */
#include "stats/stats_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/features.h"
#include "stats/stats_reader.h"
#include "support/test_case.h"

#define SLOT_COUNT 3u

static struct pst_stats_segment segment;

static void open_segment(void)
{
	segment = (struct pst_stats_segment)PST_STATS_SEGMENT_INIT;
	ck_assert(!pst_stats_segment_is_open(&segment));
	ck_assert_int_eq(pst_stats_segment_open(&segment, SLOT_COUNT,
						pst_features_probe(0),
						(gid_t)-1), 0);
	ck_assert(pst_stats_segment_is_open(&segment));
}

static void close_segment(void)
{
	pst_stats_segment_close(&segment, PST_STATS_CLOSED);
	ck_assert(!pst_stats_segment_is_open(&segment));
	/* An empty one is accepted. */
	pst_stats_segment_close(&segment, PST_STATS_CLOSED);
}

static struct pst_stats_reader *open_reader(void)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct pst_stats_segment_ref ref = PST_STATS_SEGMENT_REF_INIT;
	struct pst_stats_reader *reader;

	ref.segment_fd = dup(segment.segment_fd);
	ref.segment_bytes = pst_stats_segment_bytes(&segment);
	ck_assert_int_ge(ref.segment_fd, 0);
	ck_assert_int_eq(pst_stats_reader_open_take(&ref, &reader, &error), 0);
	ck_assert_int_eq(ref.segment_fd, -1);
	return reader;
}

START_TEST(reader_gets_what_was_written)
{
	struct postern_node_statistics node = POSTERN_NODE_STATISTICS_INIT;
	struct postern_peer_statistics peer = POSTERN_PEER_STATISTICS_INIT;
	struct pst_stats_reader *reader = open_reader();

	node.received_messages = 5;
	peer.peer = UINT64_C(7) << 32 | 2;
	peer.uid = 1000;
	pst_stats_write_node(&segment.writer, &node);
	pst_stats_write_peer(&segment.writer, 1, &peer);
	node.received_messages = 0;
	peer.uid = 0;
	ck_assert_int_eq(pst_stats_reader_read_node(reader, &node), 0);
	ck_assert_uint_eq(node.received_messages, 5);
	ck_assert_int_eq(pst_stats_reader_read_peer(reader, 0, &peer), -ENOENT);
	ck_assert_int_eq(pst_stats_reader_read_peer(reader, 1, &peer), 0);
	ck_assert_uint_eq(peer.uid, 1000);
	ck_assert_ptr_null(pst_stats_reader_close(reader));
}
END_TEST

START_TEST(reader_of_a_retired_segment_must_ask_again)
{
	struct postern_node_statistics node = POSTERN_NODE_STATISTICS_INIT;
	struct pst_stats_reader *reader = open_reader();

	pst_stats_segment_close(&segment, PST_STATS_RETIRED);
	ck_assert_int_eq(pst_stats_reader_read_node(reader, &node), -ESTALE);
	ck_assert_ptr_null(pst_stats_reader_close(reader));
}
END_TEST

START_TEST(reader_of_a_closed_segment_gets_epipe)
{
	struct postern_peer_statistics peer = POSTERN_PEER_STATISTICS_INIT;
	struct pst_stats_reader *reader = open_reader();

	close_segment();
	ck_assert_int_eq(pst_stats_reader_read_peer(reader, 0, &peer), -EPIPE);
	ck_assert_ptr_null(pst_stats_reader_close(reader));
}
END_TEST

START_TEST(holder_of_the_descriptor_cannot_write_or_resize)
{
	size_t segment_bytes = pst_stats_segment_bytes(&segment);

	ck_assert_ptr_eq(mmap(NULL, segment_bytes, PROT_READ | PROT_WRITE,
			      MAP_SHARED, segment.segment_fd, 0), MAP_FAILED);
	ck_assert_int_eq(write(segment.segment_fd, "x", 1), -1);
	ck_assert_int_eq(ftruncate(segment.segment_fd, 0), -1);
	ck_assert_int_eq(ftruncate(segment.segment_fd,
				   (off_t)(2 * segment_bytes)), -1);
}
END_TEST

START_TEST(two_segments_have_different_ids)
{
	uint8_t id[PST_STATS_SEGMENT_ID_BYTES];
	uint64_t inode = segment.inode;

	memcpy(id, segment.id, sizeof(id));
	close_segment();
	open_segment();
	ck_assert_mem_ne(segment.id, id, sizeof(id));
	ck_assert_uint_ne(segment.inode, inode);
}
END_TEST

START_TEST(open_that_fails_leaves_an_empty_segment)
{
	struct pst_stats_segment other = PST_STATS_SEGMENT_INIT;
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){.rlim_max = limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(pst_stats_segment_open(&other, SLOT_COUNT,
						pst_features_probe(0),
						(gid_t)-1), -EMFILE);
	ck_assert(!pst_stats_segment_is_open(&other));
	/* A sanitizer opens files at the end. */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = open_segment, .tear_down = close_segment);
}
