/* SPDX-License-Identifier: ISC */
/*
 * SIGPIPE with its default action: a peer that is gone is a result, no signal
 *
 * The test's own process is the node or the client, and SIGPIPE would end it.
 * Linux raises none for SOCK_SEQPACKET, but POSIX lets a kernel do so.  The unit
 * tests of the two calls that send find a missing MSG_NOSIGNAL, on a stream socket.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "support/host.h"
#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define MESSAGE_BYTES 1000

/* The state of the channel when the peer is killed. */
enum channel_state {
	IDLE,
	ASLEEP,         /* the peer waits for a message */
	OWN_RING_FULL,  /* the peer has not received */
	PEER_RING_FULL, /* the peer has sent */
	CHANNEL_STATES
};

static struct scene scene;
static struct process peer, host, killer;

/* -- other processes -------------------------------------------------------- */

struct kill_order {
	pid_t pid;
	int signal;
};

/* The test is another user than the process that is to be killed. */
static void kill_main(int control_fd, void *user_data)
{
	struct kill_order order;
	int r;

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		r = kill(order.pid, order.signal);
		process_report(control_fd, &r, sizeof(r));
	}
}

static void send_signal(const struct process *process, int signal_number)
{
	const struct kill_order order = {process->pid, signal_number};
	int r;

	process_order(&killer, &order, sizeof(order));
	process_read_report(&killer, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
}

static void kill_now(struct process *process)
{
	send_signal(process, SIGKILL);
	(void)process_wait(process);
}

static char state_of(pid_t pid)
{
	char path[64], text[512] = "";
	const char *state;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	(void)fclose(file);
	state = strrchr(text, ')');
	ck_assert_ptr_nonnull(state);
	return state[2];
}

static void await_state(const struct process *process, char state)
{
	uint64_t deadline_ns = test_deadline_ns();

	while (state_of(process->pid) != state) {
		ck_assert_int_gt(inspect_timeout_ms(deadline_ns), 0);
		ck_assert_int_eq(poll(NULL, 0, 1), 0);
	}
}

/* -- the calls -------------------------------------------------------------- */

static void expect_default_action(void)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_DFL);
}

static bool is_documented(int result)
{
	return result == 0 || result == -EAGAIN || result == -EPIPE;
}

static void fill(struct postern_channel *channel)
{
	int r;

	do
		r = postern_send(channel, scene.buffer, MESSAGE_BYTES);
	while (r == 0);
	ck_assert_int_eq(r, -EAGAIN);
}

/* Everything that may ring or wait; in the end each call tells of the end. */
static void use_to_the_end(struct postern_channel *channel)
{
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	uint64_t deadline_ns = test_deadline_ns();
	uint32_t ready;
	size_t bytes;
	void *place;
	int r;

	ck_assert(is_documented(postern_send(channel, "x", 1)));
	r = postern_reserve(channel, 1, &place);
	ck_assert(is_documented(r));
	if (r == 0)
		ck_assert(is_documented(postern_commit(channel, 1)));
	ck_assert_int_eq(postern_channel_interrupt(channel), 0);
	r = postern_flush(channel, deadline_ns);
	ck_assert_msg(r == -EINTR || is_documented(r), "%s",
		      postern_strerror(r));
	do
		r = postern_receive_wait(channel, scene.buffer,
					 sizeof(scene.buffer), &bytes,
					 deadline_ns);
	while (r == 0 || r == -EINTR);
	ck_assert_int_eq(r, -EPIPE);
	do
		r = postern_send_wait(channel, scene.buffer, 1, deadline_ns);
	while (r == 0 || r == -EINTR);
	ck_assert_int_eq(r, -EPIPE);
	ck_assert_int_eq(postern_channel_wait(channel,
					      POSTERN_WAIT_SEND |
					      POSTERN_WAIT_RECEIVE,
					      deadline_ns, &ready), 0);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	ck_assert_int_eq(postern_receive(channel, scene.buffer,
					 sizeof(scene.buffer), &bytes), -EPIPE);
	ck_assert_int_eq(postern_channel_get_info(channel, &limits), 0);
}

/* -- the node's process ------------------------------------------------------ */

static void set_up_node(void)
{
	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&killer, ROLE_ROOT, kill_main, NULL);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	expect_default_action();
}

static void tear_down_node(void)
{
	process_end(&killer);
	scene_close(&scene);
}

static void enter(enum channel_state state, struct postern_channel *channel)
{
	const struct peer_order receive = {.kind = PEER_RECEIVE, .count = 9};
	const struct peer_order send = {
		.kind = PEER_SEND_AT_ONCE,
		.count = UINT64_MAX,
		.message_bytes = MESSAGE_BYTES,
	};
	struct peer_report report;

	switch (state) {
	case ASLEEP:
		peer_order(&peer, &receive);
		await_state(&peer, 'S');
		break;
	case OWN_RING_FULL:
		fill(channel);
		break;
	case PEER_RING_FULL:
		peer_order(&peer, &send);
		process_read_report(&peer, &report, sizeof(report));
		ck_assert_int_eq(report.result, -EAGAIN);
		break;
	case IDLE:
	case CHANNEL_STATES:
		break;
	}
}

