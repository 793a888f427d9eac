/* SPDX-License-Identifier: ISC */
/*
 * Observers: what they see of a node that works, hangs, reloads, or is gone
 *
 * Who may observe, and what an observer believes of a node, is test_observe.c.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define MESSAGE_BYTES 100

static const char OBSERVE_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"peer watcher {\n"
	"	user $third\n"
	"}\n"
	"tenant acme {\n"
	"	members friend\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"	allow watcher {\n"
	"		direction send\n"
	"		observe\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process peer;
static struct process watcher;

/* -- another process that observes ----------------------------------------- */

enum watch_order { OBSERVE, LOOK, STOP_OBSERVING };

struct watch_report {
	int result;             /* of observing, or of reading the node */
	int peer_result;        /* of slot 0 */
	enum postern_reason reason;
	struct postern_node_statistics node;
	struct postern_peer_statistics peer;
};

static void look(struct postern_stats_reader *observer,
		 struct watch_report *report)
{
	report->node = (struct postern_node_statistics)POSTERN_NODE_STATISTICS_INIT;
	report->peer = (struct postern_peer_statistics)POSTERN_PEER_STATISTICS_INIT;
	report->result =
		postern_stats_reader_read_node(observer, &report->node);
	report->peer_result =
		postern_stats_reader_read_peer(observer, 0, &report->peer);
}

static void observe(struct postern_stats_reader **observer,
		    struct watch_report *report)
{
	struct postern_stats_reader_options options =
		POSTERN_STATS_READER_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	options.disable_features = test_disable_features();
	report->result = postern_stats_reader_open(scene.policy, "orders",
						   &options,
						   POSTERN_NO_DEADLINE,
						   observer, &error);
	report->reason = error.reason;
}

static void watch_main(int control_fd, void *user_data)
{
	struct postern_stats_reader *observer = NULL;
	struct watch_report report;
	enum watch_order order;

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		memset(&report, 0, sizeof(report));
		if (order == OBSERVE)
			observe(&observer, &report);
		else if (order == LOOK)
			look(observer, &report);
		else
			observer = postern_stats_reader_close(observer);
		process_report(control_fd, &report, sizeof(report));
	}
	(void)postern_stats_reader_close(observer); /* always NULL */
}

/* With the node served meanwhile, or hanging. */
static struct watch_report order_served(enum watch_order order)
{
	struct watch_report report;

	process_order(&watcher, &order, sizeof(order));
	scene_serve_until_readable(&scene, watcher.control_fd);
	process_read_report(&watcher, &report, sizeof(report));
	return report;
}

static struct watch_report order_alone(enum watch_order order)
{
	struct watch_report report;

	process_order(&watcher, &order, sizeof(order));
	process_read_report(&watcher, &report, sizeof(report));
	return report;
}

/* -- the scene ------------------------------------------------------------- */

static void set_up(void)
{
	scene_init(&scene);
	scene_load(&scene, OBSERVE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&watcher, ROLE_THIRD, watch_main, &scene);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&watcher);
	process_end(&peer);
	scene_close(&scene);
}

static struct postern_node_statistics node_stats(void)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;

	ck_assert_int_eq(postern_node_stats(scene.node, &stats), 0);
	return stats;
}

static struct postern_peer_statistics peer_stats(postern_peer handle)
{
	struct postern_peer_statistics stats = POSTERN_PEER_STATISTICS_INIT;

	ck_assert_int_eq(postern_node_peer_stats(scene.node, handle, &stats),
			 0);
	return stats;
}

static void send_to_node(uint64_t count)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = count,
		.message_bytes = MESSAGE_BYTES,
	};

	uint64_t target_count = scene.message_count + count;

	ck_assert_int_eq(peer_obey(&scene, &peer, &order).result, 0);
	scene_await_messages(&scene, target_count);
}

/* -- who sees it ----------------------------------------------------------- */

START_TEST(observer_sees_what_the_node_says_of_itself,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_peer_statistics own;
	struct watch_report report;
	postern_peer handle;

	handle = peer_join(&scene, &peer);
	send_to_node(20);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	/* Served until the beat after the last message has come. */
	do
		report = order_served(LOOK);
	while (report.node.received_messages < 20);
	own = peer_stats(handle);
	ck_assert_int_eq(report.result, 0);
	ck_assert_int_eq(report.peer_result, 0);
	ck_assert_uint_eq(report.node.received_messages, 20);
	ck_assert_uint_eq(report.node.peer_count, 1);
	ck_assert_str_eq(report.node.node_name, "orders");
	ck_assert_uint_eq(report.peer.peer, handle);
	ck_assert_uint_eq(report.peer.connected_ns, own.connected_ns);
	ck_assert_uint_eq(report.peer.channel.received_bytes,
			  own.channel.received_bytes);
	ck_assert_str_eq(report.peer.peer_name, own.peer_name);
	ck_assert_str_eq(report.peer.tenant, own.tenant);
}
END_TEST

