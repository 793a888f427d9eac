/* SPDX-License-Identifier: ISC */
/*
 * The statistics collector: totals from samples, and when the next update is
 */
#include "stats/stats_collector.h"

#include <string.h>

#include "base/clock.h"
#include "support/test_case.h"

#define SLOT_COUNT 4u
#define NS_PER_MS UINT64_C(1000000)
#define PUBLISH_INTERVAL_NS (100 * NS_PER_MS)
#define START_NS (5 * PST_NS_PER_SECOND)

static struct pst_stats_slot slots[SLOT_COUNT];
static uint32_t changed[SLOT_COUNT], exposed[SLOT_COUNT];
static struct pst_stats_collector collector;
static const struct postern_node_statistics *const total = &collector.total;

static void set_up(void)
{
	memset(slots, 0, sizeof(slots));
	memset(&collector, 0xff, sizeof(collector));
	pst_stats_collector_init(&collector, slots, changed, exposed,
				 SLOT_COUNT);
}

static void add_peer(uint32_t slot_index)
{
	pst_stats_collector_add_peer(&collector, slot_index, 4096, 8192);
}

static struct pst_stats_sample sample_in(enum postern_peer_state state)
{
	return (struct pst_stats_sample) {.state = state, .has_channel = true};
}

static void update(uint32_t slot_index, const struct pst_stats_sample *sample,
		   uint64_t now_ns)
{
	pst_stats_collector_update(&collector, slot_index, sample, now_ns);
}

static bool is_due(uint64_t now_ns)
{
	return pst_deadline_has_passed(collector.due_ns, now_ns);
}

/* Take every changed slot, and return their number. */
static uint32_t take_all(void)
{
	uint32_t count = 0, slot_index;

	while (pst_stats_collector_take_changed(&collector, &slot_index)) {
		ck_assert_uint_lt(slot_index, SLOT_COUNT);
		count++;
	}
	return count;
}

static void publish(uint64_t now_ns)
{
	(void)take_all();
	pst_stats_collector_end(&collector, now_ns);
	pst_stats_collector_limit(&collector, now_ns, 0);
}

/* -- totals ---------------------------------------------------------------- */

START_TEST(update_adds_only_what_is_new)
{
	struct pst_stats_sample sample = sample_in(POSTERN_PEER_IDLE);

	add_peer(1);
	sample.channel.received_messages = 10;
	sample.channel.sent_bytes = 100;
	sample.channel.latency.implausible_count = 2;
	update(1, &sample, START_NS);
	update(1, &sample, START_NS);
	sample.channel.received_messages = 15;
	sample.channel.dropped_messages = 3;
	sample.channel.send_full_count = 1;
	update(1, &sample, START_NS);
	ck_assert_uint_eq(total->received_messages, 15);
	ck_assert_uint_eq(total->sent_bytes, 100);
	ck_assert_uint_eq(total->dropped_messages, 3);
	ck_assert_uint_eq(total->send_full_count, 1);
	ck_assert_uint_eq(total->latency.implausible_count, 2);
}
END_TEST

START_TEST(totals_keep_what_a_past_peer_did)
{
	struct pst_stats_sample sample = sample_in(POSTERN_PEER_READY);

	add_peer(1);
	sample.channel.received_messages = 10;
	update(1, &sample, START_NS);
	pst_stats_collector_remove_peer(&collector, 1, POSTERN_REASON_CLOSED);
	add_peer(1);
	sample.channel.received_messages = 1;
	update(1, &sample, START_NS);
	ck_assert_uint_eq(total->received_messages, 11);
	ck_assert_uint_eq(total->peer_count, 1);
	ck_assert_uint_eq(total->connected_count, 2);
	ck_assert_uint_eq(total->disconnected_count, 1);
	ck_assert_uint_eq(total->disconnected_by_reason[POSTERN_REASON_CLOSED],
			  1);
	ck_assert_uint_eq(total->slots_recycled_count, 1);
}
END_TEST