START_TEST(detached_channel_of_a_killed_peer_ends_without_a_signal,
	   .loop_end = CHANNEL_STATES, .set_up = set_up_node,
	   .tear_down = tear_down_node)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_detach(scene.node, handle, &channel), 0);
	enter((enum channel_state)_i, channel);
	kill_now(&peer);
	use_to_the_end(channel);
	channel = postern_channel_close(channel);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
}
END_TEST

START_TEST(node_whose_peer_was_killed_gets_a_departure_and_no_signal,
	   .loop_end = CHANNEL_STATES, .set_up = set_up_node,
	   .tear_down = tear_down_node)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	enter((enum channel_state)_i, channel);
	kill_now(&peer);
	ck_assert(is_documented(postern_send(channel, "x", 1)));
	ck_assert_uint_eq(
		scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED).peer,
		handle);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	channel = postern_channel_close(channel);
}
END_TEST

/* The node's next act is to end the channel, and that rings too. */
START_TEST(node_that_closes_after_a_peer_was_killed_gets_no_signal,
	   .loop_end = CHANNEL_STATES, .set_up = set_up_node,
	   .tear_down = tear_down_node)
{
	postern_peer handle = peer_join(&scene, &peer);
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_channel(scene.node, handle, &channel), 0);
	enter((enum channel_state)_i, channel);
	kill_now(&peer);
	if (_i == IDLE)
		ck_assert_int_eq(postern_node_disconnect(scene.node, handle),
				 0);
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(postern_send(channel, "x", 1), -EPIPE);
	channel = postern_channel_close(channel);
}
END_TEST

/* OFFER, or a refusal, is for a client that is gone. */
START_TEST(node_that_answers_a_killed_client_gets_no_signal,
	   .set_up = set_up_node, .tear_down = tear_down_node)
{
	const struct peer_order order = {.kind = PEER_CONNECT};
	struct pollfd polled = {.events = POLLIN};

	/* Not served: the client's first record waits at the listener. */
	polled.fd = postern_node_fd(scene.node);
	peer_order(&peer, &order);
	do
		ck_assert_int_ge(poll(&polled, 1, 1000), 0);
	while (!(polled.revents & POLLIN));
	await_state(&peer, 'S');
	kill_now(&peer);
	scene_serve_what_is_due(&scene);
}
END_TEST

/* -- the client's process ----------------------------------------------------- */

static struct postern_channel *connect_to_host(void)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channel = NULL;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&killer, ROLE_ROOT, kill_main, NULL);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&host, ROLE_ROOT, host_main, &scene);
	ck_assert_int_eq(host_obey(&host, HOST_OPEN).result, 0);
	ck_assert_int_eq(become(ROLE_PEER, NULL, 0), 0);
	expect_default_action();
	options.disable_features = test_disable_features();
	ck_assert_int_eq(postern_connect(scene.policy, "orders", &options,
					 test_deadline_ns(), &channel, NULL),
			 0);
	return channel;
}

static void tear_down_client(void)
{
	process_end(&peer);
	process_end(&killer);
	scene_close(&scene);
}

START_TEST(client_of_a_killed_node_ends_without_a_signal,
	   .loop_end = PEER_RING_FULL)
{
	struct postern_channel *channel = connect_to_host();

	if (_i == ASLEEP)
		await_state(&host, 'S');
	if (_i == OWN_RING_FULL) {
		send_signal(&host, SIGSTOP);
		await_state(&host, 'T');
		fill(channel);
	}
	kill_now(&host);
	use_to_the_end(channel);
	channel = postern_channel_close(channel);
	tear_down_client();
}
END_TEST

START_TEST(client_that_closes_after_its_node_was_killed_gets_no_signal)
{
	struct postern_channel *channel = connect_to_host();

	await_state(&host, 'S');
	kill_now(&host);
	channel = postern_channel_close(channel);
	tear_down_client();
}
END_TEST

START_TEST(connect_to_a_node_that_is_killed_meanwhile_says_so)
{
	const struct peer_order order = {.kind = PEER_CONNECT};
	struct postern_channel *channel = connect_to_host();
	struct peer_report report;

	channel = postern_channel_close(channel);
	send_signal(&host, SIGSTOP);
	await_state(&host, 'T');
	peer_order(&peer, &order);
	await_state(&peer, 'S');
	kill_now(&host);
	/* SIGPIPE would be its end, and this would be no report. */
	process_read_report(&peer, &report, sizeof(report));
	ck_assert_msg(report.result == -EPIPE || report.result == -ENOENT, "%s",
		      postern_strerror(report.result));
	ck_assert(report.reason == POSTERN_REASON_HUNG_UP ||
		  report.reason == POSTERN_REASON_NOT_RUNNING ||
		  report.reason == POSTERN_REASON_LISTENER_EXITED);
	tear_down_client();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
