/* SPDX-License-Identifier: ISC */
/*
 * A channel between threads that sleep: no wake-up may be lost
 *
 * The left end sends with one thread and receives with another, and so does the
 * right end, all four over one socket and without busy-waiting, through a ring
 * so small that both sides often sleep.  A lost wake-up shows as a wait that
 * reaches its deadline.
 */
#include "channel/channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "support/expect.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

#define MESSAGES 20000

struct worker {
	struct pst_channel *channel;
	int result;
};

static uint32_t size_of(uint32_t number)
{
	return 4 + number * 2654435761u % 200;
}

static int send_all(struct pst_channel *channel)
{
	uint64_t deadline_ns = channel_pair_deadline();
	uint32_t number, ready;
	char message[256];
	int r;

	memset(message, 0x5a, sizeof(message));
	for (number = 0; number < MESSAGES; number++) {
		memcpy(message, &number, sizeof(number));
		while ((r = pst_channel_send(channel, message,
					     size_of(number))) == -EAGAIN) {
			r = pst_channel_wait(channel, PST_CHANNEL_WANT_SPACE,
					     deadline_ns, &ready);
			if (r < 0)
				return r;
		}
		if (r < 0)
			return r;
	}
	return pst_channel_flush(channel, deadline_ns);
}

static int receive_all(struct pst_channel *channel)
{
	uint64_t deadline_ns = channel_pair_deadline();
	uint32_t number, ready, seen;
	char message[256];
	size_t bytes;
	int r;

	for (number = 0; number < MESSAGES; number++) {
		while ((r = pst_channel_receive(channel, message,
						sizeof(message), &bytes)) ==
		       -EAGAIN) {
			r = pst_channel_wait(channel, PST_CHANNEL_WANT_MESSAGE,
					     deadline_ns, &ready);
			if (r < 0)
				return r;
		}
		if (r < 0)
			return r;
		memcpy(&seen, message, sizeof(seen));
		if (seen != number || bytes != size_of(number))
			return -ECANCELED;
	}
	return 0;
}

/* The same through the pollable descriptor, as an event loop would. */
static int receive_all_by_poll(struct pst_channel *channel)
{
	struct pollfd entry = {.events = POLLIN};
	uint32_t number = 0, seen;
	char message[256];
	size_t bytes;
	int r;

	entry.fd = pst_channel_fd(channel);
	if (entry.fd < 0)
		return entry.fd;
	while (number < MESSAGES) {
		if (poll(&entry, 1, 30000) != 1)
			return -ETIMEDOUT;
		/* One for each readiness: what is left must keep it readable. */
		r = pst_channel_receive(channel, message, sizeof(message),
					&bytes);
		if (r == -EAGAIN)
			continue;
		if (r < 0)
			return r;
		memcpy(&seen, message, sizeof(seen));
		if (seen != number || bytes != size_of(number))
			return -ECANCELED;
		number++;
	}
	return 0;
}

static void *run_sender(void *argument)
{
	struct worker *worker = argument;

	worker->result = send_all(worker->channel);
	return NULL;
}

static void *run_receiver(void *argument)
{
	struct worker *worker = argument;

	worker->result = receive_all(worker->channel);
	return NULL;
}

static void *run_poller(void *argument)
{
	struct worker *worker = argument;

	worker->result = receive_all_by_poll(worker->channel);
	return NULL;
}

static void run_four_sealed(struct sealed_mode mode, uint32_t spin_ns,
			    void *(*receiver)(void *))
{
	const struct channel_pair_options options = {
		.left_ring_bytes = 4096,
		.right_ring_bytes = 4096,
		.message_bytes = 256,
		.spin_ns = spin_ns,
		.security = mode.security,
		.cipher = mode.cipher,
	};
	struct channel_pair pair;
	struct worker workers[4];
	pthread_t threads[4];
	int i;

	channel_pair_open(&pair, &options);
	workers[0].channel = workers[1].channel = pair.left;
	workers[2].channel = workers[3].channel = pair.right;
	for (i = 0; i < 4; i++)
		expect_equal(pthread_create(&threads[i], NULL,
					    i % 2 ? receiver : run_sender,
					    &workers[i]), 0);
	for (i = 0; i < 4; i++)
		expect_equal(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < 4; i++)
		expect_equal(workers[i].result, 0);
	channel_pair_close(&pair);
}

static void run_four(uint32_t spin_ns, void *(*receiver)(void *))
{
	run_four_sealed((struct sealed_mode) {POSTERN_SECURITY_NONE,
					      PST_CIPHER_NONE},
			spin_ns, receiver);
}

START_TEST(no_wakeup_is_lost_between_four_sleeping_threads, .timeout_s = 120)
{
	run_four(0, run_receiver);
}
END_TEST