START_TEST(each_peer_is_counted_in_its_last_state)
{
	struct pst_stats_sample ready = sample_in(POSTERN_PEER_READY);
	struct pst_stats_sample throttled = sample_in(POSTERN_PEER_THROTTLED);

	throttled.is_draining = true;
	add_peer(0);
	add_peer(1);
	update(0, &ready, START_NS);
	update(1, &ready, START_NS);
	ck_assert_uint_eq(total->ready_count, 2);
	update(1, &throttled, START_NS);
	ck_assert_uint_eq(total->ready_count, 1);
	ck_assert_uint_eq(total->throttled_count, 1);
	ck_assert_uint_eq(total->draining_count, 1);
	pst_stats_collector_remove_peer(&collector, 1, POSTERN_REASON_CLOSED);
	ck_assert_uint_eq(total->throttled_count, 0);
	ck_assert_uint_eq(total->draining_count, 0);
	ck_assert_uint_eq(total->ready_count, 1);
}
END_TEST

START_TEST(detached_peer_keeps_its_counters)
{
	struct pst_stats_sample sample = sample_in(POSTERN_PEER_IDLE);

	add_peer(2);
	sample.channel.sent_messages = 7;
	update(2, &sample, START_NS);
	sample = (struct pst_stats_sample) {.state = POSTERN_PEER_DETACHED};
	update(2, &sample, START_NS);
	ck_assert_uint_eq(total->detached_count, 1);
	ck_assert_uint_eq(total->sent_messages, 7);
	ck_assert_uint_eq(slots[2].channel.sent_messages, 7);
	ck_assert_uint_eq(slots[2].to_node_ring_bytes, 4096);
	ck_assert_uint_eq(slots[2].from_node_ring_bytes, 8192);
}
END_TEST

START_TEST(refusal_is_counted_by_reason)
{
	pst_stats_collector_count_refused(&collector, POSTERN_REASON_DENIED);
	pst_stats_collector_count_refused(
		&collector, (enum postern_reason)POSTERN_REASON_CAPACITY);
	ck_assert_uint_eq(total->refused_count, 2);
	ck_assert_uint_eq(total->refused_by_reason[POSTERN_REASON_DENIED], 1);
	pst_stats_collector_count_reload(&collector, true);
	pst_stats_collector_count_reload(&collector, false);
	ck_assert_uint_eq(total->reload_count, 1);
	ck_assert_uint_eq(total->reload_failed_count, 1);
}
END_TEST

/* -- the changed list ------------------------------------------------------ */

START_TEST(slot_is_in_the_changed_list_once)
{
	uint32_t i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < SLOT_COUNT; i++) {
			pst_stats_collector_mark(&collector, i);
			pst_stats_collector_mark(&collector, i);
		}
		ck_assert_uint_eq(take_all(), SLOT_COUNT);
		ck_assert_uint_eq(take_all(), 0);
	}
}
END_TEST

START_TEST(changed_slot_that_gets_another_peer_is_in_the_list_once)
{
	add_peer(3);
	pst_stats_collector_remove_peer(&collector, 3, POSTERN_REASON_CLOSED);
	add_peer(3);
	ck_assert_uint_eq(take_all(), 1);
}
END_TEST

/* -- stuck peers ----------------------------------------------------------- */

START_TEST(peer_that_consumes_nothing_for_a_second_is_stuck)
{
	struct pst_stats_sample sample = sample_in(POSTERN_PEER_IDLE);

	add_peer(0);
	update(0, &sample, START_NS);
	sample.positions.sent_pos = 64;
	update(0, &sample, START_NS);
	update(0, &sample, START_NS + PST_NS_PER_SECOND - 1);
	ck_assert(!slots[0].is_stuck);
	update(0, &sample, START_NS + PST_NS_PER_SECOND);
	ck_assert(slots[0].is_stuck);
	sample.positions.consumed_pos = 32;
	update(0, &sample, START_NS + PST_NS_PER_SECOND);
	ck_assert(!slots[0].is_stuck);
}
END_TEST

START_TEST(idle_time_before_a_message_does_not_count_as_stuck)
{
	struct pst_stats_sample sample = sample_in(POSTERN_PEER_IDLE);

	add_peer(0);
	update(0, &sample, START_NS);
	sample.positions.sent_pos = 64;
	update(0, &sample, START_NS + 60 * PST_NS_PER_SECOND);
	ck_assert(!slots[0].is_stuck);
}
END_TEST

