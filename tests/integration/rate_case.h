/* SPDX-License-Identifier: ISC */
/*
 * Peers of limited rate, for the tests of what a node receives from them
 *
 * A count is compared with what the bucket holds at most by the clock, from
 * before the first message was received to after the last; so nothing depends
 * on how fast anything is.
 */
#ifndef POSTERN_INTEGRATION_RATE_CASE_H
#define POSTERN_INTEGRATION_RATE_CASE_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/expect.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/test_options.h"

#define PEERS 3
#define MESSAGE_BYTES 32

/* Longer than a handshake may take. */
#define HANDSHAKE_NS (2100 * UINT64_C(1000000))

static struct scene scene;
static struct process peers[PEERS];
static postern_peer handles[PEERS];
static uint64_t counts[PEERS], next_number[PEERS];
static uint64_t message_count, message_bytes;

/* -- the scene ------------------------------------------------------------- */

/* The texts are limits of the four places.  Everybody is of one tenant; only
 * the first three are of the allow with limits. */
static inline void load(const char *of_allow, const char *of_tenant,
			const char *of_node, const char *of_top)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "limits {\n%s\n}\n"
		       "peer friend {\nuser $peer $other $third\n}\n"
		       "peer free {\nuser $fourth\n}\n"
		       "tenant friends {\nmembers friend\n"
		       "limits {\n%s\n}\n}\n"
		       "node orders {\n"
		       "owner user $owner\n"
		       "socket $dir/orders.sock mode 0666\n"
		       "limits {\nring 64KiB\nmessage 4KiB\n%s\n}\n"
		       "allow friend {\ndirection send\nlimits {\n%s\n}\n}\n"
		       "allow free {\ndirection send\n}\n}\n"
		       "end\n",
		       of_top, of_tenant, of_node, of_allow);
	scene_init(&scene);
	scene_load(&scene, text);
}

static inline void start(size_t peer_count, const enum role *roles)
{
	size_t i;

	for (i = 0; i < peer_count; i++)
		process_start(&peers[i], roles[i], peer_main, &scene);
	scene_open(&scene);
	for (i = 0; i < peer_count; i++)
		handles[i] = peer_join(&scene, &peers[i]);
	scene_serve_what_is_due(&scene);
}

/* Whoever has asked for the node's descriptor is woken by it even where a wait
 * alone would sleep on: here nobody asks. */
static inline void start_without_descriptor(size_t peer_count,
					    const enum role *roles)
{
	const struct peer_order order = {.kind = PEER_CONNECT};
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	struct peer_report report;
	size_t i;
	int r;

	for (i = 0; i < peer_count; i++)
		process_start(&peers[i], roles[i], peer_main, &scene);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), 0);
	for (i = 0; i < peer_count; i++) {
		peer_order(&peers[i], &order);
		do {
			r = postern_node_wait(scene.node, test_deadline_ns());
			ck_assert_int_eq(r, 0);
			r = postern_node_next_event(scene.node, &event);
		} while (r == -EAGAIN);
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(event.type, POSTERN_NODE_EVENT_CONNECTED);
		handles[i] = event.peer;
		process_read_report(&peers[i], &report, sizeof(report));
		ck_assert_int_eq(report.result, 0);
	}
}

static inline void set_up(size_t peer_count, const char *of_allow,
			  const char *of_tenant, const char *of_node,
			  const char *of_top)
{
	static const enum role roles[] = {ROLE_PEER, ROLE_PEER, ROLE_PEER};

	load(of_allow, of_tenant, of_node, of_top);
	start(peer_count, roles);
}

static inline void tear_down(size_t peer_count)
{
	size_t i;

	for (i = 0; i < peer_count; i++)
		process_end(&peers[i]);
	scene_close(&scene);
}

static inline void order_messages(size_t peer, uint64_t count, size_t bytes)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = count,
		.message_bytes = bytes,
	};

	peer_order(&peers[peer], &order);
}

static inline void await_sent(size_t peer, uint64_t count)
{
	struct peer_report report;

	process_read_report(&peers[peer], &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, count);
}

/* As many as fit into the ring: that takes nobody who receives. */
static inline void send_now(size_t peer, uint64_t count, size_t bytes)
{
	order_messages(peer, count, bytes);
	await_sent(peer, count);
}

static inline size_t index_of(postern_peer handle)
{
	size_t i;

	for (i = 0; i < PEERS; i++)
		if (handles[i] == handle)
			return i;
	ck_abort_msg("a message of nobody");
}

/* In order, with gaps where something was dropped. */
static inline void note_message(struct scene *of, postern_peer handle,
				const uint8_t *bytes, size_t byte_count)
{
	size_t peer = index_of(handle);

	(void)of;
	while (!pattern_is(bytes, byte_count, next_number[peer])) {
		next_number[peer]++;
		expect(next_number[peer] < 1000000);
	}
	next_number[peer]++;
	counts[peer]++;
	message_count++;
	message_bytes += byte_count;
}

static inline int receive(void)
{
	postern_peer from;
	size_t bytes;
	int r;

	r = postern_node_receive(scene.node, scene.buffer,
				 sizeof(scene.buffer), &bytes, &from);
	if (r == 0)
		note_message(&scene, from, scene.buffer, bytes);
	return r;
}

static inline void wait_and_receive(void)
{
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	while (receive() == 0)
		;
}

/* -- every place ----------------------------------------------------------- */

/*
 * At each moment as much as a bucket lets through: since the first moment, and
 * in any stretch of time.  A grant of up to a millisecond, or one message, may
 * be older than the stretch.
 */
struct bound {
	uint64_t per_second;
	uint64_t burst;
	uint64_t slack;
};

#define MOMENTS 4096

static struct moment {
	uint64_t before_ns, after_ns, sum;
} moments[MOMENTS];

static inline void check_bound(const struct bound *bound, uint64_t sum_before,
			       size_t moment_count)
{
	uint64_t passed, elapsed_ns;
	size_t from, to;

	for (from = 0; from < moment_count; from++)
		for (to = from; to < moment_count; to++) {
			passed = moments[to].sum -
				 (from > 0 ? moments[from - 1].sum
					   : sum_before);
			elapsed_ns = moments[to].after_ns -
				     moments[from].before_ns;
			expect(passed <= bound->burst + bound->slack +
					 bound->per_second * elapsed_ns /
						 1000000000);
		}
}

static inline void receive_within(const struct bound *bound, uint64_t count,
				  bool counts_bytes)
{
	uint64_t sum_before = counts_bytes ? message_bytes : message_count;
	uint64_t before_ns;
	size_t moment = 0;

	while (message_count < count) {
		ck_assert_int_eq(postern_node_wait(scene.node,
						   test_deadline_ns()), 0);
		for (;;) {
			before_ns = inspect_now_ns();
			if (receive() < 0)
				break;
			expect(moment < MOMENTS);
			moments[moment++] = (struct moment) {
				.before_ns = before_ns,
				.after_ns = inspect_now_ns(),
				.sum = counts_bytes ? message_bytes
						    : message_count,
			};
		}
	}
	check_bound(bound, sum_before, moment);
}

static inline const char *limits_at(int place, int here, const char *limits)
{
	return place == here ? limits : "";
}

#endif
