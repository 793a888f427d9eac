/* SPDX-License-Identifier: ISC */
/*
 * Samples: rates by the publications of the node, times by whose clock
 *
 * The observer of the library is replaced by one that shows what a case puts
 * there, so that nothing depends on when it is looked at.
 */
#include "tools/stat_sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/errors.h"
#include "support/test_case.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* -- the node that is observed --------------------------------------------- */

static struct postern_node_statistics node;
static struct postern_peer_statistics peer;

int postern_stats_reader_open(
	const struct postern_policy *policy, const char *node_name,
	const struct postern_stats_reader_options *options,
	uint64_t deadline_ns, struct postern_stats_reader **ret_reader,
	struct postern_error_info *error)
{
	static int observer;

	(void)policy;
	(void)node_name;
	(void)options;
	(void)deadline_ns;
	(void)error;
	*ret_reader = (struct postern_stats_reader *)&observer;
	return 0;
}

uint64_t postern_deadline_after(uint64_t timeout_ns)
{
	return timeout_ns;
}

struct postern_stats_reader *
postern_stats_reader_close(struct postern_stats_reader *observer)
{
	(void)observer;
	return NULL;
}

int postern_stats_reader_read_node(struct postern_stats_reader *observer,
				   struct postern_node_statistics *ret_stats)
{
	(void)observer;
	*ret_stats = node;
	return 0;
}

int postern_stats_reader_read_peer(struct postern_stats_reader *observer,
				   uint32_t slot_index,
				   struct postern_peer_statistics *ret_stats)
{
	(void)observer;
	if (slot_index != 0)
		return -ENOENT;
	*ret_stats = peer;
	return 0;
}

/* No case fails, so no error is printed. */
enum tool_status tool_error(enum tool_status status, const char *what,
			    const char *why_format, ...)
{
	(void)status;
	(void)what;
	(void)why_format;
	abort();
}

enum tool_status tool_error_result(const char *what, int result,
				   const struct postern_error_info *error)
{
	(void)what;
	(void)result;
	(void)error;
	abort();
}

/* -- cases ----------------------------------------------------------------- */

static struct tool_stat_reader observer;
static struct tool_stat_sample sample;

static uint64_t now_ns(void)
{
	struct timespec now;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* Open for a minute, with its last publication just now. */
static void set_up(void)
{
	memset(&observer, 0, sizeof(observer));
	memset(&sample, 0, sizeof(sample));
	node = (struct postern_node_statistics) {
		.pid = (int32_t)getpid(),
		.slot_count = 1,
		.peer_count = 1,
		.updated_ns = now_ns(),
	};
	node.opened_ns = node.updated_ns - 60 * NS_PER_SECOND;
	peer = (struct postern_peer_statistics) {
		.peer = 1,
		.connected_ns = node.updated_ns - 10 * NS_PER_SECOND,
	};
}

static void tear_down(void)
{
	tool_stat_sample_done(&sample);
	tool_stat_reader_done(&observer);
}

static void publish_after(uint64_t interval_ns, uint64_t message_count)
{
	node.updated_ns += interval_ns;
	node.sent_messages += message_count;
	peer.channel.sent_messages += message_count;
}

static void take(void)
{
	ck_assert_int_eq(tool_stat_sample_take(&observer, &sample), 0);
}

static void expect_rates(double rate)
{
	ck_assert_double_eq_tol(sample.rates.sent_messages, rate, 0.01);
	ck_assert_int_eq((int)sample.peer_count, 1);
	ck_assert_double_eq_tol(sample.peers[0].rates.sent_messages, rate,
				0.01);
}

START_TEST(rate_is_by_the_time_between_two_publications)
{
	take();
	/* However soon after each other they are looked at. */
	publish_after(300 * NS_PER_MS, 300);
	take();
	expect_rates(1000);
	publish_after(100 * NS_PER_MS, 200);
	take();
	expect_rates(2000);
	publish_after(10 * NS_PER_SECOND, 10);
	take();
	expect_rates(1);
}
END_TEST

START_TEST(rate_of_a_publication_that_was_seen_is_kept)
{
	take();
	publish_after(100 * NS_PER_MS, 100);
	take();
	take();
	expect_rates(1000);
	take();
	expect_rates(1000);
	/* Nothing was published since that look. */
	observer.before.taken_ns -= 600 * NS_PER_MS;
	take();
	expect_rates(0);
}
END_TEST

START_TEST(first_rate_is_that_since_the_beginning)
{
	node.sent_messages = 600;
	peer.channel.sent_messages = 100;
	take();
	expect_rates(10);
}
END_TEST

START_TEST(node_that_was_opened_anew_has_rates_of_its_own)
{
	node.sent_messages = 5000;
	take();
	node.opened_ns = node.updated_ns;
	node.updated_ns += NS_PER_SECOND;
	node.sent_messages = 7;
	peer.peer = 2;
	peer.connected_ns = node.opened_ns;
	peer.channel.sent_messages = 7;
	take();
	expect_rates(7);
}
END_TEST

START_TEST(times_of_a_silent_node_go_on)
{
	node.opened_ns -= 40 * NS_PER_SECOND;
	node.updated_ns -= 40 * NS_PER_SECOND;
	take();
	ck_assert(sample.has_age);
	ck_assert_uint_ge(sample.age_ns, 40 * NS_PER_SECOND);
	ck_assert_uint_lt(sample.age_ns, 70 * NS_PER_SECOND);
	ck_assert_uint_eq(sample.up_ns - sample.age_ns, 60 * NS_PER_SECOND);
}
END_TEST

START_TEST(times_of_a_clock_that_is_ahead_do_not_underflow)
{
	node.opened_ns += 1000000 * NS_PER_SECOND;
	node.updated_ns += 1000000 * NS_PER_SECOND;
	take();
	ck_assert(!sample.has_age);
	ck_assert_uint_eq(sample.age_ns, 0);
	ck_assert_uint_eq(sample.up_ns, 60 * NS_PER_SECOND);
}
END_TEST

/* It says so itself, and may say anything. */
START_TEST(times_of_a_node_opened_after_its_publication_do_not_underflow)
{
	node.updated_ns = 0;
	take();
	ck_assert_uint_lt(sample.up_ns, 1000 * NS_PER_SECOND);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
