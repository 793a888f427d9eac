/* SPDX-License-Identifier: ISC */
/*
 * The state machine of a peer: every pair of state and event, and deadlines
 */
#include "peer/peer_state.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "channel/channel_detached.h"
#include "os/poll_set.h"
#include "os/poll_tag.h"
#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

#define START_NS (1000 * PST_NS_PER_SECOND)
#define IDLE_NS (60 * PST_NS_PER_SECOND)

static struct pst_scheduler scheduler;
static struct pst_tenant_queue tenant;
static struct pst_peer_table table;
static struct channel_pair pair;
static struct pst_peer *peer;
static int set_fd;

/* -- the expected table ---------------------------------------------------- */

/* A letter for each state; the rows below have one for each event, in order:
 * CONNECTED, WOKEN, FOUND_EMPTY, OUT_OF_TOKENS, TOKENS_DUE, CHANNEL_ENDED,
 * LIMITS_CHANGED, DETACH, END. */
static const char letters[] = "FIRTDtL";

static const char *const expected[] = {
	[PST_PEER_FREE] =               "I--------",
	[PST_PEER_IDLE] =               "-R---DILF",
	[PST_PEER_READY] =              "-RIT-DRLF",
	[PST_PEER_THROTTLED] =          "-T--RtRLF",
	[PST_PEER_DRAINING] =           "---t--D-F",
	[PST_PEER_DRAINING_THROTTLED] = "----D-D-F",
	[PST_PEER_DETACHED] =           "------L-F",
};

#define STATE_COUNT 7
#define EVENT_COUNT 9

/* -- one peer -------------------------------------------------------------- */

static void set_up(void)
{
	static const struct channel_pair_options options = {
		.left_ring_bytes = 65536,
		.right_ring_bytes = 65536,
		.message_bytes = 1024,
		.left_for_node = true,
	};
	pst_slot_handle handle;

	memset(&tenant, 0, sizeof(tenant));
	pst_drr_init(&tenant.drr, PST_SCHED_QUANTUM_BYTES);
	pst_list_init(&tenant.ready_peers);
	pst_scheduler_init(&scheduler);
	channel_pair_open(&pair, &options);
	expect_equal(pst_poll_set_open(&set_fd), 0);
	expect_equal(pst_peer_table_init(&table, 3, &scheduler), 0);
	table.set_fd = set_fd;
	expect_equal(pst_peer_table_reserve(&table, &handle), 0);
	expect_equal(pst_peer_table_reserve(&table, &handle), 0);
	peer = pst_peer_table_at(&table, handle);
	peer->sched.tenant_queue = &tenant;
	peer->directions = POSTERN_DIRECTION_TO_NODE |
			   POSTERN_DIRECTION_FROM_NODE;
	peer->times.idle_ns = IDLE_NS;
}

static void tear_down(void)
{
	(void)pst_detached_link_unref(peer->detached_link);
	pst_peer_table_done(&table);
	(void)pst_fd_close(set_fd);
	channel_pair_close(&pair);
}

static int transition_at(enum pst_peer_event event, uint64_t now_ns)
{
	return pst_peer_transition(&table, peer, event, now_ns);
}

static void expect_state(enum pst_peer_state state)
{
	const char *fault = pst_peer_find_fault(&table, peer);

	ck_assert_msg(!fault, "not true: %s", fault);
	expect_equal(peer->state, state);
}

static void go(enum pst_peer_event event)
{
	expect_equal(transition_at(event, START_NS), 0);
}

static void connect_peer(void)
{
	peer->channel = pair.left;
	expect_equal(pst_peer_watch(&table, peer), 0);
	go(PST_PEER_EVENT_CONNECTED);
}

static void go_to(enum pst_peer_state state)
{
	if (state == PST_PEER_FREE)
		return;
	connect_peer();
	if (state == PST_PEER_READY || state == PST_PEER_THROTTLED)
		go(PST_PEER_EVENT_WOKEN);
	if (state == PST_PEER_DRAINING || state == PST_PEER_DRAINING_THROTTLED)
		go(PST_PEER_EVENT_CHANNEL_ENDED);
	if (state == PST_PEER_THROTTLED || state == PST_PEER_DRAINING_THROTTLED)
		go(PST_PEER_EVENT_OUT_OF_TOKENS);
	if (state == PST_PEER_DETACHED) {
		expect_equal(pst_peer_create_link(&table, peer), 0);
		go(PST_PEER_EVENT_DETACH);
	}
	expect_state(state);
}

/* What the caller of a transition provides. */
static void prepare(enum pst_peer_event event)
{
	if (event == PST_PEER_EVENT_CONNECTED) {
		peer->channel = pair.left;
		expect_equal(pst_peer_watch(&table, peer), 0);
	}
	if (event == PST_PEER_EVENT_DETACH)
		expect_equal(pst_peer_create_link(&table, peer), 0);
}

