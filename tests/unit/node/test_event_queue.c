/* SPDX-License-Identifier: ISC */
/*
 * The queue of events
 */
#include "node/node_internal.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "os/poll_set.h"
#include "support/expect.h"

#define ROOM 4

static struct pst_node node;
static struct postern_event room[ROOM];

static void set_up(void)
{
	node = (struct pst_node) {
		.events = room,
		.event_room = ROOM,
		.reactor.next_deadline_ns = UINT64_MAX,
		.stats = PST_NODE_STATS_INIT,
	};
	pst_scheduler_init(&node.scheduler);
	expect_equal(pst_poll_set_open(&node.reactor.set_fd), 0);
}

static void push(uint64_t handle)
{
	const struct pst_peer peer = {
		.handle = handle,
		.identity.name = "app",
	};

	pst_event_push(&node, POSTERN_EVENT_DEPARTED, &peer,
		       POSTERN_REASON_CLOSED, 0);
}

START_TEST(events_come_oldest_first)
{
	struct postern_event event;

	push(1);
	push(2);
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.peer, 1);
	expect_equal(event.reason, POSTERN_REASON_CLOSED);
	ck_assert_str_eq(event.name, "app");
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.peer, 2);
	expect_equal(pst_node_next_event(&node, &event), -EAGAIN);
}
END_TEST

START_TEST(a_full_queue_drops_the_oldest_and_counts_them)
{
	struct postern_event event;
	uint64_t i;

	for (i = 1; i <= ROOM + 3; i++)
		push(i);
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.peer, 4);
	expect_equal(event.missed_count, 3);
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.peer, 5);
	expect_equal(event.missed_count, 0);
}
END_TEST

START_TEST(the_queue_goes_round)
{
	struct postern_event event;
	uint64_t i;

	for (i = 1; i <= 10 * ROOM; i++) {
		push(i);
		expect_equal(pst_node_next_event(&node, &event), 0);
		expect_equal(event.peer, i);
	}
}
END_TEST

static void drop(struct pst_peer *peer, uint64_t messages)
{
	peer->sched.dropped_messages = messages;
	peer->sched.dropped_bytes = 10 * messages;
	pst_peer_report_gap(&node, peer);
}

START_TEST(a_gap_that_nobody_has_fetched_grows)
{
	struct pst_peer one = {.handle = 1}, other = {.handle = 2};
	struct postern_event event;
	uint64_t i;

	drop(&one, 0);
	for (i = 1; i <= 3 * ROOM; i++) {
		drop(&one, 1);
		drop(&other, i);
	}
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.type, POSTERN_EVENT_GAP);
	expect_equal(event.reason, POSTERN_REASON_EXCEEDED);
	expect_equal(event.peer, 1);
	expect_equal(event.missed_count, 0);
	expect_equal(event.dropped_messages, 3 * ROOM);
	expect_equal(event.dropped_bytes, 30 * ROOM);
	drop(&one, 1);
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.peer, 2);
	expect_equal(event.dropped_messages, 3 * ROOM * (3 * ROOM + 1) / 2);
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.peer, 1);
	expect_equal(event.dropped_messages, 1);
	expect_equal(pst_node_next_event(&node, &event), -EAGAIN);
}
END_TEST

START_TEST(a_gap_that_was_missed_begins_anew)
{
	struct pst_peer one = {.handle = 1};
	struct postern_event event;
	uint64_t i;

	drop(&one, 5);
	for (i = 0; i < ROOM; i++)
		push(2);
	drop(&one, 7);
	for (i = 0; i < ROOM - 1; i++)
		expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(pst_node_next_event(&node, &event), 0);
	expect_equal(event.type, POSTERN_EVENT_GAP);
	expect_equal(event.dropped_messages, 7);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("event queue");
	TCase *t = tcase_create("queue");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, events_come_oldest_first);
	tcase_add_test(t, a_full_queue_drops_the_oldest_and_counts_them);
	tcase_add_test(t, the_queue_goes_round);
	tcase_add_test(t, a_gap_that_nobody_has_fetched_grows);
	tcase_add_test(t, a_gap_that_was_missed_begins_anew);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
