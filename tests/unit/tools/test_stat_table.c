/* SPDX-License-Identifier: ISC */
/*
 * The statistics table: no value makes a line too long or splits it
 */
#include "tools/stat_table.h"

#include <string.h>

#include "support/test_case.h"

static struct tool_stat_sample sample;
static struct tool_peer peers[3];
static char line[TOOL_STAT_TABLE_LINE_BYTES];

static void set_up(void)
{
	memset(&sample, 0, sizeof(sample));
	memset(peers, 0, sizeof(peers));
	sample.peers = peers;
	sample.peer_count = 3;
	peers[0].stats.slot_index = 0;
	peers[1].stats.slot_index = 1;
	peers[2].stats.slot_index = 2;
}

static void expect_printable_line(void)
{
	size_t i;

	ck_assert_ptr_nonnull(memchr(line, '\0', sizeof(line)));
	for (i = 0; line[i] != '\0'; i++)
		ck_assert(line[i] >= ' ' && line[i] <= '~');
	ck_assert_uint_gt(i, 0);
}

START_TEST(any_sample_makes_a_line)
	{
		unsigned int n;

		memset(&sample.node, 0xff, sizeof(sample.node));
		memset(sample.node.node_name, 'n',
		       sizeof(sample.node.node_name));
		sample.node.node_name[POSTERN_NAME_BYTES - 1] = '\0';
		sample.rates = (struct tool_rates){1e300, 1e300, 1e300, 1e300};
		for (n = 0; n < TOOL_STAT_TABLE_NODE_LINES; n++) {
			tool_stat_table_node_line(&sample, n, line);
			expect_printable_line();
		}
		memset(&peers[0].stats, 0xff, sizeof(peers[0].stats));
		memset(peers[0].stats.peer_name, 'p',
		       sizeof(peers[0].stats.peer_name));
		memset(peers[0].stats.instance, 'i',
		       sizeof(peers[0].stats.instance));
		peers[0].stats.peer_name[POSTERN_NAME_BYTES - 1] = '\0';
		peers[0].stats.instance[POSTERN_NAME_BYTES - 1] = '\0';
		peers[0].rates = sample.rates;
		tool_stat_table_peer_line(&peers[0], line);
		expect_printable_line();
	}
END_TEST

START_TEST(empty_sample_makes_a_line)
	{
		unsigned int n;

		for (n = 0; n < TOOL_STAT_TABLE_NODE_LINES; n++) {
			tool_stat_table_node_line(&sample, n, line);
			expect_printable_line();
		}
		tool_stat_table_peer_line(&peers[0], line);
		expect_printable_line();
		tool_stat_table_headings(line);
		expect_printable_line();
	}
END_TEST

static const struct {
	uint64_t in_bytes, out_bytes;
	const char *bar;
} bars[] = {
	{0, 0, "in  --------"},
	{1, 0, "in  #-------"},
	{500, 100, "in  ####----"},
	{100, 1000, "out ########"},
	{UINT64_MAX, 0, "in  ########"},
};

START_TEST(bar_is_of_the_fuller_ring,
	   .loop_end = sizeof(bars) / sizeof(bars[0]))
{
	struct postern_peer_statistics *stats = &peers[0].stats;

	stats->to_node_ring_bytes = 1000;
	stats->from_node_ring_bytes = 1000;
	stats->channel.receive_depth_bytes = bars[_i].in_bytes;
	stats->channel.send_depth_bytes = bars[_i].out_bytes;
	tool_stat_table_peer_line(&peers[0], line);
	ck_assert_msg(strstr(line, bars[_i].bar), "no '%s' in '%s'",
		      bars[_i].bar, line);
}
END_TEST

START_TEST(what_is_wrong_with_a_peer_is_its_state)
{
	struct postern_peer_statistics *stats = &peers[0].stats;

	ck_assert_str_eq(tool_peer_state_word(stats), "unknown");
	stats->state = POSTERN_PEER_IDLE;
	ck_assert_str_eq(tool_peer_state_word(stats), "idle");
	stats->flags = POSTERN_PEER_STUCK;
	ck_assert_str_eq(tool_peer_state_word(stats), "stuck");
	stats->flags |= POSTERN_PEER_DRAINING;
	ck_assert_str_eq(tool_peer_state_word(stats), "draining");
}
END_TEST

static void expect_order(enum tool_stat_table_order order, const char *slots)
{
	size_t i;

	tool_stat_table_sort(&sample, order);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(peers[i].stats.slot_index,
				  (unsigned)(slots[i] - '0'));
}

START_TEST(peers_stand_in_the_order_that_was_asked_for)
{
	strcpy(peers[0].stats.peer_name, "b");
	strcpy(peers[1].stats.peer_name, "c");
	strcpy(peers[2].stats.peer_name, "a");
	peers[1].rates.sent_messages = 5;
	peers[2].stats.channel.receive_depth_bytes = 9;
	peers[1].stats.channel.latency.p99_ns = 7;
	peers[2].stats.channel.dropped_messages = 1;
	expect_order(TOOL_STAT_TABLE_BY_NAME, "201");
	expect_order(TOOL_STAT_TABLE_BY_RATE, "102");
	expect_order(TOOL_STAT_TABLE_BY_DEPTH, "201");
	expect_order(TOOL_STAT_TABLE_BY_LATENCY, "102");
	expect_order(TOOL_STAT_TABLE_BY_DROPS, "201");
	expect_order(TOOL_STAT_TABLE_BY_SLOT, "012");
}
END_TEST

START_TEST(refusals_are_cut_not_overrun)
{
	int reason;

	for (reason = 0; reason < POSTERN_REASON_CAPACITY; reason++)
		sample.node.refused_by_reason[reason] = UINT64_MAX;
	tool_stat_table_node_line(&sample, 2, line);
	expect_printable_line();
	ck_assert_ptr_nonnull(strstr(line, "slots recycled"));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