#define PUBLICATIONS 11

static void send_one(struct postern_channel *channel)
{
	const uint8_t byte = 0;
	int r;

	r = postern_send(channel, &byte, 1);
	ck_assert(r == 0 || r == -EAGAIN);
}

/* Nothing but its own sending is a cause to publish. */
START_TEST(statistics_node_that_only_sends_published_at_each_interval,
	   .set_up = set_up, .tear_down = tear_down)
{
	uint64_t first_ns = 0, last_ns = 0;
	struct postern_channel *channel;
	struct watch_report report;
	int count = 0, r;

	ck_assert_int_eq(postern_node_channel(scene.node,
					      peer_join(&scene, &peer),
					      &channel), 0);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	while (count < PUBLICATIONS) {
		send_one(channel);
		r = postern_node_wait(scene.node,
				      postern_deadline_after(10000000));
		ck_assert(r == 0 || r == -ETIMEDOUT);
		report = order_alone(LOOK);
		ck_assert_int_eq(report.result, 0);
		if (report.node.updated_ns == last_ns)
			continue;
		last_ns = report.node.updated_ns;
		if (count++ == 0)
			first_ns = last_ns;
	}
	ck_assert_uint_gt(report.node.sent_messages, PUBLICATIONS);
	/* 100 ms each: with a second, it would be twice as long at least. */
	ck_assert_uint_lt(last_ns - first_ns, UINT64_C(5000000000));
	(void)postern_channel_close(channel); /* always NULL */
}
END_TEST

/* Until the message is published for which the peer sleeps. */
static uint64_t publication_delay_ns(struct postern_channel *channel,
				     uint64_t number)
{
	const struct peer_order order = {.kind = PEER_RECEIVE, .count = 1};
	struct watch_report before, report;
	uint8_t message[MESSAGE_BYTES];

	peer_order(&peer, &order);
	/* Until it publishes that nothing has changed. */
	before = order_served(LOOK);
	do
		report = order_served(LOOK);
	while (report.node.updated_ns == before.node.updated_ns);
	before = report;
	pattern_fill(message, sizeof(message), number);
	ck_assert_int_eq(postern_send(channel, message, sizeof(message)), 0);
	do
		report = order_served(LOOK);
	while (report.node.sent_messages == before.node.sent_messages);
	ck_assert_uint_eq(peer_await(&scene, &peer).count, 1);
	return report.node.updated_ns - before.node.updated_ns;
}

START_TEST(statistics_first_message_after_silence_published_at_once,
	   .set_up = set_up, .tear_down = tear_down)
{
	uint64_t delay_ns, least_ns = UINT64_MAX, i;
	struct postern_channel *channel;

	ck_assert_int_eq(postern_node_channel(scene.node,
					      peer_join(&scene, &peer),
					      &channel), 0);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	/* A loaded machine may be late, but not each time. */
	for (i = 0; i < 5; i++) {
		delay_ns = publication_delay_ns(channel, i);
		if (delay_ns < least_ns)
			least_ns = delay_ns;
	}
	ck_assert_uint_lt(least_ns, UINT64_C(600000000));
	(void)postern_channel_close(channel); /* always NULL */
}
END_TEST

START_TEST(observer_reads_while_the_nodes_thread_hangs,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct watch_report report;
	int i;

	(void)peer_join(&scene, &peer);
	send_to_node(20);
	(void)node_stats(); /* which shows them, too */
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	for (i = 0; i < 3; i++) {
		report = order_alone(LOOK);
		ck_assert_int_eq(report.result, 0);
		ck_assert_int_eq(report.peer_result, 0);
		ck_assert_uint_eq(report.node.received_messages, 20);
	}
}
END_TEST

START_TEST(slot_of_a_departed_peer_is_seen_free,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct watch_report report;

	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	(void)node_stats();
	ck_assert_int_eq(order_alone(LOOK).peer_result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	(void)node_stats();
	report = order_alone(LOOK);
	ck_assert_int_eq(report.result, 0);
	ck_assert_int_eq(report.peer_result, -ENOENT);
	ck_assert_uint_eq(report.node.peer_count, 0);
}
END_TEST

START_TEST(peer_whose_rule_does_not_say_observe_is_refused)
{
	struct process friend;
	struct watch_report report;
	enum watch_order order = OBSERVE;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, OBSERVE_POLICY);
	process_start(&friend, ROLE_PEER, watch_main, &scene);
	scene_open(&scene);
	process_order(&friend, &order, sizeof(order));
	scene_serve_until_readable(&scene, friend.control_fd);
	process_read_report(&friend, &report, sizeof(report));
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	ck_assert_uint_eq(
		node_stats().refused_by_reason[POSTERN_REASON_NOT_PERMITTED],
		1);
	process_end(&friend);
	scene_close(&scene);
}
END_TEST

