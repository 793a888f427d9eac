/* SPDX-License-Identifier: ISC */
/*
 * A crowd
 */
#include "support/crowd.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/scene.h"
#include "support/stranger.h"
#include "support/test_options.h"

/* Of a flood, before it is answered. */
#define ROUNDS 8

static struct stranger held[CROWD_CONNECTIONS_MAX];
static size_t held_count;

static void allow_descriptors(void)
{
	struct rlimit limit = {2 * CROWD_CONNECTIONS_MAX,
			       2 * CROWD_CONNECTIONS_MAX};

	process_require(setrlimit(RLIMIT_NOFILE, &limit) == 0,
			"the crowd needs descriptors");
}

static struct stranger *connect_as(const struct scene *scene, uid_t uid)
{
	struct stranger *stranger = &held[held_count];
	int r;

	process_require(held_count < CROWD_CONNECTIONS_MAX, "a crowd too big");
	*stranger = (struct stranger)STRANGER_INIT;
	process_require(seteuid(uid) == 0, "the crowd cannot become a user");
	/* A full backlog is the node's to empty. */
	do
		r = stranger_connect(stranger, scene->socket_path);
	while (r == -EAGAIN);
	process_require(r == 0, "the crowd cannot connect");
	held_count++;
	return stranger;
}

/* Reads nothing: the record and its descriptors stay in the socket. */
static bool has_offer(const struct stranger *stranger)
{
	struct pollfd wait = {.fd = stranger->socket_fd, .events = POLLIN};
	struct pst_wire_record record;
	struct pst_offer offer;
	ssize_t n;

	if (poll(&wait, 1, inspect_timeout_ms(test_deadline_ns())) != 1)
		process_fail("the crowd got no answer");
	n = recv(stranger->socket_fd, record.bytes, sizeof(record.bytes),
		 MSG_PEEK | MSG_DONTWAIT);
	return n > 0 && pst_wire_read_offer(record.bytes, (size_t)n,
					    &offer) == 0;
}

static void leave_unread(const struct scene *scene,
			 const struct crowd_order *order,
			 struct crowd_report *report)
{
	const struct stranger *stranger;
	size_t user, i, of_uid;
	int r;

	report->least_of_uid = order->connections_per_uid;
	for (user = 0; user < order->uid_count; user++) {
		of_uid = 0;
		for (i = 0; i < order->connections_per_uid; i++) {
			stranger = connect_as(scene, order->first_uid +
							     (uid_t)user);
			/* The node may have refused it before HELLO. */
			r = stranger_say_hello(stranger);
			process_require(r == 0 || r == -EPIPE,
					"the crowd cannot say HELLO");
			of_uid += has_offer(stranger);
			process_require(seteuid(0) == 0, "root again");
		}
		report->offer_count += of_uid;
		report->refused_count += order->connections_per_uid - of_uid;
		if (of_uid < report->least_of_uid)
			report->least_of_uid = of_uid;
	}
}

/* Users take turns; each closes its connection and makes another. */
static size_t flood_until_ordered(const struct scene *scene,
				  const struct crowd_order *order,
				  int control_fd)
{
	struct pollfd over = {.fd = control_fd, .events = POLLIN};
	const struct crowd_report begun = {0};
	size_t connect_count = 0, i;
	bool has_begun = false;
	struct stranger *stranger;

	held_count = order->uid_count * order->connections_per_uid;
	for (i = 0; i < held_count; i++)
		held[i] = (struct stranger)STRANGER_INIT;
	for (i = 0; !has_begun || poll(&over, 1, 0) == 0;
	     i = (i + 1) % held_count) {
		stranger = &held[i];
		stranger_close(stranger);
		process_require(seteuid(order->first_uid +
					(uid_t)(i % order->uid_count)) == 0,
				"the crowd cannot become a user");
		if (stranger_connect(stranger, scene->socket_path) == 0) {
			connect_count++;
			if (!has_begun && connect_count ==
					  ROUNDS * held_count) {
				has_begun = true;
				process_report(control_fd, &begun,
					       sizeof(begun));
			}
			if (order->kind == CROWD_FLOOD_HELLO)
				(void)stranger_say_hello(stranger);
		} else {
			(void)sched_yield();
		}
		process_require(seteuid(0) == 0, "root again");
	}
	return connect_count;
}

static void close_all(void)
{
	while (held_count > 0)
		stranger_close(&held[--held_count]);
}

void crowd_main(int control_fd, void *user_data)
{
	const struct scene *scene = user_data;
	struct crowd_report report;
	struct crowd_order order;
	size_t connect_count = 0;

	allow_descriptors();
	while (process_next_order(control_fd, &order, sizeof(order))) {
		report = (struct crowd_report) {
			.connect_count = connect_count,
		};
		if (order.kind == CROWD_FLOOD_SILENT ||
		    order.kind == CROWD_FLOOD_HELLO) {
			connect_count = flood_until_ordered(scene, &order,
							    control_fd);
			continue;
		}
		if (order.kind == CROWD_LEAVE_UNREAD)
			leave_unread(scene, &order, &report);
		else
			close_all();
		process_report(control_fd, &report, sizeof(report));
	}
}
