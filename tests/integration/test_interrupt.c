/* SPDX-License-Identifier: ISC */
/*
 * Interrupts: ending a wait from outside
 *
 * Each wait has no deadline, so that only the interrupt can end it; a wait that
 * goes on makes the test reach its time limit.  The channel is one that the test
 * has detached from its own node.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define BOTH ((uint32_t)POSTERN_WAIT_SEND | POSTERN_WAIT_RECEIVE)

static struct scene scene;
static struct process peer;
static postern_peer handle;
static struct postern_channel *channel;
static uint8_t buffer[SCENE_MESSAGE_BYTES_MAX];

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	handle = peer_join(&scene, &peer);
}

static void tear_down(void)
{
	channel = postern_channel_close(channel);
	process_end(&peer);
	scene_close(&scene);
}

static void detach(void)
{
	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
}

/* -- the waits -------------------------------------------------------------- */

static int wait_for_node(void)
{
	return postern_node_wait(scene.node, POSTERN_NO_DEADLINE);
}

static int wait_to_receive(void)
{
	size_t bytes;

	return postern_receive_wait(channel, buffer, sizeof(buffer), &bytes,
				    POSTERN_NO_DEADLINE);
}

static int wait_to_send(void)
{
	int r;

	/* The peer receives nothing, so the ring fills up. */
	do
		r = postern_send_wait(channel, buffer, 1000,
				      POSTERN_NO_DEADLINE);
	while (r == 0);
	return r;
}

static int flush(void)
{
	ck_assert_int_eq(postern_send(channel, buffer, 1), 0);
	return postern_flush(channel, POSTERN_NO_DEADLINE);
}

static int wait_for_either(void)
{
	uint32_t ready;

	/* Sending is ready at once unless a message found the ring full. */
	while (postern_send(channel, buffer, 1000) == 0)
		;
	return postern_channel_wait(channel, BOTH, POSTERN_NO_DEADLINE, &ready);
}

static int (*const channel_waits[])(void) = {
	wait_to_receive, wait_to_send, flush, wait_for_either,
};
#define CHANNEL_WAITS 4

/* -- the interrupting thread ------------------------------------------------ */

struct sleeper {
	pid_t thread_id;
	pthread_t thread;
	bool by_signal;         /* let a handler on that thread interrupt */
	bool is_node;
};

static bool is_asleep(pid_t thread_id)
{
	char path[64], text[512], *state;
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
		       (int)thread_id);
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[n] = '\0';
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

static int interrupt_now(bool is_node)
{
	return is_node ? postern_node_interrupt(scene.node) :
			 postern_channel_interrupt(channel);
}

static volatile sig_atomic_t handler_result;
static bool handler_is_for_node;

static void on_signal(int signal_number)
{
	(void)signal_number;
	handler_result = interrupt_now(handler_is_for_node);
}

static void *interrupt_sleeper(void *argument)
{
	const struct sleeper *sleeper = argument;
	uint64_t deadline_ns = test_deadline_ns();

	while (!is_asleep(sleeper->thread_id) &&
	       inspect_now_ns() < deadline_ns)
		(void)sched_yield();
	if (sleeper->by_signal)
		(void)pthread_kill(sleeper->thread, SIGUSR1);
	else
		(void)interrupt_now(sleeper->is_node);
	return NULL;
}

/* The result of a wait that is interrupted once it sleeps. */
static int interrupted(int (*wait)(void), bool is_node, bool by_signal)
{
	const struct sigaction action = {.sa_handler = on_signal,
					 .sa_flags = SA_RESTART};
	struct sleeper sleeper = {
		.thread_id = (pid_t)syscall(SYS_gettid),
		.thread = pthread_self(),
		.by_signal = by_signal,
		.is_node = is_node,
	};
	pthread_t thread;
	int r;

	handler_result = -1;
	handler_is_for_node = is_node;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_sleeper,
					&sleeper), 0);
	r = wait();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	if (by_signal)
		ck_assert_int_eq(handler_result, 0);
	return r;
}

/* -- tests ------------------------------------------------------------------ */