static void check_pair(enum pst_peer_state state, enum pst_peer_event event)
{
	struct pst_detached_link *link = NULL;
	char letter = expected[state][event - 1];
	enum pst_peer_state to;

	set_up();
	go_to(state);
	if (letter == '-') {
		expect_equal(transition_at(event, START_NS),
			     -ENOTRECOVERABLE);
		expect_state(state);
	} else {
		to = (enum pst_peer_state)(strchr(letters, letter) - letters);
		prepare(event);
		if (event == PST_PEER_EVENT_END)
			link = peer->detached_link;
		go(event);
		expect_state(to);
		(void)pst_detached_link_unref(link);
	}
	tear_down();
}

START_TEST(every_pair_of_state_and_event_is_as_expected,
	   .loop_end = STATE_COUNT * EVENT_COUNT)
{
	check_pair((enum pst_peer_state)(_i / EVENT_COUNT),
		   (enum pst_peer_event)(_i % EVENT_COUNT + 1));
}
END_TEST

/* -- actions --------------------------------------------------------------- */

static void expect_tags(const char *of, bool has_socket, bool has_pidfd)
{
	uint64_t tags[PST_POLL_SET_EVENTS];
	bool found_socket = false, found_pidfd = false;
	int count, i;

	count = pst_poll_set_wait(set_fd, 0, tags);
	for (i = 0; i < count; i++) {
		expect_equal(pst_poll_tag_index(tags[i]),
			     pst_peer_index(&table, peer));
		expect(pst_poll_tag_has_generation(tags[i], peer->generation));
		found_socket |= pst_poll_tag_kind(tags[i]) ==
				PST_POLL_PEER_SOCKET;
		found_pidfd |= pst_poll_tag_kind(tags[i]) ==
			       PST_POLL_PEER_PIDFD;
	}
	ck_assert_msg(found_socket == has_socket, "%s: socket", of);
	ck_assert_msg(found_pidfd == has_pidfd, "%s: pidfd", of);
}

/* The peer hangs up and its process exits. */
static void end_process(void)
{
	pair.right = pst_channel_unref(pair.right);
	pair.peer_fd = pst_fd_close(pair.peer_fd);
	pair.process_fd = pst_fd_close(pair.process_fd);
}

START_TEST(descriptors_are_watched_by_state, .loop_end = STATE_COUNT)
{
	static const bool has_socket[STATE_COUNT] = {
		[PST_PEER_IDLE] = true, [PST_PEER_READY] = true,
	};
	static const bool has_pidfd[STATE_COUNT] = {
		[PST_PEER_IDLE] = true, [PST_PEER_READY] = true,
		[PST_PEER_THROTTLED] = true,
	};

	set_up();
	go_to((enum pst_peer_state)_i);
	end_process();
	expect_tags("state", has_socket[_i], has_pidfd[_i]);
	tear_down();
}
END_TEST

START_TEST(found_empty_with_a_message_stays_ready)
{
	set_up();
	go_to(PST_PEER_READY);
	peer->sched.empty_polls = 7;
	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	expect_equal(transition_at(PST_PEER_EVENT_FOUND_EMPTY, START_NS),
		     -EAGAIN);
	expect_state(PST_PEER_READY);
	expect_equal(peer->sched.empty_polls, 0);
	tear_down();
}
END_TEST

START_TEST(throttled_peer_that_cannot_be_watched_is_retried)
{
	struct pst_peer *due;

	set_up();
	go_to(PST_PEER_THROTTLED);
	table.set_fd = -1;
	expect(transition_at(PST_PEER_EVENT_TOKENS_DUE, START_NS) < 0);
	expect_state(PST_PEER_THROTTLED);
	table.set_fd = set_fd;
	expect_equal(pst_peer_take_due(&table, START_NS, 0, &due),
		     PST_PEER_DUE_NOTHING);
	expect_equal(pst_peer_take_due(&table, START_NS + PST_NS_PER_SECOND, 0,
				       &due),
		     PST_PEER_DUE_TOKENS);
	expect(due == peer);
	go(PST_PEER_EVENT_TOKENS_DUE);
	expect_state(PST_PEER_READY);
	tear_down();
}
END_TEST

START_TEST(throttled_time_is_counted)
{
	set_up();
	go_to(PST_PEER_THROTTLED);
	expect_equal(transition_at(PST_PEER_EVENT_TOKENS_DUE, START_NS + 30),
		     0);
	expect_equal(peer->times.throttled_ns, 30);
	expect_equal(peer->times.throttled_count, 1);
	tear_down();
}
END_TEST

