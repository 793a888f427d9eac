/* SPDX-License-Identifier: ISC */
/*
 * Users that connect without end keep no honest client out
 *
 * Two hundred users have one connection each, so no share of a user bounds them;
 * five users have sixteen each, which fills the table.  They are all allowed, and
 * either send nothing or send a HELLO and leave the answer unread.  An honest
 * client connects and closes meanwhile, and the owner asks for the statistics.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <time.h>

#include "support/crowd.h"
#include "support/expect.h"
#include "support/inspect.h"
#include "support/observer.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define FIRST_UID 40001
#define VISITS 200
#define RETRIES_MAX 10  /* of 200: at most 5 % need a second attempt */
#define LOOKS 20

static const char CROWD_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	audit none\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

struct visits_report {
	size_t failed_count;    /* in two attempts */
	size_t retried_count;
	int first_error;
	uint64_t median_ns;
	uint64_t p99_ns;
	uint64_t longest_ns;
};

static struct scene scene;
static struct process crowd, visitor, owner;

/* -- the honest client ----------------------------------------------------- */

static int compare_times(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static int connect_once(const struct scene *target,
			enum postern_reason *ret_reason)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_channel *channel;
	int r;

	options.disable_features = test_disable_features();
	r = postern_connect(target->policy, "orders", &options,
			    POSTERN_NO_DEADLINE, &channel, &error);
	if (r == 0)
		channel = postern_channel_close(channel);
	*ret_reason = error.reason;
	return r;
}

/* As a program does: a failure that can pass is followed by another attempt. */
static uint64_t visit_once(const struct scene *target, int *ret_result,
			   size_t *retried_count)
{
	enum postern_reason reason;
	uint64_t start_ns = inspect_now_ns();
	int r;

	r = connect_once(target, &reason);
	if (r < 0 && postern_result_is_transient(r, reason)) {
		(*retried_count)++;
		r = connect_once(target, &reason);
	}
	*ret_result = r;
	return inspect_now_ns() - start_ns;
}

static void visit_on_order(int control_fd, void *user_data)
{
	static uint64_t times_ns[VISITS];
	struct visits_report report;
	size_t count, i;
	int r;

	while (process_next_order(control_fd, &count, sizeof(count))) {
		report = (struct visits_report) {0};
		for (i = 0; i < count; i++) {
			times_ns[i] = visit_once(user_data, &r,
						 &report.retried_count);
			if (r < 0 && report.failed_count++ == 0)
				report.first_error = r;
		}
		qsort(times_ns, count, sizeof(times_ns[0]), compare_times);
		report.median_ns = times_ns[count / 2];
		report.p99_ns = times_ns[count * 99 / 100];
		report.longest_ns = times_ns[count - 1];
		process_report(control_fd, &report, sizeof(report));
	}
}

/* -- the node -------------------------------------------------------------- */

static void serve_once(int fd)
{
	struct pollfd fds[] = {
		{.fd = postern_node_fd(scene.node), .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	postern_peer from;
	size_t bytes;

	expect(poll(fds, 2, inspect_timeout_ms(test_deadline_ns())) > 0);
	while (postern_node_receive(scene.node, scene.buffer,
				    sizeof(scene.buffer), &bytes, &from) == 0)
		;
	while (postern_node_next_event(scene.node, &event) == 0)
		;
}

static void serve_until_readable(int fd)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct pollfd done = {.fd = fd, .events = POLLIN};

	while (poll(&done, 1, 0) == 0) {
		expect(inspect_now_ns() < deadline_ns);
		serve_once(fd);
	}
}

static size_t order_crowd(enum crowd_order_kind kind, size_t user_count,
			  size_t connections_per_user)
{
	const struct crowd_order order = {kind, FIRST_UID, user_count,
					  connections_per_user};
	struct crowd_report report;

	process_order(&crowd, &order, sizeof(order));
	serve_until_readable(crowd.control_fd);
	process_read_report(&crowd, &report, sizeof(report));
	return report.connect_count;
}

static struct visits_report order_visits(size_t count)
{
	struct visits_report report;

	process_order(&visitor, &count, sizeof(count));
	serve_until_readable(visitor.control_fd);
	process_read_report(&visitor, &report, sizeof(report));
	return report;
}

static void expect_statistics_for_owner(void)
{
	const uint64_t deadline_ns = POSTERN_NO_DEADLINE;
	struct observer_report report;

	process_order(&owner, &deadline_ns, sizeof(deadline_ns));
	serve_until_readable(owner.control_fd);
	process_read_report(&owner, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
}

static const struct {
	enum crowd_order_kind kind;
	size_t user_count;
	size_t connections_per_user;
	const char *name;
} floods[] = {
	{CROWD_FLOOD_SILENT, 200, 1, "silent"},
	{CROWD_FLOOD_HELLO, 200, 1, "with a HELLO"},
	{CROWD_FLOOD_SILENT, 5, 16, "few users, silent"},
	{CROWD_FLOOD_HELLO, 5, 16, "few users, with a HELLO"},
};

START_TEST(connects_of_an_honest_client_succeed_beside_a_crowd,
	   .loop_end = sizeof(floods) / sizeof(floods[0]))
{
	size_t visits = test_has_runner() ? VISITS / 20 : VISITS;
	struct visits_report report;
	uint64_t start_ns;
	size_t connect_count, i;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, CROWD_POLICY);
	process_start(&crowd, ROLE_ROOT, crowd_main, &scene);
	process_start(&visitor, ROLE_PEER, visit_on_order, &scene);
	process_start(&owner, ROLE_OWNER, observer_main, &scene);
	scene_open(&scene);

	(void)order_crowd(floods[_i].kind, floods[_i].user_count,
			  floods[_i].connections_per_user);
	start_ns = inspect_now_ns();
	report = order_visits(visits);
	for (i = 0; i < LOOKS; i++)
		expect_statistics_for_owner();
	connect_count = order_crowd(CROWD_CLOSE, 0, 0);

	printf("%s: %zu of %zu connects failed (%d), %zu were tried again, "
	       "median %.2f ms, p99 %.2f ms, longest %.2f ms, beside %.0f "
	       "connects a second\n",
	       floods[_i].name, report.failed_count, visits,
	       report.first_error, report.retried_count, (double)report.median_ns / 1e6,
	       (double)report.p99_ns / 1e6, (double)report.longest_ns / 1e6,
	       (double)connect_count * 1e9 /
		       (double)(inspect_now_ns() - start_ns));
	(void)fflush(stdout);
	ck_assert_uint_eq(report.failed_count, 0);
	ck_assert_uint_le(report.retried_count, RETRIES_MAX);

	process_end(&crowd);
	process_end(&visitor);
	process_end(&owner);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