START_TEST(draining_or_detached_peer_is_not_stuck)
{
	struct pst_stats_sample sample = sample_in(POSTERN_PEER_IDLE);

	add_peer(0);
	sample.positions.sent_pos = 64;
	update(0, &sample, START_NS);
	update(0, &sample, START_NS + PST_NS_PER_SECOND);
	ck_assert(slots[0].is_stuck);
	pst_stats_collector_detach_peer(&collector, 0);
	ck_assert(!slots[0].is_stuck);
	sample.is_draining = true;
	update(0, &sample, START_NS + 2 * PST_NS_PER_SECOND);
	ck_assert(!slots[0].is_stuck);
}
END_TEST

/* -- exposed channels ------------------------------------------------------ */

static void check(uint32_t slot_index, uint64_t sent_pos, uint64_t consumed_pos,
		  bool is_exposed)
{
	const struct pst_stats_positions positions = {
		.sent_pos = sent_pos,
		.consumed_pos = consumed_pos,
	};

	pst_stats_collector_check_exposed(&collector, slot_index, &positions,
					  is_exposed);
}

START_TEST(exposed_channel_that_moves_is_marked_and_updated_soon)
{
	add_peer(1);
	pst_stats_collector_expose(&collector, 1);
	publish(START_NS);
	ck_assert_uint_eq(collector.due_ns, START_NS + PST_NS_PER_SECOND);

	check(1, 64, 64, true);
	ck_assert_uint_eq(take_all(), 1);
	pst_stats_collector_end(&collector, START_NS);
	ck_assert_uint_eq(collector.due_ns, START_NS + PUBLISH_INTERVAL_NS);
}
END_TEST

START_TEST(send_to_a_full_ring_counts_as_moved)
{
	const struct pst_stats_positions positions = {.send_full_count = 1};

	add_peer(1);
	ck_assert(pst_stats_collector_has_moved(&collector, 1, &positions));
}
END_TEST

START_TEST(quiet_channel_stays_exposed_while_another_thread_may_send)
{
	add_peer(1);
	pst_stats_collector_expose(&collector, 1);
	(void)take_all();
	check(1, 0, 0, true);
	ck_assert_uint_eq(take_all(), 0);
	ck_assert_uint_eq(collector.exposed_count, 1);
	check(1, 0, 0, false);
	ck_assert_uint_eq(collector.exposed_count, 0);
	publish(START_NS);
	ck_assert_uint_eq(collector.due_ns, PST_DEADLINE_NEVER);
}
END_TEST

START_TEST(exposed_list_survives_removal_in_any_order, .loop_end = 4)
{
	static const uint32_t orders[][SLOT_COUNT] = {
		{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1},
	};
	const uint32_t *order = orders[_i];
	uint32_t i, k;
	bool is_listed;

	for (i = 0; i < SLOT_COUNT; i++) {
		add_peer(i);
		pst_stats_collector_expose(&collector, i);
		pst_stats_collector_expose(&collector, i);
	}
	ck_assert_uint_eq(collector.exposed_count, SLOT_COUNT);
	for (i = 0; i < SLOT_COUNT; i++) {
		pst_stats_collector_remove_peer(&collector, order[i],
						POSTERN_REASON_CLOSED);
		ck_assert_uint_eq(collector.exposed_count, SLOT_COUNT - i - 1);
		for (k = 0; k < collector.exposed_count; k++) {
			is_listed = slots[exposed[k]].exposed_place == k + 1;
			ck_assert(is_listed);
		}
	}
}
END_TEST

/* -- times ----------------------------------------------------------------- */

START_TEST(first_change_makes_an_update_due)
{
	ck_assert(!is_due(UINT64_MAX - 1));
	pst_stats_collector_note_change(&collector);
	ck_assert(is_due(START_NS));
	publish(START_NS);
	ck_assert_uint_eq(total->updated_ns, START_NS);
	ck_assert_uint_eq(collector.due_ns, PST_DEADLINE_NEVER);
}
END_TEST

START_TEST(updates_are_a_publish_interval_apart)
{
	publish(START_NS);
	pst_stats_collector_note_change(&collector);
	ck_assert(!is_due(START_NS + PUBLISH_INTERVAL_NS - 1));
	ck_assert(is_due(START_NS + PUBLISH_INTERVAL_NS));
}
END_TEST

START_TEST(expensive_updates_take_at_most_a_64th_of_the_time)
{
	pst_stats_collector_end(&collector, START_NS);
	pst_stats_collector_limit(&collector, START_NS, 10 * NS_PER_MS);
	pst_stats_collector_note_change(&collector);
	ck_assert_uint_eq(collector.due_ns, START_NS + 640 * NS_PER_MS);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