START_TEST(no_wakeup_is_lost_when_spinning_comes_before_sleep, .timeout_s = 120)
{
	run_four(5000, run_receiver);
}
END_TEST

START_TEST(no_wakeup_is_lost_in_an_event_loop, .timeout_s = 120)
{
	run_four(0, run_poller);
}
END_TEST

START_TEST(nor_where_messages_are_sealed,
	   .loop_end = sealed_mode_count(), .timeout_s = 120)
{
	run_four_sealed(sealed_modes[_i], 0, run_receiver);
	run_four_sealed(sealed_modes[_i], 0, run_poller);
}
END_TEST

/* -- the pollable descriptor, in one thread -------------------------------- */

static bool is_readable(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	return poll(&entry, 1, 0) == 1;
}

START_TEST(the_descriptor_is_level_triggered)
{
	const struct channel_pair_options options = {
		.left_ring_bytes = 4096,
		.right_ring_bytes = 4096,
		.message_bytes = 256,
	};
	struct channel_pair pair;
	char buffer[256];
	size_t bytes;
	int fd;

	channel_pair_open(&pair, &options);
	fd = pst_channel_fd(pair.left);
	expect(fd >= 0);
	expect(is_readable(fd));        /* nothing was armed before */
	expect_equal(pst_channel_receive(pair.left, buffer, 256, &bytes),
		     -EAGAIN);
	expect(!is_readable(fd));
	expect_equal(pst_channel_send(pair.right, "1", 1), 0);
	expect_equal(pst_channel_send(pair.right, "2", 1), 0);
	expect(is_readable(fd));
	expect_equal(pst_channel_receive(pair.left, buffer, 256, &bytes), 0);
	expect(is_readable(fd));        /* one is left */
	expect_equal(pst_channel_receive(pair.left, buffer, 256, &bytes), 0);
	expect_equal(pst_channel_receive(pair.left, buffer, 256, &bytes),
		     -EAGAIN);
	expect(!is_readable(fd));
	channel_pair_close(&pair);
}
END_TEST

START_TEST(descriptor_reports_space_once_half_the_ring_is_free)
{
	const struct channel_pair_options options = {
		.left_ring_bytes = 4096,
		.right_ring_bytes = 4096,
		.message_bytes = 256,
	};
	struct channel_pair pair;
	char buffer[256] = "";
	uint32_t ready = 0, sent = 0, received = 0;
	size_t bytes;
	int fd;

	channel_pair_open(&pair, &options);
	fd = pst_channel_fd(pair.left);
	expect_equal(pst_channel_receive(pair.left, buffer, 256, &bytes),
		     -EAGAIN);
	while (pst_channel_send(pair.left, buffer, 200) == 0)
		sent++;
	while (!is_readable(fd) && received < sent) {
		expect_equal(pst_channel_receive(pair.right, buffer, 256,
						 &bytes), 0);
		received++;
	}
	expect(is_readable(fd));
	expect_equal(received, sent - 4096 / 2 / 208);
	/*
	 * A receiver that drains the doorbell does not hide the new space from
	 * the sender.
	 */
	expect_equal(pst_channel_receive(pair.left, buffer, 256, &bytes),
		     -EAGAIN);
	expect(is_readable(fd));
	expect_equal(pst_channel_wait(pair.left, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     0);
	expect_equal(ready, PST_CHANNEL_WANT_SPACE);
	expect(!is_readable(fd));
	channel_pair_close(&pair);
}
END_TEST

START_TEST(a_channel_that_only_sends_has_a_descriptor_that_comes_to_rest)
{
	const struct channel_pair_options options = {
		.left_ring_bytes = 4096,
		.message_bytes = 256,
	};
	struct channel_pair pair;
	uint32_t ready = 0;
	int fd;

	channel_pair_open(&pair, &options);
	fd = pst_channel_fd(pair.left);
	expect(is_readable(fd));
	expect_equal(pst_channel_wait(pair.left, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     0);
	expect(!is_readable(fd));
	channel_pair_close(&pair);
}
END_TEST

START_TEST(the_descriptor_tells_of_the_end)
{
	const struct channel_pair_options options = {
		.left_ring_bytes = 4096,
		.message_bytes = 256,
		.right_ring_bytes = 4096,
	};
	struct channel_pair pair;
	char buffer[256];
	size_t bytes;
	int fd;

	channel_pair_open(&pair, &options);
	fd = pst_channel_fd(pair.right);
	expect_equal(pst_channel_receive(pair.right, buffer, 256, &bytes),
		     -EAGAIN);
	expect(!is_readable(fd));
	pair.left = pst_channel_unref(pair.left);
	expect(is_readable(fd));
	expect_equal(pst_channel_receive(pair.right, buffer, 256, &bytes),
		     -EPIPE);
	channel_pair_close(&pair);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
