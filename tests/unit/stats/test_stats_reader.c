/* SPDX-License-Identifier: ISC */
/*
 * A statistics reader on a segment that this test writes
 */
#include "stats/stats_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/own_process.h"
#include "os/segment.h"
#include "stats/stats_entry.h"
#include "support/expect.h"
#include "support/test_case.h"

static struct pst_segment_mapping mapping;
static struct pst_stats_entry_writer writer;
static struct pst_stats_segment_ref segment;
static struct postern_error_info error;

static void set_up(void)
{
	segment = (struct pst_stats_segment_ref)PST_STATS_SEGMENT_REF_INIT;
	memset(&error, 0, sizeof(error));
	segment.segment_bytes = 2 * pst_own_page_bytes();
	expect_equal(pst_segment_create(segment.segment_bytes, 0,
					&segment.segment_fd), 0);
	expect_equal(pst_segment_map_writable(segment.segment_fd,
					      segment.segment_bytes, 0,
					      &mapping), 0);
	pst_stats_entry_writer_init(&writer, mapping.control, 1);
	expect_equal(pst_segment_add_seals(segment.segment_fd,
					   PST_SEGMENT_SEALS_WRITER_DONE), 0);
}

static void tear_down(void)
{
	pst_segment_unmap(&mapping);
}

static struct pst_stats_reader *open_reader(void)
{
	struct pst_stats_reader *reader;

	expect_equal(pst_stats_reader_open_take(&segment, &reader, &error), 0);
	expect_equal(segment.segment_fd, -1);
	expect_equal(segment.node_pidfd, -1);
	return reader;
}

static int read_node(const struct pst_stats_reader *reader)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;

	return pst_stats_reader_read_node(reader, &stats);
}

START_TEST(reader_reads_what_the_node_writes)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;
	struct postern_peer_statistics peer = POSTERN_PEER_STATISTICS_INIT;
	struct pst_stats_reader *reader = open_reader();

	stats.reload_count = 7;
	pst_stats_write_node(&writer, &stats);
	stats.reload_count = 0;
	expect_equal(pst_stats_reader_read_node(reader, &stats), 0);
	expect_equal(stats.reload_count, 7);
	expect_equal(pst_stats_reader_read_peer(reader, 0, &peer), -ENOENT);
	reader = pst_stats_reader_close(reader);
	expect(reader == NULL);
}
END_TEST

START_TEST(reader_of_retired_segment_returns_estale)
{
	struct pst_stats_reader *reader = open_reader();

	pst_stats_write_end(&writer, PST_STATS_RETIRED);
	expect_equal(read_node(reader), -ESTALE);
	reader = pst_stats_reader_close(reader);
}
END_TEST

START_TEST(reader_of_closed_node_returns_epipe)
{
	struct pst_stats_reader *reader = open_reader();

	pst_stats_write_end(&writer, PST_STATS_CLOSED);
	expect_equal(read_node(reader), -EPIPE);
	reader = pst_stats_reader_close(reader);
}
END_TEST

START_TEST(reader_of_exited_process_returns_epipe)
{
	struct pst_stats_reader *reader;
	pid_t pid = fork();

	expect(pid >= 0);
	if (pid == 0)
		_exit(0);
	segment.node_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	expect(segment.node_pidfd >= 0);
	expect_equal(waitpid(pid, NULL, 0), pid);
	reader = open_reader();
	expect_equal(read_node(reader), -EPIPE);
	reader = pst_stats_reader_close(reader);
}
END_TEST

START_TEST(open_other_version_closes_the_segment)
{
	struct pst_stats_reader *reader = NULL;
	int segment_fd = segment.segment_fd;

	*(uint64_t *)(void *)mapping.control = PST_STATS_VERSION + 1;
	expect_equal(pst_stats_reader_open_take(&segment, &reader, &error),
		     -EPROTONOSUPPORT);
	expect_equal(error.reason, POSTERN_REASON_VERSION);
	expect(reader == NULL);
	expect_equal(segment.segment_fd, -1);
	expect_equal(fcntl(segment_fd, F_GETFD), -1);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
