/* SPDX-License-Identifier: ISC */
/*
 * The queue of events
 */
#include "node/event_queue.h"

#include "support/expect.h"
#include "support/test_case.h"

#define CAPACITY 4

static struct pst_event_queue queue;

static void set_up(void)
{
	expect_equal(pst_event_queue_init(&queue, CAPACITY), 0);
}

static void tear_down(void)
{
	pst_event_queue_done(&queue);
}

static void push(uint64_t handle)
{
	const struct pst_peer peer = {
		.handle = handle,
		.identity.name = "app",
	};

	pst_event_queue_push(&queue, POSTERN_NODE_EVENT_DISCONNECTED, &peer,
			     POSTERN_REASON_CLOSED, 0);
}

START_TEST(oldest_event_is_taken_first)
{
	struct postern_node_event event;

	push(1);
	push(2);
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.peer, 1);
	expect_equal(event.reason, POSTERN_REASON_CLOSED);
	ck_assert_str_eq(event.peer_name, "app");
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.peer, 2);
	expect(!pst_event_queue_take(&queue, &event));
}
END_TEST

START_TEST(full_queue_drops_the_oldest_and_counts_them)
{
	struct postern_node_event event;
	uint64_t i;

	for (i = 1; i <= CAPACITY + 3; i++)
		push(i);
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.peer, 4);
	expect_equal(event.missed_count, 3);
	expect_equal(queue.missed_total, 3);
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.peer, 5);
	expect_equal(event.missed_count, 0);
}
END_TEST

START_TEST(queue_wraps_around)
{
	struct postern_node_event event;
	uint64_t i;

	for (i = 1; i <= 10 * CAPACITY; i++) {
		push(i);
		expect(pst_event_queue_take(&queue, &event));
		expect_equal(event.peer, i);
	}
}
END_TEST

static void drop(struct pst_peer *peer, uint64_t messages)
{
	peer->sched.dropped_messages = messages;
	peer->sched.dropped_bytes = 10 * messages;
	pst_peer_report_drops(&queue, peer);
}

START_TEST(event_about_drops_grows_until_it_is_taken)
{
	struct pst_peer one = {.handle = 1}, other = {.handle = 2};
	struct postern_node_event event;
	uint64_t i;

	drop(&one, 0);
	for (i = 1; i <= 3 * CAPACITY; i++) {
		drop(&one, 1);
		drop(&other, i);
	}
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.type, POSTERN_NODE_EVENT_DROPPED);
	expect_equal(event.reason, POSTERN_REASON_EXCEEDED);
	expect_equal(event.peer, 1);
	expect_equal(event.missed_count, 0);
	expect_equal(event.dropped_messages, 3 * CAPACITY);
	expect_equal(event.dropped_bytes, 30 * CAPACITY);
	drop(&one, 1);
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.peer, 2);
	expect_equal(event.dropped_messages, 3 * CAPACITY * (3 * CAPACITY + 1) / 2);
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.peer, 1);
	expect_equal(event.dropped_messages, 1);
	expect(!pst_event_queue_take(&queue, &event));
}
END_TEST

START_TEST(drops_after_a_missed_event_are_a_new_event)
{
	struct pst_peer one = {.handle = 1};
	struct postern_node_event event;
	uint64_t i;

	drop(&one, 5);
	for (i = 0; i < CAPACITY; i++)
		push(2);
	drop(&one, 7);
	for (i = 0; i < CAPACITY - 1; i++)
		expect(pst_event_queue_take(&queue, &event));
	expect(pst_event_queue_take(&queue, &event));
	expect_equal(event.type, POSTERN_NODE_EVENT_DROPPED);
	expect_equal(event.dropped_messages, 7);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
