/* SPDX-License-Identifier: ISC */
/* A channel between two ends of one process: messages, ends, doorbells */
#include "channel/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "channel/channel_detached.h"
#include "os/doorbell.h"
#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

static const struct channel_pair_options both_ways = {
	.left_ring_bytes = 4096,
	.right_ring_bytes = 4096,
	.message_bytes = 1024,
};

static struct channel_pair pair;

static void set_up(void)
{
	channel_pair_open(&pair, &both_ways);
}

static void tear_down(void)
{
	channel_pair_close(&pair);
}

static int receive_left(size_t *ret_bytes)
{
	char buffer[1024];

	return pst_channel_receive(pair.left, buffer, sizeof(buffer), ret_bytes);
}

/* A record of a peer that violates the protocol. */
static void send_raw(const void *bytes, size_t byte_count)
{
	expect_equal(send(pair.peer_fd, bytes, byte_count, MSG_DONTWAIT),
		     (ssize_t)byte_count);
}

START_TEST(sent_messages_are_received)
{
	char buffer[16] = "";
	size_t bytes = 99;

	expect_equal(pst_channel_send(pair.right, "hello", 5), 0);
	expect_equal(pst_channel_receive(pair.left, buffer, sizeof(buffer),
					 &bytes), 0);
	expect_equal(bytes, 5);
	expect_equal(memcmp(buffer, "hello", 5), 0);
	expect_equal(receive_left(&bytes), -EAGAIN);
}
END_TEST

START_TEST(receive_buffered_does_not_poll_the_ring)
{
	char buffer[8] = "";
	size_t byte_count;

	expect_equal(pst_channel_send(pair.right, "one", 4), 0);
	expect_equal(pst_channel_receive_buffered(pair.left, buffer,
						  sizeof(buffer), &byte_count),
		     -EAGAIN);
	expect_equal(pst_channel_send(pair.right, "two", 4), 0);
	expect_equal(pst_channel_receive(pair.left, buffer, sizeof(buffer),
					 &byte_count), 0);
	expect_equal(pst_channel_receive_buffered(pair.left, buffer,
						  sizeof(buffer), &byte_count),
		     0);
	expect_equal(byte_count, 4);
	expect(strcmp(buffer, "two") == 0);
	expect_equal(pst_channel_send(pair.right, "three", 6), 0);
	expect_equal(pst_channel_receive_buffered(pair.left, buffer,
						  sizeof(buffer), &byte_count),
		     -EAGAIN);
}
END_TEST

START_TEST(a_direction_that_is_not_granted_is_refused)
{
	struct channel_pair_options options = both_ways;
	struct channel_pair one_way;
	char buffer[8];
	size_t bytes;

	options.right_ring_bytes = 0;
	channel_pair_open(&one_way, &options);
	expect_equal(pst_channel_send(one_way.right, "x", 1), -EPERM);
	expect_equal(pst_channel_receive(one_way.left, buffer, 8, &bytes),
		     -EPERM);
	expect_equal(pst_channel_flush(one_way.right, 0), -EPERM);
	expect_equal(pst_channel_send(one_way.left, "x", 1), 0);
	/*
	 * The reason for the end is not returned for such a direction either.
	 */
	pst_channel_end(one_way.left, POSTERN_REASON_REVOKED);
	pst_channel_end(one_way.right, POSTERN_REASON_REVOKED);
	expect_equal(pst_channel_send(one_way.right, "x", 1), -EPERM);
	expect_equal(pst_channel_receive(one_way.left, buffer, 8, &bytes),
		     -EPERM);
	channel_pair_close(&one_way);
}
END_TEST

START_TEST(a_waker_rings_only_for_a_sleeper)
{
	char byte;

	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	expect_equal(recv(pair.peer_fd, &byte, 1, MSG_DONTWAIT), -1);
	expect(!pst_channel_arm_receive(pair.left));
	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	expect(pst_channel_arm_receive(pair.left));
	pst_channel_drain_doorbell(pair.left);
	expect_equal(pst_channel_end_reason(pair.left), POSTERN_REASON_NONE);
}
END_TEST

START_TEST(orderly_close_is_reported_after_the_last_message)
{
	size_t bytes;

	expect_equal(pst_channel_send(pair.right, "last", 4), 0);
	pair.right = pst_channel_unref(pair.right);
	pair.peer_fd = pst_fd_close(pair.peer_fd);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(pst_channel_end_reason(pair.left), POSTERN_REASON_HUNG_UP);
	expect_equal(receive_left(&bytes), 0);
	expect_equal(bytes, 4);
	expect_equal(receive_left(&bytes), -EPIPE);
	expect_equal(pst_channel_end_reason(pair.left), POSTERN_REASON_CLOSED);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EPIPE);
}
END_TEST

START_TEST(a_dead_process_is_drained_and_then_over)
{
	uint32_t ready = 0;
	size_t bytes;

	expect_equal(pst_channel_send(pair.right, "one", 3), 0);
	pair.process_fd = pst_fd_close(pair.process_fd);
	expect_equal(receive_left(&bytes), 0);
	expect_equal(receive_left(&bytes), -EAGAIN);
	expect_equal(pst_channel_wait(pair.left, PST_CHANNEL_WANT_MESSAGE,
				      channel_pair_deadline(), &ready), 0);
	expect_equal(receive_left(&bytes), -EPIPE);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_PEER_DIED);
}
END_TEST