START_TEST(find_fault_finds_each_broken_invariant)
{
	set_up();
	go_to(PST_PEER_READY);
	peer->state = PST_PEER_IDLE;
	expect(pst_peer_find_fault(&table, peer));
	peer->state = PST_PEER_THROTTLED;
	expect(pst_peer_find_fault(&table, peer));
	peer->state = PST_PEER_READY;
	expect(!pst_peer_find_fault(&table, peer));

	peer->pidfd_is_watched = false;
	expect(pst_peer_find_fault(&table, peer));
	peer->pidfd_is_watched = true;
	peer->sched.channel = NULL;
	expect(pst_peer_find_fault(&table, peer));
	peer->sched.channel = peer->channel;
	peer->sched.is_draining = true;
	expect(pst_peer_find_fault(&table, peer));
	peer->sched.is_draining = false;
	peer->times.idle_ns = 0;
	expect(pst_peer_find_fault(&table, peer));
	peer->times.idle_ns = IDLE_NS;
	expect(!pst_peer_find_fault(&table, peer));
	tear_down();
}
END_TEST

/* -- deadlines ------------------------------------------------------------- */

static enum pst_peer_due due_at(uint64_t now_ns)
{
	struct pst_peer *due_peer = NULL;
	enum pst_peer_due due;

	due = pst_peer_take_due(&table, now_ns, 0, &due_peer);
	if (due != PST_PEER_DUE_NOTHING)
		expect(due_peer == peer);
	expect(!pst_peer_find_fault(&table, peer));
	return due;
}

START_TEST(peer_without_messages_is_idle,
	   .loop_start = PST_PEER_IDLE, .loop_end = PST_PEER_READY + 1)
{
	set_up();
	go_to((enum pst_peer_state)_i);
	expect_equal(due_at(START_NS + IDLE_NS - 1), PST_PEER_DUE_NOTHING);
	expect_equal(due_at(START_NS + IDLE_NS), PST_PEER_DUE_IDLE_END);
	tear_down();
}
END_TEST

START_TEST(peer_with_a_message_and_no_doorbell_is_not_idle)
{
	set_up();
	go_to(PST_PEER_IDLE);
	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	expect_equal(due_at(START_NS + IDLE_NS), PST_PEER_DUE_MESSAGE);
	expect_equal(due_at(START_NS + 2 * IDLE_NS - 1), PST_PEER_DUE_NOTHING);
	expect_equal(due_at(START_NS + 2 * IDLE_NS), PST_PEER_DUE_MESSAGE);
	tear_down();
}
END_TEST

START_TEST(ring_of_a_peer_that_may_not_send_is_not_read)
{
	set_up();
	peer->directions = POSTERN_DIRECTION_FROM_NODE;
	go_to(PST_PEER_IDLE);
	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	expect_equal(due_at(START_NS + IDLE_NS), PST_PEER_DUE_IDLE_END);
	tear_down();
}
END_TEST

START_TEST(messages_to_the_peer_are_activity)
{
	set_up();
	go_to(PST_PEER_IDLE);
	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	expect_equal(due_at(START_NS + IDLE_NS), PST_PEER_DUE_NOTHING);
	expect_equal(due_at(START_NS + 2 * IDLE_NS), PST_PEER_DUE_IDLE_END);
	tear_down();
}
END_TEST

START_TEST(drain_ends_by_its_deadline)
{
	set_up();
	go_to(PST_PEER_DRAINING);
	expect_equal(due_at(START_NS + PST_PEER_DRAIN_NS - 1),
		     PST_PEER_DUE_NOTHING);
	expect_equal(due_at(START_NS + PST_PEER_DRAIN_NS),
		     PST_PEER_DUE_DRAIN_END);
	tear_down();
}
END_TEST

START_TEST(time_for_draining_begins_after_a_pause)
{
	uint64_t resumed_ns = START_NS + 3 * PST_PEER_DRAIN_NS;
	struct pst_peer *due;

	set_up();
	go_to(PST_PEER_DRAINING);
	expect_equal(pst_peer_take_due(&table, resumed_ns, resumed_ns, &due),
		     PST_PEER_DUE_NOTHING);
	expect_equal(due_at(resumed_ns + PST_PEER_DRAIN_NS - 1),
		     PST_PEER_DUE_NOTHING);
	expect_equal(due_at(resumed_ns + PST_PEER_DRAIN_NS),
		     PST_PEER_DUE_DRAIN_END);
	tear_down();
}
END_TEST

START_TEST(detached_peer_has_no_deadline)
{
	set_up();
	go_to(PST_PEER_DETACHED);
	expect_equal(due_at(UINT64_MAX - 1), PST_PEER_DUE_NOTHING);
	tear_down();
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
