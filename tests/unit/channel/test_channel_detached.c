/* SPDX-License-Identifier: ISC */
/*
 * Ending a detached channel, also while its program closes it
 */
#include "channel/channel_detached.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/channel_pair.h"
#include "support/expect.h"
#include "support/test_case.h"

#define RACES 2000

static const struct channel_pair_options options = {
	.left_ring_bytes = 4096,
	.right_ring_bytes = 4096,
	.message_bytes = 256,
	.left_for_node = true,
};

static struct channel_pair pair;
static struct pst_detached_link *detached_link;

static void set_up(void)
{
	channel_pair_open(&pair, &options);
	expect_equal(pst_channel_make_wakes(pair.left), 0);
	expect_equal(pst_detached_link_new(&detached_link), 0);
	pst_channel_detach(pair.left, detached_link);
}

static void tear_down(void)
{
	detached_link = pst_detached_link_unref(detached_link);
	channel_pair_close(&pair);
}

START_TEST(end_channel_ends_a_detached_channel)
{
	char buffer[256];
	size_t bytes;

	expect_equal(pst_channel_send(pair.right, "x", 1), 0);
	pst_detached_link_end_channel(detached_link, POSTERN_REASON_REVOKED);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_REVOKED);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EPIPE);
	expect(!pst_detached_link_has_ended(detached_link));
	/* The first reason stays. */
	pst_detached_link_end_channel(detached_link, POSTERN_REASON_NODE_CLOSED);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_REVOKED);
	pair.left = pst_channel_unref(pair.left);
	expect(pst_detached_link_has_ended(detached_link));
	/* Not an orderly end: no END record was written. */
	expect_equal(pst_channel_receive(pair.right, buffer, sizeof(buffer),
					 &bytes), -EAGAIN);
	pst_channel_drain_doorbell(pair.right);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_HUNG_UP);
}
END_TEST

static void *wait_for_message(void *result)
{
	uint32_t ready;

	*(int *)result = pst_channel_wait(pair.left, PST_CHANNEL_WANT_MESSAGE,
					  channel_pair_deadline(), &ready);
	return NULL;
}

START_TEST(a_holder_that_sleeps_is_woken)
{
	pthread_t holder;
	int result = -1;

	expect_equal(pthread_create(&holder, NULL, wait_for_message, &result),
		     0);
	pst_detached_link_end_channel(detached_link, POSTERN_REASON_REVOKED);
	expect_equal(pthread_join(holder, NULL), 0);
	expect_equal(result, 0);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EPIPE);
}
END_TEST

START_TEST(a_channel_that_is_gone_is_not_touched)
{
	int socket_fd = pst_channel_socket_fd(pair.left), others[2];
	char byte = 'x';

	pair.left = pst_channel_unref(pair.left);
	/* Another socket has the number of its socket now. */
	expect_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, others), 0);
	expect(dup2(others[0], socket_fd) == socket_fd);
	pst_detached_link_end_channel(detached_link, POSTERN_REASON_REVOKED);
	expect_equal(send(socket_fd, &byte, 1, MSG_NOSIGNAL), 1);
	expect_equal(recv(others[1], &byte, 1, 0), 1);
	if (others[0] != socket_fd)
		(void)close(others[0]);
	(void)close(socket_fd);
	(void)close(others[1]);
}
END_TEST

static void *close_channel(void *channel)
{
	(void)pst_channel_unref(channel); /* always NULL */
	return NULL;
}

START_TEST(ending_and_closing_may_race)
{
	pthread_t holder;
	int i;

	for (i = 0; i < RACES; i++) {
		expect_equal(pthread_create(&holder, NULL, close_channel,
					    pair.left), 0);
		pst_detached_link_end_channel(detached_link, POSTERN_REASON_REVOKED);
		expect_equal(pthread_join(holder, NULL), 0);
		expect(pst_detached_link_has_ended(detached_link));
		pair.left = NULL;
		tear_down();
		set_up();
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down,
			 .timeout_s = 120);
}