/* _i & 1: from a signal handler; else from another thread. */
START_TEST(node_wait_interrupted_asleep_returns_eintr, .loop_end = 2)
{
	while (postern_node_next_event(scene.node, &scene.events[0]) == 0)
		;
	ck_assert_int_eq(interrupted(wait_for_node, true, _i & 1), -EINTR);
	ck_assert_int_eq(postern_node_wait(scene.node, 0), -ETIMEDOUT);
}
END_TEST

START_TEST(node_wait_after_interrupts_returns_eintr_once)
{
	ck_assert_int_eq(postern_node_interrupt(scene.node), 0);
	ck_assert_int_eq(postern_node_interrupt(scene.node), 0);
	ck_assert_int_eq(postern_node_wait(scene.node, POSTERN_NO_DEADLINE),
			 -EINTR);
	while (postern_node_next_event(scene.node, &scene.events[0]) == 0)
		;
	ck_assert_int_eq(postern_node_wait(scene.node, 0), -ETIMEDOUT);
}
END_TEST

START_TEST(node_wait_with_a_message_there_is_interrupted_first)
{
	postern_peer from;
	size_t bytes;

	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	ck_assert_int_eq(postern_node_interrupt(scene.node), 0);
	ck_assert_int_eq(wait_for_node(), -EINTR);
	if (scene.message_count == 0) {
		ck_assert_int_eq(wait_for_node(), 0);
		ck_assert_int_eq(postern_node_receive(
					 scene.node, buffer, sizeof(buffer),
					 &bytes, &from), 0);
	}
}
END_TEST

static bool is_readable(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	return poll(&entry, 1, 0) == 1;
}

static void drain_node(void)
{
	postern_peer from;
	size_t bytes;
	int r;

	do
		r = postern_node_receive(scene.node, buffer, sizeof(buffer),
					 &bytes, &from);
	while (r == 0);
	ck_assert_int_eq(r, -EAGAIN);
	while ((r = postern_node_next_event(scene.node, &scene.events[0])) == 0)
		;
	ck_assert_int_eq(r, -EAGAIN);
}

START_TEST(node_fd_is_readable_until_the_interrupt_is_taken)
{
	int fd = postern_node_fd(scene.node);

	drain_node();
	ck_assert(!is_readable(fd));
	ck_assert_int_eq(postern_node_interrupt(scene.node), 0);
	ck_assert(is_readable(fd));
	drain_node();
	ck_assert(is_readable(fd));
	ck_assert_int_eq(postern_node_wait(scene.node, 0), -EINTR);
	drain_node();
	ck_assert(!is_readable(fd));
}
END_TEST

/* _i: which wait; the second half from a signal handler. */
START_TEST(channel_wait_interrupted_asleep_returns_eintr,
	   .loop_end = 2 * CHANNEL_WAITS)
{
	detach();
	ck_assert_int_eq(interrupted(channel_waits[_i % CHANNEL_WAITS], false,
				     _i >= CHANNEL_WAITS), -EINTR);
	/* The channel works on. */
	ck_assert_int_eq(postern_channel_end_reason(channel),
			 POSTERN_REASON_NONE);
}
END_TEST

/* The same beside the pollable descriptor. */
START_TEST(channel_wait_beside_descriptor_is_interrupted,
	   .loop_end = CHANNEL_WAITS)
{
	detach();
	ck_assert_int_ge(postern_channel_fd(channel), 0);
	ck_assert_int_eq(interrupted(channel_waits[_i], false, false), -EINTR);
}
END_TEST

START_TEST(channel_interrupt_ends_one_wait_of_each_direction)
{
	uint32_t ready;
	size_t bytes;

	detach();
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	ck_assert_int_eq(wait_to_receive(), -EINTR);
	ck_assert_int_eq(postern_receive_wait(channel, buffer, sizeof(buffer),
					      &bytes, 0), -ETIMEDOUT);
	ck_assert_int_eq(postern_send_wait(channel, buffer, 1, 0), -EINTR);
	ck_assert_int_eq(postern_send_wait(channel, buffer, 1, 0), 0);

	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	ck_assert_int_eq(postern_channel_wait(channel, BOTH, 0, &ready),
			 -EINTR);
	ck_assert_int_eq(postern_channel_wait(channel, BOTH, 0, &ready), 0);
	ck_assert_int_eq(postern_receive_wait(channel, buffer, sizeof(buffer),
					      &bytes, 0), -ETIMEDOUT);
}
END_TEST