START_TEST(message_committed_after_the_end_is_not_delivered)
{
	size_t bytes;

	expect_equal(pst_channel_send(pair.right, "one", 3), 0);
	pst_channel_on_peer_exit(pair.left);
	expect_equal(receive_left(&bytes), 0);
	(void)pst_channel_send(pair.right, "two", 3);
	expect_equal(receive_left(&bytes), -EPIPE);
}
END_TEST

START_TEST(a_revoked_channel_delivers_nothing)
{
	size_t bytes;

	expect_equal(pst_channel_send(pair.right, "one", 3), 0);
	pst_channel_end(pair.left, POSTERN_REASON_REVOKED);
	expect_equal(receive_left(&bytes), -EPIPE);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EPIPE);
}
END_TEST

START_TEST(the_first_end_stays)
{
	pst_channel_end(pair.left, POSTERN_REASON_POISONED);
	pst_channel_end(pair.left, POSTERN_REASON_HUNG_UP);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_POISONED);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EBADMSG);
}
END_TEST

START_TEST(doorbell_without_an_arming_poisons)
{
	const uint8_t byte = PST_DOORBELL_BYTE;

	send_raw(&byte, 1);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_POISONED);
}
END_TEST

START_TEST(each_arming_permits_one_doorbell)
{
	const uint8_t byte = PST_DOORBELL_BYTE;

	expect(!pst_channel_arm_receive(pair.left));
	expect(!pst_channel_arm_receive(pair.left));
	send_raw(&byte, 1);
	send_raw(&byte, 1);
	pst_channel_drain_doorbell(pair.left);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(pst_channel_end_reason(pair.left), POSTERN_REASON_NONE);
	send_raw(&byte, 1);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_POISONED);
}
END_TEST

/* Notify for every arming and never move; returns how often that succeeded. */
static int ring_without_progress(int times)
{
	const uint8_t byte = PST_DOORBELL_BYTE;
	int i;

	for (i = 0; i < times; i++) {
		(void)pst_channel_arm_receive(pair.left);
		send_raw(&byte, 1);
		pst_channel_drain_doorbell(pair.left);
		if (pst_channel_end_reason(pair.left) != POSTERN_REASON_NONE)
			return i;
	}
	return times;
}

START_TEST(doorbells_without_progress_use_up_a_budget)
{
	expect(ring_without_progress(1000) < 1000);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_POISONED);
}
END_TEST

START_TEST(progress_refills_the_budget)
{
	size_t bytes;
	int i;

	for (i = 0; i < 10; i++) {
		expect_equal(ring_without_progress(32), 32);
		expect(!pst_channel_arm_receive(pair.left));
		expect_equal(pst_channel_send(pair.right, "x", 1), 0);
		pst_channel_drain_doorbell(pair.left);
		expect_equal(receive_left(&bytes), 0);
	}
}
END_TEST

START_TEST(record_that_is_not_a_doorbell_poisons)
{
	send_raw("no bell", 7);
	pst_channel_drain_doorbell(pair.left);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_POISONED);
}
END_TEST

START_TEST(flush_returns_when_all_is_consumed)
{
	size_t bytes;

	expect_equal(pst_channel_flush(pair.right, 0), 0);
	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	expect_equal(pst_channel_flush(pair.right, 0), -ETIMEDOUT);
	expect_equal(receive_left(&bytes), 0);
	expect_equal(pst_channel_flush(pair.right, 0), 0);
}
END_TEST

START_TEST(flush_fails_when_the_peer_goes_first)
{
	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	pair.process_fd = pst_fd_close(pair.process_fd);
	expect_equal(pst_channel_flush(pair.left, channel_pair_deadline()),
		     -EPIPE);
}
END_TEST

START_TEST(flush_succeeds_when_the_peer_went_after_it_had_everything)
{
	size_t bytes;
	char buffer[8];

	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	expect_equal(pst_channel_receive(pair.right, buffer, 8, &bytes), 0);
	pst_channel_on_peer_exit(pair.left);
	expect_equal(pst_channel_flush(pair.left, channel_pair_deadline()), 0);
}
END_TEST

START_TEST(full_ring_has_space_again_after_a_receive)
{
	char message[1000] = "";
	uint32_t ready = 0;
	size_t bytes;

	while (pst_channel_send(pair.right, message, sizeof(message)) == 0)
		;
	expect_equal(pst_channel_wait(pair.right, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     -ETIMEDOUT);
	expect_equal(receive_left(&bytes), 0);
	expect_equal(pst_channel_wait(pair.right, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     0);
	expect_equal(ready, PST_CHANNEL_WANT_SPACE);
}
END_TEST

START_TEST(a_forked_child_does_not_own_the_channel)
{
	pid_t child;
	int status;

	child = fork();
	if (child == 0)
		_exit(pst_channel_is_ours(pair.left) ? 1 : 0);
	expect_equal(waitpid(child, &status, 0), child);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	expect(pst_channel_is_ours(pair.left));
}
END_TEST

START_TEST(detached_link_ends_with_the_last_reference)
{
	struct pst_detached_link *detached_link;

	expect_equal(pst_detached_link_new(&detached_link), 0);
	pst_channel_detach(pair.left, detached_link);
	(void)pst_channel_ref(pair.left);
	(void)pst_channel_unref(pair.left);
	expect(!pst_detached_link_has_ended(detached_link));
	pair.left = pst_channel_unref(pair.left);
	expect(pst_detached_link_has_ended(detached_link));
	detached_link = pst_detached_link_unref(detached_link);
}
END_TEST

START_TEST(letting_go_of_a_shared_channel_ends_it_for_the_other)
{
	(void)pst_channel_ref(pair.left);
	(void)pst_channel_release(pair.left, POSTERN_REASON_NODE_CLOSED);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EPIPE);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