START_TEST(observer_learns_that_the_node_was_closed,
	   .set_up = set_up, .tear_down = tear_down)
{
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	ck_assert_int_eq(order_alone(LOOK).result, 0);
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(order_alone(LOOK).result, -EPIPE);
	ck_assert_int_eq(order_alone(LOOK).peer_result, -EPIPE);
}
END_TEST

START_TEST(after_a_reload_an_observer_has_to_ask_again,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct watch_report report;
	uint32_t disconnected_count;

	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	ck_assert_int_eq(postern_node_reload(scene.node, scene.policy,
					     &disconnected_count, NULL),
			 0);
	ck_assert_int_eq(order_alone(LOOK).result, -ESTALE);
	ck_assert_int_eq(order_alone(LOOK).peer_result, -ESTALE);
	(void)order_alone(STOP_OBSERVING);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	(void)node_stats();
	report = order_alone(LOOK);
	ck_assert_int_eq(report.result, 0);
	ck_assert_int_eq(report.peer_result, 0);
	ck_assert_uint_eq(report.node.reload_count, 1);
	ck_assert_uint_eq(report.node.peer_count, 1);
}
END_TEST

/* The policy, with another name for the peer. */
static void load_next_renamed(void)
{
	static const char old_name[] = "friend", new_name[] = "fellow";
	char text[sizeof(OBSERVE_POLICY)];
	char *at = text;

	memcpy(text, OBSERVE_POLICY, sizeof(text));
	while ((at = strstr(at, old_name)) != NULL)
		memcpy(at, new_name, sizeof(new_name) - 1);
	scene_load_next(&scene, text);
}

START_TEST(reload_idle_peer_published_with_new_name)
{
	struct watch_report report;

	scene_init(&scene);
	load_next_renamed();
	scene_load(&scene, OBSERVE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&watcher, ROLE_THIRD, watch_main, &scene);
	scene_open(&scene);
	(void)peer_join(&scene, &peer);
	(void)node_stats();
	scene_reload(&scene, 0);
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	(void)node_stats();
	report = order_alone(LOOK);
	ck_assert_int_eq(report.peer_result, 0);
	ck_assert_str_eq(report.peer.peer_name, "fellow");
	tear_down();
}
END_TEST

START_TEST(failed_reload_leaves_observers_alone)
{
	static struct scene other;

	scene_init(&other);
	scene_load(&other, OBSERVE_POLICY); /* with another socket */
	set_up();
	ck_assert_int_eq(order_served(OBSERVE).result, 0);
	ck_assert_int_eq(postern_node_reload(scene.node, other.policy, NULL,
					     NULL), -EBUSY);
	ck_assert_int_eq(order_alone(LOOK).result, 0);
	ck_assert_uint_eq(node_stats().reload_failed_count, 1);
	ck_assert_uint_eq(node_stats().reload_count, 0);
	other.policy = postern_policy_free(other.policy);
	tear_down();
}
END_TEST

/* -- a node of another process --------------------------------------------- */

/* Serves until it is killed; the first report says that it is open. */
static void serve_main(int control_fd, void *user_data)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	int r;

	(void)user_data;
	r = scene_try_open(&scene, 0, &error);
	process_report(control_fd, &r, sizeof(r));
	for (;;)
		scene_serve_until_readable(&scene, control_fd);
}

START_TEST(observer_notices_that_the_nodes_process_was_killed)
{
	struct process server;
	struct watch_report report;
	int r;

	skip_unless(test_features() & POSTERN_FEATURE_PEERPIDFD,
		    "needs SO_PEERPIDFD");
	scene_init(&scene);
	scene_load(&scene, OBSERVE_POLICY);
	process_start(&server, ROLE_OWNER, serve_main, &scene);
	process_start(&watcher, ROLE_THIRD, watch_main, &scene);
	process_read_report(&server, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(order_alone(OBSERVE).result, 0);
	report = order_alone(LOOK);
	ck_assert_int_eq(report.result, 0);
	ck_assert_int_eq(report.node.pid, server.pid);
	ck_assert_int_eq(kill(server.pid, SIGKILL), 0);
	ck_assert(WIFSIGNALED(process_wait(&server)));
	ck_assert_int_eq(order_alone(LOOK).result, -EPIPE);
	process_end(&watcher);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