START_TEST(channel_interrupt_does_not_touch_a_message_that_is_there)
{
	size_t bytes;

	detach();
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 1).result, 0);
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	ck_assert_int_eq(wait_to_receive(), -EINTR);
	ck_assert_int_eq(postern_receive(channel, buffer, sizeof(buffer),
					 &bytes), 0);
}
END_TEST

START_TEST(channel_fd_is_readable_until_the_interrupt_is_taken)
{
	uint32_t ready;
	size_t bytes;
	int fd;

	detach();
	fd = postern_channel_fd(channel);
	ck_assert_int_eq(postern_receive(channel, buffer, sizeof(buffer),
					 &bytes), -EAGAIN);
	ck_assert(!is_readable(fd));
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	ck_assert(is_readable(fd));
	ck_assert_int_eq(postern_receive(channel, buffer, sizeof(buffer),
					 &bytes), -EAGAIN);
	ck_assert(is_readable(fd));
	ck_assert_int_eq(postern_channel_wait(channel, BOTH, 0, &ready),
			 -EINTR);
	ck_assert(!is_readable(fd));
}
END_TEST

static int fill(uint64_t *number)
{
	size_t bytes;
	int r;

	for (;; ++*number) {
		bytes = pattern_size(*number, 1024);
		pattern_fill(buffer, bytes, *number);
		r = postern_send(channel, buffer, bytes);
		if (r < 0)
			return r;
	}
}

/* Taking the interrupt must not take the readiness to send with it. */
START_TEST(channel_interrupt_does_not_hide_free_space, .loop_end = 2)
{
	uint64_t number = 0;
	uint32_t ready;
	size_t bytes;
	int fd;

	detach();
	fd = postern_channel_fd(channel);
	ck_assert_int_eq(postern_receive(channel, buffer, sizeof(buffer),
					 &bytes), -EAGAIN);
	ck_assert_int_eq(fill(&number), -EAGAIN);
	ck_assert(!is_readable(fd));
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	if (_i == 0)
		ck_assert_int_eq(postern_channel_wait(channel, BOTH, 0, &ready),
				 -EINTR);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE, number).result,
			 0);
	if (_i == 1)
		ck_assert_int_eq(postern_channel_wait(channel, BOTH, 0, &ready),
				 -EINTR);
	ck_assert(is_readable(fd));
	ck_assert_int_eq(postern_channel_wait(channel, BOTH, 0, &ready), 0);
	ck_assert_uint_eq(ready, POSTERN_WAIT_SEND);
	ck_assert(!is_readable(fd));
}
END_TEST

/* Of a reference, the node receives: only its sending can wait. */
START_TEST(interrupt_of_a_reference_does_not_end_a_later_wait_to_receive)
{
	struct postern_channel *reference;
	size_t bytes;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &reference),
			 0);
	ck_assert_int_eq(postern_channel_interrupt(reference), 0);
	ck_assert_int_eq(postern_send_wait(reference, buffer, 1, 0), -EINTR);
	reference = postern_channel_close(reference);
	detach();
	ck_assert_int_eq(postern_receive_wait(channel, buffer, sizeof(buffer),
					      &bytes, 0), -ETIMEDOUT);
}
END_TEST

START_TEST(interrupt_in_forked_child_returns_estale)
{
	pid_t child;
	int status;

	detach();
	errno = EXDEV;
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	ck_assert_int_eq(postern_channel_interrupt(NULL), -EINVAL);
	ck_assert_int_eq(postern_node_interrupt(NULL), -EINVAL);
	ck_assert_int_eq(errno, EXDEV);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(postern_channel_interrupt(channel) == -ESTALE &&
			      postern_node_interrupt(scene.node) == -ESTALE ?
			      0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
